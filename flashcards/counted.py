"""How many there are of something, in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 card``, ``12,345 cards``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
