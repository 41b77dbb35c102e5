"""What a client sends, checked and brought into the one form in which it is stored."""

from __future__ import annotations

import hashlib
import re
import uuid
from functools import lru_cache
from typing import cast, get_args

from flashcards.domain.grade import is_quality
from flashcards.domain.schedule import MODES, VERBS, Mode, Verb
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid
from flashcards.services.review.contract import Answer

LONGEST_MS = 3_600_000
"""More than an hour is stored as an hour; `domain/minutes_left.py` says how much of it counts."""
FARTHEST_DAYS = 36_500

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
"""A hexadecimal digit with the two bits in front that every UUID has there."""


def checked_uuid(text: object, field: str = "id") -> str:
    """The id in lower case; raises Invalid where it is not a UUID as they are usually written."""
    if not isinstance(text, str) or not _UUID.fullmatch(text.lower()):
        raise Invalid("Give a UUID such as 0b5e3f4e-6d0f-4d58-9d0e-0a4f9a1f7c11.", field=field)
    return text.lower()


def new_uuid() -> str:
    """An id for what the server itself begins."""
    return str(uuid.uuid4())


def derived_uuid(uid: str, name: object) -> str:
    """The id of another row of the same action: the same whenever the action is sent again.

    It is `uuid.uuid5` of both, in a third of its time: an import asks for 100,000.
    """
    digits = hashlib.sha1(_bytes_of(uid) + str(name).encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:32]}"


@lru_cache(maxsize=16)
def _bytes_of(uid: str) -> bytes:
    return bytes.fromhex(uid.replace("-", ""))


def checked_mode(answer: Answer) -> Mode:
    """Checks everything that can be checked without the database and returns the mode.

    Raises Invalid naming the field.
    """
    if not is_quality(answer.grade):
        raise Invalid("Give a whole number from 0 to 5.", field="grade")
    if answer.mode not in MODES:
        raise Invalid(f"Give one of {', '.join(MODES)}.", field="mode")
    for field, value in (("at", answer.at), ("took_ms", answer.took_ms)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise Invalid("Give a whole number of milliseconds, not below 0.", field=field)
    if answer.revision is not None and type(answer.revision) is not int:
        raise Invalid("Give the whole number that the queue gave.", field="revision")
    return cast(Mode, answer.mode)


def capped_ms(took_ms: int | None) -> int | None:
    """The time that an answer took, capped."""
    return None if took_ms is None else min(took_ms, LONGEST_MS)


def checked_verb(verb: str, due_on: Day | None, today: Day) -> Verb:
    """The manual action; raises Invalid where it is unknown or its date is missing or out of reach."""
    if verb not in VERBS:
        raise Invalid(f"Give one of {', '.join(get_args(Verb))}.", field="verb")
    if verb == "due":
        if due_on is None:
            raise Invalid("Give the date on which the card should come.", field="due_on")
        if isinstance(due_on, bool) or not isinstance(due_on, int) or not 0 <= due_on <= today + FARTHEST_DAYS:
            raise Invalid("Give a date within the next hundred years.", field="due_on")
    return cast(Verb, verb)
