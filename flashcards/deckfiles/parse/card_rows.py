"""What deck files parse to, card by card: the rows of ``flashcards cards --json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flashcards.deckfiles.cloze.plain_text import gap, reveal
from flashcards.deckfiles.parse.collection import Loaded
from flashcards.domain.card import BACKWARD, Basic, Cloze, Deck, Note, card_key
from flashcards.domain.points import refs_as_json

Row = dict[str, Any]


def card_rows(files: Iterable[Loaded]) -> list[Row]:
    """Return a row for each card of the files that were asked for, in the order of the files.

    The keys are those of the contract: key, deck, note, which, kind, question, answer, rubric, follow_ups,
    sources, tags, section, path, line; typed, draft; and rubric_refs, follow_up_refs, in_full, clarify. Texts are
    Markdown. Files whose structure is not known give no rows.
    """
    rows: list[Row] = []
    for file in files:
        if file.asked and not file.parsed.structure_lost:
            rows.extend(deck_rows(file.parsed.deck, file.shown))
    return rows


def deck_rows(deck: Deck, path: str) -> Iterator[Row]:
    """The rows of one deck; `path` is what they call its file."""
    for note in deck.notes:
        lists = {
            "rubric": list(note.rubric),
            "follow_ups": list(note.follow_ups),
            "sources": list(note.sources),
            "tags": list(note.tags),
        }
        practice = {
            "rubric_refs": refs_as_json(note.rubric, note.rubric_refs),
            "follow_up_refs": refs_as_json(note.follow_ups, note.follow_up_refs),
            "in_full": note.in_full,
            "clarify": list(note.clarify),
        }
        for which, question, answer in sides(note):
            yield {
                "key": card_key(deck.id, note.id, which),
                "deck": deck.id,
                "note": note.id,
                "which": which,
                "kind": "basic" if isinstance(note.content, Basic) else "cloze",
                "question": question,
                "answer": answer,
                **lists,
                "section": note.section,
                "path": path,
                "line": note.line,
                "typed": note.content.typed,
                "draft": note.draft,
                **practice,
            }


def sides(note: Note) -> Iterator[tuple[str, str, str]]:
    """Which card, its question and its answer, for each card of a note, as Markdown."""
    content = note.content
    if isinstance(content, Cloze):
        yield from _cloze_sides(content)
        return
    for which in note.whiches:
        back = which == BACKWARD
        yield (
            which,
            content.answer if back else content.question,
            content.question if back else content.answer,
        )


def _cloze_sides(content: Cloze) -> Iterator[tuple[str, str, str]]:
    """The heading stands above the text, with its own deletions if it holds some."""
    answer = _joined(reveal(content.heading), reveal(content.body))
    for number in content.numbers:
        question = _joined(gap(content.heading, number), gap(content.body, number))
        yield f"c{number}", question, answer


def _joined(heading: str, body: str) -> str:
    return f"{heading}\n\n{body}" if heading and body else heading or body
