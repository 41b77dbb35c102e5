"""A made-up learner with a long history, written straight into the tables: what the benchmarks read."""

from __future__ import annotations

import uuid
from pathlib import Path

from flashcards.domain.sm2 import SCHEDULER
from flashcards.services.accounts.facade import AccountService, Learner
from flashcards.services.review.facade import ReviewService
from flashcards.storage.counters import count_anew
from flashcards.storage.database import Database, migrate

TODAY = 20_600
NOW = TODAY * 86_400_000 + 12 * 3_600_000
CARDS_A_DECK = 1_667
"""So that 100,000 cards are 60 decks."""


class History:
    """A database with one learner: `due` of their `schedules` are due today, `unseen` cards are new.

    The unseen ones stand at the end of a deck of 500 of which the learner has begun to learn the first.
    """

    def __init__(
        self, folder: Path, *, schedules: int, due: int, log_rows: int = 0, unseen: int = 100,
        cards_a_deck: int = CARDS_A_DECK,
    ) -> None:  # fmt: skip
        self.path = folder / f"history-{schedules}-{due}-{log_rows}.sqlite3"
        migrate(self.path)
        self.db = Database.open(self.path)
        self.now = NOW
        self._cards_a_deck = cards_a_deck
        self.review = ReviewService(self.db, lambda: self.now)
        self.learner = self._learner()
        self._cards(schedules, unseen)
        self._schedules(schedules, due)
        self._log(log_rows, schedules)
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self.db.close()

    def due_cards(self, count: int) -> list[int]:
        """Cards that are due today."""
        rows = self.db.all("SELECT card_id FROM schedule WHERE due_on <= ? LIMIT ?", (TODAY, count))
        return [card for (card,) in rows]

    def _learner(self) -> Learner:
        with self.db.write():
            self.db.execute("INSERT INTO learner(name, name_key, password_hash, created_at) VALUES ('a', 'a', '', 0)")
        return AccountService(self.db, lambda: NOW, secret_key=b"", signup="open").find("a")

    def _cards(self, schedules: int, unseen: int) -> None:
        """Two cards to each tenth note, one to the others."""
        decks = -(-schedules // self._cards_a_deck)
        sizes = [schedules // decks + (number < schedules % decks) for number in range(decks)]
        begun = min(500 - unseen, sizes[-1])
        with self.db.write():
            card = 0
            for deck, size in enumerate([*sizes[:-1], sizes[-1] - begun, begun + unseen], start=1):
                self._deck(deck, card, size)
                card += size

    def _deck(self, deck: int, first: int, size: int) -> None:
        self.db.execute(
            "INSERT INTO deck(id, key, path, title, position, cards) VALUES (?, ?, ?, ?, ?, ?)",
            (deck, f"d{deck}", f"folder/d{deck}.md", f"Deck {deck}", deck, size),
        )
        cards = range(first + 1, first + size + 1)
        notes = {card: card - (card % 10 == 0 and card - 1 in cards) for card in cards}
        self.db.executemany(
            "INSERT INTO note(id, deck_id, key, explicit, guid, kind, position, line, title, question, answer,"
            " source, render_key, modified_at) VALUES (?1, ?2, 'n' || ?1, 1, 'g' || ?1, 'basic', ?1, ?1,"
            " 'Title', 'What is it?', 'It is this.', '', 'r' || ?1, 0)",
            [(note, deck) for note in dict.fromkeys(notes.values())],
        )
        self.db.executemany(
            "INSERT INTO note_front(note_id, ordinal, mark) VALUES (?1, 0, ?1)",
            [(note,) for note in dict.fromkeys(notes.values())],
        )
        self.db.executemany(
            "INSERT INTO card(id, note_id, which, ordinal) VALUES (?, ?, ?, ?)",
            [
                (card, note, "forward" if card == note else "backward", int(card != note))
                for card, note in notes.items()
            ],
        )
        self.db.executemany(
            "INSERT INTO rendering(key, which, question_html, answer_html) VALUES ('r' || ?, ?, ?, ?)",
            [
                (note, "forward" if card == note else "backward", "<p>What is it?</p>" * 5, "<p>It.</p>" * 20)
                for card, note in notes.items()
            ],
        )

    def _schedules(self, schedules: int, due: int) -> None:
        """Due dates of today and the last 30 days for `due` cards, spread over the decks; later ones else."""
        every = max(1, schedules // due) if due else schedules + 1
        with self.db.write():
            self.db.execute(
                f"""
                WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < ?1)
                INSERT INTO schedule(learner_id, card_id, note_id, ordinal, deck_id, repetition, ease, interval,
                                     due_on)
                SELECT 1, c.id, c.note_id, c.ordinal, n2.deck_id, 4, 250, 5 + c.id % 90,
                       iif((c.id - 1) % ?2 = 0 AND (c.id - 1) / ?2 < ?3,
                           {TODAY} - (c.id / ?2) % 30, {TODAY} + 1 + c.id % 90)
                FROM number JOIN card c ON c.id = number.n + 1 JOIN note n2 ON n2.id = c.note_id
                """,
                (schedules, every, due),
            )
            count_anew(self.db)

    def _log(self, rows: int, schedules: int) -> None:
        """`rows` answers over the 1,000 days before today, in the order of time."""
        with self.db.write():
            self.db.executemany(
                "INSERT INTO review(learner_id, seq, uid, action, card_id, note_id, at, study_day, quality,"
                " kind, revision, scheduler, before_repetition, before_ease, before_interval, before_due_on,"
                " before_suspended, after_repetition, after_ease, after_interval, after_due_on,"
                " after_suspended, took_ms)"
                " SELECT 1, ?1, ?2, ?2, c.id, c.note_id, ?4 * 86400000, ?4, 4, 'scheduled', 1, ?5,"
                " 3, 250, 15, ?4, 0, 4, 250, 38, ?4 + 38, 0, 7000 FROM card c WHERE c.id = ?3",
                (
                    (seq, str(uuid.uuid4()), seq * 7919 % schedules + 1, TODAY - 1000 + seq * 1000 // rows, SCHEDULER)
                    for seq in range(1, rows)
                ),
            )
            count_anew(self.db)
