"""Near-duplicates: two questions with the same telling words (`domain/fronts.py`), whatever their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flashcards.deckfiles.parse.collection import Loaded
from flashcards.domain.card import Basic
from flashcards.domain.fronts import front_key
from flashcards.domain.problem import Problem


def near_duplicates(files: Sequence[Loaded]) -> Iterator[Problem]:
    """Fronts with the same telling words, whatever their order, articles and punctuation."""
    seen: dict[tuple[str, ...], tuple[Loaded, int, str]] = {}
    notes = [(file, note) for file in files for note in file.parsed.deck.notes]
    for file, note in sorted(notes, key=lambda pair: pair[0].asked):
        if not isinstance(note.content, Basic):
            continue
        question = note.content.question
        front = front_key(question)
        first, line, other = seen.setdefault(front, (file, note.line, question))
        itself = first is file and line == note.line
        said_already = first is file and other == question  # as a duplicate question
        if front and file.asked and not itself and not said_already:
            message = f"the question is nearly that of {first.shown}:{line}; tell them apart, or delete one of them"
            yield Problem(file.shown, note.line, 1, "warning", "style-similar-fronts", message)
