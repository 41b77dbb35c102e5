"""The characters that rendering uses as marks, where a text names them by their numbers."""

from __future__ import annotations

import re

from flashcards.character_references import by_number

_NUMBERS = re.compile(by_number("\ue000", "\ue007"))


def without_reserved_numbers(html: str) -> str:
    """Replace references by number to the characters of `stand_ins`: once read, they would be taken for our marks.

    Of HTML, or of what is read as HTML. In an author's text they may stand in code, where they are no references.
    """
    return _NUMBERS.sub("\ufffd", html) if "&#" in html else html
