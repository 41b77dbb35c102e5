"""What is wrong inside the texts of a deck: formulas, pictures and sounds, links."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from flashcards.deckfiles.cloze.deletions import find_deletions
from flashcards.deckfiles.media.files import MediaProblem, references, resolve
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.parts import Origin, locate
from flashcards.deckfiles.render.macros import macros_in_force
from flashcards.deckfiles.render.sanitise import link_problem, refused_autolinks
from flashcards.deckfiles.render.tex_to_mathml import MathError, render_math
from flashcards.deckfiles.text.inline import InlineSpan
from flashcards.deckfiles.text.link_definitions import link_definitions
from flashcards.deckfiles.text.links import links
from flashcards.deckfiles.text.media_references import pictures
from flashcards.deckfiles.text.positions import Issue, Ranges, error
from flashcards.deckfiles.text.quote_marks import quote_marks
from flashcards.deckfiles.text.structure import Row, scan
from flashcards.domain.card import Note

_MATH_SIGNS = ("$", "\\(", "\\[")


class Text(NamedTuple):
    """A text of a deck, where in the file it comes from, and the definitions that go with it.

    `part` is what the note's place calls it, or ``prose``. `owner` is the id of its note, the index of a piece of
    prose, or None for a definition.
    """

    owner: str | int | None
    text: str
    origin: Origin
    definitions: str = ""
    part: str = "prose"


def content_issues(
    parsed: Parsed, root: Path, sound: Container[str | int | None] = ()
) -> list[tuple[str | int | None, Issue]]:
    """Return what is wrong with the formulas, media and links of a file below `root`, with each its owner.

    The texts of the owners in `sound` are known to have no such fault.
    """
    with macros_in_force(parsed.macros):
        return _content_issues(parsed, root, sound)


def _content_issues(
    parsed: Parsed, root: Path, sound: Container[str | int | None]
) -> list[tuple[str | int | None, Issue]]:
    path = parsed.deck.path
    texts = [text for text in texts_of(parsed) if text.owner not in sound]
    issues = [(text.owner, issue) for text in texts for issue in _text_issues(text, path, root)]
    issues.extend((None, issue) for issue in _definition_issues(parsed, root))
    return issues


def definition_issues(parsed: Parsed, root: Path) -> list[Issue]:
    """Return what is wrong in a file's footnotes and link references alone."""
    with macros_in_force(parsed.macros):
        return [*_definition_issues(parsed, root)]


def _definition_issues(parsed: Parsed, root: Path) -> Iterator[Issue]:
    for definition in parsed.definitions:
        text = Text(None, definition.text, ((0, definition.start),))
        yield from _text_issues(text, parsed.deck.path, root)


def texts_of(parsed: Parsed) -> Iterator[Text]:
    """The texts of a deck's notes and prose."""
    for note in parsed.deck.notes:
        for name, origin in parsed.places[note.id].parts.items():
            field, _, number = name.partition(".")
            yield Text(note.id, _text(note, field, number), origin, note.definitions, name)
    for index, (prose, origin) in enumerate(zip(parsed.deck.prose, parsed.prose_origins, strict=True)):
        yield Text(index, prose.text, origin, prose.definitions)


def _text(note: Note, field: str, number: str) -> str:
    if number:
        return str(getattr(note, field)[int(number)])
    return note.in_full if field == "in_full" else str(getattr(note.content, field))


def _text_issues(text: Text, path: str, root: Path) -> Iterator[Issue]:
    source = text.text
    if "![" in source:
        for offset, reference, _alt in references(source, text.definitions):
            found = resolve(reference, path, root)
            if isinstance(found, MediaProblem):
                yield error(locate(text.origin, offset), found.code, found.message)
    if any(sign in source for sign in _MATH_SIGNS):
        yield from _math_issues(text)
    if "](" in source or ("[" in source and text.definitions) or ("<" in source and ":" in source):
        yield from _link_issues(text)


# Formulas ------------------------------------------------------------------------------------------------


def _math_issues(text: Text) -> Iterator[Issue]:
    structure = scan(text.text)
    for span in structure.spans:
        if span.kind not in ("math", "display"):
            continue
        tex, offsets = _shown_formula(text.text, span, structure.rows)
        try:
            render_math(tex, display=span.kind == "display")
        except MathError as failure:
            offset = offsets[min(failure.offset, len(offsets) - 1)]
            yield error(locate(text.origin, offset), "math", failure.refusal)


def _shown_formula(text: str, span: InlineSpan, rows: Sequence[Row]) -> tuple[str, list[int]]:
    """A formula without the marks of deletions and quotes, and where each of its characters stands in the text."""
    start, end = span.inner_start, span.inner_end
    marks: set[int] = set()
    if "{{c" in text[start:end]:
        for deletion in find_deletions(text)[0]:
            marks.update(range(deletion.start, deletion.text_start), range(deletion.text_end, deletion.end))
    if "\n" in text[start:end]:
        row = rows[bisect_right(rows, span.start, key=attrgetter("start")) - 1]
        for begin, until in quote_marks(text[start:end], row):
            marks.update(range(start + begin, start + until))
    offsets = [offset for offset in range(start, end + 1) if offset not in marks]
    return "".join(text[offset] for offset in offsets[:-1]), offsets


# Links ---------------------------------------------------------------------------------------------------


def _link_issues(text: Text) -> Iterator[Issue]:
    source = text.text
    structure = scan(source)
    defined = link_definitions(source, text.definitions)
    hidden = [(span.start, span.end) for span in structure.spans]
    skip = sorted(hidden + [(found.start, found.end) for found in pictures(source, structure.spans, defined)])
    for link in links(source, structure.stretches, skip, defined):
        hidden.append((link.start, link.end))
        if problem := link_problem(link.target):
            yield error(locate(text.origin, link.target_at), *problem)
    for offset, code, message in refused_autolinks(source, Ranges(sorted(hidden)).hold):
        yield error(locate(text.origin, offset), code, message)
