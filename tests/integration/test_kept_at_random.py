"""What is kept between two looks at a page is what counting anew gives, whatever happened in between."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from flashcards.domain.ids import CardId
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.domain.study_day import Day
from flashcards.errors import Conflict, NotFound
from flashcards.services.accounts.facade import AccountService, Learner
from flashcards.services.memory.known import KnownCards
from flashcards.services.memory.report import ReportService
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.review.deck_tree import DeckService
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.review.statistics import StatsService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage import counters
from flashcards.storage.deck_pages import DeckPageStore
from flashcards.storage.imports import ImportedRow, ImportRows, Known
from flashcards.storage.memory import MemoryRows, StoredFit
from flashcards.storage.reviews import ReviewRows
from tests.integration.study_world import KEY
from tests.integration.sync_world import World
from tests.integration.test_sync_at_random import Author

DAY_MS = 86_400_000
STEPS = 120


class Life:
    """A learner, and authors who change the files: each step does one thing, whatever it is."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, random.Random(seed)
        self.author = Author(world, seed)
        self.review = ReviewService(world.db, self.now)
        self.schedulers = SchedulerService(world.db, self.now)
        accounts = AccountService(world.db, self.now, secret_key=KEY, signup="open")
        self.learner = accounts.save_settings(accounts.find("a"), due_per_day=9, suspend_leeches=True)
        self.edit_files()
        self.rare: list[Callable[[], None]] = [
            self.edit_files, self.switch_deck, self.switch_scheduler, self.import_answers, self.forget_memories,
            self.fit, self.next_days,
        ]  # fmt: skip

    def now(self) -> int:
        return self.world.now

    def step(self) -> str:
        usual = [self.answer, self.answer, self.act, self.undo, self.next_day]
        chosen = self.random.choice([*usual, self.random.choice(self.rare), self.random.choice(self.rare)])
        chosen()
        return chosen.__name__

    def card(self) -> str:
        rows = self.world.db.all(
            "SELECT c.id FROM card c JOIN note n ON n.id = c.note_id WHERE c.removed_at IS NULL AND n.removed_at IS"
            " NULL AND n.draft = 0 ORDER BY c.id"
        )
        return str(self.random.choice(rows)[0]) if rows else "0"

    def answer(self) -> None:
        mode = self.random.choice(("review", "review", "review", "cram"))
        for _ in range(self.random.randint(1, 3)):
            given = Answer(str(uuid.UUID(int=self.random.getrandbits(128), version=4)), self.card(), 4, mode)
            if given.card != "0":
                self.review.answer(self.learner, given)

    def act(self) -> None:
        verb = self.random.choice(("suspend", "unsuspend", "bury", "unbury", "reset", "due"))
        due = self.world.now // DAY_MS + self.random.randint(0, 40) if verb == "due" else None
        if (card := self.card()) != "0":
            self.review.act(self.learner, card, verb, whole_note=self.random.random() < 0.3, due_on=due)

    def undo(self) -> None:
        try:
            self.review.undo(self.learner)
        except NotFound:
            return

    def edit_files(self) -> None:
        self.author.step()
        self.world.sync()

    def switch_deck(self) -> None:
        for (path,) in self.world.db.all("SELECT path FROM deck WHERE removed_at IS NULL ORDER BY path LIMIT 1"):
            self.review.set_deck_active(self.learner, path.removesuffix(".md"), self.random.random() < 0.5)

    def switch_scheduler(self) -> None:
        name = self.random.choice(("sm2", "fsrs-6"))
        try:
            self.schedulers.choose(self.learner, name, 0.9, at_once=self.random.random() < 0.7)
        except Conflict:
            return

    def import_answers(self) -> None:
        """A row of another program's log, of some day of the last years."""
        if (number := self.card()) == "0":
            return
        rows = ReviewRows(self.world.db)
        with self.world.db.write():
            card = rows.card(self.learner.id, CardId(int(number)))
            assert card
            seq = rows.log_end(self.learner.id)[0] + 1
            at = self.world.now - self.random.randint(1, 900) * DAY_MS
            interval = self.random.choice((0, 1, 20, 21, 60))
            uid = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
            row = ImportedRow(
                seq, uid, uid, card, at, at // DAY_MS, self.random.choice((1, 4, None)), 250, 9, interval, 1000,
                Known(1, 9, interval, 2500),
            )  # fmt: skip
            ImportRows(self.world.db, "anki").append(self.learner.id, [row])
            MemoryRows(self.world.db).mark(self.learner.id, [card.id])

    def forget_memories(self) -> None:
        """A job computes what an import left to be computed."""
        MemoryState(self.world.db).catch_up_all()

    def fit(self) -> None:
        rows = MemoryRows(self.world.db)
        with self.world.db.write():
            last = rows.last_fit(self.learner.id)
            number = (last.number if last else 0) + 1
            fitted = Fit(DEFAULTS, Calibration(self.random.uniform(-1, 1), 1.0))
            rows.add_fit(self.learner.id, StoredFit(number, self.world.now, 0, {}, {}, True), fitted)

    def next_day(self) -> None:
        self.world.now += DAY_MS

    def next_days(self) -> None:
        self.world.now += self.random.randint(2, 60) * DAY_MS


def looks(world: World, learner: Learner, clock: Callable[[], int]) -> Callable[[], list[object]]:
    """Everything that is kept, asked of the same services again and again."""
    database, pages = world.db, DeckService(DeckPageStore(world.db), world.root)
    known = KnownCards(database)
    stats, report = StatsService(database, clock, known), ReportService(database, clock, known)
    review = ReviewService(database, clock)

    def deck() -> str | None:
        rows = database.all("SELECT path FROM deck WHERE removed_at IS NULL ORDER BY path DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def found() -> list[object]:
        with database.read():
            today: Day = review.study_day(learner)
            by_deck = known.by_deck(learner, today)
        return [
            by_deck, pages.collection_state(), report.report(learner), review.forecast(learner, days=30),
            stats.statistics(learner),
            stats.statistics(learner, days="all"), stats.statistics(learner, days="30", deck=deck()),
        ]  # fmt: skip

    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_is_what_counting_anew_gives(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path)
    try:
        life = Life(world, seed)
        kept = looks(world, life.learner, life.now)
        done = []
        for _ in range(STEPS):
            kept()
            done.append(life.step())
            assert kept() == looks(world, life.learner, life.now)(), done[-5:]
        assert DoctorService(world.db).examine().findings == ()
        days = world.db.all("SELECT * FROM learner_day WHERE answers > 0 ORDER BY study_day")
        with world.db.write():
            counters.count_anew(world.db)
        assert world.db.all("SELECT * FROM learner_day ORDER BY study_day") == days
        assert len(set(done)) == 11, "each kind of action came"
    finally:
        world.close()
