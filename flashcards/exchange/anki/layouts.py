"""A note type whose fields were added, moved, renamed or removed since notes of it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flashcards.exchange.anki.foreign import ForeignType


def places_now(was: ForeignType, now: ForeignType) -> dict[int, int]:
    """Where the fields of an earlier layout of a note type are in a later one; those that were removed are left out.

    A field is known by its name, one that was renamed by what the first card shows of it, or by its place.
    """
    new = {place for place, name in enumerate(now.fields) if name not in was.fields}
    shown = ((was.question, now.question), (was.answer, now.answer))
    renamed = {before: after for before, after in shown if before is not None and after in new}
    at_their_place = new.difference(renamed.values())
    by_name = {name: place for place, name in enumerate(now.fields)}
    places: dict[int, int] = {}
    for before, name in enumerate(was.fields):
        after = by_name.get(name, renamed.get(before, before if before in at_their_place else None))
        if after is not None:
            places[before] = after
    return places


def in_layout(was: ForeignType, now: ForeignType) -> ForeignType:
    """A type as it is now, with the places in it of what a note of ours fills; none where one of them was removed: then
    its notes go back as they came.
    """
    places = places_now(was, now)
    question, answer, reverse = (
        None if place is None else places.get(place) for place in (was.question, was.answer, was.reverse)
    )
    if (question is None) != (was.question is None) or (answer is None) != (was.answer is None):
        question = answer = reverse = None
    return now._replace(question=question, answer=answer, reverse=reverse)
