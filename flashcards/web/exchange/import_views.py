"""The way in: authors upload an Anki package; its notes become decks, its log their history."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid, TooMany
from flashcards.services.accounts.facade import Learner
from flashcards.services.export.results import Progress
from flashcards.services.upkeep.long_work import Work
from flashcards.temporary import TemporaryFolder
from flashcards.web.api.operations import json_response
from flashcards.web.auth.login import author, services, takes
from flashcards.web.exchange.export_views import work_json
from flashcards.web.shared.errors import trouble_of

if TYPE_CHECKING:
    from flashcards.services.anki.importing import ImportReport

bring = Blueprint("bring", __name__)

KIND = "import"
UPLOAD_LIMIT = 512 << 20
"""Bytes of an uploaded package."""

_FOLDER = re.compile(r"[^\W_][\w .-]*(?:/[^\W_][\w .-]*)*")
_SUFFIXES = (".apkg", ".colpkg")


def _author_who_waits_for_nothing() -> Learner:
    """The author; raises TooMany where an import of theirs is under way: its package is on the disk still."""
    me = author()
    if services().work.is_running(me.id, KIND):
        raise TooMany("An import of yours is under way; send the next file when it is done.", retry_after=30)
    return me


@bring.get("/import")
def form() -> Response:
    """What to upload, and where it goes."""
    author()
    return _form()


@bring.post("/import")
@takes(UPLOAD_LIMIT, _author_who_waits_for_nothing)
def start() -> BaseResponse | Response:
    """Takes the package and begins."""
    me = _author_who_waits_for_nothing()
    try:
        into = _into(request.form.get("into", ""))
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            raise Invalid("Choose a file that Anki exported.", field="file")
        if not upload.filename.lower().endswith(_SUFFIXES):
            raise Invalid("Choose a file whose name ends in .apkg or .colpkg.", field="file")
    except Invalid as error:
        return _form(error)
    folder = TemporaryFolder()
    history, reschedule = "history" in request.form, "reschedule" in request.form
    services_ = services()

    def run(_folder: Path, progress: Progress) -> ImportReport:
        try:
            report = services_.anki_import.bring(
                folder.path / "package.apkg",
                services_.config.decks / into,
                me if history else None,
                reschedule=history and reschedule,
                progress=progress,
            )
            services_.history.record(me.name, f"Import into {into}", [into])
            return report
        finally:
            folder.remove()

    try:
        upload.save(folder.path / "package.apkg")
        work = services_.work.start(me.id, KIND, run)
    except BaseException:
        folder.remove()
        raise
    return redirect(f"/import/{work.id}", 303)


@bring.get("/import/<id_>")
def progress(id_: str) -> str:
    """How far it is; at its end what came, and what did not."""
    return render_template("exchange/imported.html", work=_work(id_))


@bring.get("/import/<id_>/progress")
def progress_json(id_: str) -> Response:
    """The same for the page's script."""
    return json_response(work_json(_work(id_)))


def _work(id_: str) -> Work:
    return services().work.find(author().id, KIND, id_)


def _into(written: str) -> str:
    """The folder below the decks folder; raises Invalid."""
    into = written.strip().strip("/")
    if not _FOLDER.fullmatch(into):
        raise Invalid("Name a folder such as anki or languages/german: letters, digits, - and /.", field="into")
    return into


def _form(error: FlashcardsError | None = None) -> Response:
    trouble = trouble_of(error) if error else None
    page = render_template(
        "exchange/import.html",
        trouble=trouble,
        into=request.form.get("into", "anki"),
        history=error is None or "history" in request.form,
        reschedule="reschedule" in request.form,
        megabytes=UPLOAD_LIMIT >> 20,
    )
    return Response(page, status=trouble.status if trouble else 200)
