"""What is said outside of the pages: short, plain text, with no text of a card and no title of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcards.domain.study_day import Day, date_of
from flashcards.storage.reminders import Week

if TYPE_CHECKING:
    from flashcards.services.reminders.smtp import Mail

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell a learner. `because` says why it comes, `stop` is the link that ends it."""

    title: str
    text: str
    because: str
    stop: str

    @property
    def body(self) -> str:
        """All of it below its title."""
        return f"{self.text}\n\n{self.because}\nNo more of these: {self.stop}\n"


def reminder(cards: int, seconds: int, hour: str, url: str, stop: str) -> Message:
    """That cards are due."""
    words = "1 card is due" if cards == 1 else f"{cards:,} cards are due"
    because = f"You get this at {hour}, on days with cards, because you asked for it."
    return Message(words, f"{words} today: about {_minutes(seconds)} min.\n\n{url}/review", because, stop)


@dataclass(frozen=True, slots=True)
class Ready:
    """What is expected to be known on the day of a plan: from `low` to `high` cards."""

    day: Day
    low: int
    high: int


def letter(day: Day, week: Week, days_in_a_row: int, ready: Ready | None, when: str, url: str, stop: str) -> Message:
    """The figures of the seven days before `day`."""
    first, last = date_of(day - 7), date_of(day - 1)
    lines = [f"Your week from {first:%-d %B} to {last:%-d %B}:", ""]
    if week.answers:
        answers = "1 answer" if week.answers == 1 else f"{week.answers:,} answers"
        days = "1 day" if week.days == 1 else f"{week.days} days"
        lines.append(f"{answers} on {days}, in about {_minutes(week.ms // 1000)} min.")
    else:
        lines.append("No answers this time.")
    if days_in_a_row > 1:
        lines.append(f"{days_in_a_row:,} days in a row so far.")
    if ready is not None:
        known = f"{ready.low:,}" if ready.low == ready.high else f"{ready.low:,} to {ready.high:,}"
        lines.append(f"On the day of your plan, {date_of(ready.day):%-d %B %Y}: {known} cards known, as it looks now.")
    because = f"You get this on {when}, because you asked for it."
    return Message("Your week", "\n".join([*lines, "", url]), because, stop)


def letter_when(letter: str) -> str:
    """``1-07:00`` in words."""
    return f"{_DAYS[int(letter[0]) - 1]}s at {letter[2:]}"


def reminder_mail(to: str, message: Message, name: str) -> Mail:
    """A message as a mail, which mail programs can stop with one click (RFC 8058)."""
    one_click = {
        "List-Unsubscribe": f"<{message.stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return _mail(to, message.title, message.body, name, one_click)


def confirmation_mail(to: str, link: str) -> Mail:
    """The mail with the link that confirms an address."""
    text = (
        "Somebody, probably you, wants to be reminded at this address when flashcards are due.\n"
        f"If it was you, confirm it within three days:\n\n{link}\n\n"
        "If it was not, do nothing: nothing more will come.\n"
    )
    return _mail(to, "Confirm your address for reminders", text)


def test_message(stop: str) -> Message:
    """What a test sends."""
    return Message("A test: reminders reach you", "This is how a reminder reaches you.", "You asked for it.", stop)


def _mail(to: str, subject: str, text: str, name: str = "", headers: Mapping[str, str] | None = None) -> Mail:
    from flashcards.services.reminders.smtp import Mail

    return Mail(to, subject, text, name, headers or {})


def _minutes(seconds: int) -> int:
    return max(1, round(seconds / 60))
