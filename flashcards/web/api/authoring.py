"""Deck files for authors' programs and for the editor page: what a text would become, reading, saving, pictures."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flask import request

from flashcards.services.authoring.statuses import STATUSES
from flashcards.web.api.operations import Reply, json_response, operation
from flashcards.web.api.schema import Bytes, Field, Flag, ListOf, MapOf, Nullable, Object, Text, Whole
from flashcards.web.api.shapes import HTML, shape
from flashcards.web.auth.login import author, recorded, services

if TYPE_CHECKING:
    from flashcards.services.authoring.deck_editing import Saved
    from flashcards.services.authoring.preview import Preview, PreviewCard, PreviewNote

BODY_LIMIT = 20 << 20
"""Bytes: a deck file of 8 MiB as JSON or as a form, and room to say that one is too large."""
SOURCE = Text(longest=8 << 20)
PATH = Text(1000, least=1)
ERRORS = (400, 404, 409, 413, 415, 422)

PROBLEM_ROW = shape(
    "CheckResult",
    line=Whole(1), column=Whole(1), severity=Text(choices=("error", "warning")), code=Text(), message=Text(),
)  # fmt: skip
PREVIEW_CARD = shape(
    "PreviewCard",
    key=Text(), note=Text(), which=Text(), kind=Text(choices=("basic", "cloze")), line=Whole(1),
    status=Text(choices=STATUSES), reviews=Whole(0), question_html=Nullable(HTML), answer_html=Nullable(HTML),
)  # fmt: skip
PREVIEW_NOTE = shape(
    "PreviewNote",
    note=Text(), line=Whole(1), kind=Text(choices=("basic", "cloze")), title=Text(), draft=Flag(), tags=ListOf(Text()),
    status=Text(choices=STATUSES), reviews=Whole(0), render=Text(), whole_html=Nullable(HTML),
    rubric_html=ListOf(HTML), follow_ups_html=ListOf(HTML), sources_html=ListOf(HTML), edited=Flag(),
    in_full_html=HTML, clarify_html=ListOf(HTML),
)  # fmt: skip
GONE = shape("GoneCard", key=Text(), title=Text(), reviews=Whole(0))
PREVIEW = shape(
    "Preview",
    title=Text(), cards=ListOf(PREVIEW_CARD), notes=ListOf(PREVIEW_NOTE), problems=ListOf(PROBLEM_ROW),
    gone=ListOf(GONE), broken=ListOf(Whole(1)), structure_lost=Flag(), counts=MapOf(Whole(0)),
)  # fmt: skip
PREVIEW_BODY = Object(
    (
        Field("source", SOURCE, True),
        Field("path", PATH, True, "Where the file stands, or would."),
        Field("known", ListOf(Text(64), 20_000), about="`render` keys whose HTML need not be sent again: it is null."),
    ),
    "PreviewRequest",
)
DECK_SOURCE = shape("DeckSource", path=Text(), source=SOURCE, version=Text())
SAVE_BODY = Object(
    (
        Field("path", PATH, True),
        Field("source", SOURCE, True),
        Field("version", Text(64), True, "That of the file this text was made from; empty for a new file."),
        Field(
            "substantive", ListOf(Text(), 20_000),
            about="Ids of notes whose cards come back tomorrow, with their history, where they are due later.",
        ),
    ),
    "SaveRequest",
)  # fmt: skip
SAVED = shape(
    "Saved",
    path=Text(), version=Text(), new=Whole(0), edited=Whole(0), moved=Whole(0), restored=Whole(0), removed=Whole(0),
    returned=Whole(0), trouble=Text(),
)  # fmt: skip
PATH_QUERY = Object((Field("path", PATH, True, "Relative to the decks folder."),))


@operation(
    "POST", "/preview", "What a deck's text would become", {200: PREVIEW}, body=PREVIEW_BODY,
    errors=(400, 413, 415, 422), body_limit=BODY_LIMIT, who=author,
)  # fmt: skip
def post_preview(body: dict[str, Any]) -> Reply:
    """For authors. Nothing is stored: cards as HTML, check results, and what saving would do to history."""
    preview = services().preview.preview(body["path"], body["source"])
    return 200, preview_json(preview, frozenset(body.get("known", ())))


@operation(
    "GET", "/source", "A deck file", {200: DECK_SOURCE, 304: None}, query=PATH_QUERY, errors=(404, 422), who=author
)  # fmt: skip
def get_source(query: dict[str, Any]) -> Reply:
    """For authors. `If-None-Match` with the version as ETag gives 304 while the file is the same."""
    source = services().authoring.source(query["path"])
    response = json_response({"path": source.path, "source": source.text, "version": source.version})
    response.set_etag(source.version)
    return 200, response.make_conditional(request)


@operation(
    "PUT", "/source", "Save a deck file", {200: SAVED}, body=SAVE_BODY, errors=ERRORS, body_limit=BODY_LIMIT,
    who=author,
)  # fmt: skip
def put_source(body: dict[str, Any]) -> Reply:
    """For authors. 409 where the file is not the one of `version` any more: nothing is overwritten."""
    substantive = body.get("substantive", ())
    saved = services().authoring.save(body["path"], body["source"], body["version"], substantive)
    recorded(f"Save {saved.path}", saved.path)
    return 200, saved_json(saved)


@operation(
    "POST", "/pictures", "Add a picture beside a deck", {201: shape("Picture", name=Text())}, query=PATH_QUERY,
    upload=Bytes("image/*"), errors=(413, 422), body_limit=BODY_LIMIT, who=author,
)  # fmt: skip
def post_picture(query: dict[str, Any]) -> Reply:
    """For authors. The body is the picture itself; it is stored by its content under the name that comes back."""
    name = services().authoring.add_picture(query["path"], request.get_data(cache=False))
    path = str(PurePosixPath(query["path"]).parent / name)
    recorded(f"Add {path}", path)
    return 201, {"name": name}


def preview_json(preview: Preview, known: frozenset[str]) -> dict[str, Any]:
    """A preview; the HTML of notes with a known key is left out."""
    return {
        "title": preview.title,
        "cards": [_card_json(note, card, known) for note in preview.notes for card in note.cards],
        "notes": [_note_json(note, known) for note in preview.notes],
        "problems": [
            {"line": p.line, "column": p.column, "severity": p.severity, "code": p.code, "message": p.message}
            for p in preview.problems
        ],
        "gone": [{"key": gone.key, "title": gone.title, "reviews": gone.reviews} for gone in preview.gone],
        "broken": list(preview.broken),
        "structure_lost": preview.structure_lost,
        "counts": preview.counts,
    }


def _card_json(note: PreviewNote, card: PreviewCard, known: frozenset[str]) -> dict[str, Any]:
    html = note.render_key not in known
    return {
        "key": card.key,
        "note": note.id,
        "which": card.which,
        "kind": note.kind,
        "line": note.line,
        "status": card.status,
        "reviews": card.reviews,
        "question_html": card.question_html if html else None,
        "answer_html": card.answer_html if html else None,
    }


def _note_json(note: PreviewNote, known: frozenset[str]) -> dict[str, Any]:
    html = note.render_key not in known
    return {
        "note": note.id,
        "line": note.line,
        "kind": note.kind,
        "title": note.title,
        "draft": note.draft,
        "tags": list(note.tags),
        "status": note.status,
        "reviews": note.reviews,
        "render": note.render_key,
        "whole_html": note.whole_html if html else None,
        "rubric_html": list(note.rubric_html) if html else [],
        "follow_ups_html": list(note.follow_ups_html) if html else [],
        "sources_html": list(note.sources_html) if html else [],
        "edited": note.edited,
        "in_full_html": note.in_full_html if html else "",
        "clarify_html": list(note.clarify_html) if html else [],
    }


def saved_json(saved: Saved) -> dict[str, Any]:
    """What a save came to."""
    report = saved.report
    counts = {
        name: getattr(report, name) if report else 0 for name in ("new", "edited", "moved", "restored", "removed")
    }
    more = {"returned": saved.returned, "trouble": saved.trouble}
    return {"path": saved.path, "version": saved.version, **counts, **more}
