"""Character references: `flashcards.character_references`."""

from __future__ import annotations

import html
import re

import pytest

from flashcards.character_references import by_number


@pytest.mark.parametrize(
    ("first", "last"), [("\ue000", "\ue014"), ("\ue0f0", "\ue0f1"), ("a", "a"), ("\xfe", "\u0101")]
)
def test_by_number_a_character_is_found_however_its_number_is_written(first: str, last: str) -> None:
    pattern = re.compile(by_number(first, last))
    for code in range(ord(first) - 20, ord(last) + 21):
        for written in (f"{code}", f"00{code}", f"x{code:x}", f"X00{code:X}"):
            for end in (";", "", " ", "z", "0", "f"):
                reference = f"&#{written}{end}"
                found = pattern.match(reference)
                meant = html.unescape(reference)[:1]  # nothing for a number that no character can have
                assert (found is not None) == (first <= meant <= last), reference
