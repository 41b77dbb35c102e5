"""A unified diff of a large file of which is known what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

_Opcode = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_CONTEXT = 3


def file_diff(path: str, before: str, after: str, together: Iterable[tuple[int, int]]) -> str:
    """The diff of a file, for people and for ``git apply``.

    `together` are lines, from 1 and in order, before and after, that belong together, such as the first ones of a
    note. What stands between two of them is compared on its own: difflib's time grows with the square of what it is
    given.
    """
    ours, theirs = _LINE.findall(before), _LINE.findall(after)
    changes = _InParts(ours, theirs, [(i - 1, j - 1) for i, j in together])
    hunks = (_hunk(group, ours, theirs) for group in changes.get_grouped_opcodes(_CONTEXT))
    text = "".join(line for hunk in hunks for line in hunk)
    return f"--- a/{path}\n+++ b/{path}\n{text}" if text else ""


class _InParts(SequenceMatcher[str]):
    def __init__(self, before: list[str], after: list[str], together: list[tuple[int, int]]) -> None:
        super().__init__(None, before, after)
        self._before, self._after = before, after
        self._cuts = [(0, 0)]
        for i, j in [*together, (len(before), len(after))]:
            i, j = min(max(i, self._cuts[-1][0]), len(before)), min(max(j, self._cuts[-1][1]), len(after))
            self._cuts.append((i, j))

    def get_opcodes(self) -> list[_Opcode]:
        found: list[_Opcode] = []
        for opcode in self._parts():
            last = found[-1] if found else None
            if last and last[0] == opcode[0] == "equal":
                found[-1] = ("equal", last[1], opcode[2], last[3], opcode[4])
            else:
                found.append(opcode)
        return found

    def _parts(self) -> Iterator[_Opcode]:
        for (i, j), (i_end, j_end) in pairwise(self._cuts):
            part = SequenceMatcher(None, self._before[i:i_end], self._after[j:j_end])
            for tag, i1, i2, j1, j2 in part.get_opcodes():
                yield tag, i + i1, i + i2, j + j1, j + j2


def _hunk(group: Sequence[tuple[str, int, int, int, int]], before: list[str], after: list[str]) -> Iterator[str]:
    first, last = group[0], group[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from (_line(" ", line) for line in before[i1:i2])
        else:
            yield from (_line("-", line) for line in before[i1:i2])
            yield from (_line("+", line) for line in after[j1:j2])


def _range(start: int, end: int) -> str:
    """Where lines stand, as a unified diff has it: none stand behind the line before them."""
    count = end - start
    return f"{start + 1}" if count == 1 else f"{start + (count > 0)},{count}"


def _line(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n\\ No newline at end of file\n"
