"""Twenty honest learners at a server, and what they feel while others behave badly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import quantiles

from benchmarks.load.learners import Learner, Measured
from benchmarks.web_server import Served

HONEST = 20
THINK = (0.2, 0.6)
"""Seconds; ten times as busy as people are, so that a short time says much."""

Bad = Callable[[int, float], Awaitable[None]]
"""What somebody does at a port until a time (of `time.perf_counter`)."""


def beside(served: Served, name: str, bad: list[Bad], seconds: float = 8.0) -> Measured:
    """What the honest were answered while all of `bad` did their worst; printed beside what they felt alone."""
    alone = asyncio.run(_together(served, [], seconds / 2))
    measured = asyncio.run(_together(served, bad, seconds))
    print(f"\n{name}: {HONEST} honest clients alone {_felt(alone)}; meanwhile {_felt(measured)}")
    assert len(measured.answers) > HONEST
    return measured


async def _together(served: Served, bad: list[Bad], seconds: float) -> Measured:
    measured = Measured()
    begin = time.perf_counter()
    until = begin + 2.0 + seconds
    measured.counts_from, measured.counts_until = begin + 2.0, until
    worst = [asyncio.ensure_future(one(served.port, until)) for one in bad]
    secrets = served.secrets[-HONEST:]
    honest = [Learner(served.port, it, THINK, number, measured).study(1.0, until) for number, it in enumerate(secrets)]
    await asyncio.gather(*honest)
    _, late = await asyncio.wait(worst, timeout=20) if worst else ((), ())
    for one in late:
        one.cancel()
    await asyncio.gather(*worst, return_exceptions=True)
    for one in worst:
        if not one.cancelled() and (error := one.exception()) and not isinstance(error, OSError):
            raise error
    return measured


def _felt(measured: Measured) -> str:
    parts = [f"{name} p99 {_p99(times):.0f} ms" for name, times in _times(measured).items() if len(times) > 1]
    refused = ", ".join(f"{count} times {what}" for what, count in measured.refused.items() if count)
    return f"{', '.join(parts)}, refused {refused or 'nobody'}"


def _times(measured: Measured) -> dict[str, list[float]]:
    return {"answers": [took for took, _ in measured.answers], "pages": [took for took, _ in measured.pages]}


def _p99(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[98]


def refused(measured: Measured) -> dict[str, int]:
    """Who was refused of the honest, by what; empty for nobody."""
    return {what: count for what, count in measured.refused.items() if count}


def refused_for_good(measured: Measured) -> dict[str, int]:
    """The same without those who were told to send their answer once more."""
    return {what: count for what, count in refused(measured).items() if '"status":503' not in what}
