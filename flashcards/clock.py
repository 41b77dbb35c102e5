"""The one place that reads the time."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives now as epoch milliseconds, UTC."""
CLOCKS_APART_MS = 10 * 60_000
"""By so much the clocks of two hosts may differ: what is later than now by more is of a clock that was ahead."""


def system_clock() -> int:
    """Now, as epoch milliseconds, UTC."""
    return time.time_ns() // 1_000_000
