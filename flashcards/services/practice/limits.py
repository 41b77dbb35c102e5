"""How much of a round may be sent."""

from __future__ import annotations

LONGEST_TEXT = 20_000
"""Characters of an answer; code and notes of three quarters of an hour are a quarter of it."""
LONGEST_REPLY = 4_000
MOST_SEED = 2**53
