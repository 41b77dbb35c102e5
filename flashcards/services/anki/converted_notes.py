"""A converted note of Anki's as a note of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flashcards.deckfiles.parse.point_refs import read_end
from flashcards.deckfiles.render.tex_to_mathml import MathError, render_math
from flashcards.deckfiles.text.spans import spans
from flashcards.domain.card import Basic, Cloze, Content, Note, PointRef
from flashcards.exchange.anki.package_values import Converted

_CLOZE_NUMBER = re.compile(r"\{\{c([1-9][0-9]{0,2})::")


def note_of(id_: str, tags: Iterable[str], converted: Converted) -> Note:
    """A converted note as a note of ours; media stand in it by the names that Anki knows."""
    return Note(
        id=id_,
        explicit=True,
        line=1,
        content=_content(converted),
        source="",
        rubric=converted.rubric,
        follow_ups=converted.follow_ups,
        sources=converted.sources,
        rubric_refs=read_refs(converted.rubric_refs),
        follow_up_refs=read_refs(converted.follow_up_refs),
        in_full=converted.in_full,
        clarify=converted.clarify,
        tags=tuple(dict.fromkeys(tags)),
        section=converted.context or None,
    )


def read_refs(written: Iterable[str]) -> tuple[PointRef | None, ...]:
    """References as authors write them."""
    return tuple(read_end(f"x {ref}").ref if ref else None for ref in written)


def _content(converted: Converted) -> Content:
    if converted.kind == "cloze":
        found = _CLOZE_NUMBER.findall(f"{converted.question}\n{converted.answer}")
        numbers = tuple(sorted({int(number) for number in found}))
        return Cloze(converted.question, converted.answer, numbers, converted.typed)
    return Basic(converted.question, converted.answer, converted.reversed, converted.typed)


def texts_of(note: Note) -> tuple[str, ...]:
    """What `with_texts` changes."""
    content = note.content
    sides = (content.heading, content.body) if isinstance(content, Cloze) else (content.question, content.answer)
    return *sides, *note.rubric, *note.follow_ups, *note.sources, *note.clarify, note.in_full


def with_texts(note: Note, change: Callable[[str], str]) -> Note:
    """The note with each of its texts changed."""
    content = note.content
    if isinstance(content, Cloze):
        content = replace(content, heading=change(content.heading), body=change(content.body))
    else:
        content = replace(content, question=change(content.question), answer=change(content.answer))
    return replace(
        note,
        content=content,
        rubric=tuple(map(change, note.rubric)),
        follow_ups=tuple(map(change, note.follow_ups)),
        sources=tuple(map(change, note.sources)),
        clarify=tuple(map(change, note.clarify)),
        in_full=change(note.in_full) if note.in_full else "",
    )


def without_maths(text: str, *, refused: bool = False, pictures: Mapping[str, str] | None = None) -> str:
    """Formulas as code; with `refused`, those that the renderer refuses, or cannot be asked about for a deletion.

    `pictures` is the Markdown of pictures that show a formula, by its TeX: they take its place.
    """
    pieces, position = [], 0
    for span in spans(text):
        if span.kind in ("math", "display") and span.start >= position:
            inner = text[span.inner_start : span.inner_end]
            if not refused or "{{c" in inner or _refused(inner, display=span.kind == "display"):
                code = inner.strip().replace("`", "'")
                shown = pictures.get(inner.strip()) if pictures else None
                pieces += [text[position : span.start], shown or f"`{code}`"]
                position = span.end
    return "".join([*pieces, text[position:]])


def _refused(tex: str, *, display: bool) -> bool:
    try:
        render_math(tex, display=display)
    except MathError:
        return True
    return False
