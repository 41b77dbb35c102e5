"""A typed answer beside the expected one, character by character. The page's script does the same."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Mark = Literal["same", "wrong", "missing"]
BLANK = "\u2007"
"""Stands for a character that is not there, as wide as a digit: no mark that could be taken for text."""
LONGEST = 400
"""Longer texts are compared as a whole: the table below grows with the product of the lengths."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters. In what was typed, "missing" stands for as many characters that are not there."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Diff:
    """Both lines, and whether they are equal."""

    typed: tuple[Piece, ...]
    expected: tuple[Piece, ...]

    @property
    def equal(self) -> bool:
        """Whether the answer was typed exactly."""
        return all(piece.mark == "same" for piece in (*self.typed, *self.expected))


def normal(text: str) -> str:
    """NFC, trimmed, every run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def compare(typed: str, expected: str) -> Diff:
    """Aligns the two along a longest common subsequence."""
    a, b = normal(typed), normal(expected)
    if len(a) > LONGEST or len(b) > LONGEST:
        if a == b:
            return Diff((Piece("same", a),), (Piece("same", b),))
        return Diff((Piece("wrong", a),), (Piece("missing", b),))
    typed_marks: list[tuple[Mark, str]] = []
    expected_marks: list[tuple[Mark, str]] = []
    for one, other in _aligned(a, b):
        if one == other:
            typed_marks.append(("same", one))
            expected_marks.append(("same", one))
        elif one:
            typed_marks.append(("wrong", one))
        else:
            typed_marks.append(("missing", BLANK))
            expected_marks.append(("missing", other))
    return Diff(_pieces(typed_marks), _pieces(expected_marks))


def _aligned(a: str, b: str) -> list[tuple[str, str]]:
    """Pairs of equal characters, and those of one text alone with "" for the other."""
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if a[i] == b[j] else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(a) or j < len(b):
        if i < len(a) and j < len(b) and a[i] == b[j]:
            pairs.append((a[i], b[j]))
            i, j = i + 1, j + 1
        elif j >= len(b) or (i < len(a) and lengths[i + 1][j] >= lengths[i][j + 1]):
            pairs.append((a[i], ""))
            i += 1
        else:
            pairs.append(("", b[j]))
            j += 1
    return pairs


def _pieces(marks: list[tuple[Mark, str]]) -> tuple[Piece, ...]:
    return tuple(
        Piece(mark, "".join(text for _, text in run)) for mark, run in groupby(marks, key=lambda pair: pair[0])
    )
