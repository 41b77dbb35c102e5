"""Facts that have a date: sources say `checked: YYYY-MM`, and are looked at again after a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from flashcards.deckfiles.parse.deck import Place
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.positions import Issue, warning
from flashcards.domain.card import Note

MONTHS = 12

_CHECKED = re.compile(r"\bchecked:\s*(\d{4})-(\d{2})\b", re.I)


def dated_issues(note: Note, place: Place, today: date) -> Iterator[Issue]:
    """The sources of a note that were checked more than a year before `today`, at its offsets in the file."""
    for number, source in enumerate(note.sources):
        for match in _CHECKED.finditer(source):
            age = 12 * (today.year - int(match[1])) + today.month - int(match[2])
            if age > MONTHS:
                message = f"this was checked {age} months ago; look it up again and write the month of that"
                yield warning(locate(place.parts[f"sources.{number}"], match.start()), "style-old-fact", message)
