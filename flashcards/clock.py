"""The one place that reads the time."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives now as epoch milliseconds, UTC."""


def system_clock() -> int:
    """Now, as epoch milliseconds, UTC."""
    return time.time_ns() // 1_000_000
