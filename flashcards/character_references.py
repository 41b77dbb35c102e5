"""Character references of HTML, such as ``&amp;`` and ``&#65;``."""

from __future__ import annotations

import html
import re

LONG_NUMBER = re.compile(r"&#[0-9]{1000,};?")
"""A reference by a number of so many digits that Python refuses to read it, from 4,301 on."""


def unescape(text: str) -> str:
    """The text with its references as characters, as `html.unescape`; those by endless numbers are U+FFFD.

    HTML has that for any number that no character has.
    """
    return html.unescape(LONG_NUMBER.sub("\ufffd", text) if "&#" in text else text)
