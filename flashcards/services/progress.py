"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is (0: not known)."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """For callers that show none."""
