"""A typed answer beside the expected one."""

from __future__ import annotations

from functools import cache

from hypothesis import example, given
from hypothesis import strategies as st

from flashcards.domain.typed_answer import BLANK, LONGEST, Diff, Piece, compare

WORDS = st.text("ab ", max_size=8)


def the_same(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces if piece.mark == "same")


def longest_in_common(a: str, b: str) -> int:
    """How many characters stand in both, in the same order."""

    @cache
    def from_there(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return 0
        if a[i] == b[j]:
            return 1 + from_there(i + 1, j + 1)
        return max(from_there(i + 1, j), from_there(i, j + 1))

    return from_there(0, 0)


@given(WORDS, WORDS)
@example("x", "yx")
@example("xy", "y")
def test_as_much_as_can_be_is_the_same(typed: str, expected: str) -> None:
    found = compare(typed, expected)
    given, wanted = " ".join(typed.split()), " ".join(expected.split())
    assert the_same(found.typed) == the_same(found.expected)
    assert len(the_same(found.typed)) == longest_in_common(given, wanted)
    assert "".join(piece.text for piece in found.typed if piece.mark != "missing") == given
    assert "".join(piece.text for piece in found.expected) == wanted
    assert found.equal == (given == wanted)


def test_what_is_wrong_stands_before_what_is_missing() -> None:
    assert compare("a", "b").typed == (Piece("wrong", "a"), Piece("missing", BLANK))


def test_what_is_too_long_is_right_or_wrong_as_a_whole() -> None:
    fits, is_long = "a" * LONGEST, "a" * (LONGEST + 1)
    assert the_same(compare(fits[1:], fits).typed) == the_same(compare(fits, fits[1:]).typed) == fits[1:]
    same = (Piece("same", is_long),)
    assert compare(is_long, is_long) == Diff(same, same)
    assert compare(fits, is_long) == Diff((Piece("wrong", fits),), (Piece("missing", is_long),))
    assert compare(is_long, fits) == Diff((Piece("wrong", is_long),), (Piece("missing", fits),))


def test_a_missing_blank_is_marked_by_nothing_that_reads_as_text() -> None:
    typed = compare("(100,3)", "(100, 3)").typed

    assert typed == (Piece("same", "(100,"), Piece("missing", BLANK), Piece("same", "3)"))
    assert BLANK.isspace()
