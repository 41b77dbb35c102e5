"""Notes by the keys that their files give them, and the schedules that hang on them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flashcards.storage.database import Database


@dataclass(frozen=True, slots=True)
class EditedNote:
    """A note that stands in a file; `text` is its source and the definitions that it uses."""

    id: int
    key: str
    guid: str
    text: tuple[str, str]
    revision: int


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A learner's calendar, and those of their cards of a note that are scheduled and asked, `which` by card."""

    learner: int
    timezone: str
    day_start: int
    cards: dict[int, str]


class EditRows:
    """Reads for substantive edits."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def notes(self, keys: Iterable[str]) -> dict[str, EditedNote]:
        """Those of the notes ``deck#note`` that are there today, by that key."""
        rows = self._db.all(
            "SELECT n.id, d.key || '#' || n.key, n.guid, n.source, n.definitions, n.revision FROM json_each(?) k"
            " JOIN deck d ON d.key = k.value ->> 0 AND d.removed_at IS NULL"
            " JOIN note n ON n.deck_id = d.id AND n.key = k.value ->> 1 AND n.removed_at IS NULL",
            (json.dumps([key.rpartition("#")[::2] for key in keys]),),
        )
        return {
            key: EditedNote(note, key, guid, (source, definitions), revision)
            for note, key, guid, source, definitions, revision in rows
        }

    def scheduled(self, note: int) -> list[Scheduled]:
        """The learners with scheduled cards of a note; suspended, hidden and new cards aside."""
        rows = self._db.all(
            "SELECT l.id, l.timezone, l.day_start, json_group_object(c.id, c.which)"
            " FROM schedule s INDEXED BY schedule_note JOIN learner l ON l.id = s.learner_id"
            " JOIN card c ON c.id = s.card_id WHERE s.note_id = ? AND s.due_on IS NOT NULL AND s.suspended = 0"
            " AND s.deck_id IS NOT NULL GROUP BY l.id ORDER BY l.id",
            (note,),
        )
        return [
            Scheduled(learner, timezone, day_start, {int(card): which for card, which in json.loads(cards).items()})
            for learner, timezone, day_start, cards in rows
        ]

    # --- edits that a sync is to store ----------------------------------------------------------------

    def expect(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Keeps the texts (source and definitions, by ``deck#note``) whose coming is awaited."""
        for key, text in texts.items():
            self._db.execute("INSERT OR REPLACE INTO expected_edit VALUES (?, ?, ?, NULL)", (key, *text))

    def forget(self, keys: Iterable[str]) -> None:
        """Awaits these no more."""
        self._db.execute(
            "DELETE FROM expected_edit WHERE note IN (SELECT value FROM json_each(?))", (json.dumps([*keys]),)
        )

    def arrived(self) -> list[str]:
        """The keys of notes that have the awaited text now."""
        rows = self._db.all(
            "SELECT e.note, e.source, e.definitions FROM expected_edit e WHERE e.returned IS NULL ORDER BY e.note"
        )
        found = self.notes([key for key, _, _ in rows]) if rows else {}
        return [key for key, *text in rows if key in found and found[key].text == tuple(text)]

    def done(self, key: str, cards: int) -> None:
        """Keeps how many cards came back by an awaited edit."""
        self._db.execute("UPDATE expected_edit SET returned = ? WHERE note = ?", (cards, key))

    def outcome(self, keys: Iterable[str]) -> dict[str, int | None]:
        """How many cards came back by these edits; None for one that is awaited still."""
        rows = self._db.all(
            "SELECT note, returned FROM expected_edit WHERE note IN (SELECT value FROM json_each(?))",
            (json.dumps([*keys]),),
        )
        return dict(rows)
