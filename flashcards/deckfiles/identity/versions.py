"""What a stored revision of a note says on the answer side of one of its cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from flashcards.deckfiles.cloze.deletions import find_deletions
from flashcards.deckfiles.cloze.plain_text import reveal
from flashcards.deckfiles.parse.card_rows import sides
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.card import BACKWARD, Basic, Note

_FOOTNOTE_USE = re.compile(r"\[\^[^\[\]\n]+\]")


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The answer as Markdown, its rubric and footnotes with it; of a cloze card also what its gap asks for."""

    text: str
    asked: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def answer_text(source: str, which: str, *, core: bool = False) -> AnswerText | None:
    """The answer of a note's card, from the note's own source (see `Note.source`, with its definitions below).

    `core`: whether the note is a core one, of which the long form is no part of the answer. None where the source
    holds no such card: the note was of another kind, or the gap was not there.
    """
    notes = parse_deck("note.md", source.encode("utf-8", "surrogatepass"), core=core).deck.notes
    if len(notes) != 1:
        return None
    (note,) = notes
    if isinstance(note.content, Basic):
        # Whether a note is reversed stands among its attributes, which are no part of its source.
        answer = note.content.question if which == BACKWARD else note.content.answer
        return None if which.startswith("c") else AnswerText(_with_lists(note, answer))
    found = next((answer for side, _, answer in sides(note) if side == which), None)
    if found is None:
        return None
    texts = (note.content.heading, note.content.body)
    return AnswerText(_with_lists(note, found), tuple(one for text in texts for one in _asked(text, int(which[1:]))))


def _asked(text: str, number: int) -> list[str]:
    deletions, _ = find_deletions(text)
    return [reveal(text[it.text_start : it.text_end]) for it in deletions if it.number == number]


def _with_lists(note: Note, answer: str) -> str:
    parts = [answer]
    if note.rubric:
        parts.append("### Rubric\n\n" + "\n".join(f"- {item}" for item in note.rubric))
    if _FOOTNOTE_USE.search(answer):
        parts.append(note.definitions)
    return "\n\n".join(parts)
