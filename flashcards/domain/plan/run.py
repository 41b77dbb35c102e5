"""One deterministic run through the days of a plan: on each, again and again the card that is worth most a second.

What is worth is how much asking now raises the expected recall on the day. Which of the answers fail is not drawn but
dealt: as many as are expected, spread evenly. Two runs of one request are the same.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from flashcards.domain import sm2
from flashcards.domain.ids import NoteId
from flashcards.domain.plan.mind import Mind, State
from flashcards.domain.plan.model import CORE, JUNIOR, LAST_DAYS, Asked, Kind, Learner, PlanCard, Request, Style
from flashcards.domain.plan.new_cards_a_day import ENOUGH_NEW, new_seconds, time_for_new
from flashcards.domain.plan.new_cards_order import NewCards
from flashcards.domain.study_day import Day

NEVER: State = -1
CORE_WEIGHT = 3
_UNSURE = 0.4
_PROBES = 0.05
_DAYS_OF_PROBES = 3
"""While the strength of a memory is less sure than the first number (on the logarithm), the second is the share of the
time that goes to cards that were seen, before new ones and beside what failed the day before: without answers to them
nothing is learnt of the learner. A run takes it that they are known after so many days."""
_USUAL_RECALL = 0.8
_REFRESH = 8
"""What asking is worth is computed anew when the days since the last answer, or those left, changed by an eighth."""
MOST_FAILED = 1 / 12
"""Of a day, what failed on the day before it gets at most before all else: of 45 minutes some twenty cards."""
_PATIENCE = 3
"""So many times later for a card that is not worth half of what was asked last the day before."""


@dataclass(slots=True)
class DayRun:
    """A day of a run: cards by their place in the scope, with what kind of answer each would be.

    The first `meant` are those of the day, the others stand ready beyond it; `seconds` are of all.
    """

    day: Day
    asked: list[tuple[int, Kind]] = field(default_factory=list)
    seconds: float = 0.0
    meant: int = 0


class Outcomes:
    """Deals out answers so that their shares are the chances, evenly spread."""

    def __init__(self, first_grades: Sequence[float]) -> None:
        self._first_grades = first_grades
        self._owed = [0.0] * len(first_grades)
        self._failures = 0.0

    def remembers(self, recall: float) -> bool:
        """Whether the next answer, with this chance, is right."""
        self._failures += 1 - recall
        if self._failures < 0.5:
            return True
        self._failures -= 1
        return False

    def first_grade(self) -> int:
        """The next grade of a new card: its place, 0 for Again to 3 for Easy."""
        owed = self._owed
        for grade, chance in enumerate(self._first_grades):
            owed[grade] += chance
        grade = owed.index(max(owed))
        owed[grade] -= 1
        return grade


class Scope:
    """The cards of a plan with what goes on in a run: states, days of the last answers, schedules."""

    def __init__(self, cards: Sequence[PlanCard], mind: Mind) -> None:
        self.cards = cards
        self.mind = mind
        self.states: list[State] = [NEVER if it.memory is None else mind.state(it.memory) for it in cards]
        self.last: list[Day] = [it.last_on or 0 for it in cards]
        self.schedules: list[sm2.Memory] = [it.schedule for it in cards]
        self.due: list[Day | None] = [it.due_on for it in cards]

    def kind(self, place: int, day: Day) -> Kind:
        """What an answer on a day would be."""
        if self.states[place] == NEVER:
            return "new"
        due = self.due[place]
        return "due" if due is None or due <= day else "early"

    def answer_new(self, place: int, day: Day, grade: int) -> float:
        """Gives a new card its first answer; the seconds that it takes."""
        self._move(place, day, (1, 3, 4, 5)[grade])
        self.states[place], self.last[place] = self.mind.firsts[grade], day
        return self.mind.first_costs[grade] + self.mind.speed_of_new * (self.cards[place].effort - 1)

    def answer(self, place: int, day: Day, right: bool) -> float:
        """Gives a card another answer; the seconds that it takes."""
        if self.kind(place, day) == "due":
            self._move(place, day, 4 if right else 1)
        after = self.mind.after(self.states[place], day - self.last[place])
        self.states[place], self.last[place] = after[0 if right else 1], day
        return self.mind.cost(1.0 if right else 0.0)

    def _move(self, place: int, day: Day, quality: int) -> None:
        schedule = self.schedules[place] = sm2.review(self.schedules[place], quality)
        self.due[place] = day + schedule.interval

    def tallied(self, day: Day) -> Counter[tuple[State, Day]]:
        """How many of the cards seen share a state and a last day."""
        found = Counter(zip(self.states, self.last, strict=True))
        for key in [key for key in found if key[0] == NEVER]:
            del found[key]
        return found

    def known(self, day: Day) -> float:
        """How many cards are expected to be remembered on a day."""
        recall = self.mind.recall
        return sum(count * recall(state, day - last) for (state, last), count in self.tallied(day).items())


class Run:
    """A run through the days of a request under the plan.

    `first_grades` are those that were dealt to cards never seen before: 0 for Again to 3 for Easy, by place.
    """

    def __init__(self, request: Request, cards: Sequence[PlanCard], mind: Mind, learner: Learner) -> None:
        self.request = request
        self.scope = Scope(cards, mind)
        self.days: list[DayRun] = []
        self.first_grades: dict[int, int] = {}
        self._mind = mind
        self._outcomes = Outcomes(learner.first_grades)
        self._probes = _PROBES if learner.strength.log_sd > _UNSURE else 0.0
        self._stamps = [0] * len(cards)
        self._ready: list[tuple[float, int, int]] = []
        self._calendar: dict[Day, list[int]] = defaultdict(list)
        self._bar = 0.0
        self._looked_at_on: list[Day] = [request.today] * len(cards)
        self._weights = [it.weight * _level_weight(request.style, it.level) for it in cards]
        efforts = [it.effort for it in cards if it.memory is None]
        self._cost_of_new = mind.cost_of_new + mind.speed_of_new * (fmean(efforts) - 1 if efforts else 0.0)
        self._new = NewCards(cards, self._weights, round(time_for_new(request) / self._cost_of_new))
        self._failed = [place for place, it in enumerate(cards) if it.failed]
        self._cores = [place for place, it in enumerate(cards) if it.level == CORE]
        self._cores_asked: set[int] = set()
        self._begun_today: set[NoteId] = set()
        for place, state in enumerate(self.scope.states):
            if state != NEVER:
                self._calendar[request.today].append(place)

    def go(self, end: Day | None = None) -> None:
        """Runs up to the day `end`, or to the day of the request."""
        start = self.request.today + len(self.days)
        for day in range(start, self.request.day if end is None else min(end, self.request.day)):
            self.days.append(self._day(day))

    def seen(self) -> int:
        """How many cards were asked by now, before this run or in it."""
        return len(self.scope.cards) - len(self._new)

    def _day(self, day: Day) -> DayRun:
        found = DayRun(day)
        left = self.request.day - day
        self._refresh(day, left)
        budget = self.request.seconds(day)
        if budget <= 0:
            return found
        notes: set[NoteId] = set()
        put_off: list[tuple[float, int, int]] = []
        usual = min(budget, self.request.minutes * 60.0)
        self._failed_first(found, notes, usual * MOST_FAILED)
        cores = self._seconds_of_cores(found, notes, usual) if left <= LAST_DAYS else 0.0
        new = self._new_seconds(day, usual, cores, found.seconds)
        # Where there is time to repeat all every day, what is new would never come beside what was seen of its note.
        self._begun_today = self._new.notes() if new >= len(self._new) * self._cost_of_new else set()
        self._by_worth(found, notes, put_off, left, usual - new - cores)
        if cores:
            self._cores_once(found, notes, found.seconds + cores)
            self._by_worth(found, notes, put_off, left, usual - new)
        self._by_worth(found, notes, put_off, left, usual, new)
        # There was not enough to repeat: on the last day nothing at all but what is new.
        begun = sum(kind == "new" for _, kind in found.asked)
        more = usual if left == 1 else (ENOUGH_NEW - begun) * self._cost_of_new
        self._by_worth(found, notes, put_off, left, usual, more)
        found.meant = len(found.asked)
        if budget > usual:
            beyond = budget - usual
            self._by_worth(found, notes, put_off, left, budget, beyond if left == 1 else new * beyond / usual)
        for entry in put_off:
            heapq.heappush(self._ready, entry)
        self._new.day_ends()
        return found

    def _new_seconds(self, day: Day, usual: float, cores: float, failed: float) -> float:
        """The seconds of a day for new cards; some of it goes to what was seen while the learner is not known.

        `failed` seconds went to what failed the day before.
        """
        seen = self.seen()
        usual_cost = self._mind.cost(_USUAL_RECALL)
        new = new_seconds(self.request, day, len(self._new) * self._cost_of_new, seen * usual_cost, cores)
        if not seen or day >= self.request.today + _DAYS_OF_PROBES:
            return new
        return min(new, usual * (1 - self._probes) - failed)

    def _refresh(self, day: Day, left: int) -> None:
        states, last, weights = self.scope.states, self.scope.last, self._weights
        worth, ready, stamps = self._mind.worth, self._ready, self._stamps
        for place in self._calendar.pop(day, ()):
            if self._looked_at_on[place] != day:
                continue  # asked since: it stands in the calendar for another day
            days = day - last[place]
            if days == 0:
                self._look_at(place, day + 1)
                continue
            value, _ = worth(states[place], days, left)
            stamps[place] += 1
            heapq.heappush(ready, (-value * weights[place], place, stamps[place]))
            wait = min(days, left) // _REFRESH
            if value * weights[place] < self._bar:
                wait = max(wait * _PATIENCE, min(_PATIENCE, left // 2))
            self._look_at(place, day + max(1, wait))

    def _look_at(self, place: int, day: Day) -> None:
        self._looked_at_on[place] = day
        self._calendar[day].append(place)

    def _by_worth(
        self,
        found: DayRun,
        notes: set[NoteId],
        put_off: list[tuple[float, int, int]],
        left: int,
        budget: float,
        for_new: float = 0.0,
    ) -> None:
        """Asks what is worth most a second until `budget` seconds of the day are over, new cards for `for_new`."""
        cards, stamps, ready = self.scope.cards, self._stamps, self._ready
        of_new = self._mind.worth_of_new(left)
        while True:
            while ready and stamps[ready[0][1]] != ready[0][2]:
                heapq.heappop(ready)
            fresh = self._new.best(notes) if for_new > 0 else None
            if fresh is not None and (not ready or of_new * fresh[0] >= -ready[0][0]):
                if not self._fits(found, budget, self._mind.first_costs[2]):
                    return
                for_new -= self._ask_new(found, fresh[1])
                notes.add(cards[fresh[1]].note)
            elif ready and ready[0][0] < 0:
                entry = ready[0]
                place = entry[1]
                if cards[place].note in notes or cards[place].note in self._begun_today:
                    put_off.append(heapq.heappop(ready))
                    continue
                recall = self._mind.recall(self.scope.states[place], found.day - self.scope.last[place])
                if not self._fits(found, budget, self._mind.cost(recall)):
                    return
                heapq.heappop(ready)
                self._bar = -entry[0] / 2
                self._ask(found, place, recall)
                notes.add(cards[place].note)
            else:
                return

    def _failed_first(self, found: DayRun, notes: set[NoteId], budget: float) -> None:
        """What was forgotten on the last day of studying, while there is time."""
        failed, self._failed = self._failed, []
        self._ask_in_order(found, notes, failed, budget)

    def _seconds_of_cores(self, found: DayRun, notes: set[NoteId], usual: float) -> float:
        """How long the core questions take that are to be asked once: at most half of the day."""
        day, scope, mind = found.day, self.scope, self._mind
        costs = (mind.cost(mind.recall(scope.states[it], day - scope.last[it])) for it in self._open_cores(notes))
        return min(usual / 2, sum(costs))

    def _cores_once(self, found: DayRun, notes: set[NoteId], budget: float) -> None:
        """The core questions not yet asked in the last days, most at risk first, while there is time."""
        scope, mind, target = self.scope, self._mind, self.request.day
        risk = ((mind.recall(scope.states[it], target - scope.last[it]), it) for it in self._open_cores(notes))
        self._ask_in_order(found, notes, [place for _, place in sorted(risk)], budget)

    def _open_cores(self, notes: set[NoteId]) -> list[int]:
        """The core questions not yet asked in the last days, without those of the `notes`."""
        scope = self.scope
        return [
            place
            for place in self._cores
            if place not in self._cores_asked and scope.cards[place].note not in notes and scope.states[place] != NEVER
        ]

    def _ask_in_order(self, found: DayRun, notes: set[NoteId], places: Iterable[int], budget: float) -> None:
        """Asks cards that were seen, one of each note, until `budget` seconds of the day are over."""
        scope, mind = self.scope, self._mind
        for place in places:
            if scope.cards[place].note in notes or scope.states[place] == NEVER or scope.last[place] == found.day:
                continue
            recall = mind.recall(scope.states[place], found.day - scope.last[place])
            if not self._fits(found, budget, mind.cost(recall)):
                return
            self._ask(found, place, recall)
            notes.add(scope.cards[place].note)

    @staticmethod
    def _fits(found: DayRun, budget: float, seconds: float) -> bool:
        """Whether the better part of an answer lies within the time."""
        return found.seconds + seconds / 2 <= budget

    def _ask_new(self, found: DayRun, place: int) -> float:
        found.asked.append((place, "new"))
        grade = self.first_grades[place] = self._outcomes.first_grade()
        seconds = self.scope.answer_new(place, found.day, grade)
        found.seconds += seconds
        self._new.answered()
        if grade == 0:
            self._failed.append(place)
        self._asked(found.day, place)
        return seconds

    def _ask(self, found: DayRun, place: int, recall: float) -> None:
        found.asked.append((place, self.scope.kind(place, found.day)))
        right = self._outcomes.remembers(recall)
        found.seconds += self.scope.answer(place, found.day, right)
        if not right:
            self._failed.append(place)
        self._asked(found.day, place)

    def _asked(self, day: Day, place: int) -> None:
        self._stamps[place] += 1
        self._look_at(place, day + 1)
        if self.request.day - day <= LAST_DAYS:
            self._cores_asked.add(place)


def _level_weight(style: Style, level: int) -> int:
    """How much more a card counts where the core is to be known surely: the core, and what leads to it."""
    return CORE_WEIGHT if style == "sure" and level in (JUNIOR, CORE) else 1


class SM2Run:
    """The same days with SM-2: what is due, most overdue first, then `new_a_day` new cards, while there is time.

    `new_a_day` None is as many as there is time for; of a fraction the rest counts on the next day.
    """

    def __init__(
        self,
        request: Request,
        cards: Sequence[PlanCard],
        mind: Mind,
        learner: Learner,
        new_a_day: float | None = 20,
    ) -> None:
        self.request = request
        self.scope = Scope(cards, mind)
        self.days: list[DayRun] = []
        self._outcomes = Outcomes(learner.first_grades)
        self._new = [place for place, it in enumerate(cards) if it.memory is None]
        self._new.sort(key=lambda place: (cards[place].level, place))
        self._new.reverse()
        self._new_a_day = float(len(cards)) if new_a_day is None else new_a_day
        self._new_left = 0.0
        self._by_day: dict[Day, list[int]] = defaultdict(list)
        for place, due in enumerate(self.scope.due):
            if cards[place].memory is not None:
                self._by_day[max(request.today, due or request.today)].append(place)

    def go(self, end: Day | None = None) -> None:
        """Runs up to the day `end`, or to the day of the request."""
        start = self.request.today + len(self.days)
        for day in range(start, self.request.day if end is None else min(end, self.request.day)):
            self.days.append(self._day(day))

    def seen(self) -> int:
        """How many cards were asked by now, before this run or in it."""
        return len(self.scope.cards) - len(self._new)

    def _day(self, day: Day) -> DayRun:
        found, scope = DayRun(day), self.scope
        budget = self.request.seconds(day)
        due = self._by_day.pop(day, [])
        due.sort(key=lambda place: ((scope.due[place] or day) - day) / (scope.schedules[place].interval or 1))
        for number, place in enumerate(due):
            if found.seconds >= budget:
                self._by_day[day + 1] += due[number:]
                break
            recall = scope.mind.recall(scope.states[place], day - scope.last[place])
            found.asked.append((place, "due"))
            found.seconds += scope.answer(place, day, self._outcomes.remembers(recall))
            self._comes_again(place, day)
        self._new_left = self._new_left % 1 + self._new_a_day
        while self._new and self._new_left >= 1 and found.seconds < budget:
            self._new_left -= 1
            place = self._new.pop()
            found.asked.append((place, "new"))
            found.seconds += scope.answer_new(place, day, self._outcomes.first_grade())
            self._comes_again(place, day)
        return found

    def _comes_again(self, place: int, day: Day) -> None:
        due = self.scope.due[place]
        self._by_day[max(day + 1, due or 0)].append(place)


def named(asked: Iterable[tuple[int, Kind]], cards: Sequence[PlanCard]) -> tuple[Asked, ...]:
    """The cards of a day by their numbers."""
    return tuple(Asked(cards[place].card, kind) for place, kind in asked)
