"""What kind of thing a point asks for, guessed from its words: good enough to see where answers are thin."""

from __future__ import annotations

import re
from typing import Literal, get_args

PointKind = Literal["what", "when", "wrong", "live"]
POINT_KINDS: tuple[str, ...] = get_args(PointKind)
POINT_KIND_NAMES = {
    "what": "What it is",
    "when": "When it fits",
    "wrong": "What goes wrong",
    "live": "In production",
}

# In this order: a point about serving that fails is about production.
_WORDS: tuple[tuple[PointKind, str], ...] = (
    (
        "live",
        r"serv(?:e|es|ed|ing)|production|monitor\w*|deploy\w*|roll-?out\w*|latency|throughput|drift\w*|retrain\w*"
        r"|a/b|canary|fallback\w*|cach\w+|autoscal\w+|on-?line|at scale|budget\w*",
    ),
    (
        "wrong",
        r"leak\w*|fail\w*|wrong\w*|mistak\w*|risk\w*|avoid\w*|trap\w*|pitfall\w*|danger\w*|mislead\w*|bias\w*"
        r"|overfit\w*|limit(?:s|ation\w*)|never|cannot|attack\w*|instab\w*|unstable|not",
    ),
    (
        "when",
        r"when|choos\w*|choice\w*|fits?|depend\w*|instead|prefer\w*|compar\w*|versus|trade-?offs?|suit\w*"
        r"|only (?:if|under)|assum\w*|why|cost\w*",
    ),
)
_PATTERNS = tuple((kind, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for kind, words in _WORDS)


def point_kind(text: str) -> PointKind:
    """The kind of a point; "what" where no word of it says another."""
    return next((kind for kind, pattern in _PATTERNS if pattern.search(text)), "what")
