"""What rendering a note takes and gives: Markdown in, HTML that is safe to put into a page out.

Light to import. The work is slow by nature, and hostile text can make it slower: `render_pool` does it in child
processes. What comes back is stored under `render_key`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.macros import Macros, used_macros
from flashcards.deckfiles.render.version import RENDERER_VERSION
from flashcards.deckfiles.text.media_references import references
from flashcards.domain.card import Basic, Cloze, Content, Note, Prose

PROSE = "prose"
WHOLE = "note"
ANKI = "anki"
ANKI_VERSION = 3
"""Raised when the same note would give other fields in Anki: what was stored of them is made again."""


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown that is no note: the prose of a deck's page."""

    text: str


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """All that the HTML of a note depends on.

    `flavour` is where it will be shown: on our pages, or in Anki (see `anki_html`). `one_line`: both sides of
    the (basic) note are a part of one line. `definitions` is Markdown that defines links and footnotes.
    `media` pairs each reference, as written, with what it gave. `macros` are those of the project that it uses.
    """

    content: Content | Text
    one_line: bool = False
    definitions: str = ""
    rubric: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    media: tuple[tuple[str, Media | MediaProblem], ...] = ()
    flavour: Literal["page", "anki"] = "page"
    in_full: str = ""
    clarify: tuple[str, ...] = ()
    macros: Macros = ()


@dataclass(frozen=True, slots=True)
class RenderProblem:
    """What is wrong in a text of a note, with a stable code and a message for people.

    `part` is ``question``, ``answer``, ``heading``, ``body``, ``prose``, ``definitions``, ``in_full``,
    ``rubric.0``, ``follow_ups.0``, ``sources.0``, ``clarify.0`` (and so on), or ``note`` for all of it; `offset` is
    into that text, None where it is not known.
    """

    part: str
    offset: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RenderedCard:
    """One card. `plain_question` is at most 200 characters on one line, for titles and searching.

    A cloze card's answer is the whole text, with what was asked for marked. `typed_answer` is the plain text
    that a learner of a typed note is expected to type, None for other notes.
    """

    question_html: str
    answer_html: str
    plain_question: str
    typed_answer: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A note's cards by their `which` (``prose`` for a `Text`), its lists as inline HTML, what is wrong, its long form.

    A cloze note of several numbers has ``note`` among its cards: its answer has every gap marked.
    """

    cards: dict[str, RenderedCard]
    rubric_html: tuple[str, ...] = ()
    follow_ups_html: tuple[str, ...] = ()
    sources_html: tuple[str, ...] = ()
    problems: tuple[RenderProblem, ...] = ()
    in_full_html: str = ""
    clarify_html: tuple[str, ...] = ()


def request_for(note: Note, media: dict[str, Media | MediaProblem] | None = None, macros: Macros = ()) -> RenderRequest:
    """The request for a note; `media` holds at least what `note_references` names, `macros` are the project's."""
    return RenderRequest(
        content=note.content,
        one_line=note.one_line,
        definitions=note.definitions,
        rubric=note.rubric,
        follow_ups=note.follow_ups,
        sources=note.sources,
        media=_media_of(note_references(note), media),
        in_full=note.in_full,
        clarify=note.clarify,
        macros=used_macros(macros, _all_texts(note)),
    )


def request_for_prose(
    prose: Prose, media: dict[str, Media | MediaProblem] | None = None, macros: Macros = ()
) -> RenderRequest:
    """The request for a deck's prose; `media` holds at least what `prose_references` finds in it."""
    return RenderRequest(
        Text(prose.text),
        definitions=prose.definitions,
        media=_media_of(prose_references(prose), media),
        macros=used_macros(macros, [prose.text, prose.definitions]),
    )


def _media_of(
    names: list[str], media: dict[str, Media | MediaProblem] | None
) -> tuple[tuple[str, Media | MediaProblem], ...]:
    return tuple((name, media[name]) for name in dict.fromkeys(names) if media and name in media)


def note_references(note: Note) -> list[str]:
    """The pictures and sounds that a note refers to, as written, each once."""
    return list(dict.fromkeys(name for text in _texts(note) for _, name, _ in references(text, note.definitions)))


def prose_references(prose: Prose) -> list[str]:
    """The pictures and sounds that a piece of prose refers to, in its footnotes too, as written, each once."""
    texts = (prose.text, prose.definitions)
    return list(dict.fromkeys(name for text in texts for _, name, _ in references(text, prose.definitions)))


def _texts(note: Note) -> list[str]:
    return [text for text in _all_texts(note) if "![" in text]


def _all_texts(note: Note) -> tuple[str, ...]:
    content = note.content
    sides = [content.question, content.answer] if isinstance(content, Basic) else [content.heading, content.body]
    lists = (*note.rubric, *note.follow_ups, *note.sources, *note.clarify)
    return (*sides, note.definitions, *lists, note.in_full)


def render_key(request: RenderRequest) -> str:
    """A hash of all that the result depends on, this renderer's version included (64 hex digits)."""
    content = request.content
    if isinstance(content, Basic):
        kind: list[object] = ["basic", content.question, content.answer, content.reversed, content.typed]
    elif isinstance(content, Cloze):
        kind = ["cloze", content.heading, content.body, content.numbers, content.typed]
    else:
        kind = ["text", content.text]
    media = [
        [name, item.url, item.width, item.height] if isinstance(item, Media) else [name, item.code, item.message]
        for name, item in request.media
    ]
    parts = [
        RENDERER_VERSION,
        kind,
        request.one_line,
        request.definitions,
        request.rubric,
        request.follow_ups,
        request.sources,
        media,
        request.in_full,
        request.clarify,
        *([request.macros] if request.macros else []),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
