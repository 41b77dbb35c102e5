"""The way in: authors upload an Anki package; its notes become decks, its log their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.upkeep.long_work import Work
from flashcards.web.api.operations import json_response
from flashcards.web.auth.login import author, services, takes
from flashcards.web.exchange.export_views import work_json
from flashcards.web.exchange.importing import (
    KIND,
    UPLOAD_LIMIT,
    author_who_waits_for_nothing,
    begin,
    read_folder,
)
from flashcards.web.shared.errors import trouble_of

if TYPE_CHECKING:
    pass


_SUFFIXES = (".apkg", ".colpkg")


def form() -> Response:
    """What to upload, and where it goes."""
    author()
    return _form()


@takes(UPLOAD_LIMIT, author_who_waits_for_nothing)
def start() -> BaseResponse | Response:
    """Takes the package and begins."""
    me = author_who_waits_for_nothing()
    try:
        into = read_folder(request.form.get("into", ""))
        upload = request.files.get("file")
        if upload is None or not upload.filename:
            raise Invalid("Choose a file that Anki exported.", field="file")
        if not upload.filename.lower().endswith(_SUFFIXES):
            raise Invalid("Choose a file whose name ends in .apkg or .colpkg.", field="file")
    except Invalid as error:
        return _form(error)
    history, reschedule = "history" in request.form, "reschedule" in request.form
    work = begin(me, into, upload.save, history=history, reschedule=reschedule)
    return redirect(f"/import/{work.id}", 303)


def progress(id_: str) -> str:
    """How far it is; at its end what came, and what did not."""
    return render_template("exchange/imported.html", work=_work(id_))


def progress_json(id_: str) -> Response:
    """The same for the page's script."""
    return json_response(work_json(_work(id_)))


def _work(id_: str) -> Work:
    return services().work.find(author().id, KIND, id_)


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
