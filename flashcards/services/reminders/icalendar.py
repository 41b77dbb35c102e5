"""Calendars as RFC 5545 writes them: whole days alone, which need no time zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flashcards.domain.study_day import Day, date_of

_LONGEST = 75
"""Octets of a line, without its end: longer ones are folded (section 3.1)."""


@dataclass(frozen=True, slots=True)
class DayEvent:
    """Something on a day. `uid` stays the same for as long as it is the same event, however it changes."""

    uid: str
    day: Day
    summary: str
    description: str = ""


def calendar(name: str, events: Iterable[DayEvent], at: int) -> str:
    """The calendar as it is at the instant `at`; its lines end with CR and LF."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Flashcards//Due cards//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT3H",  # RFC 7986
        "X-PUBLISHED-TTL:PT3H",
    ]
    stamp = f"{datetime.fromtimestamp(at / 1000, UTC):%Y%m%dT%H%M%SZ}"
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: DayEvent, stamp: str) -> Iterator[str]:
    first = date_of(event.day)
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{first + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy because cards are due
    yield "END:VEVENT"


def _text(value: str) -> str:
    """A value of the type TEXT (section 3.3.11)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        value = value.replace(plain, escaped)
    return value


def _folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets; those after the first begin with a space. No character is cut."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part
