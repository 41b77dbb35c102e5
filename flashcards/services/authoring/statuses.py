"""What becomes of a card when a deck is saved."""

from __future__ import annotations

from typing import Literal

Status = Literal["new", "changed", "moved", "restored", "unchanged"]
STATUSES: tuple[Status, ...] = ("new", "changed", "moved", "restored", "unchanged")
