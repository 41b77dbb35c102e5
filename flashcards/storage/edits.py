"""Notes by the keys that their files give them, and the schedules that hang on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from flashcards.domain.ids import CardId, LearnerId, NoteId
from flashcards.storage.database import Database
from flashcards.storage.models import Card, Deck, ExpectedEdit, Learner, Note, Schedule
from flashcards.storage.prepared import Among, Indexed, Listed, Query, prepared, storing


@prepared
def _notes(keys: Collection[tuple[str, str]]) -> Query:
    wanted = Listed(keys)
    is_deck = (Deck.key == wanted.part(0)) & Deck.removed_at.is_null()
    is_note = (Note.deck == Deck.id) & (Note.key == wanted.part(1)) & Note.removed_at.is_null()
    return (
        Deck.select(Note.id, Deck.key, Note.key, Note.guid, Note.source, Note.definitions, Note.revision)
        .from_(wanted)
        .join(Deck, on=is_deck)
        .join(Note, on=is_note)
    )


@prepared
def _scheduled(note: NoteId) -> Query:
    schedule = Indexed(Schedule, "schedule_note")
    is_asked = schedule.due_on.is_null(False) & (schedule.suspended == 0) & schedule.deck.is_null(False)
    return (
        schedule.select(Learner.id, Learner.timezone, Learner.day_start, Card.id, Card.which)
        .join(Learner, on=(Learner.id == schedule.learner))
        .join(Card, on=(Card.id == schedule.card))
        .where(schedule.note == note, is_asked)
        .order_by(Learner.id, Card.id)
    )


_expect = storing(
    ExpectedEdit, ExpectedEdit.note, ExpectedEdit.source, ExpectedEdit.definitions, ExpectedEdit.returned,
    key=(ExpectedEdit.note,),
)  # fmt: skip


@prepared
def _forget(keys: Collection[str]) -> Query:
    return ExpectedEdit.delete().where(Among(ExpectedEdit.note, keys))


@prepared
def _awaited() -> Query:
    awaited = ExpectedEdit.select(ExpectedEdit.note, ExpectedEdit.source, ExpectedEdit.definitions)
    return awaited.where(ExpectedEdit.returned.is_null()).order_by(ExpectedEdit.note)


@prepared
def _done(cards: int, key: str) -> Query:
    return ExpectedEdit.update({ExpectedEdit.returned: cards}).where(ExpectedEdit.note == key)


@prepared
def _outcome(keys: Collection[str]) -> Query:
    return ExpectedEdit.select(ExpectedEdit.note, ExpectedEdit.returned).where(Among(ExpectedEdit.note, keys))


@dataclass(frozen=True, slots=True)
class EditedNote:
    """A note that stands in a file; `text` is its source and the definitions that it uses."""

    id: NoteId
    key: str
    guid: str
    text: tuple[str, str]
    revision: int


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A learner's calendar, and those of their cards of a note that are scheduled and asked, `which` by card."""

    learner: LearnerId
    timezone: str
    day_start: int
    cards: dict[CardId, str]


class EditRows:
    """Reads for substantive edits."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def notes(self, keys: Iterable[str]) -> dict[str, EditedNote]:
        """Those of the notes ``deck#note`` that are there today, by that key."""
        rows = _notes.all(self._db, [key.rpartition("#")[::2] for key in keys])
        return {
            (key := f"{deck}#{name}"): EditedNote(note, key, guid, (source, definitions), revision)
            for note, deck, name, guid, source, definitions, revision in rows
        }

    def scheduled(self, note: NoteId) -> list[Scheduled]:
        """The learners with scheduled cards of a note; suspended, hidden and new cards aside."""
        by_learner = groupby(_scheduled.all(self._db, note), key=itemgetter(0, 1, 2))
        return [
            Scheduled(learner, timezone, day_start, {card: which for *_, card, which in rows})
            for (learner, timezone, day_start), rows in by_learner
        ]

    # --- edits that a sync is to store ----------------------------------------------------------------

    def expect(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Keeps the texts (source and definitions, by ``deck#note``) whose coming is awaited."""
        for key, text in texts.items():
            _expect.run(self._db, key, *text, None)

    def forget(self, keys: Iterable[str]) -> None:
        """Awaits these no more."""
        _forget.run(self._db, list(keys))

    def arrived(self) -> list[str]:
        """The keys of notes that have the awaited text now."""
        rows = _awaited.all(self._db)
        found = self.notes([key for key, _, _ in rows]) if rows else {}
        return [key for key, *text in rows if key in found and found[key].text == tuple(text)]

    def done(self, key: str, cards: int) -> None:
        """Keeps how many cards came back by an awaited edit."""
        _done.run(self._db, cards, key)

    def outcome(self, keys: Iterable[str]) -> dict[str, int | None]:
        """How many cards came back by these edits; None for one that is awaited still."""
        return dict(_outcome.all(self._db, list(keys)))
