"""Rubric points and follow-ups: what ends them, and by what a point is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flashcards.domain.card import PointRef
from flashcards.domain.practice.rubric_ticks import point_key

LEVELS = ("junior", "mid", "senior")
"""From whom a point is expected."""

Refs = Sequence[PointRef | None]


def in_step(items: Sequence[str], refs: Refs) -> tuple[PointRef | None, ...]:
    """The references, one for each item: None where an item has none."""
    return tuple(refs) if refs else (None,) * len(items)


def refs_as_json(items: Sequence[str], refs: Refs) -> list[dict[str, str | None] | None]:
    """As programs get them: an object with `deck`, `id` and `level` for each item, or null."""
    return [
        None if ref is None else {"deck": ref.deck, "id": ref.note, "level": ref.level} for ref in in_step(items, refs)
    ]


def point_keys(texts: Sequence[str], refs: Refs) -> tuple[str, ...]:
    """By what each point of a note is known: the id of its card, else a hash of its text.

    An id that several points of the note name tells none of them: each is then known by the id, ``~`` (which no id
    holds) and its text's hash. Points with the same key are numbered from the second on.
    """
    ids = [target(ref) for ref in in_step(texts, refs)]
    named = Counter(ids)
    keys: list[str] = []
    seen: Counter[str] = Counter()
    for text, id_ in zip(texts, ids, strict=True):
        key = id_ or point_key(text)
        if id_ and named[id_] > 1:
            key = f"{id_}~{point_key(text)}"
        seen[key] += 1
        keys.append(key if seen[key] == 1 else f"{key}~{seen[key]}")
    return tuple(keys)


def target(ref: PointRef | None) -> str:
    """What a reference names, as authors write it: ``id``, or ``deck#id``; empty where it names nothing."""
    if ref is None or ref.note is None:
        return ""
    return f"{ref.deck}#{ref.note}" if ref.deck is not None else ref.note
