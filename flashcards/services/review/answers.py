"""Answers, flags and manual actions: the writes of reviewing. Each is one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from flashcards.domain import schedule as rules
from flashcards.domain.ids import CardId
from flashcards.domain.leech import becomes_leech
from flashcards.domain.memory.evidence import Evidence
from flashcards.domain.schedule import History, Kind, Mode, Schedule
from flashcards.domain.schedulers import SM2, Decider, Entry, decided, follow, name_of, own_of
from flashcards.domain.study_day import Day, raw_study_day
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound, Unavailable
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.answering import Step
from flashcards.services.memory.state import predictor_of
from flashcards.services.review.card_lookup import card_number
from flashcards.services.review.contract import Acted, Answer, Answered, CardState
from flashcards.services.review.incoming import (
    capped_ms,
    checked_mode,
    checked_uuid,
    checked_verb,
    derived_uuid,
    new_uuid,
)
from flashcards.services.review.learner_day import LearnerDays
from flashcards.storage.answering import Beginning, beginning
from flashcards.storage.flags import FLAG, FlagRows, flag_verb
from flashcards.storage.reviews import CardRow, LogWrite, StoredRow

NOTHING_SINCE = History()


class Answers(LearnerDays):
    """What a learner does to cards."""

    def answer(self, learner: Learner, answer: Answer) -> Answered:
        """Stores an answer and moves the card's schedule, if it is one that does.

        The same id again, with the same card and grade, changes nothing and gives the stored result, also
        of an answer that was undone. The rules of the queue decide what is shown, never what is accepted.
        Raises Invalid (the field is named), NotFound (the card), Conflict (the id is taken).
        """
        uid, mode = checked_uuid(answer.id), checked_mode(answer)
        with self._db.write(learner=learner.id, told_later=True):
            found = beginning(self._db, learner.id, _number(answer.card), uid)
            if found is None or found.repeats:
                stored = self._rows.stored(learner.id, uid)
                if stored is not None:
                    return _repeated(stored, answer)
            if found is None:
                raise NotFound("There is no such card.")
            return self._store(learner, answer, uid, mode, found)

    def answer_many(self, learner: Learner, answers: Iterable[Answer]) -> list[Answered | FlashcardsError]:
        """Stores answers in the order in which they were given, each in a transaction of its own.

        The results come in the order of `answers`; one that cannot be stored does not stop the others. Where none
        can, because the database is busy or the disk is full, the others are not tried. The disk is waited for once,
        at the end: raises Unavailable where it fails then, as nobody can tell what it kept.
        """
        with self._db.waiting_once():
            return self._answer_each(learner, answers)

    def _answer_each(self, learner: Learner, answers: Iterable[Answer]) -> list[Answered | FlashcardsError]:
        given = list(answers)
        results: dict[int, Answered | FlashcardsError] = {}
        stopped: Unavailable | None = None
        for index in sorted(range(len(given)), key=lambda index: self._given_at(given[index])):
            if stopped:
                results[index] = stopped
                continue
            try:
                results[index] = self.answer(learner, given[index])
            except Unavailable as error:
                results[index] = stopped = error
            except FlashcardsError as error:
                results[index] = error
        return [results[index] for index in range(len(given))]

    def _given_at(self, answer: Answer) -> int:
        now = self._clock()
        return min(answer.at, now) if type(answer.at) is int else now

    def _store(self, learner: Learner, answer: Answer, uid: str, mode: Mode, found: Beginning) -> Answered:
        card, seq = found.card, found.seq
        at, day = self._when(learner, answer.at, found.latest)
        before = card.schedule
        history = self._history(learner, found, day, at)
        kind = rules.kind_of_answer(mode, before, history, day, drill=learner.drill)
        lapsed = rules.is_lapse(before, kind, answer.grade)
        lapses = card.lapses + lapsed
        leech = lapsed and becomes_leech(lapses)
        evidence = Evidence(day, at, seq + 1, answer.grade)
        step = self._memory.step(learner.id, found, evidence)
        after, decider = self._decided(learner, found, kind, evidence, step, history.last_moved)
        row = LogWrite(
            seq=seq + 1, uid=uid, action=uid, at=at, study_day=day, quality=answer.grade, kind=kind,
            verb=None, before=before, after=after, took_ms=capped_ms(answer.took_ms), leech=leech,
            revision=self._shown(answer, at, card), stability=step.row.memory.stability,
            difficulty=step.row.memory.difficulty, parameters=step.force.name,
            scheduler=decider.label,
        )  # fmt: skip
        self._rows.append(learner.id, card, row)
        self._memory.store(learner.id, card.id, step)
        if kind == "scheduled" or after != before:
            suspend = leech and learner.suspend_leeches
            stored = self._suspend_leech(learner, card, row) if suspend else after
            self._rows.save(learner.id, card, stored, lapses, decider.name)
        return _result(True, uid, row.seq, card.id, kind, after, leech, day, decider.name)

    def _history(self, learner: Learner, found: Beginning, day: Day, at: int) -> History:
        """What decides the answer's kind; nothing where SM-2 decides and the card was not answered since that day."""
        if found.chose or found.card.by != SM2 or found.has_answers_since(day):
            return self._rows.history(learner.id, found.card.id, day, at)
        return NOTHING_SINCE

    def _decided(
        self, learner: Learner, found: Beginning, kind: Kind, answer: Evidence, step: Step, moved_on: Day | None
    ) -> tuple[Schedule, Decider]:
        """The schedule after an answer, and who decided it: of most learners SM-2, at no cost."""
        card = found.card
        if not found.chose and card.by == SM2:
            return rules.answered(card.schedule, kind, answer.quality, answer.day), Decider()
        choice = self._choices.of_note(learner.id, card.note)
        asked = choice.scheduler if kind == "scheduled" else card.by
        if asked == SM2 == card.by:
            return rules.answered(card.schedule, kind, answer.quality, answer.day), Decider()
        decider = replace(choice, scheduler=asked).decider(predictor_of(step.force))
        entry = Entry(kind, answer.quality, answer.day, card.schedule, card.schedule, scheduler=decider.label)
        own = follow(own_of(self._rows.entries(learner.id, card.id)), entry)
        memory = step.row.memory
        return decided(card.schedule, own, kind, answer.day, decider, memory, moved_on), decider

    def _suspend_leech(self, learner: Learner, card: CardRow, answer: LogWrite) -> Schedule:
        """Logs a row of its own in the same action, so that a replay of the log needs to know no setting."""
        suspended = rules.changed(answer.after, "suspend", answer.study_day)
        row = LogWrite(
            seq=answer.seq + 1, uid=derived_uuid(answer.uid, "leech"), action=answer.action, at=answer.at,
            study_day=answer.study_day, quality=None, kind="manual", verb="leech",
            before=answer.after, after=suspended, took_ms=None, leech=False, scheduler=answer.scheduler,
        )  # fmt: skip
        self._rows.append(learner.id, card, row)
        return suspended

    def _when(self, learner: Learner, at: int | None, latest: Day | None) -> tuple[int, Day]:
        """The instant and the study day of an answer: a late upload has the day on which it was given."""
        now = self._clock()
        today = self._day(learner, latest)
        if at is None or at >= now:
            return now, today
        raw, raw_today = (raw_study_day(instant, learner.timezone, learner.day_start) for instant in (at, now))
        return at, today if raw == raw_today else raw

    def _shown(self, answer: Answer, at: int, card: CardRow) -> int:
        """The revision that was shown: what the client says, where that can be, else that of the answer's time.

        A page may be older than an edit and answered after it, so the client knows best.
        """
        if answer.revision is not None and 1 <= answer.revision <= card.revision:
            return answer.revision
        return card.revision if answer.at is None else self._rows.revision_at(card, at)

    # --- flags and manual actions

    def flag(
        self, learner: Learner, card_id: str, flag: int, *, also: Sequence[str] = (), id: str | None = None
    ) -> Acted:
        """Gives a card, and those named by `also`, a flag from 1 to 7, or takes it off (0): one action, one undo.

        No schedule moves. With an `id` that was sent before, nothing changes. Raises Invalid, NotFound and Conflict.
        """
        if type(flag) is not int or not 0 <= flag <= 7:
            raise Invalid("Give a flag from 1 to 7, or 0 for none.", field="flag")
        uid = new_uuid() if id is None else checked_uuid(id)
        number, verb = card_number(card_id), flag_verb(flag)
        with self._db.write(learner=None if also else learner.id):
            stored = self._rows.stored(learner.id, uid)
            if stored is not None:
                return self._repeated_act(learner, stored, number, verb)
            seq, latest = self._rows.log_end(learner.id)
            numbers = dict.fromkeys([number, *map(card_number, also)])
            cards = [self._card(learner, card) for card in numbers]
            today, now = self._day(learner, latest), self._clock()
            for offset, card in enumerate(cards, start=1):
                row = LogWrite(
                    seq=seq + offset, uid=uid if card.id == number else derived_uuid(uid, card.id), action=uid,
                    at=now, study_day=today, quality=None, kind=FLAG, verb=verb,
                    before=card.schedule, after=card.schedule, took_ms=None, leech=False,
                )  # fmt: skip
                self._rows.append(learner.id, card, row)
            self._flags.save(learner.id, numbers, flag, now)
            return Acted(uid, seq + len(cards), self._state(learner, number))

    def act(
        self,
        learner: Learner,
        card_id: str,
        verb: str,
        *,
        whole_note: bool = False,
        also: Sequence[str] = (),
        due_on: Day | None = None,
        id: str | None = None,
    ) -> Acted:
        """Suspends, unsuspends, buries, unburies or resets a card, or sets its due date (`due_on`).

        `whole_note` does it to all cards of the note, `also` names more cards: one action, one undo. With an `id`
        that was sent before, nothing changes. Raises Invalid, NotFound and Conflict.
        """
        uid = new_uuid() if id is None else checked_uuid(id)
        number = card_number(card_id)
        with self._db.write(learner=None if also or whole_note else learner.id):
            seq, latest = self._rows.log_end(learner.id)
            today = self._day(learner, latest)
            checked = checked_verb(verb, due_on, today)
            stored = self._rows.stored(learner.id, uid)
            if stored is not None:
                return self._repeated_act(learner, stored, number, verb)
            lead = self._card(learner, number)
            others = [*(self._rows.siblings(lead.note) if whole_note else []), *map(card_number, also)]
            cards = [lead, *(self._card(learner, card) for card in dict.fromkeys(others) if card != number)]
            for offset, card in enumerate(cards, start=1):
                after = rules.changed(card.schedule, checked, today, due_on)
                row = LogWrite(
                    seq=seq + offset, uid=uid if card is lead else derived_uuid(uid, card.id), action=uid,
                    at=self._clock(), study_day=today, quality=None, kind="manual", verb=verb,
                    before=card.schedule, after=after, took_ms=None, leech=False,
                )  # fmt: skip
                self._rows.append(learner.id, card, row)
                self._rows.save(learner.id, card, after, card.lapses)
                if verb == "reset":
                    self._memory.recompute(learner.id, card.id)
            return Acted(uid, seq + len(cards), self._state(learner, number))

    def set_dates(self, learner: Learner, dates: Mapping[CardId, Day]) -> int:
        """Sets the due dates of many cards: one action, one undo. Gives how many were set; new cards have none."""
        uid = new_uuid()
        with self._db.write(learner=learner.id):
            seq, latest = self._rows.log_end(learner.id)
            today = self._day(learner, latest)
            found = (self._rows.card(learner.id, card) for card in dates)
            cards = [card for card in found if card is not None and card.schedule.due_on not in (None, dates[card.id])]
            for offset, card in enumerate(cards, start=1):
                after = rules.changed(card.schedule, "due", today, dates[card.id])
                row = LogWrite(
                    seq=seq + offset, uid=uid if offset == 1 else derived_uuid(uid, card.id), action=uid,
                    at=self._clock(), study_day=today, quality=None, kind="manual", verb="due",
                    before=card.schedule, after=after, took_ms=None, leech=False,
                )  # fmt: skip
                self._rows.append(learner.id, card, row)
                self._rows.save(learner.id, card, after, card.lapses)
            return len(cards)

    def _repeated_act(self, learner: Learner, stored: StoredRow, card: CardId, verb: str) -> Acted:
        if (stored.card, stored.verb) != (card, verb):
            raise Conflict("This id was used for something else.")
        return Acted(stored.uid, stored.seq, self._state(learner, card))

    # --- helpers

    @property
    def _flags(self) -> FlagRows:
        return FlagRows(self._db)

    def _card(self, learner: Learner, card: CardId) -> CardRow:
        row = self._rows.card(learner.id, card)
        if row is None:
            raise NotFound("There is no such card.")
        return row

    def _state(self, learner: Learner, card: CardId) -> CardState:
        return self._card_states(learner, [self._card_rows.cards(learner.id, [card])[card]])[0]


def _number(card_id: str) -> CardId:
    """The storage's number of a card; 0, which no card has, for an id that is none of ours."""
    try:
        return card_number(card_id)
    except NotFound:
        return CardId(0)


def _repeated(stored: StoredRow, answer: Answer) -> Answered:
    if (str(stored.card), stored.quality) != (answer.card, answer.grade):
        raise Conflict("This id was used for another answer: give each answer an id of its own.")
    it, by = stored, name_of(stored.scheduler)
    return _result(False, it.uid, it.seq, it.card, it.kind, it.after, it.leech, it.study_day, by)


def _result(
    created: bool, uid: str, seq: int, card: CardId, kind: str, after: Schedule, leech: bool, day: Day, by: str
) -> Answered:
    """What an answer is told. Where FSRS-6 decides, the interval is the days from the answer to the date."""
    interval = after.interval if by == SM2 or after.due_on is None else max(0, after.due_on - day)
    memory = (after.repetition, after.ease, interval, after.due_on)
    return Answered(created, uid, seq, str(card), kind, *memory, leech)
