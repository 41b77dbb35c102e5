"""How a learner wants to be told that cards are due: when, and at which mail address. What goes out: `sending.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashcards.clock import Clock
from flashcards.domain.ids import NO_LEARNER, LearnerId
from flashcards.errors import Conflict, Invalid, NotFound, TooMany
from flashcards.mail_server import mail_address
from flashcards.services.accounts.people import Learner
from flashcards.services.reminders.secrets import derived, is_derived, learner_in
from flashcards.services.reminders.texts import confirmation_mail, reminder_mail, test_message
from flashcards.storage.accounts import AccountRows
from flashcards.storage.channels import ChannelRows
from flashcards.storage.database import Database
from flashcards.storage.reminders import ReminderRow, ReminderRows

if TYPE_CHECKING:
    from flashcards.services.reminders.smtp import Mailer

HOURS = tuple(f"{hour:02d}:00" for hour in range(24))
WEEKDAYS = tuple("1234567")
_DAY_MS = 86_400_000
_CONFIRM_DAYS = 3
_MAILS_AN_HOUR = 5
_OLDER_LINKS = 100
"""Calendar addresses and passwords ago, and a mail's link still stops the mails."""
STOPS = ("stop", "stop-letter")
"""What a link in a message ends: reminders, or the weekly letter."""


class Reminders:
    """What learners wish, and the job that sends it."""

    def __init__(self, database: Database, clock: Clock, *, key: bytes, url: str, mailer: Mailer | None) -> None:
        """`url` is where the server is reached; `mailer` None: there is no mail here."""
        self._db = database
        self._rows = ReminderRows(database)
        self._channels = ChannelRows(database)
        self._throttles = AccountRows(database)
        self._clock = clock
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

    def save(self, learner: Learner, email: str | None, hour: str, letter: str = "") -> bool:
        """Stores what the learner wishes; whether a link went out to confirm a mail address.

        `hour` is that of reminders, such as ``07:00``, `letter` when the weekly one comes, such as ``1-07:00``; "" for
        neither. `email` None leaves the mail address as it is. Raises Invalid (`email`, `hour`, `letter`), Conflict
        where there is no mail, TooMany, and Unavailable where the mail server is: then the wish is stored, and the
        link can be asked for again by saving again.
        """
        if hour not in ("", *HOURS):
            raise Invalid("Choose an hour.", field="hour")
        if letter and (letter[:1] not in WEEKDAYS or letter[1:2] != "-" or letter[2:] not in HOURS):
            raise Invalid("Choose a day and an hour for the letter.", field="letter")
        row = self.wishes(learner)
        address = row.email if email is None else self._address(email)
        if (hour or letter) and address is None and not self._channels.of(learner.id):
            raise Invalid("Give an address, or choose neither reminders nor the letter.", field="email")
        verified = row.email_verified_at if row.email == address else None
        with self._db.write():
            self._rows.save_mail(learner.id, address, verified)
            self._rows.save_times(learner.id, hour or None, letter or None)
        if email is None or address is None or verified is not None or not (hour or letter):
            return False
        self._count(learner)
        secret = derived(self._key, "confirm", learner.id, address, self._clock() // _DAY_MS)
        self._need_mailer().send(confirmation_mail(address, f"{self._url}/reminders/confirm/{secret}"))
        return True

    def _address(self, email: str) -> str | None:
        """A mail address as it is stored; None for none."""
        if not email.strip():
            return None
        self._need_mailer()
        try:
            return mail_address(email)
        except ValueError as error:
            raise Invalid(f"{str(error)[0].upper()}{str(error)[1:]}.", field="email") from error

    def test(self, learner: Learner) -> None:
        """Sends a mail to the learner's confirmed address. Raises Conflict, TooMany, Unavailable."""
        mailer, row = self._need_mailer(), self.wishes(learner)
        if row.email is None or row.email_verified_at is None:
            raise Conflict("Confirm your address first: the link is in the mail that was sent there.")
        self._count(learner)
        message = test_message(self.stop_link(learner.id))
        mailer.send(reminder_mail(row.email, message, ""))

    def _need_mailer(self) -> Mailer:
        if self._mailer is None:
            raise Conflict("This server sends no mail: an administrator sets FLASHCARDS_SMTP_URL and FLASHCARDS_URL.")
        return self._mailer

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

    def to_stop(self, secret: str) -> tuple[LearnerId, str]:
        """The learner whose messages the link stops, and which (one of `STOPS`). Raises NotFound.

        Links of older counts are good, too: a mail in somebody's box has to be stoppable whatever became of a
        calendar's address or a password since.
        """
        number = learner_in(secret)
        row = None if number is None else self._rows.of(number)
        if number is None or row is None:
            raise _dead()
        newest = abs(row.calendar_generation)
        for generation in range(newest, max(-1, newest - _OLDER_LINKS), -1):
            for what in STOPS:
                if is_derived(secret, self._key, what, number, generation):
                    return number, what
        raise _dead()

    def stop(self, secret: str) -> str:
        """No reminders (or letters) any more, until the learner wants them again; which. Raises NotFound."""
        with self._db.write():
            learner, what = self.to_stop(secret)
            if what == "stop":
                self._rows.stop(learner)
            else:
                self._rows.stop_letter(learner)
        return what

    def stop_link(self, learner: LearnerId, what: str = "stop") -> str:
        """The address at which reminders (or letters) are ended. Raises NotFound."""
        row = self._rows.of(learner)
        if row is None:
            raise NotFound("There is no such account.")
        return f"{self._url}/reminders/stop/{derived(self._key, what, learner, abs(row.calendar_generation))}"


def _dead() -> NotFound:
    return NotFound("This link is no longer good. In Settings, Reminders and calendar, you can do the same.")
