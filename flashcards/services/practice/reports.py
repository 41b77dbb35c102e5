"""What rounds came to: lists, one round's report, and points over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from flashcards.domain.ids import CardId
from flashcards.domain.practice.kinds import NAMES
from flashcards.domain.practice.point_kinds import POINT_KIND_NAMES
from flashcards.domain.practice.report import JudgedPoint, JudgedQuestion, by_point_kind, by_topic, said_percent
from flashcards.domain.practice.rounds import Point
from flashcards.domain.practice.rubric_ticks import FOLLOW, NOT_SAID, WHOLE, Tally, agreement, often_missed
from flashcards.domain.study_day import raw_study_day
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.contract import (
    Asked,
    Choices,
    Miss,
    Offer,
    OpenRound,
    PointRecord,
    Proposal,
    Report,
    RoundLine,
)
from flashcards.services.practice.opened import PARTNER, SELF, OpenedRounds, by_position
from flashcards.services.practice.points import points_of
from flashcards.services.review.card_lookup import card_number
from flashcards.services.review.facade import OpenSet
from flashcards.services.review.incoming import derived_uuid
from flashcards.storage.practice import AnswerLine, LinkedCard, StoredLine

_WHOLE = (Point(WHOLE, "The whole answer"),)
_ADVISE_FROM = 3
"""Points of a kind below which nothing is advised."""


class Reports(OpenedRounds):
    """Reads over rounds."""

    def proposal(self, learner: Learner) -> Proposal | None:
        """The round that is proposed for today; None where no deck has a question to practise."""
        with self._db.read():
            return self._choosing.proposal(self._choosing.pool(learner, self._today(learner)))

    def offers(self, learner: Learner) -> tuple[Proposal | None, dict[str, Offer]]:
        """The proposal, and what each kind of round would ask now."""
        with self._db.read():
            pool = self._choosing.pool(learner, self._today(learner))
            return self._choosing.proposal(pool), self._choosing.offers(pool)

    def choices(self, learner: Learner) -> Choices:
        """What a round can be chosen from."""
        with self._db.read():
            pool = self._choosing.pool(learner, self._today(learner))
            return Choices(self._choosing.proposal(pool), self._choosing.offers(pool), *self._choosing.places(pool))

    def one_aloud(self, learner: Learner) -> tuple[str, str] | None:
        """(card, title) of the one question that is offered today; None where there is none."""
        with self._db.read():
            note = self._choosing.one(learner, self._today(learner))
        return None if note is None else (str(note.card), note.title)

    def can_practise(self, learner: Learner, card_id: str) -> bool:
        """Whether a card is a question that can be practised."""
        return bool(self._rows.core_notes(learner.id, card=card_number(card_id)))

    def core_cards(self, learner: Learner, deck_path: str) -> dict[str, str]:
        """The questions of a deck that can be practised: card to title."""
        return {str(note.card): note.title for note in self._rows.core_notes(learner.id, path=deck_path)}

    def rounds(self, learner: Learner) -> tuple[RoundLine, ...]:
        """The learner's rounds, the newest first."""
        with self._db.read():
            return self._lines(learner)

    def _lines(self, learner: Learner) -> tuple[RoundLine, ...]:
        last: dict[str, dict[int, AnswerLine]] = {}
        for answer in self._rows.answered(learner.id):
            last.setdefault(answer.round, {})[answer.position] = answer
        marks: dict[str, dict[int, dict[str, int]]] = {}
        for round_, position, mark, times in self._rows.mark_counts(learner.id):
            marks.setdefault(round_, {}).setdefault(position, {})[mark] = times
        return tuple(
            _line(learner, line, last.get(line.id, {}), marks.get(line.id, {})) for line in self._rows.lines(learner.id)
        )

    def report(self, learner: Learner, round_id: str) -> Report:
        """What a round came to, and how that compares; raises NotFound."""
        with self._db.read():
            opened = self._opened(learner, self._round(learner, round_id), created=False)
            lines = self._lines(learner)
            marks = by_position(self._rows.marks(learner.id, opened.round.id))
            misses = self._misses(learner, opened)
            _, its_set = self._sets_of(learner, opened.round.id)
        mine = next(line for line in lines if line.id == opened.round.id)
        earlier = [line for line in lines if line.started_at < mine.started_at and line.tally.marked]
        judged = [_judged(asked) for asked in opened.questions if asked.given and not asked.given.skipped]
        kinds = by_point_kind(judged, POINT_KIND_NAMES)
        alike, both, differ = _agreement(marks)
        return Report(
            line=mine,
            open=opened,
            topics=by_topic(judged),
            kinds=kinds,
            misses=misses,
            rounds=tuple(line for line in reversed(lines) if line.tally.marked),
            before=next((line for line in earlier if line.kind == mine.kind), None),
            agreement=(alike, both) if both else None,
            differ=differ,
            advice=_advice(kinds),
            cards=len(cards_behind(misses)),
            set=its_set,
        )

    def _misses(self, learner: Learner, opened: OpenRound) -> tuple[Miss, ...]:
        """What was missed comes before what was said in part; follow-ups count as well."""
        found = []
        for asked in opened.questions:
            marks = asked.marks.get(SELF, {})
            points = [*(asked.question.points or _WHOLE), *asked.question.follow_ups]
            found += [(asked, point, marks[point.key]) for point in points if marks.get(point.key) in NOT_SAID]
        taught = self._rows.linked(CardId(int(point.card)) for _, point, _ in found if point.card is not None)
        behind = {card for asked, point, _ in found for card in (point.card, asked.card) if card is not None}
        there = self._review.askable(learner, sorted(behind))
        misses = [_miss(asked, point, mark, taught, there) for asked, point, mark in found]
        return tuple(sorted(misses, key=lambda miss: (miss.mark != "missed", -miss.missed)))

    def put_into_review(self, learner: Learner, round_id: str) -> OpenSet:
        """Makes a set of the cards behind what a round left out, offered until it is done. Pressed again while cards
        are left it changes nothing; where others have been missed since, a set with those takes its place.

        Raises NotFound, and Invalid where nothing was left out, or all of it is gone.
        """
        with self._db.read():
            opened = self._opened(learner, self._round(learner, round_id), created=False)
            cards = cards_behind(self._misses(learner, opened))
            line = next(line for line in self._lines(learner) if line.id == opened.round.id)
            number, last = self._sets_of(learner, opened.round.id)
        if last is not None and last.left:
            if set(cards) <= self._review.set_cards(learner, last.made.id):
                return last
            self._review.end_set(learner, last.made.id)
            number -= 1
        uid = _set_id(opened.round.id, number)
        made, _ = self._review.make_set(learner, id=uid, mode="review", cards=cards, title=f"Missed in {line.title}")
        return OpenSet(made, made.cards)

    def _sets_of(self, learner: Learner, round_id: str) -> tuple[int, OpenSet | None]:
        """How many sets of its misses a round has had, and the last of them."""
        last = None
        for number in count():
            found = self._review.set_left(learner, _set_id(round_id, number))
            if found is None:
                return number, last
            last = found
        raise AssertionError("numbers do not end")

    def points_over_time(self, learner: Learner, card_id: str) -> tuple[PointRecord, ...]:
        """The points of a card's question with the learner's marks; empty where none was ever marked."""
        number = card_number(card_id)
        with self._db.read():
            marks = self._rows.card_marks(learner.id, [number]).get(number, {})
            points, follow_ups = points_of(self._rows, [number]).get(number, ((), ()))
        if not marks:
            return ()
        return tuple(PointRecord(point.html, tuple(marks.get(point.key, ()))) for point in (*points, *follow_ups))


def _line(
    learner: Learner, stored: StoredLine, answers: dict[int, AnswerLine], marks: dict[int, dict[str, int]]
) -> RoundLine:
    sums = Tally()
    for position, answer in answers.items():
        if not answer.skipped:
            of = Tally(**marks.get(position, {}))
            sums += replace(of, unmarked=max(1, stored.points[position]) - of.marked)
    questions = len(stored.points)
    return RoundLine(
        id=stored.id,
        kind=stored.kind,
        title=f"{NAMES[stored.kind]}: {stored.title}"
        if questions == 1
        else f"{NAMES[stored.kind]}, {questions} questions",
        started_at=stored.started_at,
        finished_at=stored.finished_at,
        day=raw_study_day(stored.started_at, learner.timezone, learner.day_start),
        done=sum(answer.closed for answer in answers.values()),
        questions=questions,
        minutes=stored.minutes,
        ms=sum(1000 * round(answer.took_ms / 1000) for answer in answers.values()),  # adds up as it is shown
        tally=sums,
    )


def _judged(asked: Asked) -> JudgedQuestion:
    marks = asked.marks.get(SELF, {})
    kinds = {point.key: point.kind for point in asked.question.points}
    points = tuple(JudgedPoint(key, kinds.get(key, "what"), marks.get(key)) for key in asked.question.keys)
    return JudgedQuestion(asked.question.topic, points)


def cards_behind(misses: Iterable[Miss]) -> list[str]:
    """The cards to study for these misses, each once."""
    return list(dict.fromkeys(miss.leads_to for miss in misses if miss.leads_to is not None))


def _set_id(round_id: str, number: int) -> str:
    return derived_uuid(round_id, f"misses {number}")


def _miss(asked: Asked, point: Point, mark: str, taught: dict[CardId, LinkedCard], there: set[str]) -> Miss:
    missed, times = often_missed(asked.records.get(point.key, ()))
    card = taught.get(CardId(int(point.card))) if point.card is not None else None
    return Miss(
        text_html=point.html,
        question=asked.question.title,
        card=asked.card,
        mark=mark,
        missed=missed,
        times=times,
        taught_by=((str(card.card), card.title),) if card is not None else (),
        follow_up=point.key.startswith(FOLLOW),
        leads_to=next((one for one in (point.card, asked.card) if one in there), None),
    )


def _agreement(marks: dict[int, dict[str, dict[str, str]]]) -> tuple[int, int, frozenset[tuple[int, str]]]:
    alike, both, differ = 0, 0, set()
    for position, by_whom in marks.items():
        found = agreement(by_whom.get(SELF, {}), by_whom.get(PARTNER, {}))
        alike, both = alike + found.alike, both + found.both
        differ |= {(position, point) for point in found.differ}
    return alike, both, frozenset(differ)


def _advice(kinds: dict[str, Tally]) -> str:
    """Which kind of point to look at next: the one said least often, where something was left out."""
    known = [(said_percent(of) or 0, name, of) for name, of in kinds.items() if of.marked >= _ADVISE_FROM]
    if len(known) < 2:
        return ""
    percent, name, of = min(known, key=lambda one: one[:2])
    if percent >= 80:
        return ""
    return f"Next, look at “{name.lower()}”: {of.marked - of.said} of {of.marked} such points were not said in full."
