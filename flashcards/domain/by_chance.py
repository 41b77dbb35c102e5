"""An order by chance that is the same each time: numbers whose bits are spread."""

from __future__ import annotations

_MASK = (1 << 64) - 1


def mixed(number: int) -> int:
    """Spreads the bits of a number (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & _MASK
    return number ^ (number >> 31)
