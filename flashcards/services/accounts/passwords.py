"""Password hashes: argon2id with 19 MiB, 2 passes, 1 lane (about 20 ms), at most two at a time."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from flashcards.errors import Invalid

SHORTEST, LONGEST = 8, 1000

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# More at once would only take memory and time from everybody else: eight threads, 150 MB.
_TURNS = threading.BoundedSemaphore(2)
# Of a random password that nobody knows, so that an unknown name takes as long as a wrong password.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$/qCZBeZ/qii3gAqc2zyNcg$iFT+qSm8o7ma3hI+8j6Ikj2T3GMRS8QpvSQpklPgAL0"


def hash_password(password: str, *, field: str = "password") -> str:
    """The hash to store. Raises Invalid where the password is too short, too long, or no text."""
    encoded = _encoded(password)
    if encoded is None or len(password) < SHORTEST:
        raise Invalid(f"A password has at least {SHORTEST} characters.", field=field)
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", field=field)
    with _TURNS:
        return _HASHER.hash(encoded)


def is_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind the hash; takes as long for None, an account that is not there."""
    encoded = _encoded(password) if len(password) <= LONGEST else None
    with _TURNS:
        try:
            right = _HASHER.verify(stored or _NOBODYS, encoded or b"")
        except (Argon2Error, InvalidHashError):
            return False
    return right and stored is not None and encoded is not None


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _HASHER.check_needs_rehash(stored)


def _encoded(password: str) -> bytes | None:
    """The same bytes for the same text, whichever keyboard composed it (RFC 8265); None for no text."""
    try:
        return unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None
