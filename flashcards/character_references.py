"""Character references of HTML, such as ``&amp;`` and ``&#65;``."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import groupby

LONG_NUMBER = re.compile(r"&#[0-9]{1000,};?")
"""A reference by a number of so many digits that Python refuses to read it, from 4,301 on."""


def unescape(text: str) -> str:
    """The text with its references as characters, as `html.unescape`; those by endless numbers are U+FFFD.

    HTML has that for any number that no character has.
    """
    return html.unescape(LONG_NUMBER.sub("\ufffd", text) if "&#" in text else text)


def by_number(first: str, last: str) -> str:
    """A pattern of the references by number, decimal or hexadecimal, to the characters from `first` to `last`."""
    codes = range(ord(first), ord(last) + 1)
    decimal, hexadecimal = _any_of([f"{code}" for code in codes]), _any_of([f"{code:x}" for code in codes])
    return f"&#(?:0*(?:{decimal})(?![0-9])|[xX]0*(?i:{hexadecimal})(?![0-9a-fA-F]));?"


def _any_of(numbers: Sequence[str]) -> str:
    """A pattern of these numbers. Their last digits stand together: to try number after number takes twice as long."""
    tens = groupby(numbers, lambda number: number[:-1])
    return "|".join(f"{head}[{''.join(number[-1] for number in several)}]" for head, several in tens)
