"""Notes and cards as they go into an Anki package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flashcards.exchange.anki.notetypes import Kind
from flashcards.exchange.anki.scheduling import AnkiReview, AnkiSchedule


class PackageCard(NamedTuple):
    """A card of a note: the ordinal of its template (of a cloze note: its number less one) and its deck.

    Without a schedule it is new, and learnt in the order of the package; then it has no `flag` (0 to 7) either.
    """

    ordinal: int
    deck: str
    schedule: AnkiSchedule | None = None
    reviews: Sequence[AnkiReview] = ()
    flag: int = 0
    data: str = ""  # what FSRS remembers of it, as Anki writes that


class PackageNote(NamedTuple):
    """A note as it goes into a package. A named tuple, since there may be 100,000 of them.

    `created_at` is in epoch ms. `modified_at` is in epoch seconds: Anki updates a note that it has where this
    is newer. `fields` are HTML, as many as the note type has, joined with `SEPARATOR` as Anki stores them.
    """

    guid: str
    kind: Kind
    created_at: int
    modified_at: int
    tags: Sequence[str]
    fields: str
    cards: Sequence[PackageCard]
