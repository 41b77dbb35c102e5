"""What goes out by itself: reminders and weekly letters, by mail and to learners' other addresses, each once.

A run decides for all learners first, in few queries, and then sends. What goes out is claimed just before, and the
claim is taken back only where it certainly did not arrive: a message may be lost where the server is killed in that
very moment, but none comes twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.domain.reminder_hour import letter_due, reminder_due
from flashcards.domain.streak import streak
from flashcards.domain.study_day import Day
from flashcards.errors import FlashcardsError, Unavailable
from flashcards.mail_server import mail_address
from flashcards.services.reminders import texts
from flashcards.services.reminders.deciding import Deciding, Due
from flashcards.services.reminders.secrets import derived
from flashcards.services.reminders.texts import Message
from flashcards.storage.channels import ChannelRow, ChannelRows
from flashcards.storage.database import Database
from flashcards.storage.plans import PlanRows
from flashcards.storage.queues import QueueRows
from flashcards.storage.reminders import ReminderRows, Subscriber

if TYPE_CHECKING:
    from flashcards.services.reminders.courier import Courier, Outcome, Parcel
    from flashcards.services.reminders.smtp import Line, Mailer

LOG = logging.getLogger("flashcards.reminders")

REMINDER, LETTER = "reminder", "letter"
_DAY_MS = 86_400_000
_KEPT_DAYS = 60
_LETTERS_WITHOUT_ANSWERS = 28
"""Days: nobody who stopped long ago is told every week that there is nothing to tell."""
_LONGEST_RUN = 240.0
"""Seconds: what is left then is the next run's, which comes within five minutes."""
_CONNECTIONS = 4
_MAILS_OF_A_CONNECTION = 20
"""For fewer mails than these no other connection is worth its beginning."""
_FIRST_WAIT, _LONGEST_WAIT = 5 * 60_000, 4 * 3_600_000
"""How long an address is left alone that did not take a message: longer each time."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the job did; `failed` messages are tried again."""

    sent: int = 0
    nothing: int = 0
    refused: int = 0
    failed: int = 0


_NOTHING = Due(0)


@dataclass(frozen=True, slots=True)
class Todo:
    """What a learner is to be told of a day (`REMINDER` with what is `due`, or `LETTER`), and by which ways."""

    who: Subscriber
    what: str
    day: Day
    by_mail: bool
    channels: tuple[ChannelRow, ...]
    due: Due = _NOTHING


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be sent; `nothing` counts those who have nothing due, `failed` those of whom it is not known."""

    todos: list[Todo]
    nothing: int
    failed: int


class _Tally:
    """Counts, from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.sent = self.refused = self.failed = 0

    def add(self, what: str) -> None:
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)


class Sending:
    """The job. `mailer` or `courier` None: this server does not send by that way."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        deciding: Deciding,
        *,
        key: bytes,
        url: str,
        stop_link: Callable[[LearnerId, str], str],
        mailer: Mailer | None,
        courier: Courier | None,
    ) -> None:
        """`stop_link` gives the address that ends reminders ("stop") or letters ("stop-letter") of a learner."""
        self._db = database
        self._rows = ReminderRows(database)
        self._channels = ChannelRows(database)
        self._queues = QueueRows(database)
        self._plans = PlanRows(database)
        self._clock = clock
        self._deciding = deciding
        self._key = key
        self._url = url
        self._stop_link = stop_link
        self._mailer = mailer
        self._courier = courier

    def run(self) -> Ran:
        """Sends what is due now. Raises Unavailable where the mail server is: the next run, minutes later, goes on."""
        end = time.monotonic() + _LONGEST_RUN
        planned, tally, trouble = self.plan(), _Tally(), None
        try:
            self._mail([it for it in planned.todos if it.by_mail], end, tally)
        except Unavailable as error:  # other addresses get theirs all the same
            trouble = error
        self._carry([(it, to) for it in planned.todos for to in it.channels], end, tally)
        if trouble is not None:
            raise trouble
        return Ran(tally.sent, planned.nothing, tally.refused, tally.failed + planned.failed)

    # --- deciding

    def plan(self) -> Planned:
        """Who is to be told what now; notes for whom there is nothing: nothing comes later that day, either."""
        waiting = list(self._waiting())
        decided = self._deciding.due_now([it.who for it in waiting if it.what == REMINDER])
        today = self._clock() // _DAY_MS
        studied = self._rows.studied_since(today - _LETTERS_WITHOUT_ANSWERS)
        todos: list[Todo] = []
        idle: list[Todo] = []
        for it in waiting:
            learner = it.who.learner
            if it.what == LETTER:
                (todos if learner in studied else idle).append(it)
            elif learner in decided.due:
                todos.append(Todo(it.who, it.what, it.day, it.by_mail, it.channels, decided.due[learner]))
            elif learner not in decided.failed:
                idle.append(it)
        self._settle_idle(idle)
        return Planned(todos, len(idle), len(decided.failed))

    def _settle_idle(self, idle: Sequence[Todo]) -> None:
        now = self._clock()
        with self._db.write():
            for it in idle:
                self._rows.settle(it.who.learner, f"{it.what}:nothing", it.day, now)
            self._rows.forget_before(now // _DAY_MS - _KEPT_DAYS)

    def _waiting(self) -> Iterator[Todo]:
        """Those whose hour has come, by ways of which they have heard nothing of that day."""
        now = self._clock()
        with self._db.read():
            subscribers, settled = self._rows.subscribers(), self._rows.settled(now // _DAY_MS - 4)
            channels = self._channels.of_subscribers() if self._courier else []
        of_learner: dict[LearnerId, list[ChannelRow]] = {}
        for channel in channels:
            if not _is_left_alone(channel, now):
                of_learner.setdefault(channel.learner, []).append(channel)
        for who in subscribers:
            for what, day in _due_of(who, now):
                if (who.learner, f"{what}:nothing", day) in settled:
                    continue
                done = {kind for kind in (what, f"{what}:refused") if (who.learner, kind, day) in settled}
                ways = tuple(
                    it for it in of_learner.get(who.learner, ())
                    if (who.learner, _kind_to(what, it), day) not in settled
                )  # fmt: skip
                by_mail = self._mailer is not None and not done and _takes_mail(who)
                if by_mail or ways:
                    yield Todo(who, what, day, by_mail, ways)

    # --- what is said

    def _message(self, it: Todo) -> Message:
        who = it.who
        if it.what == REMINDER:
            stop = self._stop_link(who.learner, "stop")
            return texts.reminder(
                it.due.cards, self._deciding.seconds(who, it.due), who.reminder or "", self._url, stop
            )
        with self._db.read():
            week = self._rows.week(who.learner, it.day - 7, it.day - 1)
            in_a_row = streak(self._queues.days_studied(who.learner, it.day), it.day)
            ready = self._ready(who.learner, it.day)
        stop, when = self._stop_link(who.learner, "stop-letter"), texts.letter_when(who.letter or "")
        return texts.letter(it.day, week, in_a_row, ready, when, self._url, stop)

    def _ready(self, learner: LearnerId, day: Day) -> texts.Ready | None:
        """What the plan that is followed expects, as it was last reckoned."""
        plan = self._plans.followed(learner)
        if plan is None or plan.ended_at is not None or plan.day <= day:
            return None
        predicted = [it.predicted for it in self._plans.days(learner, plan.id) if it.predicted and any(it.predicted)]
        return texts.Ready(plan.day, round(predicted[-1][0]), round(predicted[-1][2])) if predicted else None

    # --- by mail

    def _mail(self, todos: Sequence[Todo], end: float, tally: _Tally) -> None:
        """Sends them over a few connections. Raises Unavailable, when all have done what they could."""
        if self._mailer is None or not todos:
            return
        waiting = _Shared(todos)
        connections = min(_CONNECTIONS, -(-len(todos) // _MAILS_OF_A_CONNECTION))
        if connections == 1:
            self._mail_along(self._mailer, waiting, end, tally)
            return
        with ThreadPoolExecutor(connections, thread_name_prefix="mail") as threads:
            lines = [threads.submit(self._mail_apart, self._mailer, waiting, end, tally) for _ in range(connections)]
        for line in lines:
            line.result()

    def _mail_apart(self, mailer: Mailer, todos: Iterable[Todo], end: float, tally: _Tally) -> None:
        """In a thread of its own."""
        try:
            self._mail_along(mailer, todos, end, tally)
        finally:
            self._db.close_thread()

    def _mail_along(self, mailer: Mailer, todos: Iterable[Todo], end: float, tally: _Tally) -> None:
        with mailer.connected() as line:
            for it in todos:
                if time.monotonic() > end:
                    return
                try:
                    message = self._message(it)
                except FlashcardsError as error:  # of this learner: the others get theirs
                    LOG.warning("the %s of learner %s waits: %s", it.what, it.who.learner, error)
                    tally.add("failed")
                    continue
                tally.add(self._deliver(line, it, message))

    def _deliver(self, line: Line, it: Todo, message: Message) -> str:
        """Sends one mail; what became of it."""
        from flashcards.services.reminders.smtp import MailRefused

        name = derived(self._key, it.what, it.who.learner, it.day).partition("-")[2]
        mail = texts.reminder_mail(it.who.email or "", message, name)
        try:
            line.send(mail, lambda: self._claim(it, it.what), lambda: self._unclaim(it, it.what))
        except MailRefused as error:
            LOG.warning("the %s of learner %s was refused: %s", it.what, it.who.learner, error)
            if not error.for_good:
                return "failed"
            with self._db.write():
                self._rows.settle(it.who.learner, f"{it.what}:refused", it.day, self._clock())
            return "refused"
        return "sent"

    # --- to other addresses

    def _carry(self, todos: Sequence[tuple[Todo, ChannelRow]], end: float, tally: _Tally) -> None:
        if self._courier is None or not todos:
            return
        parcels = [self._parcel_of(it, to) for it, to in todos]
        self._courier.carry(parcels, lambda place, outcome: self._came(*todos[place], outcome, tally), end)

    def _parcel_of(self, it: Todo, to: ChannelRow) -> Callable[[], Parcel | None]:
        from flashcards.services.reminders.courier import Parcel

        def parcel() -> Parcel | None:
            try:
                message = self._message(it)
                self._claim(it, _kind_to(it.what, to))
            except FlashcardsError as error:
                LOG.warning("the %s of learner %s waits: %s", it.what, it.who.learner, error)
                return None
            return Parcel(to.sealed, message.title, message.body)

        return parcel

    def _came(self, it: Todo, to: ChannelRow, outcome: Outcome, tally: _Tally) -> None:
        """Keeps what came of a message; what certainly did not arrive is tried again."""
        if not outcome.ok:
            LOG.warning("the %s of learner %s did not arrive by %s: %s", it.what, it.who.learner, to.kind, outcome.why)
        with self._db.write():
            if not outcome.ok and not outcome.unknown:
                self._rows.unsettle(it.who.learner, _kind_to(it.what, to), it.day)
            failures = 0 if outcome.ok else to.failures + 1
            self._channels.tried(to.learner, to.id, failures, self._clock(), outcome.why)
        tally.add("sent" if outcome.ok else "failed")

    # --- claims

    def _claim(self, it: Todo, kind: str) -> None:
        with self._db.write():
            if not self._rows.settle(it.who.learner, kind, it.day, self._clock()):
                raise Unavailable("Another process sends the same messages.")

    def _unclaim(self, it: Todo, kind: str) -> None:
        with self._db.write():
            self._rows.unsettle(it.who.learner, kind, it.day)


class _Shared:
    """Things to do that several threads take from."""

    def __init__(self, todos: Iterable[Todo]) -> None:
        self._todos = iter(todos)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Todo]:
        return self

    def __next__(self) -> Todo:
        with self._lock:
            return next(self._todos)


def _due_of(who: Subscriber, now: int) -> Iterator[tuple[str, Day]]:
    """What a learner's hour has come for, with the day that it is of."""
    try:
        if who.reminder is not None:
            day = reminder_due(now, who.timezone, int(who.reminder[:2]))
            if day is not None:
                yield REMINDER, day
        if who.letter is not None:
            day = letter_due(now, who.timezone, int(who.letter[:1]), int(who.letter[2:4]))
            if day is not None:
                yield LETTER, day
    except ValueError:  # an imported row that is no good, or a zone that this machine does not know
        return


def _takes_mail(who: Subscriber) -> bool:
    try:
        return who.email is not None and bool(mail_address(who.email))
    except ValueError:  # as an import could bring it
        return False


def _kind_to(what: str, to: ChannelRow) -> str:
    """By what it is known that a message went to an address."""
    return f"{what}:to:{to.id}"


def _is_left_alone(it: ChannelRow, now: int) -> bool:
    """Whether an address did not take a message, and it is too early to try again."""
    if not it.failures or it.tried_at is None:
        return False
    wait = min(_FIRST_WAIT << min(it.failures - 1, 10), _LONGEST_WAIT)
    return 0 <= now - it.tried_at < wait
