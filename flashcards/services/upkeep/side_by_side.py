"""Two long tables read beside each other, so that neither need be held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

Key = TypeVar("Key", int, tuple[int, int])
Left = TypeVar("Left")
Right = TypeVar("Right")


def side_by_side(
    left: Iterator[tuple[Key, Left]], right: Iterator[tuple[Key, Right]]
) -> Iterator[tuple[Key, Left | None, Right | None]]:
    """Each key that one of them has or both, with what each has of it (None: nothing); both come in order of keys."""
    here, there = next(left, None), next(right, None)
    while here is not None or there is not None:
        if there is None or (here is not None and here[0] < there[0]):
            assert here is not None
            yield here[0], here[1], None
            here = next(left, None)
        elif here is None or there[0] < here[0]:
            yield there[0], None, there[1]
            there = next(right, None)
        else:
            yield here[0], here[1], there[1]
            here, there = next(left, None), next(right, None)
