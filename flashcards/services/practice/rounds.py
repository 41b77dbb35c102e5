"""Rounds: begun, answered, ticked, graded, ended. Each is one transaction; a grade is an answer in the log as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flashcards.domain.grade import is_quality
from flashcards.domain.practice.rounds import Given, Round, Work, standing
from flashcards.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.choosing import minutes_of, seed_of
from flashcards.services.practice.contract import OpenRound, Spoken, Ticks, Wish
from flashcards.services.practice.incoming import checked_marks, checked_text, checked_wish
from flashcards.services.practice.limits import LONGEST_REPLY
from flashcards.services.practice.opened import MODEL, SELF, OpenedRounds
from flashcards.services.practice.points import plain_text
from flashcards.services.review.facade import Answer
from flashcards.services.review.incoming import capped_ms, checked_uuid, derived_uuid, new_uuid
from flashcards.storage.practice import MarkRow

_GRADED = "This answer has its grade already."


class Rounds(OpenedRounds):
    """What a learner does in a round."""

    def begin(self, learner: Learner, wish: Wish) -> OpenRound:
        """Draws and stores a round. The same id again changes nothing and gives the round as it stands.

        Raises Invalid (the field is named; also where nothing can be asked) and NotFound (a deck, card, or round).
        """
        checked_wish(wish)
        uid = new_uuid() if wish.id is None else checked_uuid(wish.id)
        with self._db.write(learner=learner.id):
            stored = self._rows.round(learner.id, uid)
            if stored is not None:
                if wish.again is None and stored.kind != wish.kind:  # repeated questions keep their kind
                    raise Conflict("This id was used for another round: give each round an id of its own.")
                return self._opened(learner, stored, created=False)
            made = self._made(learner, wish, uid)
            self._rows.add(learner.id, made)
            return self._opened(learner, made, created=True)

    def _made(self, learner: Learner, wish: Wish, uid: str) -> Round:
        seed = seed_of(uid) if wish.seed is None else wish.seed
        today = self._today(learner)
        if wish.again is not None:
            earlier = self._round(learner, wish.again)
            questions = self._choosing.again(learner, earlier, today)
            return replace(earlier, id=uid, questions=questions, started_at=self._clock(), finished_at=None)
        questions = self._choosing.questions(learner, wish, seed, today)
        return Round(
            id=uid,
            kind=wish.kind,
            level=wish.level,
            minutes=minutes_of(wish),
            seed=seed,
            decks=wish.decks,
            tags=(*wish.tags, *wish.where),
            questions=questions,
            started_at=self._clock(),
        )

    def answer(self, learner: Learner, round_id: str, spoken: Spoken) -> OpenRound:
        """Stores an answer. The same id again changes nothing; another answer to the same question is kept beside it.

        Raises Invalid (the field is named), NotFound (the round, the question), Conflict (the id is another answer's).
        """
        return self._store(learner, round_id, spoken, checked_text(spoken.text))

    def skip(self, learner: Learner, round_id: str, position: int, id: str | None = None) -> OpenRound:
        """Passes over a question; one that is answered is closed without a grade. Raises as `answer` does."""
        uid = new_uuid() if id is None else id
        return self._store(learner, round_id, Spoken(uid, position), None)

    def _store(self, learner: Learner, round_id: str, spoken: Spoken, text: str | None) -> OpenRound:
        uid = checked_uuid(spoken.id)
        with self._db.write(learner=learner.id):
            round_ = self._round(learner, round_id)
            if not 0 <= spoken.position < len(round_.questions):
                raise NotFound(f"This round has no question {spoken.position + 1}.")
            answers = self._rows.answers(learner.id, round_.id)
            stored = next((one for one in answers if one.id == uid), None)
            now = self._after(answers)
            if stored is not None:
                if (stored.position, stored.text) != (spoken.position, text):
                    raise Conflict("This id was used for another answer: give each answer an id of its own.")
            elif text is None and (last := standing(answers).get(spoken.position)) is not None:
                self._rows.close_answer(learner.id, round_.id, last, now, None)
            else:
                self._rows.add_answer(learner.id, round_.id, self._given(round_, spoken, uid, text, now))
            self._end_if_done(learner, round_, now)
            return self._opened(learner, self._round(learner, round_id), created=stored is None)

    def _given(self, round_: Round, spoken: Spoken, uid: str, text: str | None, now: int) -> Given:
        question = round_.questions[spoken.position]
        started = now if spoken.started_at is None else max(0, min(spoken.started_at, now))
        took = capped_ms(now - started if spoken.took_ms is None else max(0, spoken.took_ms)) or 0
        return Given(
            id=uid,
            position=spoken.position,
            card=question.card,
            revision=question.revision,
            text=text,
            work=spoken.work,
            started_at=started,
            took_ms=0 if text is None else took,
            at=now,
            closed_at=now if text is None else None,
        )

    def tick(self, learner: Learner, round_id: str, answer_id: str, ticks: Ticks) -> OpenRound:
        """Stores marks, answers to follow-ups, and a grade on the question's card: a mock, which moves no date.

        All of it may be sent again. Raises Invalid (a mark, a grade), NotFound, and Conflict for a second, other grade.
        """
        if ticks.grade is not None and not is_quality(ticks.grade):
            raise Invalid("Give a whole number from 0 to 5.", field="grade")
        with self._db.write(learner=learner.id):
            round_, given = self._answered(learner, round_id, answer_id)
            self._save_ticks(learner, round_, given, ticks)
        seq = None if ticks.grade is None else self._graded(learner, given, ticks)
        with self._db.write(learner=learner.id):
            if seq is not None or ticks.done:
                now = self._after(self._rows.answers(learner.id, round_.id))
                self._rows.close_answer(learner.id, round_.id, given, now, seq)
                self._end_if_done(learner, round_, now)
            return self._opened(learner, self._round(learner, round_id), created=False)

    def _answered(self, learner: Learner, round_id: str, answer_id: str) -> tuple[Round, Given]:
        round_, uid = self._round(learner, round_id), checked_uuid(answer_id)
        given = next((one for one in self._rows.answers(learner.id, round_.id) if one.id == uid), None)
        if given is None:
            raise NotFound("There is no such answer in this round.")
        return round_, given

    def _save_ticks(self, learner: Learner, round_: Round, given: Given, ticks: Ticks) -> None:
        question = round_.questions[given.position]
        follow_ups = tuple(point.key for point in question.follow_ups)
        marks = checked_marks(ticks.marks, (*question.keys, *follow_ups))
        now = self._clock()
        for point, mark in marks.items():
            row = MarkRow(round_.id, given.position, SELF, point, mark, now, None)
            self._rows.save_mark(learner.id, question, row)
        said = {
            key: checked_text(text, "follow_ups", LONGEST_REPLY)
            for key, text in ticks.follow_ups.items()
            if key in follow_ups
        }
        if said:
            work = Work(given.work.numbers, given.work.sketch, {**given.work.follow_ups, **said})
            self._rows.save_work(learner.id, round_.id, given, work)

    def _graded(self, learner: Learner, given: Given, ticks: Ticks) -> int:
        """Stores the grade in the log, once for each answer; gives its row. After undo it can be graded again.

        Where the server was stopped between the log and the round, the grade that the log has is the grade.
        """
        assert ticks.grade is not None
        if given.skipped:
            raise Conflict("A question that was passed over has no grade: answer it first.")
        before = given.review_seq
        stands = None if before is None else self._rows.grades(learner.id, [before]).get(before)
        if before is not None and stands is not None:
            if stands != ticks.grade:
                raise Conflict(_GRADED)
            return before
        mock = Answer(
            id=derived_uuid(given.id, "grade" if before is None else f"grade after {before}"),
            card=given.card,
            grade=ticks.grade,
            mode="mock",
            at=ticks.at,
            took_ms=given.took_ms,
            revision=given.revision,
        )
        try:
            return self._review.answer(learner, mock).seq
        except Conflict:
            raise Conflict(_GRADED) from None

    def consent(self, learner: Learner) -> int | None:
        """Since when the learner lets written answers go to the model; None: they do not."""
        with self._db.read():
            return self._rows.consent(learner.id)

    def agree(self, learner: Learner, *, yes: bool) -> None:
        """Keeps the learner's consent from now on, or takes it back. Repeatable: the first day stays."""
        with self._db.write(learner=learner.id):
            given = self._rows.consent(learner.id)
            self._rows.save_consent(learner.id, (given or self._clock()) if yes else None)

    def propose(self, learner: Learner, round_id: str, answer_id: str) -> int:
        """Asks the model which points an answer covers, and keeps what it can prove; gives how many those are.

        Raises NotFound, Invalid where nothing was written, Forbidden where the learner has not agreed to it,
        Unavailable where there is no model or it fails.
        """
        if self.model is None:
            raise Unavailable("No model is set up on this server: tick the points yourself.")
        if self.consent(learner) is None:
            raise Forbidden("Nothing was sent: agree first that what you write may go to the model.")
        with self._db.read():
            round_, given = self._answered(learner, round_id, answer_id)
        question = round_.questions[given.position]
        if not given.text or not question.points:
            raise Invalid("There is no written answer with points to look for.", field="text")
        points = [(point.key, plain_text(point.html)) for point in question.points]
        found = self.model.propose(question.title, points, given.text)  # outside of any transaction: it takes long
        now = self._clock()
        with self._db.write(learner=learner.id):
            self._answered(learner, round_id, answer_id)  # it may have been deleted meanwhile
            self._rows.forget_marks(learner.id, round_.id, given.position, MODEL)
            for one in found:
                row = MarkRow(round_.id, given.position, MODEL, one.point, "said", now, one.quote)
                self._rows.save_mark(learner.id, question, row)
        return len(found)

    def finish(self, learner: Learner, round_id: str) -> OpenRound:
        """Ends the round, and the partner's link with it; what is not answered stays open to be answered later."""
        with self._db.write(learner=learner.id):
            round_ = self._round(learner, round_id)
            self._end(learner, round_, self._clock())
            return self._opened(learner, self._round(learner, round_id), created=False)

    def delete(self, learner: Learner, round_id: str) -> None:
        """Forgets a round; its grades stay in the log. Repeatable."""
        with self._db.write(learner=learner.id):
            self._rows.delete(learner.id, checked_uuid(round_id))

    def _end_if_done(self, learner: Learner, round_: Round, now: int) -> None:
        closed = {
            position
            for position, given in standing(self._rows.answers(learner.id, round_.id)).items()
            if given.closed_at is not None
        }
        if len(closed) == len(round_.questions):
            self._end(learner, round_, now)

    def _end(self, learner: Learner, round_: Round, now: int) -> None:
        self._rows.finish(learner.id, round_.id, max(now, round_.started_at))
        self._rows.end_link(learner.id, round_.id, now)

    def _after(self, answers: Iterable[Given]) -> int:
        """Now, but after every answer there is: a clock that is set back changes no order."""
        last = max((max(one.at, one.closed_at or 0) for one in answers), default=-1)
        return max(self._clock(), last + 1)
