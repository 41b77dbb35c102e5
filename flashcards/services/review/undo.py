"""Undo: the last action is taken back whole, in one transaction."""

from __future__ import annotations

from flashcards.domain import schedule as rules
from flashcards.domain.memory.evidence import BEGINNINGS
from flashcards.domain.schedule import MODES
from flashcards.domain.schedulers import SWITCH
from flashcards.errors import Conflict, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.review.answers import Answers
from flashcards.services.review.contract import LastAction, Undone
from flashcards.services.review.incoming import checked_uuid
from flashcards.storage.flags import FLAG
from flashcards.storage.reviews import StoredRow


class Undo(Answers):
    """What a learner does to cards, and takes back."""

    def last_action(self, learner: Learner) -> LastAction | None:
        """What `undo` would take back; None where nothing is left."""
        with self._db.read():
            rows = self._rows.last_action_in_short(learner.id)
        if not rows:
            return None
        _, uid, verb, at, _ = rows[-1]
        return LastAction(uid, verb or "answer", at, len({card for *_, card in rows}))

    def undo(self, learner: Learner, review_id: str | None = None) -> Undone:
        """Takes back the learner's last action, whole, and restores what was before, exactly.

        What an author's edit did to schedules is passed over: it was no action of the learner, and whoever presses
        undo means their own last answer. Only where that was on the same card, it is taken back with it, as what
        was before stood before both. With a `review_id` only that one: an id that is undone already gives the same
        result again, one of an author's edit is refused: the learner may set another due date; so is one that came
        with another program's log. Raises
        NotFound where there is nothing (or no such id), Conflict where it is not the last action.
        """
        with self._db.write(learner=learner.id):
            rows = self._rows.last_action(learner.id)
            if review_id is not None:
                wanted = self._rows.stored(learner.id, checked_uuid(review_id))
                if wanted is None:
                    raise NotFound("There is no such review.")
                if wanted.verb == rules.EDITED:
                    raise Conflict("An author's change brought this card back: set another due date on its page.")
                if wanted.kind == "imported":
                    raise Conflict("This answer came with another program's log, and is not undone by itself.")
                if wanted.undone:
                    return self._undone(learner, wanted)
                if not rows or rows[0].action != wanted.action:
                    raise Conflict("Only the last action can be undone; this one has others after it.")
            if not rows:
                raise NotFound("There is nothing to undo.")
            if rows[0].verb == SWITCH:
                self._choices.take_back(learner.id, rows[0].action)
            else:
                for row in rows:
                    self._take_back(learner, row)
            return self._undone(learner, rows[-1], len({row.card for row in rows}))

    def taken_back(self, learner: Learner, review_id: str) -> Undone | None:
        """What an undo took back; None where it took back no such thing."""
        uid = checked_uuid(review_id)
        with self._db.read():
            row = self._rows.stored(learner.id, uid)
            if row is None or not row.undone:
                return None
            return self._undone(learner, row, self._rows.cards_of(learner.id, row))

    def _take_back(self, learner: Learner, row: StoredRow) -> None:
        self._rows.mark_undone(learner.id, row)
        if row.kind == FLAG:
            self._flags.replay(learner.id, row.card)
        if row.quality is not None or row.verb in BEGINNINGS:
            self._memory.recompute(learner.id, row.card)
        if row.kind not in {"scheduled", "manual"} and row.before == row.after:
            return
        self._rows.undo_edits(learner.id, row.card, row.seq)
        card = self._card(learner, row.card)
        if self._rows.has_moves(learner.id, row.card):
            lapses = card.lapses - rules.is_lapse(row.before, row.kind, row.quality)
            if row.verb == "import":  # it may have said how often the card was forgotten elsewhere
                lapses = self._rows.lapses(learner.id, row.card)
            by = self._rows.by_before(learner.id, row.card, row.seq)
            self._rows.save(learner.id, card, row.before, lapses, by)
        else:
            self._rows.forget(learner.id, card)

    def _undone(self, learner: Learner, row: StoredRow, cards: int = 1) -> Undone:
        mode = row.kind if row.kind in MODES else "review"
        return Undone(self._state(learner, row.card), row.uid, row.verb or "answer", mode, row.quality, cards)
