"""Decks from other programs with what those knew of their cards: into the decks folder and a learner's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flashcards.clock import Clock
from flashcards.domain.ids import CardId
from flashcards.domain.schedule import Schedule, Scheduled
from flashcards.domain.sm2 import Memory
from flashcards.errors import Invalid
from flashcards.exchange.found import Remembered
from flashcards.services.accounts.people import Learner
from flashcards.services.authoring.deck_paths import refuse_deep_folder
from flashcards.services.bring.decks import AS_IT_LOOKS, Brought, Options, RememberedCard, bring
from flashcards.services.progress import Progress
from flashcards.services.review.incoming import derived_uuid, new_uuid
from flashcards.services.review.learner_day import LearnerDays
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database
from flashcards.storage.note_cards import NoteCards
from flashcards.storage.reviews import LogWrite

SURE_OF_TWO = 6  # days: SM-2's second interval; from it on a card is taken to have been right twice


@dataclass(frozen=True, slots=True)
class BroughtHistory:
    """What was written, how many cards got their due date, and how many could not (they have a history here)."""

    brought: Brought
    scheduled: int
    kept: int


class BringService(LearnerDays):
    """Brings decks with a history: `BringService(database, sync, decks_root, clock)`."""

    def __init__(self, database: Database, sync: SyncService, decks_root: Path, clock: Clock) -> None:
        super().__init__(database, clock)
        self._sync = sync
        self._root = decks_root
        self._cards = NoteCards(database)

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
        """As `bring.bring`, then sync, then one closing row of the verb `import` for each card with a schedule.

        Raises Invalid where `into` is not below the decks folder, or too deep in it, before anything is written.
        """
        folder, root = into.resolve(), self._root.resolve()
        if not folder.is_relative_to(root):
            message = f"With a user, --into must be in the decks folder {self._root}, so that its cards have a history."
            raise Invalid(message, field="into")
        below = folder.relative_to(root)
        refuse_deep_folder(below)
        brought = bring(kind, source, into, options, above=len(below.parts), progress=progress)
        self._sync.sync()
        prefix = "".join(f"{part}/" for part in below.parts)
        scheduled = self._record(learner, brought.schedules, prefix)
        return BroughtHistory(brought, scheduled, len(brought.schedules) - scheduled)

    def reviews(self) -> dict[tuple[str, str, str], int]:
        """How many answers each card has had from all learners, by deck id, note id and which; without zeros."""
        return self._cards.reviews()

    def _record(self, learner: Learner, schedules: Iterable[RememberedCard], prefix: str) -> int:
        """One transaction, one action: undo takes all of it back."""
        action = new_uuid()
        count = 0
        decks: dict[str, dict[tuple[str, str], CardId]] = {}
        with self._db.write():
            seq, latest = self._rows.log_end(learner.id)
            today, now = self._day(learner, latest), self._clock()
            for it in schedules:
                key = prefix + it.path.removesuffix(".md")
                if key not in decks:
                    decks[key] = self._cards.of_deck(key)
                number = decks[key].get((it.note, it.which))
                card = self._rows.card(learner.id, number) if number is not None else None
                if card is None or card.stored:
                    continue
                count += 1
                after = _schedule(it.remembered)
                row = LogWrite(
                    seq=seq + count, uid=derived_uuid(action, card.id), action=action, at=now, study_day=today,
                    quality=None, kind="manual", verb="import", before=card.schedule, after=after, took_ms=None,
                    leech=False,
                )  # fmt: skip
                self._rows.append(learner.id, card, row)
                self._rows.save(learner.id, card, after, card.lapses)
        return count


def _schedule(remembered: Remembered) -> Schedule:
    repetition = 2 if remembered.interval >= SURE_OF_TWO else 1
    return Schedule(Scheduled(Memory(repetition, remembered.ease, remembered.interval), remembered.due_on))
