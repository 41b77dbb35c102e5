"""The editor: a deck's source beside its cards. It works by forms alone; its script adds the live preview."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlencode

from flask import Response, render_template, request
from flask import redirect as redirect_to
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid, NotFound
from flashcards.services.authoring.deck_editing import NEW, Changed, DeckSource, Saved
from flashcards.web.api.authoring import BODY_LIMIT
from flashcards.web.auth.login import author, recorded, services, takes
from flashcards.web.decks import views as decks
from flashcards.web.shared.errors import Trouble, trouble_of

SHOWN_PROBLEMS = 200


def page(address: str) -> BaseResponse | str:
    """The editor of a deck; where a deck is itself called "edit" and there is no other, that deck's page."""
    author()
    try:
        source = services().authoring.source(address)
    except NotFound:
        return decks.page(f"{address}/edit")
    said = _said(request.args.get("done", ""), request.args.get("report", "")) + _still(request.args.get("naming", ""))
    return _page(source, source.text, said=said)


@takes(BODY_LIMIT, author)
def act(address: str) -> BaseResponse | str:
    """Saves, previews, moves or deletes, as the pressed button says."""
    author()
    what = request.form.get("what", "")
    if what not in ACTIONS:
        raise Invalid("Nothing to do was named.", field="what")
    return ACTIONS[what](address)


def _preview(address: str) -> BaseResponse | str:
    text, version = _text(), request.form.get("version", "")
    return _page(DeckSource(f"{address}.md", text, version), text)


def _save(address: str) -> BaseResponse | str:
    text, version = _text(), request.form.get("version", "")
    mine = DeckSource(f"{address}.md", text, version)
    try:
        saved = services().authoring.save(address, text, version, request.form.getlist("substantive"))
    except Changed as error:
        return _page(mine, text, theirs=error.theirs, trouble=trouble_of(error))
    except FlashcardsError as error:  # what was typed must not be lost
        return _page(mine, text, trouble=trouble_of(error))
    recorded(f"Save {saved.path}", saved.path)
    return _to_editor(saved, "saved")


def _move(address: str) -> BaseResponse | str:
    to = request.form.get("to", "")
    try:
        saved = services().authoring.move(address, to)
    except FlashcardsError as error:
        return _refused(address, error, to)
    recorded(f"Move {address}.md to {saved.path}", f"{address}.md", saved.path)
    return _to_editor(saved, "moved")


def _delete(address: str) -> BaseResponse | str:
    try:
        kept = services().authoring.delete(address)
    except FlashcardsError as error:
        return _refused(address, error, address)
    recorded(f"Delete {address}.md", f"{address}.md", kept)
    return redirect_to(f"/decks?{urlencode({'deleted': kept})}", 303)


def _refused(address: str, error: FlashcardsError, to: str) -> BaseResponse | str:
    """The editor with what was wrong; the error itself where there is no such file to be edited."""
    try:
        source = services().authoring.source(address)
    except FlashcardsError:
        raise error from None
    return _page(source, source.text, trouble=trouble_of(error), to=to)


ACTIONS: dict[str, Callable[[str], BaseResponse | str]] = {
    "preview": _preview,
    "save": _save,
    "move": _move,
    "delete": _delete,
}


def new() -> str:
    """The form for a new deck."""
    author()
    folder = request.args.get("in", "")
    return render_template("decks/new.html", path=f"{folder}/" if folder else "", title="", trouble=None)


def create() -> BaseResponse | str:
    """Writes a starter deck and opens it."""
    author()
    path, title = request.form.get("path", ""), request.form.get("title", "").strip()
    try:
        saved = services().authoring.create(path, title or None)
    except FlashcardsError as error:
        trouble = trouble_of(error)
        page = render_template("decks/new.html", path=path, title=title, trouble=trouble)
        return Response(page, status=trouble.status, mimetype="text/html")
    recorded(f"Make {saved.path}", saved.path)
    return _to_editor(saved, "made")


def _page(
    source: DeckSource,
    text: str,
    *,
    said: str = "",
    theirs: DeckSource | None = None,
    trouble: Trouble | None = None,
    to: str | None = None,
) -> BaseResponse | str:
    """`to` is where the file was to be moved, where that was refused."""
    preview = None
    try:
        preview = services().preview.preview(source.path, text)
    except Invalid as error:
        trouble = trouble or trouble_of(error)
    line = request.args.get("line", "")
    page = render_template(
        "decks/edit.html",
        source=source,
        address=source.path.removesuffix(".md"),
        text=text,
        preview=preview,
        problems=preview.problems[:SHOWN_PROBLEMS] if preview else (),
        said=said,
        substantive=set(request.form.getlist("substantive")),
        theirs=theirs,
        gone=theirs is not None and theirs.version == NEW,
        trouble=trouble,
        to=to,
        line=int(line) if line.isascii() and line.isdigit() and len(line) < 8 else None,
    )
    return Response(page, status=trouble.status if trouble else 200, mimetype="text/html")


def _text() -> str:
    """The source as typed: forms send CRLF for every line end."""
    return request.form.get("source", "").replace("\r\n", "\n")


def _to_editor(saved: Saved, done: str) -> BaseResponse:
    told = {"done": done, "report": _report(saved)}
    if saved.left_behind:
        told["naming"] = str(len(saved.left_behind))
    return redirect_to(f"/decks/{quote(saved.path.removesuffix('.md'))}/edit?{urlencode(told)}", 303)


def _report(saved: Saved) -> str:
    """What became of cards, as short as an address must be: ``1-0-2-0-0-0``."""
    if saved.report is None:
        return ""
    report = saved.report
    counts = (report.new, report.edited, report.moved, report.restored, report.removed, saved.returned)
    return "-".join(map(str, counts))


def _said(done: str, report: str) -> str:
    first = {"saved": "Saved", "made": "The deck is made", "moved": "Moved; every card keeps its history"}.get(done)
    if first is None:
        return ""
    names = ("new", "changed", "moved", "restored", "removed", "back tomorrow")
    numbers = report.split("-")
    if len(numbers) != len(names) or not all(n.isascii() and n.isdigit() and len(n) < 8 for n in numbers):
        return f"{first}, but the decks could not be read: see the problems on the decks' pages."
    told = [f"{int(n):,} {name}" for n, name in zip(numbers, names, strict=True) if int(n)]
    return f"{first}. Cards: {', '.join(told)}." if told else f"{first}. No card changed."


def _still(naming: str) -> str:
    """That other decks name cards of a deck that was moved by where it was, and how many."""
    if not (naming.isascii() and naming.isdigit() and len(naming) < 8 and int(naming)):
        return ""
    told = "1 other deck names" if int(naming) == 1 else f"{int(naming):,} other decks name"
    return f" {told} cards of this one by its old path, which leads nowhere now: problems on decks' pages say where."
