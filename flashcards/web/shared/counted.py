"""How many there are of something."""

from __future__ import annotations


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 card``, ``12,345 cards``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
