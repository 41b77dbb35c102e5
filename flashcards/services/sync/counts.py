"""What a sync made of the cards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Cards, by what became of them."""

    new: int = 0
    edited: int = 0
    moved: int = 0
    restored: int = 0
    removed: int = 0
