"""SM-2, as its author wrote it.

Source: P. A. Woźniak, "Optimization of learning", 1990, section 3.2 ("Application of a computer to improve
the results obtained in working with the SuperMemo method", super-memory.com). The text and the code that its
author published later disagree in four places; this module follows the text in each:

(a) An answer below 3 leaves the ease as it is.
(b) A new interval is the old one times the *new* ease.
(c) Intervals are rounded *up* to whole days.
(d) A lapse starts the card again as if it were new: repetition 0, then 1 day, then 6.

Ease is an integer in hundredths and the rounding is done in integers: in binary floats 50 x 3.00 becomes 151.
There is no fuzz and no load balancing: the date on the button is the date.
"""

from __future__ import annotations

from dataclasses import dataclass

SCHEDULER = "sm2"
"""The name that the log keeps with each answer."""

START_EASE = 250
MINIMUM_EASE = 130
MAXIMUM_INTERVAL = 36_500
"""Thirteen 5s overflow any calendar. A constant, so that a replay never depends on a setting."""

QUALITIES = range(6)
REMEMBERED = 3
"""From this quality on the card was remembered."""
DRILLED_UNTIL = 4
"""A card answered below this quality is asked again the same day, until it reaches it."""

_EASE_CHANGE = {5: 10, 4: 0, 3: -14}  # 0.1 - (5 - q)(0.08 + (5 - q) 0.02), in hundredths


@dataclass(frozen=True, slots=True)
class Memory:
    """How well a card is remembered: successes in a row, ease in hundredths, interval in days."""

    repetition: int = 0
    ease: int = START_EASE
    interval: int = 0


def review(memory: Memory, quality: int) -> Memory:
    """The memory after an answer of `quality`, 0 (blackout) to 5 (perfect).

    Raises ValueError for any other quality.
    """
    if isinstance(quality, bool) or not isinstance(quality, int) or quality not in QUALITIES:
        raise ValueError(f"quality is {quality!r}: give a whole number from 0 to 5")
    if quality < REMEMBERED:
        return Memory(repetition=0, ease=memory.ease, interval=1)
    ease = max(MINIMUM_EASE, memory.ease + _EASE_CHANGE[quality])
    repetition = memory.repetition + 1
    return Memory(repetition, ease, _interval(repetition, memory.interval, ease))


def intervals(memory: Memory) -> dict[int, int]:
    """For each quality the interval that `review` gives, without the memories: a page shows those of many cards."""
    repetition, last, ease = memory.repetition + 1, memory.interval, memory.ease
    found = dict.fromkeys(range(REMEMBERED), 1)
    for quality in range(REMEMBERED, len(QUALITIES)):
        found[quality] = _interval(repetition, last, max(MINIMUM_EASE, ease + _EASE_CHANGE[quality]))
    return found


def _interval(repetition: int, last: int, ease: int) -> int:
    if repetition == 1:
        return 1
    if repetition == 2:
        return 6
    rounded_up = -(-last * ease // 100)
    return max(1, min(MAXIMUM_INTERVAL, rounded_up))
