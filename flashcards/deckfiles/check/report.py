"""Problems as text for a terminal, as JSON, and as GitHub annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from flashcards.domain.problem import Problem

FIELDS = ("path", "line", "column", "severity", "code", "message")

# Control characters, and those that turn the direction of text round: they never reach a terminal raw.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """The text with control and bidirectional characters written as escapes."""
    return _UNSAFE.sub(lambda match: match.group().encode("unicode_escape").decode("ascii"), text)


def format_text(problems: Iterable[Problem]) -> str:
    """One line each: ``path:line:column: error CODE message``."""
    return "".join(
        f"{printable(p.path)}:{p.line}:{p.column}: {p.severity} {p.code} {printable(p.message)}\n" for p in problems
    )


def format_json(problems: Iterable[Problem]) -> str:
    """A JSON list of objects with the fields of `Problem`; unsafe characters are ``\\u`` escapes."""
    rows = [{name: getattr(problem, name) for name in FIELDS} for problem in problems]
    return json_printable(json.dumps(rows, ensure_ascii=False, indent=2)) + "\n"


def json_printable(document: str) -> str:
    """A JSON document with control and bidirectional characters as ``\\u`` escapes; it means the same."""
    lines = document.split("\n")
    return "\n".join(_UNSAFE.sub(lambda match: json.dumps(match.group())[1:-1], line) for line in lines)


def format_github(problems: Iterable[Problem]) -> str:
    """Workflow commands that GitHub shows as annotations beside the lines."""
    return "".join(
        f"::{p.severity} file={_property(p.path)},line={p.line},col={p.column},title={_property(p.code)}"
        f"::{_data(p.message)}\n"
        for p in problems
    )


def _data(text: str) -> str:
    """Escaped as GitHub reads the message of a command: ``%``, CR and LF only, all else printable."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
