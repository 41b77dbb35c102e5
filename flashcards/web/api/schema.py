"""Declarations that both validate what comes in and describe it in the OpenAPI document.

Each kind reads a JSON value into the value that services take, or raises Invalid naming the field. Members
that are not declared are ignored, so that a newer client can talk to an older server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flashcards.errors import Invalid
from flashcards.web.api.meanings import MEANINGS
from flashcards.web.shared.dates import parse_date, parse_instant

Schema = dict[str, Any]
CURSOR = "give the cursor of the page before"
NO_NUL = r"^[^\u0000]*$"
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")


class Kind(Protocol):
    """A kind of value."""

    def read(self, value: Any, name: str) -> Any:
        """The value as services take it; raises Invalid with `field` = `name`."""

    def schema(self) -> Schema:
        """Its JSON Schema (2020-12)."""


def _wrong(name: str, wanted: str) -> Invalid:
    return Invalid(f"{name}: {wanted}.", field=name)


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `longest` characters; one of `choices`, or matching a whole `pattern`, if these are given.

    `wanted` is what to say to whom sends another.
    """

    longest: int = 1000
    choices: tuple[str, ...] = ()
    format: str = ""
    pattern: str = ""
    wanted: str = ""
    least: int = 0

    def read(self, value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise _wrong(name, "give a string")
        if len(value) < self.least:
            raise _wrong(name, "it is empty")
        if self.choices and value not in self.choices:
            raise _wrong(name, f"give one of {', '.join(self.choices)}")
        if len(value) > self.longest:
            raise _wrong(name, f"give at most {self.longest:,} characters")
        if _NO_TEXT.search(value):
            raise _wrong(name, "it holds a character that is no text")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise _wrong(name, self.wanted or f"give a text that fits {self.pattern}")
        return value

    def schema(self) -> Schema:
        described: Schema = {"type": "string"}
        if self.choices:
            return described | {"enum": list(self.choices)}
        if self.format:
            return described | {"format": self.format}
        if self.least:
            described["minLength"] = self.least
        return described | {"maxLength": self.longest, "pattern": self.pattern or NO_NUL}


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer: 3.0 is one, as in JSON Schema; true and "3" are none."""

    least: int | None = None
    most: int | None = None

    def read(self, value: Any, name: str) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int:
            raise _wrong(name, "give an integer")
        below = self.least is not None and value < self.least
        if below or (self.most is not None and value > self.most):
            raise _wrong(name, f"give an integer {self._range()}")
        return value

    def _range(self) -> str:
        if self.most is None:
            return f"of at least {self.least}"
        return f"from {self.least} to {self.most}"

    def schema(self) -> Schema:
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer"} | {key: bound for key, bound in bounds.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class WholeOf:
    """One of some integers."""

    choices: tuple[int, ...]

    def read(self, value: Any, name: str) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is not int or value not in self.choices:
            raise _wrong(name, f"give one of {', '.join(map(str, self.choices))}")
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "enum": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `least` on, to `most` where that is given."""

    most: float | None = None
    least: float = 0

    def read(self, value: Any, name: str) -> float:
        if type(value) not in (int, float) or value < self.least or (self.most is not None and value > self.most):
            wanted = f"of at least {self.least:g}" if self.most is None else f"from {self.least:g} to {self.most:g}"
            raise _wrong(name, f"give a number {wanted}")
        return float(value)

    def schema(self) -> Schema:
        return {"type": "number", "minimum": self.least} | ({} if self.most is None else {"maximum": self.most})


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    def read(self, value: Any, name: str) -> bool:
        if not isinstance(value, bool):
            raise _wrong(name, "give true or false")
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Instant:
    """An RFC 3339 instant, read as epoch milliseconds."""

    def read(self, value: Any, name: str) -> int:
        try:
            at = parse_instant(value)
        except (TypeError, ValueError, OverflowError):
            raise _wrong(name, "give an instant such as 2026-11-22T07:06:03Z") from None
        if at < 0:
            raise _wrong(name, "give an instant of the year 1970 or later, such as 2026-11-22T07:06:03Z")
        return at

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Date:
    """An ISO date, read as an epoch day."""

    def read(self, value: Any, name: str) -> int:
        try:
            return parse_date(value)
        except (TypeError, ValueError):
            raise _wrong(name, "give a date such as 2026-11-22") from None

    def schema(self) -> Schema:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Nullable:
    """The kind, or null."""

    kind: Kind

    def read(self, value: Any, name: str) -> Any:
        return None if value is None else self.kind.read(value, name)

    def schema(self) -> Schema:
        return {"anyOf": [self.kind.schema(), {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Either:
    """Any one of several kinds."""

    kinds: tuple[Kind, ...]

    def read(self, value: Any, name: str) -> Any:
        for kind in self.kinds[:-1]:
            try:
                return kind.read(value, name)
            except Invalid:
                continue
        return self.kinds[-1].read(value, name)

    def schema(self) -> Schema:
        return {"anyOf": [kind.schema() for kind in self.kinds]}


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file of a media type, as a reply or as a whole body."""

    mime: str

    def read(self, value: Any, name: str) -> Any:
        raise _wrong(name, "a file cannot be given here")

    def schema(self) -> Schema:
        return {"type": "string", "contentMediaType": self.mime}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of `least` to `most` values of a kind; of anything where the kind is None."""

    kind: Kind | None
    most: int | None = None
    least: int = 0

    def read(self, value: Any, name: str) -> list[Any]:
        if not isinstance(value, list):
            raise _wrong(name, "give a list")
        if len(value) < self.least:
            raise _wrong(name, "it is empty")
        if self.most is not None and len(value) > self.most:
            raise _wrong(name, f"give at most {self.most:,} of them")
        if self.kind is None:
            return value
        return [self.kind.read(item, f"{name}[{index}]") for index, item in enumerate(value)]

    def schema(self) -> Schema:
        described: Schema = {"type": "array", "items": self.kind.schema() if self.kind else {}}
        if self.least:
            described["minItems"] = self.least
        return described if self.most is None else described | {"maxItems": self.most}


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose every member is of one kind."""

    kind: Kind

    def read(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(name, "give an object")
        return {key: self.kind.read(item, f"{name}.{key}") for key, item in value.items()}

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.kind.schema()}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of an object, or a parameter of a query."""

    name: str
    kind: Kind
    required: bool = False
    about: str = ""

    def schema(self) -> Schema:
        about = self.about or MEANINGS.get(self.name, "")
        return self.kind.schema() | ({"description": about} if about else {})


@dataclass(frozen=True, slots=True)
class Object:
    """An object with declared members; absent optional ones are absent from what `read` gives."""

    fields: tuple[Field, ...]
    name: str = ""

    def read(self, value: Any, name: str = "body") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _wrong(name, "give an object")
        found: dict[str, Any] = {}
        for field in self.fields:
            if field.name in value:
                found[field.name] = field.kind.read(value[field.name], field.name)
            elif field.required:
                raise _wrong(field.name, "it is missing")
        return found

    def read_query(self, arguments: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of a query; an empty text counts as absent."""
        found: dict[str, Any] = {}
        for field in self.fields:
            text = arguments.get(field.name)
            free = isinstance(field.kind, Text) and not (field.kind.choices or field.kind.pattern or field.kind.format)
            if text or (text is not None and not free):
                value = int(text) if isinstance(field.kind, Whole) and _digits(text) else text
                found[field.name] = field.kind.read(value, field.name)
            elif field.required:
                raise _wrong(field.name, "it is missing")
        return found

    def schema(self) -> Schema:
        if self.name:
            return {"$ref": f"#/components/schemas/{self.name}"}
        return self.definition()

    def definition(self) -> Schema:
        """The schema itself, not a reference to it."""
        described: Schema = {
            "type": "object",
            "properties": {field.name: field.schema() for field in self.fields},
        }
        required = [field.name for field in self.fields if field.required]
        return described | {"required": required} if required else described


def _digits(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) <= 18
