"""Packages of Anki, sent by programs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import request

from flashcards.errors import Invalid
from flashcards.services.accounts.scopes import AUTHOR
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Bytes, Field, ListOf, Nullable, Object, Text, Whole
from flashcards.web.api.shapes import shape
from flashcards.web.auth.login import author, services
from flashcards.web.exchange.importing import KIND, UPLOAD_LIMIT, author_who_waits_for_nothing, begin, read_folder

if TYPE_CHECKING:
    from flashcards.services.upkeep.long_work import Work

YES_OR_NO = Text(5, choices=("0", "1", "false", "true"))
IMPORT_QUERY = Object(
    (
        Field("into", Text(1000), True, "The folder below the decks folder into which the decks are written."),
        Field("history", YES_OR_NO, about="1: with the answers and schedules, into the own history."),
        Field("reschedule", YES_OR_NO, about="1: schedules are what SM-2 makes of the answers, not what Anki has."),
    )
)
HISTORY = shape("ImportedHistory", reviews=Whole(0), schedules=Whole(0), known=Whole(0), lost=Whole(0), flags=Whole(0))
REPORT = shape(
    "Imported",
    decks=Whole(0), notes=Whole(0), cards=Whole(0), media=Whole(0), known=Whole(0), left_out=Whole(0),
    files=ListOf(Text()), notices=ListOf(Text(1 << 16)), history=Nullable(HISTORY),
)  # fmt: skip
IMPORT = shape(
    "Import",
    id=Text(), state=Text(choices=("running", "done", "failed")), stage=Text(), done=Whole(0), total=Whole(0),
    error=Text(1 << 16), report=Nullable(REPORT),
)  # fmt: skip


@operation(
    "POST", "/import", "Bring in a package of Anki", {202: IMPORT}, query=IMPORT_QUERY,
    upload=Bytes("application/octet-stream"), errors=(413, 422, 429), body_limit=UPLOAD_LIMIT,
    who=author_who_waits_for_nothing, scope=AUTHOR,
)  # fmt: skip
def post_import(query: dict[str, Any]) -> Reply:
    """For authors. The body is the .apkg or .colpkg itself. Ask for its end at `/import/{id}`.

    Files that are there are left as they are; a second import brings what is new since.
    """
    me, into = author(), read_folder(query["into"])
    history = query.get("history") in ("1", "true")
    reschedule = query.get("reschedule") in ("1", "true")
    work = begin(me, into, _save, history=history, reschedule=reschedule)
    return 202, _json(work)


@operation("GET", "/import/<import_id>", "How far an import is", {200: IMPORT}, errors=(404,), who=author)
def get_import(import_id: str) -> Reply:
    """For authors, of their own imports. `report` is null until it is done; `error` says why one failed."""
    return 200, _json(services().work.find(author().id, KIND, import_id))


def _save(target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(request.stream, file)
    if not target.stat().st_size:
        raise Invalid("Send the package itself as the body.", field="body")


def _json(work: Work) -> dict[str, Any]:
    return {
        "id": work.id,
        "state": work.state,
        "stage": work.stage,
        "done": work.done,
        "total": work.total,
        "error": work.error,
        "report": _report_json(work.result) if work.state == "done" else None,
    }


def _report_json(report: Any) -> dict[str, Any]:
    came = {name: getattr(report, name) for name in ("decks", "notes", "cards", "media", "known", "left_out")}
    kept = report.history
    names = ("reviews", "schedules", "known", "lost", "flags")
    history = {name: getattr(kept, name) for name in names} if kept else None
    return came | {"files": list(report.files), "notices": list(report.notices), "history": history}
