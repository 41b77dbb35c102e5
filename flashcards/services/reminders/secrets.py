"""Secrets in addresses that need no login: whose they are, and a proof that the server made them.

They are derived from the server's key, the learner and a count: nothing is stored, and another count ends them.
"""

from __future__ import annotations

import base64
import hmac

from flashcards.domain.ids import LearnerId

_BYTES = 20


def derived(key: bytes, purpose: str, learner: LearnerId, *what: object) -> str:
    """``<learner>-<proof>``; the proof says nothing of the learner or the key."""
    return f"{learner}-{_proof(key, purpose, learner, what)}"


def learner_in(secret: str) -> LearnerId | None:
    """Whose secret it claims to be; None where it is none."""
    number = secret.partition("-")[0]
    return LearnerId(int(number)) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def is_derived(secret: str, key: bytes, purpose: str, learner: LearnerId, *what: object) -> bool:
    """Whether `derived` gives this secret for the same."""
    return hmac.compare_digest(secret.encode("utf-8", "replace"), derived(key, purpose, learner, *what).encode())


def _proof(key: bytes, purpose: str, learner: LearnerId, what: tuple[object, ...]) -> str:
    message = "\0".join(map(str, (purpose, learner, *what)))
    digest = hmac.digest(key, message.encode(), "sha256")[:_BYTES]
    return base64.b32encode(digest).decode().lower()
