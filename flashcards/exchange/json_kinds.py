"""The kinds of values in an export as JSON: how each is written from and read into what a database holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flashcards.domain.memory import fsrs


class NotAsDeclared(ValueError):
    """A value is not what its field is declared to be; the message says what it must be."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: its JSON Schema, and how it is written from and read into what a database holds."""

    schema: Mapping[str, Any]
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _is(type_: type, what: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, type_) or (isinstance(value, bool) and type_ is not bool):
            raise NotAsDeclared(f"must be {what}")
        return value

    return read


def _read_id(value: Any) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 18:
        raise NotAsDeclared("must be an id: digits, as a string")
    return int(value)


def _read_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAsDeclared("must be a number")
    return float(value)


def _write_instant(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def _read_instant(value: Any) -> int:
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        when = None
    if when is None or when.tzinfo is None:
        raise NotAsDeclared("must be an instant such as 2026-05-27T12:00:00.000Z")
    return round(when.timestamp() * 1000)


_EPOCH = date(1970, 1, 1).toordinal()


def _write_day(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


def _read_day(value: Any) -> int:
    try:
        return date.fromisoformat(value).toordinal() - _EPOCH
    except (TypeError, ValueError):
        raise NotAsDeclared("must be a date such as 2026-05-27") from None


def _read_list(value: Any) -> str:
    if not isinstance(value, list):
        raise NotAsDeclared("must be a list")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_numbers(value: Any) -> str:
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise NotAsDeclared("must be a list of whole numbers")
    return _read_list(value)


_REFERENCE = ("deck", "id", "level")


def _read_references(value: Any) -> str:
    if not isinstance(value, list) or not all(one is None or _is_reference(one) for one in value):
        raise NotAsDeclared("must be a list of null or of objects with deck, id and level (texts or null)")
    return _read_list([one and {name: one[name] for name in _REFERENCE} for one in value])


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and all(
        name in value and (value[name] is None or isinstance(value[name], str)) for name in _REFERENCE
    )


def _read_object(value: Any) -> str:
    if not isinstance(value, dict):
        raise NotAsDeclared("must be an object")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read_objects(value: Any) -> str:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise NotAsDeclared("must be a list of objects")
    return _read_list(value)


def _read_hex(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise NotAsDeclared("must be hexadecimal digits") from None


def _read_parameters(value: Any) -> str:
    try:
        return fsrs.parameters(value).canonical
    except (TypeError, ValueError) as error:
        raise NotAsDeclared(f"must be the 21 numbers of FSRS-6: {error}") from None


TEXT = Kind({"type": "string"}, str, _is(str, "text"))
INTEGER = Kind({"type": "integer"}, int, _is(int, "a whole number"))
NUMBER = Kind({"type": "number"}, float, _read_number)
BOOLEAN = Kind({"type": "boolean"}, bool, lambda value: int(_is(bool, "true or false")(value)))
ID = Kind({"type": "string", "pattern": "^[0-9]+$"}, str, _read_id)
INSTANT = Kind({"type": "string", "format": "date-time"}, _write_instant, _read_instant)
DAY = Kind({"type": "string", "format": "date"}, _write_day, _read_day)
TEXTS = Kind({"type": "array", "items": {"type": "string"}}, json.loads, _read_list)
PAIRS = Kind({"type": "array", "items": {"type": "array"}}, json.loads, _read_list)
NUMBERS = Kind({"type": "array", "items": {"type": "integer"}}, json.loads, _read_numbers)
REFERENCES = Kind({"type": "array", "items": {"type": ["object", "null"]}}, json.loads, _read_references)
FSRS_NUMBERS = Kind({"type": "array", "items": {"type": "number"}}, json.loads, _read_parameters)
OBJECT = Kind({"type": "object"}, json.loads, _read_object)
OBJECTS = Kind({"type": "array", "items": {"type": "object"}}, json.loads, _read_objects)
HEX = Kind({"type": "string", "pattern": "^[0-9a-f]*$"}, lambda value: value.hex(), _read_hex)
