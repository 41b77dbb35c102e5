"""Decks from other programs with what those knew of their cards: into the decks folder and a learner's history."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flashcards.clock import Clock
from flashcards.domain import sm2
from flashcards.domain.ids import CardId
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid
from flashcards.exchange.found import Remembered
from flashcards.exchange.hashcards_memory import Whose
from flashcards.services.accounts.people import Learner
from flashcards.services.authoring.deck_paths import refuse_deep_folder
from flashcards.services.bring.decks import AS_IT_LOOKS, Brought, Options, RememberedCard, bring
from flashcards.services.bring.incoming_history import StudyDays, arriving, known_memory
from flashcards.services.memory.answering import AnswerMemory
from flashcards.services.memory.state import MemoryState
from flashcards.services.progress import Progress
from flashcards.services.review.incoming import derived_uuid, new_uuid
from flashcards.services.review.learner_day import LearnerDays
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database
from flashcards.storage.imports import ImportedRow, ImportRows
from flashcards.storage.note_cards import NoteCards
from flashcards.storage.reviews import CardRow, LogWrite

_NAMESPACE = str(uuid.UUID("5d7a3a0e-2f43-5a55-8f0b-8c6f3a1d9e47"))


@dataclass(frozen=True, slots=True)
class BroughtHistory:
    """What was written, how many cards got their due date, and how many did not (they have a history here).

    `answers` are the rows that came into the log.
    """

    brought: Brought
    scheduled: int
    kept: int
    answers: int = 0


class BringService(LearnerDays):
    """Brings decks with a history: `BringService(database, sync, decks_root, clock)`."""

    def __init__(self, database: Database, sync: SyncService, decks_root: Path, clock: Clock) -> None:
        super().__init__(database, clock)
        self._sync = sync
        self._root = decks_root
        self._cards = NoteCards(database)
        self._imports = ImportRows(database, sm2.SCHEDULER)

    def bring(
        self,
        kind: str,
        source: Path,
        into: Path,
        learner: Learner,
        *,
        options: Options = AS_IT_LOOKS,
        progress: Progress | None = None,
    ) -> BroughtHistory:
        """As `bring.bring`, then sync, then the answers, and one closing row for each card with a schedule.

        Raises Invalid where `into` is not below the decks folder, or too deep in it, before anything is written.
        """
        folder, root = into.resolve(), self._root.resolve()
        if not folder.is_relative_to(root):
            message = f"With a user, --into must be in the decks folder {self._root}, so that its cards have a history."
            raise Invalid(message, field="into")
        below = folder.relative_to(root)
        refuse_deep_folder(below)
        whose = Whose(learner.timezone, self._clock())
        brought = bring(kind, source, into, options, above=len(below.parts), whose=whose, progress=progress)
        self._sync.sync()
        prefix = "".join(f"{part}/" for part in below.parts)
        scheduled, answers = self._record(learner, brought.schedules, prefix)
        return BroughtHistory(brought, scheduled, len(brought.schedules) - scheduled, answers)

    def reviews(self) -> dict[tuple[str, str, str], int]:
        """How many answers each card has had from all learners, by deck id, note id and which; without zeros."""
        return self._cards.reviews()

    def _record(self, learner: Learner, schedules: Sequence[RememberedCard], prefix: str) -> tuple[int, int]:
        """One transaction, one action: undo takes all of it back. How many cards got a date, and how many answers."""
        with self._imports.room(), self._db.write():
            seq, latest = self._rows.log_end(learner.id)
            record = _Record(
                self._imports, self._memory, learner, StudyDays(learner.timezone, learner.day_start),
                self._clock(), self._day(learner, latest), seq, MemoryState(self._db).predictor(learner.id).name,
            )  # fmt: skip
            counts = record.run(self._found(learner, schedules, prefix))
        MemoryState(self._db).catch_up(learner.id)
        return counts

    def _found(
        self, learner: Learner, schedules: Iterable[RememberedCard], prefix: str
    ) -> Iterator[tuple[CardRow, Remembered]]:
        """The cards that the service knows by now, each with what was remembered of it."""
        decks: dict[str, dict[tuple[str, str], CardId]] = {}
        for it in schedules:
            key = prefix + it.path.removesuffix(".md")
            if key not in decks:
                decks[key] = self._cards.of_deck(key)
            number = decks[key].get((it.note, it.which))
            card = self._rows.card(learner.id, number) if number is not None else None
            if card is not None:
                yield card, it.remembered


@dataclass(slots=True)
class _Record:
    """What comes into a learner's log, whose last row is `seq`; within a transaction.

    Answers move nothing, as with Anki; one closing row for each card sets what the other program has. A card with a
    history here takes it only if it was answered there last.
    """

    imports: ImportRows
    memory: AnswerMemory
    learner: Learner
    days: StudyDays
    now: int
    today: Day
    seq: int
    parameters: str
    action: str = field(default_factory=new_uuid)

    def run(self, found: Iterable[tuple[CardRow, Remembered]]) -> tuple[int, int]:
        instants, uids = self.imports.instants(self.learner.id), self.imports.uids(self.learner.id)
        moved = self.imports.last_moves(self.learner.id)
        answers: list[ImportedRow] = []
        closing: list[tuple[CardRow, Remembered]] = []
        marked: set[CardId] = set()
        for card, it in found:
            new = [row for row in self.answers(card, it) if row.uid not in uids and (card.id, row.at) not in instants]
            answers += new
            if not card.stored or (it.last_at or 0) > moved.get(card.id, self.now if it.last_at is None else 0):
                closing.append((card, it))
            if new or it.memory is not None:
                marked.add(card.id)
        answers = [row._replace(seq=self.seq + place) for place, row in enumerate(answers, start=1)]
        self.seq += len(answers)
        self.imports.append(self.learner.id, answers)
        closed = [row for card, it in closing if (row := self.closed(card, it)) is not None]
        self.imports.close(self.learner.id, closed)
        self.memory.mark(self.learner.id, marked)
        return len(closed), len(answers)

    def answers(self, card: CardRow, it: Remembered) -> Iterator[ImportedRow]:
        """The rows of a card's log there, each instant once; the last of it may be ahead of our clock."""
        for answer in {min(answer.at, self.now): answer for answer in it.answers}.values():
            at = min(answer.at, self.now)
            yield ImportedRow(
                seq=0, uid=derived_uuid(_NAMESPACE, f"{card.id}/{answer.at}"), action=self.action, card=card, at=at,
                study_day=self.days.of(at), quality=answer.quality, ease=it.ease, interval=answer.after,
                last_interval=answer.before, took_ms=None, known=None,
            )  # fmt: skip

    def closed(self, card: CardRow, it: Remembered) -> tuple[CardRow, LogWrite, int] | None:
        """The row that sets the card's schedule, with its lapses from there on; None where all is so already."""
        after = replace(card.schedule, progress=arriving(it.interval, it.ease, it.due_on))
        lapses = max(card.lapses, it.lapses)
        if (after, lapses) == (card.schedule, card.lapses):
            return None
        self.seq += 1
        row = LogWrite(
            seq=self.seq, uid=derived_uuid(self.action, card.id), action=self.action, at=self.now,
            study_day=self.today, quality=None, kind="manual", verb="import", before=card.schedule, after=after,
            took_ms=None, leech=False, scheduler=sm2.SCHEDULER, **known_memory(it.memory, self.parameters),
        )  # fmt: skip
        return card, row, lapses
