"""A decks folder, a database and a learner, for tests of sync: everything real."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flashcards.deckfiles.render.pool import RenderPool
from flashcards.services.review.deck_tree import DeckService
from flashcards.services.sync.run import SyncReport, SyncService
from flashcards.storage.counters import count_anew
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.decks import DeckStore
from tests.databases import opened

COUNTS = ("new", "edited", "moved", "restored", "removed", "unchanged")
LEARNER = 1
DUE_ON = 20_800


class _SharedPool(RenderPool):
    """Children that outlive a sync: a new one for each would be most of what these tests wait for."""

    def close(self) -> None:
        """Left to the end of the tests."""


SHARED = _SharedPool(1)
atexit.register(RenderPool.close, SHARED)


@dataclass(frozen=True, slots=True)
class Learner:
    id: int = LEARNER


class World:
    """Writes files, syncs them, studies cards. Each file is dated in the past, a second after the last one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "decks"
        self.root.mkdir()
        self.now = 1_800_000_000_000
        self.db = opened(folder / "data" / "flashcards.sqlite3")
        self.restart()
        self.pages = DeckService(DeckPageStore(self.db), self.root)
        self._second = int(time.time()) - 1_000_000
        with self.db.write():
            self.db.execute("INSERT INTO learner(name, name_key, password_hash, created_at) VALUES ('a', 'a', '', 0)")

    def close(self) -> None:
        self.db.close()

    def restart(self) -> None:
        """What syncs is made anew, as when the program is started again."""
        self.service = SyncService(DeckStore(self.db), self.root, lambda: self.now, lambda _workers: SHARED)

    # --- files ----------------------------------------------------------------------------------------

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.touch(path)

    def touch(self, path: str) -> Path:
        self._second += 1
        os.utime(self.root / path, (self._second, self._second))
        return self.root / path

    def just_now(self, path: str) -> None:
        """Dates a file ahead of the clock: as one that is being written, however slow the machine is."""
        ahead = time.time() + 1_000
        os.utime(self.root / path, (ahead, ahead))

    def read(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        before = self.read(path)
        assert change(before) != before
        self.write(path, change(before))

    def delete(self, path: str) -> None:
        (self.root / path).unlink()

    def move(self, path: str, to: str) -> None:
        (self.root / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.root / path, self.root / to)

    # --- what happens ---------------------------------------------------------------------------------

    def sync(self) -> SyncReport:
        self.now += 60_000
        return self.service.sync()

    def counts(self) -> dict[str, int]:
        """Syncs; the counts that are not 0, by name. No error is expected."""
        report = self.sync()
        assert report.errors == ()
        self.check_stored(report)
        return counts(report)

    def check_stored(self, report: SyncReport) -> None:
        """What must hold after every sync, whatever happened."""
        assert report.cards == report.new + report.edited + report.moved + report.restored + report.unchanged
        assert report.cards == sum(row[0] for row in self.db.all(
            "SELECT count(*) FROM card c JOIN note n ON n.id = c.note_id WHERE c.removed_at IS NULL"
            " AND n.removed_at IS NULL AND n.draft = 0"
        ))  # fmt: skip
        assert list(self.db.dangling()) == []
        for items, table in (("rubric", "rubric_point"), ("follow_ups", "follow_up")):
            written = self.db.all(f"SELECT id, {items} FROM note ORDER BY id")
            assert [
                (note, position, text) for note, texts in written for position, text in enumerate(json.loads(texts))
            ] == self.db.all(f"SELECT note_id, position, text FROM {table} ORDER BY note_id, position")
        assert self.db.all(
            "SELECT s.card_id FROM schedule s JOIN card c ON c.id = s.card_id JOIN note n ON n.id = c.note_id"
            " WHERE coalesce(s.deck_id, 0) <> CASE WHEN c.removed_at IS NULL AND n.removed_at IS NULL AND n.draft = 0"
            " THEN n.deck_id ELSE 0 END OR s.note_id <> n.id OR s.ordinal <> c.ordinal"
        ) == []  # fmt: skip
        assert self.db.all(
            "SELECT deck_id, seen FROM learner_deck l WHERE seen <> (SELECT count(*) FROM schedule s"
            " WHERE s.learner_id = l.learner_id AND s.deck_id = l.deck_id)"
        ) == []  # fmt: skip
        assert self.db.all(
            "SELECT id, cards FROM deck WHERE cards <> (SELECT count(*) FROM card c JOIN note n"
            " ON n.id = c.note_id WHERE n.deck_id = deck.id AND c.removed_at IS NULL AND n.removed_at IS NULL"
            " AND n.draft = 0)"
        ) == []  # fmt: skip
        assert self.db.all(
            "SELECT id FROM note WHERE revision <> (SELECT max(number) FROM revision r WHERE r.note_id = note.id)"
        ) == []  # fmt: skip
        assert self.db.all(
            "SELECT n.id, c.which FROM note n JOIN card c ON c.note_id = n.id WHERE n.removed_at IS NULL"
            " AND c.removed_at IS NULL AND n.draft = 0 AND NOT EXISTS (SELECT 1 FROM rendering r"
            " WHERE r.key = n.render_key AND r.which = c.which)"
        ) == []  # fmt: skip

    # --- cards and their history ----------------------------------------------------------------------

    def card(self, key: str) -> int:
        """The card that is called ``deck#note/which`` today and is to be learnt."""
        deck, _, rest = key.partition("#")
        note, _, which = rest.rpartition("/")
        rows = self.db.all(
            "SELECT c.id FROM card c JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = n.deck_id WHERE d.key = ?"
            " AND n.key = ? AND c.which = ? AND c.removed_at IS NULL AND n.removed_at IS NULL AND n.draft = 0"
            " AND d.removed_at IS NULL",
            (deck, note, which),
        )
        assert len(rows) == 1, f"{key}: {len(rows)} cards"
        return int(rows[0][0])

    def card_keys(self) -> set[str]:
        """The keys of all cards to learn."""
        return {
            key
            for (key,) in self.db.all(
                "SELECT d.key || '#' || n.key || '/' || c.which FROM card c JOIN note n ON n.id = c.note_id"
                " JOIN deck d ON d.id = n.deck_id WHERE c.removed_at IS NULL AND n.removed_at IS NULL"
                " AND n.draft = 0"
            )
        }

    def study(self, key: str) -> int:
        """The learner answers a card once: a schedule and a row in the log. Returns the card."""
        return self._study([key])[key]

    def study_all(self) -> dict[str, int]:
        """The learner answers every card once; the cards by key."""
        return self._study(sorted(self.card_keys()))

    def _study(self, keys: Sequence[str]) -> dict[str, int]:
        cards = {key: self.card(key) for key in keys}
        with self.db.write():
            for card in cards.values():
                self._store_answer(card)
            count_anew(self.db)
        return cards

    def _store_answer(self, card: int) -> None:
        self.db.execute(
            "INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval,"
            " due_on) SELECT 1, c.id, n.id, c.ordinal, n.deck_id, 3, 240, 14, ? FROM card c"
            " JOIN note n ON n.id = c.note_id WHERE c.id = ?",
            (DUE_ON + card, card),
        )
        self.db.execute(
            "INSERT INTO review(learner_id, seq, uid, action, card_id, note_id, at, study_day, quality, kind,"
            " revision, scheduler, before_repetition, before_ease, before_interval, before_suspended,"
            " after_repetition, after_ease, after_interval, after_due_on, after_suspended)"
            " SELECT 1, c.id, :uid, :uid, c.id, n.id, 0, 20700, 4, 'scheduled', n.revision, 'sm2', 2, 240, 6,"
            " 0, 3, 240, 14, :due, 0 FROM card c JOIN note n ON n.id = c.note_id WHERE c.id = :card",
            {"uid": str(uuid.uuid4()), "due": DUE_ON + card, "card": card},
        )

    def assert_history(self, card: int, key: str | None) -> None:
        """The card's schedule and log are untouched; it is called `key` today (None: it is hidden)."""
        deck = None
        if key is not None:
            assert self.card(key) == card
            deck = self.db.all("SELECT id FROM deck WHERE key = ? AND removed_at IS NULL", (key.split("#")[0],))[0][0]
        schedule = self.db.all(
            "SELECT deck_id, repetition, ease, interval, due_on, suspended FROM schedule WHERE card_id = ?", (card,)
        )
        assert schedule == [(deck, 3, 240, 14, DUE_ON + card, 0)]
        log = self.db.all("SELECT quality, kind, after_due_on FROM review WHERE card_id = ?", (card,))
        assert log == [(4, "scheduled", DUE_ON + card)]


def counts(report: SyncReport) -> dict[str, int]:
    """The counts that are not 0, by name."""
    return {name: getattr(report, name) for name in COUNTS if getattr(report, name)}
