"""What a review under a plan says of the day: the page, its script and the terminal use the same words."""

from __future__ import annotations


def minutes_of(seconds: float) -> int:
    """About how many minutes these seconds are, at least one: as every page says what is left of a plan's day."""
    return max(1, int(seconds / 60 + 0.5))


def day_so_far(done: int, seconds: float, drill: int) -> str:
    """How many cards are done, about how long the rest takes, and how many failed and are still to be right.

    Such as "31 done, about 18 minutes left, 2 to drill".
    """
    minutes = minutes_of(seconds)
    left = f"about {minutes:,} {'minute' if minutes == 1 else 'minutes'} left"
    parts = (f"{done:,} done" if done else "", left, f"{drill:,} to drill" if drill else "")
    return ", ".join(filter(None, parts))
