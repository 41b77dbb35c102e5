"""The calendar feed: what is due on each of the next 30 days. No text of cards, no title of a plan."""

from __future__ import annotations

from collections.abc import Callable

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.domain.study_day import date_of
from flashcards.errors import Conflict, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.facade import Plans
from flashcards.services.reminders.icalendar import DayEvent, calendar
from flashcards.services.reminders.secrets import derived, is_derived, learner_in
from flashcards.services.review.facade import ReviewService
from flashcards.storage.database import Database
from flashcards.storage.reminders import ReminderRow, ReminderRows

DAYS = 30
_PURPOSE = "calendar"


class CalendarService:
    """The address of a learner's calendar, and what stands there."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        review: ReviewService,
        plans: Plans,
        by_number: Callable[[LearnerId], Learner],
        *,
        key: bytes,
        url: str,
    ) -> None:
        """`url` is where the server is reached, "" where nobody said: then there are no calendars."""
        self._db = database
        self._rows = ReminderRows(database)
        self._clock = clock
        self._review = review
        self._plans = plans
        self._by_number = by_number
        self._key = key
        self._url = url

    @property
    def possible(self) -> bool:
        """Whether the server knows its own address."""
        return bool(self._url)

    def address(self, learner: Learner) -> str | None:
        """Where the learner's calendar is; None where they have made no address."""
        generation = self._row(learner.id).calendar_generation
        if not self._url or generation <= 0:
            return None
        return f"{self._url}/calendar/{derived(self._key, _PURPOSE, learner.id, generation)}.ics"

    def make(self, learner: Learner) -> None:
        """Makes an address; one that there was ends. Raises Conflict where the server has none of its own."""
        if not self._url:
            raise Conflict("The server does not know its own address: an administrator sets FLASHCARDS_URL.")
        self._count_up(learner, 1)

    def revoke(self, learner: Learner) -> None:
        """Takes the address back."""
        self._count_up(learner, -1)

    def _count_up(self, learner: Learner, sign: int) -> None:
        with self._db.write():
            self._rows.set_generation(learner.id, sign * (abs(self._row(learner.id).calendar_generation) + 1))

    def _row(self, learner: LearnerId) -> ReminderRow:
        row = self._rows.of(learner)
        if row is None:
            raise NotFound("There is no such account.")
        return row

    def feed(self, secret: str) -> str:
        """The calendar at the address with this secret. Raises NotFound, whatever is wrong with it."""
        number = learner_in(secret) if self._url else None
        row = None if number is None else self._rows.of(number)
        if number is None or row is None or row.calendar_generation <= 0:
            raise _unknown()
        if not is_derived(secret, self._key, _PURPOSE, number, row.calendar_generation):
            raise _unknown()
        return calendar("Flashcards", self._events(self._by_number(number)), self._clock())

    def _events(self, learner: Learner) -> list[DayEvent]:
        mark = derived(self._key, "calendar-events", learner.id).partition("-")[2][:12]
        forecast = self._review.forecast(learner, days=DAYS)
        today = forecast.days[0].day
        counts = {it.day: it.young + it.mature for it in forecast.days}
        counts[today] += forecast.overdue.young + forecast.overdue.mature
        lengths = self._review.seconds_of_due(learner, list(counts.values()))
        events = [
            DayEvent(f"due-{date_of(day)}-{mark}@flashcards", day, _words(count, seconds), self._url)
            for (day, count), seconds in zip(counts.items(), lengths, strict=True)
            if count
        ]
        plan = self._plans.followed(learner)
        if plan is not None and today <= plan.day < today + 366:
            events.append(DayEvent(f"plan-{plan.id}-{mark}@flashcards", plan.day, "Day of the plan", self._url))
        # A calendar must hold something (section 3.6 of the RFC).
        return events or [DayEvent(f"none-{mark}@flashcards", today, "No cards are due", self._url)]


def _words(cards: int, seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{cards:,} {'card' if cards == 1 else 'cards'} due, about {minutes} min"


def _unknown() -> NotFound:
    return NotFound("There is no calendar at this address; it may have been taken back.")
