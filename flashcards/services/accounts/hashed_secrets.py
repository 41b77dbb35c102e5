"""Secrets that the server hands out once and keeps as hashes only: they are random, so a plain hash is enough."""

from __future__ import annotations

import hashlib


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret, and looked up."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
