"""How requests and results travel between processes: JSON, each with its length before it.

JSON and not pickle: whatever a hostile text might make of the child, the parent only ever reads data.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.jobs import Rendered, RenderedCard, RenderProblem, RenderRequest, Text
from flashcards.domain.card import Basic, Cloze

HEADER = struct.Struct(">I")
_ENCODE = json.JSONEncoder(separators=(",", ":")).encode
_CONTENTS = {"Basic": Basic, "Cloze": Cloze, "Text": Text}


def frame(value: Any) -> bytes:
    """A JSON value with its length before it."""
    return _with_length(encoded(value))


def frame_of(values: Iterable[bytes]) -> bytes:
    """The same of a list of values that are JSON already."""
    return _with_length(b"[" + b",".join(values) + b"]")


def encoded(value: Any) -> bytes:
    """A value as JSON."""
    return _ENCODE(value).encode()


def _with_length(data: bytes) -> bytes:
    return HEADER.pack(len(data)) + data


def request_to_json(request: RenderRequest) -> dict[str, Any]:
    """A request as values that JSON knows."""
    content = request.content
    return {
        "content": [type(content).__name__, {name: getattr(content, name) for name in content.__slots__}],
        "one_line": request.one_line,
        "definitions": request.definitions,
        "rubric": request.rubric,
        "follow_ups": request.follow_ups,
        "sources": request.sources,
        "media": [[name, isinstance(item, Media), asdict(item)] for name, item in request.media],
        "flavour": request.flavour,
        "in_full": request.in_full,
        "clarify": request.clarify,
        "macros": request.macros,
    }


def request_from_json(value: dict[str, Any]) -> RenderRequest:
    """The request that `request_to_json` wrote."""
    kind, fields = value["content"]
    if kind == "Cloze":
        fields["numbers"] = tuple(fields["numbers"])
    return RenderRequest(
        content=_CONTENTS[kind](**fields),
        one_line=value["one_line"],
        definitions=value["definitions"],
        rubric=tuple(value["rubric"]),
        follow_ups=tuple(value["follow_ups"]),
        sources=tuple(value["sources"]),
        media=tuple((name, Media(**item) if found else MediaProblem(**item)) for name, found, item in value["media"]),
        flavour=value["flavour"],
        in_full=value["in_full"],
        clarify=tuple(value["clarify"]),
        macros=tuple((name, tex) for name, tex in value["macros"]),
    )


def rendered_to_json(rendered: Rendered) -> dict[str, Any]:
    """A result as values that JSON knows."""
    return {
        "cards": {
            which: [card.question_html, card.answer_html, card.plain_question, card.typed_answer]
            for which, card in rendered.cards.items()
        },
        "rubric": rendered.rubric_html,
        "follow_ups": rendered.follow_ups_html,
        "sources": rendered.sources_html,
        "problems": [[item.part, item.offset, item.code, item.message] for item in rendered.problems],
        "in_full": rendered.in_full_html,
        "clarify": rendered.clarify_html,
    }


def rendered_from_json(value: dict[str, Any]) -> Rendered:
    """The result that `rendered_to_json` wrote."""
    return Rendered(
        cards={which: RenderedCard(*card) for which, card in value["cards"].items()},
        rubric_html=tuple(value["rubric"]),
        follow_ups_html=tuple(value["follow_ups"]),
        sources_html=tuple(value["sources"]),
        problems=tuple(RenderProblem(*item) for item in value["problems"]),
        in_full_html=value["in_full"],
        clarify_html=tuple(value["clarify"]),
    )
