"""What is wrong in a deck file, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One message of `check`. Line and column count from 1; columns count code points.

    `code` is stable and documented; `message` says what is wrong and then what to do, on one line.
    """

    path: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str
