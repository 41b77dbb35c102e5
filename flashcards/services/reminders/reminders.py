"""Reminders by mail: at each learner's own hour, only if cards are due, at most once a day."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.domain.ids import NO_LEARNER, LearnerId
from flashcards.domain.reminder_hour import reminder_due
from flashcards.domain.study_day import Day
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound, TooMany, Unavailable
from flashcards.mail_server import mail_address
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.facade import Plans
from flashcards.services.reminders.secrets import derived, is_derived, learner_in
from flashcards.services.review.facade import ReviewService
from flashcards.storage.accounts import AccountRows
from flashcards.storage.database import Database
from flashcards.storage.reminders import ReminderRow, ReminderRows, Subscriber

if TYPE_CHECKING:
    from flashcards.services.reminders.mail import Line, Mail, Mailer

LOG = logging.getLogger("flashcards.reminders")

HOURS = tuple(f"{hour:02d}:00" for hour in range(24))
SENT, NOTHING_DUE, REFUSED = "reminder", "reminder:nothing", "reminder:refused"
"""What becomes of a day's reminder: one of these rows, and the day is settled."""
_DAY_MS = 86_400_000
_KEPT_DAYS = 60
_CONFIRM_DAYS = 3
_MAILS_AN_HOUR = 5
_LONGEST_RUN = 240.0
"""Seconds: what is left then is the next run's, which comes within five minutes."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of the job did; `failed` addresses are tried again."""

    sent: int = 0
    nothing: int = 0
    refused: int = 0
    failed: int = 0


class Reminders:
    """What learners wish, and the job that sends it."""

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
        mailer: Mailer | None,
    ) -> None:
        """`url` is where the server is reached; `mailer` None: there is no mail here."""
        self._db = database
        self._rows = ReminderRows(database)
        self._throttles = AccountRows(database)
        self._clock = clock
        self._review = review
        self._plans = plans
        self._by_number = by_number
        self._key = key
        self._url = url
        self._mailer = mailer

    @property
    def possible(self) -> bool:
        """Whether this server sends mail."""
        return self._mailer is not None

    # --- what a learner wishes

    def wishes(self, learner: Learner) -> ReminderRow:
        """Where and when the learner wants to be reminded."""
        row = self._rows.of(learner.id)
        if row is None:
            raise NotFound("There is no such account.")
        return row

    def save(self, learner: Learner, email: str, hour: str) -> bool:
        """Stores the address and the hour ("" for no reminder); whether a link went out to confirm the address.

        Raises Invalid (`email`, `hour`), Conflict where there is no mail, TooMany, and Unavailable where the mail
        server is: then the wish is stored, and the link can be asked for again by saving again.
        """
        self._need_mailer()
        if hour not in ("", *HOURS):
            raise Invalid("Choose an hour.", field="hour")
        if not email.strip():
            if hour:
                raise Invalid("Give an address, or choose no reminder.", field="email")
            self._store(learner, None, None, None)
            return False
        try:
            address = mail_address(email)
        except ValueError as error:
            raise Invalid(f"{str(error)[0].upper()}{str(error)[1:]}.", field="email") from error
        row = self.wishes(learner)
        verified = row.email_verified_at if row.email == address else None
        self._store(learner, address, verified, hour or None)
        if verified is not None or not hour:
            return False
        self._count(learner)
        secret = derived(self._key, "confirm", learner.id, address, self._clock() // _DAY_MS)
        self._send(_confirmation(address, f"{self._url}/reminders/confirm/{secret}"))
        return True

    def _store(self, learner: Learner, email: str | None, verified: int | None, hour: str | None) -> None:
        with self._db.write():
            self._rows.save(learner.id, email, verified, hour)

    def test(self, learner: Learner) -> None:
        """Sends a mail to the learner's confirmed address. Raises Conflict, TooMany, Unavailable."""
        self._need_mailer()
        row = self.wishes(learner)
        if row.email is None or row.email_verified_at is None:
            raise Conflict("Confirm your address first: the link is in the mail that was sent there.")
        self._count(learner)
        self._send(_test(row.email, self._stop_link(learner.id, row.calendar_generation)))

    def _need_mailer(self) -> Mailer:
        if self._mailer is None:
            raise Conflict("This server sends no mail: an administrator sets FLASHCARDS_SMTP_URL and FLASHCARDS_URL.")
        return self._mailer

    def _send(self, mail: Mail) -> None:
        self._need_mailer().send(mail)

    def _count(self, learner: Learner) -> None:
        """Nobody floods somebody else's mailbox through us."""
        with self._db.write():
            wait = self._throttles.hit(f"mail:{learner.id}", self._clock(), 3_600_000, _MAILS_AN_HOUR)
        if wait:
            seconds = -(-wait // 1000)
            raise TooMany(f"Enough mail for now: try again in {-(-seconds // 60)} minutes.", retry_after=seconds)

    # --- what the links do

    def to_confirm(self, secret: str) -> str:
        """The address that the link confirms. Raises NotFound."""
        number = learner_in(secret)
        row = None if number is None else self._rows.of(number)
        if number is None or row is None or row.email is None:
            raise _dead()
        today = self._clock() // _DAY_MS
        days = range(today - _CONFIRM_DAYS, today + 1)
        if not any(is_derived(secret, self._key, "confirm", number, row.email, day) for day in days):
            raise _dead()
        return row.email

    def confirm(self, secret: str) -> str:
        """The address is its learner's; gives it. Raises NotFound."""
        with self._db.write():
            address = self.to_confirm(secret)
            self._rows.verify(learner_in(secret) or NO_LEARNER, self._clock())
        return address

    def to_stop(self, secret: str) -> LearnerId:
        """The learner whose reminders the link stops. Raises NotFound."""
        number = learner_in(secret)
        row = None if number is None else self._rows.of(number)
        if number is None or row is None:
            raise _dead()
        if not is_derived(secret, self._key, "stop", number, abs(row.calendar_generation)):
            raise _dead()
        return number

    def stop(self, secret: str) -> None:
        """No reminders any more, until the learner wants them again. Raises NotFound."""
        with self._db.write():
            self._rows.stop(self.to_stop(secret))

    def _stop_link(self, learner: LearnerId, generation: int) -> str:
        return f"{self._url}/reminders/stop/{derived(self._key, 'stop', learner, abs(generation))}"

    # --- the job

    def run(self) -> Ran:
        """Sends what is due now. Raises Unavailable where the mail server is: the next run, minutes later, goes on."""
        mailer = self._need_mailer()
        counts = {SENT: 0, NOTHING_DUE: 0, REFUSED: 0, "": 0}
        idle: list[tuple[LearnerId, Day]] = []
        end = time.monotonic() + _LONGEST_RUN
        today = self._clock() // _DAY_MS  # a learner's own day is this one, the day before or the day after
        busy = self._rows.with_something(today - 1, today + 1)
        line: Line | None = None
        with ExitStack() as stack:
            stack.callback(self._settle_idle, idle)
            for subscriber, day in self._waiting():
                if time.monotonic() > end:
                    break
                try:
                    mail = self._words(subscriber, day) if subscriber.learner in busy else None
                except FlashcardsError as error:  # of this learner: the others get theirs
                    LOG.warning("the reminder of learner %s waits: %s", subscriber.learner, error)
                    counts[""] += 1
                    continue
                if mail is None:
                    idle.append((subscriber.learner, day))
                    counts[NOTHING_DUE] += 1
                    continue
                line = line or stack.enter_context(mailer.connected())
                counts[self._deliver(line, subscriber, day, mail)] += 1
        return Ran(counts[SENT], counts[NOTHING_DUE], counts[REFUSED], counts[""])

    def _settle_idle(self, idle: list[tuple[LearnerId, Day]]) -> None:
        """Notes for whom nothing was due at their hour: nothing comes later that day, either."""
        now = self._clock()
        with self._db.write():
            for learner, day in idle:
                self._rows.settle(learner, NOTHING_DUE, day, now)
            self._rows.forget_before(now // _DAY_MS - _KEPT_DAYS)

    def _waiting(self) -> Iterator[tuple[Subscriber, Day]]:
        """Those whose hour has come, with the day that it is of, and who have heard nothing of that day."""
        now = self._clock()
        today = now // _DAY_MS
        with self._db.read():
            subscribers, settled = self._rows.subscribers(), self._rows.settled(today - 2)
        for it in subscribers:
            try:
                mail_address(it.email)
                day = reminder_due(now, it.timezone, int(it.reminder[:2]))
            except ValueError:  # an imported row that is no good, or a zone that this machine does not know
                continue
            if day is not None and (it.learner, day) not in settled:
                yield it, day

    def _words(self, subscriber: Subscriber, day: Day) -> Mail | None:
        """What there is to send; None where nothing is due."""
        learner = self._by_number(subscriber.learner)
        today = self._review.today(learner)
        if any(it.first <= today.study_day <= it.last for it in self._plans.breaks(learner)):
            return None
        cards = today.due + today.drill + today.early + (today.new if today.plan else 0)
        if not cards:
            return None
        stop = self._stop_link(learner.id, subscriber.calendar_generation)
        name = derived(self._key, "reminder", learner.id, day).partition("-")[2]
        # The length of a day has its new cards in it, which are not due without a plan.
        seconds = today.seconds_left if today.plan else self._review.seconds_of_due(learner, [cards])[0]
        minutes = max(1, round(seconds / 60))
        return _reminder(subscriber, cards, minutes, f"{self._url}/review", stop, name)

    def _deliver(self, line: Line, subscriber: Subscriber, day: Day, mail: Mail) -> str:
        """Sends one; gives the kind of row that settles the day, "" where it is tried again."""
        from flashcards.services.reminders.mail import MailRefused

        learner = subscriber.learner
        try:
            line.send(mail, lambda: self._settle(learner, SENT, day), lambda: self._unsettle(learner, day))
        except MailRefused as error:
            LOG.warning("a reminder for learner %s was refused: %s", learner, error)
            if error.for_good:
                self._settle(learner, REFUSED, day)
            return REFUSED if error.for_good else ""
        return SENT

    def _settle(self, learner: LearnerId, kind: str, day: Day) -> None:
        with self._db.write():
            if not self._rows.settle(learner, kind, day, self._clock()) and kind == SENT:
                raise Unavailable("Another process sends the same reminders.")

    def _unsettle(self, learner: LearnerId, day: Day) -> None:
        with self._db.write():
            self._rows.unsettle(learner, SENT, day)


def _dead() -> NotFound:
    return NotFound("This link is no longer good. In Settings, Reminders and calendar, you can do the same.")


def _mail_of(to: str, subject: str, text: str, name: str = "", stop: str = "") -> Mail:
    from flashcards.services.reminders.mail import Mail

    one_click = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}  # RFC 8058
    return Mail(to, subject, text, name, one_click if stop else {})


def _reminder(it: Subscriber, cards: int, minutes: int, review: str, stop: str, name: str) -> Mail:
    words = "1 card is due" if cards == 1 else f"{cards:,} cards are due"
    text = (
        f"{words} today: about {minutes} min.\n\n{review}\n\n"
        f"You get this at {it.reminder}, on days with cards, because you asked for it.\nNo more of these: {stop}\n"
    )
    return _mail_of(it.email, words, text, name, stop)


def _confirmation(to: str, link: str) -> Mail:
    text = (
        "Somebody, probably you, wants to be reminded at this address when flashcards are due.\n"
        f"If it was you, confirm it within three days:\n\n{link}\n\n"
        "If it was not, do nothing: nothing more will come.\n"
    )
    return _mail_of(to, "Confirm your address for reminders", text)


def _test(to: str, stop: str) -> Mail:
    text = f"This is how a reminder reaches you.\n\nNo more of these: {stop}\n"
    return _mail_of(to, "A test: reminders reach you", text, stop=stop)
