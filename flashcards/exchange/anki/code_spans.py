"""Code in a line of Markdown, where Markdown can have it.

Two pieces of code that follow each other at once would be read as one run of backticks, and a picture within code as
text. So a converter writes marks of its own, and `with_code` puts backticks in their place at the end, when it is
known what stands beside them: pieces that meet become one, and what is no text stands between two.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "\ue016", "\ue017"
_SPAN = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
_MARK = re.compile(f"[{OPEN}{CLOSE}]")
_BACKTICKS = re.compile("`+")
_BETWEEN = re.compile(f"{CLOSE}([^{OPEN}{CLOSE}]*){OPEN}")
_STAND_IN = re.compile("\ue000[0-9]+\ue001")
"""What stands for a sound; there are no formulas in code."""


def coded(text: str) -> str:
    """The text between marks; blanks at its edges stay outside."""
    before, inner, after = _chomped(text)
    return f"{before}{OPEN}{_STAND_IN.sub(lambda match: not_code(match[0]), inner)}{CLOSE}{after}" if inner else ""


def not_code(markdown: str) -> str:
    """What stands within code and is none."""
    return f"{CLOSE}{markdown}{OPEN}"


def apart(text: str) -> list[str]:
    """Code, what is none, code, and so on."""
    return _BETWEEN.split(_STAND_IN.sub(lambda match: not_code(match[0]), text))


def with_code(text: str) -> str:
    """The text with backticks for marks."""
    if OPEN not in text:
        return text
    return _MARK.sub("", _SPAN.sub(_written, text.replace(f"{CLOSE}{OPEN}", "")))


def _written(span: re.Match[str]) -> str:
    before, inner, after = _chomped(span[1])
    if not inner:
        return before
    runs = _BACKTICKS.findall(inner)
    marks = "`" * (max(map(len, runs), default=0) + 1)
    space = " " if runs else ""
    return f"{before}{marks}{space}{inner}{space}{marks}{after}"


def _chomped(text: str) -> tuple[str, str, str]:
    return " " * text.startswith(" "), text.strip(), " " * text.endswith(" ")
