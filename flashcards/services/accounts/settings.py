"""A learner's settings: what each may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flashcards.domain.study_day import zone
from flashcards.errors import Invalid
from flashcards.services.accounts.names import account_name, name_key


def checked_settings(changes: Mapping[str, object]) -> dict[str, Any]:
    """The columns to store for `changes`; raises Invalid naming the first field that is not acceptable."""
    columns: dict[str, Any] = {}
    for field, value in changes.items():
        if field not in _CHECKS:
            raise Invalid(f"There is no setting {field!r}.", field=field)
        try:
            columns[field] = _CHECKS[field](value)
        except ValueError as error:
            raise Invalid(str(error), field=field) from error
    if "name" in columns:
        columns["name_key"] = name_key(columns["name"])
    return columns


def _flag(value: object) -> int:
    if not isinstance(value, bool):
        raise ValueError("Give true or false.")
    return int(value)


def _number(low: int, high: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"Give a whole number from {low} to {high:,}.")
        return value

    return check


def _number_or_none(low: int, high: int) -> Callable[[object], int | None]:
    return lambda value: None if value is None else _number(low, high)(value)


def _one_of(*choices: object) -> Callable[[object], object]:
    def check(value: object) -> object:
        if value not in choices or isinstance(value, bool):
            raise ValueError(f"Give one of {', '.join(map(str, choices))}.")
        return value

    return check


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("A name is text.")
    return account_name(value)


def _timezone(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("A time zone is a name such as Europe/Berlin.")
    return zone(value).key


_CHECKS: dict[str, Callable[[object], object]] = {
    "name": _name,
    "timezone": _timezone,
    "day_start": _number(0, 23),
    "new_per_day": _number(0, 9_999),
    "due_per_day": _number_or_none(0, 99_999),
    "drill": _flag,
    "buttons": _one_of(4, 6),
    "letter_keys": _flag,
    "theme": _one_of("auto", "light", "dark"),
    "suspend_leeches": _flag,
    "new_order": _one_of("decks", "folders", "core", "random"),
}
