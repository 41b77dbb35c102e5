"""The way out: a page that makes Anki packages and says what Anki will do with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Response, redirect, render_template, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.progress import Progress
from flashcards.web.api.export import PACKAGE
from flashcards.web.api.operations import json_response
from flashcards.web.auth.login import learner, services

if TYPE_CHECKING:
    from flashcards.services.export.results import AnkiExported
    from flashcards.services.upkeep.long_work import Work


KIND = "export"


def form() -> str:
    """What can be exported, and what Anki will and will not update."""
    address = request.args.get("deck", "").strip("/").removesuffix(".md")
    wanted = [address] if address else []
    return render_template(
        "exchange/export.html",
        address=address,
        title=title_of(address),
        removed=services().export.removed(learner(), wanted),
    )


def start() -> BaseResponse:
    """Begins to make a package."""
    address = request.form.get("deck", "").strip("/").removesuffix(".md")
    title_of(address)
    me, history = learner(), "history" in request.form

    def run(folder: Path, progress: Progress) -> AnkiExported:
        return services_.export.anki(
            folder / "decks.apkg",
            decks=[address] if address else [],
            learner=me,
            history=history,
            progress=progress,
        )

    services_ = services()
    work = services_.work.start(me.id, KIND, run)
    return redirect(f"/export/{work.id}?{f'deck={quote(address)}' if address else ''}".rstrip("?"), 303)


def progress(id_: str) -> str:
    """How far it is; at its end what is in it, and the file."""
    address = request.args.get("deck", "")
    return render_template("exchange/exported.html", work=_work(id_), address=address, title=title_of(address))


def progress_json(id_: str) -> Response:
    """The same for the page's script."""
    return json_response(work_json(_work(id_)))


def package(id_: str, name: str) -> Response:
    """The file; the name is for the reader's download folder."""
    work = _work(id_)
    if work.state != "done":
        raise Conflict("The package is not ready.")
    path = work.result.path
    response = send_file(path, mimetype=PACKAGE, as_attachment=True, download_name=f"{name}.apkg", etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


def work_json(work: Work) -> dict[str, object]:
    """How far a piece of work is."""
    return {"state": work.state, "stage": work.stage, "done": work.done, "total": work.total}


def title_of(address: str) -> str:
    """What stands at an address, "" for everything; raises NotFound."""
    if not address:
        return "All decks"
    found = services().decks.title(address)
    if found is None:
        raise NotFound(f"There is no deck and no folder at {address}.")
    return found


def _work(id_: str) -> Work:
    me: Learner = learner()
    return services().work.find(me.id, KIND, id_)
