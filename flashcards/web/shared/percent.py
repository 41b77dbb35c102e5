"""Shares in whole percent, of which none is called all or nothing while something is left."""

from __future__ import annotations


def percent(share: float) -> str:
    """``33%`` of a share from 0 to 1; ``under 1%`` and ``over 99%`` for what would round to nothing, or to all."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "under 1%"
    if rounded == 100 and share < 1:
        return "over 99%"
    return f"{rounded}%"
