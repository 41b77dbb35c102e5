"""A database with decks and learners, for tests of reviewing: a real SQLite file, a clock that is set."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flashcards.domain.card import ordinal
from flashcards.domain.schedule import Schedule
from flashcards.domain.study_day import Day
from flashcards.services.accounts.facade import AccountService, Learner
from flashcards.services.review.facade import Answer, Answered, ReviewService
from flashcards.storage.counters import follow_moves, mark_collection
from flashcards.storage.schedules import COLUMNS, schedule_of
from flashcards.storage.words import keep_words
from tests.databases import opened

DAY_MS = 86_400_000
NOON = 20_600 * DAY_MS + 12 * 3_600_000
"""The clock of a new world: 2026-05-27, 12:00 UTC."""
TODAY: Day = 20_600
KEY = bytes(range(32))

Notes = Mapping[str, Sequence[str]]


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def days(self, count: float) -> None:
        self.now += round(count * DAY_MS)

    def seconds(self, count: float) -> None:
        self.now += round(count * 1000)


class StudyWorld:
    """Makes decks by SQL, as sync would, and learners by the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SetClock()
        self.db = opened(folder / "flashcards.sqlite3")
        self.path = self.db.address
        self.review = ReviewService(self.db, self.clock)
        self.accounts = AccountService(self.db, self.clock, secret_key=KEY, signup="open")
        self._position = 0

    def close(self) -> None:
        self.db.close()

    def learner(self, name: str = "ada", **settings: Any) -> Learner:
        """An account made without its password's 20 milliseconds."""
        with self.db.write():
            self.db.execute(
                "INSERT INTO learner(name, name_key, password_hash, created_at) VALUES (?, ?, '', ?)",
                (name, name, self.clock()),
            )
        learner = self.accounts.find(name)
        return self.accounts.save_settings(learner, **settings) if settings else learner

    def deck(
        self,
        address: str,
        notes: Notes | int = 1,
        *,
        tags: Sequence[str] = (),
        note_tags: Mapping[str, Sequence[str]] | None = None,
        drafts: Sequence[str] = (),
    ) -> int:
        """A deck in the study order after those before it; returns its row id.

        `notes` gives each note's cards, or how many notes of one card there are.
        """
        if isinstance(notes, int):
            notes = {f"n{number}": ("forward",) for number in range(1, notes + 1)}
        self._position += 1
        with self.db.write():
            (deck,) = self.db.all(
                "INSERT INTO deck(key, path, title, tags, position) VALUES (?, ?, ?, ?, ?) RETURNING id",
                (address, f"{address}.md", address.title(), json.dumps(list(tags)), self._position),
            )[0]
            for position, (key, whiches) in enumerate(notes.items()):
                self._note(deck, key, whiches, position, key in drafts)
                for tag in (note_tags or {}).get(key, ()):
                    self.db.execute(
                        "INSERT INTO note_tag SELECT ?, id FROM note WHERE deck_id = ? AND key = ?",
                        (tag, deck, key),
                    )
            self._count(deck)
            mark_collection(self.db)
        return int(deck)

    def _note(self, deck: int, key: str, whiches: Sequence[str], position: int, draft: bool) -> None:
        guid = str(uuid.uuid4())
        (note,) = self.db.all(
            "INSERT INTO note(deck_id, key, explicit, guid, kind, position, line, title, question, answer,"
            " source, draft, render_key, modified_at) VALUES (?, ?, 1, ?, 'basic', ?, ?, ?, ?, ?, '', ?, ?, 0)"
            " RETURNING id",
            (deck, key, guid, position, 10 * position, f"Title {key}", f"Q {key}", f"A {key}", int(draft), guid),
        )[0]
        keep_words(self.db, [(note, key, f"Q {key}", f"A {key}")])
        for which in whiches:
            self.db.execute("INSERT INTO card(note_id, which, ordinal) VALUES (?, ?, ?)", (note, which, ordinal(which)))
            self.db.execute(
                "INSERT INTO rendering(key, which, question_html, answer_html) VALUES (?, ?, ?, ?)",
                (guid, which, f"<p>Q {key}/{which}</p>", f"<p>A {key}/{which}</p>"),
            )

    def _count(self, deck: int) -> None:
        self.db.execute(
            "UPDATE deck SET cards = (SELECT count(*) FROM note n JOIN card c ON c.note_id = n.id WHERE"
            " n.deck_id = deck.id AND n.draft = 0 AND n.removed_at IS NULL AND c.removed_at IS NULL)"
            " WHERE id = ?",
            (deck,),
        )

    def requires(self, note: str, *prerequisites: str) -> None:
        """`deck#note` waits for others, named the same way."""
        with self.db.write():
            for other in prerequisites:
                self.db.execute("INSERT INTO prerequisite VALUES (?, ?)", (self._note_id(note), self._note_id(other)))

    def alike(self, *notes: str) -> None:
        """The questions of these notes, named the same way, are nearly the same."""
        with self.db.write():
            rows = [(self._note_id(note), self._note_id(notes[0])) for note in notes]
            self.db.executemany("INSERT INTO note_front(note_id, ordinal, mark) VALUES (?, 0, ?)", rows)

    def remove(self, note: str) -> None:
        """The note has left its file: what sync does then."""
        number = self._note_id(note)
        with self.db.write():
            self.db.execute("UPDATE note SET removed_at = ? WHERE id = ?", (self.clock(), number))
            follow_moves(self.db, [number])
            self.db.execute("UPDATE deck SET cards = 0")
            for (deck,) in self.db.all("SELECT id FROM deck"):
                self._count(deck)
            mark_collection(self.db)

    def _note_id(self, key: str) -> int:
        deck, _, note = key.partition("#")
        row = self.db.one(
            "SELECT n.id FROM note n JOIN deck d ON d.id = n.deck_id WHERE d.key = ? AND n.key = ?", (deck, note)
        )
        assert row, key
        return int(row[0])

    def card(self, key: str) -> str:
        """The id of the card with the key `deck#note/which` (`/forward` where it says none)."""
        note, _, which = key.rpartition("/") if key.rfind("/") > key.rfind("#") else (key, "", "forward")
        row = self.db.one("SELECT id FROM card WHERE note_id = ? AND which = ?", (self._note_id(note), which))
        assert row, key
        return str(row[0])

    def answer(self, learner: Learner, key: str, grade: int, **more: Any) -> Answered:
        """An answer with an id of its own, given now."""
        return self.review.answer(learner, self.an_answer(key, grade, **more))

    def an_answer(self, key: str, grade: int, **more: Any) -> Answer:
        return replace(Answer(str(uuid.uuid4()), self.card(key), grade), **more)

    def schedule(self, learner: Learner, key: str) -> Schedule | None:
        """The stored schedule; None where there is no row."""
        row = self.db.one(
            f"SELECT {', '.join(COLUMNS)} FROM schedule WHERE learner_id = ? AND card_id = ?",
            (learner.id, int(self.card(key))),
        )
        return schedule_of(*row) if row else None

    def stored_state(self, learner: Learner) -> list[tuple[Any, ...]]:
        """Every schedule of the learner, to be compared as a whole."""
        return self.db.all("SELECT * FROM schedule WHERE learner_id = ? ORDER BY card_id", (learner.id,))

    def log(self, learner: Learner) -> list[tuple[Any, ...]]:
        """(seq, kind, verb, quality, undone) of every row of the learner's log."""
        return self.db.all(
            "SELECT seq, kind, verb, quality, undone FROM review WHERE learner_id = ? ORDER BY seq", (learner.id,)
        )

    def queue_keys(self, learner: Learner, **more: Any) -> list[str]:
        """The keys of the learner's queue, short: `note` or `note/which`, with `kind:` before."""
        return [f"{card.kind}:{short(card.key)}" for card in self.review.queue(learner, **more).cards]

    def each_learner(self, names: Sequence[str], do: Callable[[Learner], None]) -> None:
        for name in names:
            do(self.learner(name))


def short(key: str) -> str:
    """`deck#note/forward` as `note`, other cards as `note/which`."""
    return key.partition("#")[2].removesuffix("/forward")
