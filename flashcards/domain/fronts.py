"""When two questions are nearly the same: with the same telling words, whatever their order and punctuation."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

_TOKEN = re.compile(r"\w+|[^\w\s?.,:;!'\"‘’“”`*_(){}\[\]$…–—-]")
_FILLERS = frozenset(re.findall(r"\w+", "a an the of is are was were do does did in on to for and"))


def front_key(front: str) -> tuple[str, ...]:
    """The telling words of a front: two fronts with the same ones are confusable. Empty where there are none."""
    text = front if front.isascii() else unicodedata.normalize("NFKC", front)
    words = [word for word in _TOKEN.findall(text.lower()) if word not in _FILLERS]
    return tuple(sorted([word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words]))


def front_mark(front: str) -> int | None:
    """The telling words as one number of 63 bits, to be stored and compared; None where there are none.

    What is stored must be made anew, by a migration, when this or `front_key` changes.
    """
    key = front_key(front)
    if not key:
        return None
    return int.from_bytes(blake2b("\0".join(key).encode(errors="replace"), digest_size=8).digest()) >> 1
