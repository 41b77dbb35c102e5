"""Browse: cards found by a search, in a table, and what can be done to those that are picked."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.review.facade import CardState, Page
from flashcards.web.auth.login import author, learner, services
from flashcards.web.cards.flags import read_flag
from flashcards.web.shared.errors import trouble_of

browse = Blueprint("browse", __name__)

PAGE = 50
QUICK = (("Failed today", "is:failed"), ("Leeches", "is:leech"), ("Changed", "is:changed"))
"""Searches that everybody has."""
MOST_PICKED = 500
DONE = {
    "suspend": "Suspended: asked no more.",
    "unsuspend": "Asked again.",
    "bury": "Buried: hidden until tomorrow.",
    "unbury": "Shown again.",
    "flag": "Flagged.",
    "saved": "The search is saved.",
    "undo": "Undone.",
}


@browse.get("/browse")
def page() -> BaseResponse | str:
    """The first fifty cards that a search finds, or those after the cursor."""
    return _page(request.args.get("q", "").strip(), request.args.get("since") or None, request.args.get("done", ""))


def _page(q: str, since: str | None, done: str = "", error: FlashcardsError | None = None) -> Response:
    """The page, with what was done or what was wrong with it."""
    me, found = learner(), Page((), None)
    try:
        found = services().review.cards(me, q=q, since=since, limit=PAGE)
    except FlashcardsError as unreadable:
        error = unreadable
    trouble = trouble_of(error) if error else None
    last = services().review.last_action(me)
    html = render_template(
        "browse/page.html",
        q=q,
        since=since,
        found=found,
        trouble=trouble,
        said=DONE.get(done),
        last=last if last and done in DONE and done not in {"undo", "saved"} else None,
        study_day=services().review.study_day(me),
        to_drill=services().review.to_drill(me),
        tally=services().review.found(me, q) if q and not trouble else None,
        quick=[(name, search, services().review.found(me, search).cards) for name, search in QUICK],
        saved=services().review.saved_searches(me),
        search_id=uuid4(),
        action_id=uuid4(),
        set_id=uuid4(),
    )
    return Response(html, status=trouble.status if trouble else 200, mimetype="text/html")


@browse.post("/browse")
def act() -> BaseResponse | str:
    """Suspends, buries, flags, or shows the source lines of the picked cards; undoes the last of it."""
    form, review = request.form, services().review
    q, since = form.get("q", ""), form.get("since") or None
    verb, picked = "flag" if "flag" in form else form.get("verb", ""), form.getlist("card")[:MOST_PICKED]
    if (verb not in DONE or verb == "saved") and verb != "tag":
        raise Invalid(f"There is no action {verb!r}.", field="verb")
    if verb == "undo":
        review.undo(learner(), form.get("undo") or None)
    elif not picked:
        return _page(q, since, error=Invalid("No card was picked: tick the boxes of some first.", field="card"))
    elif verb == "tag":
        return _lines([review.card(learner(), card) for card in picked], q)
    elif verb == "flag":
        review.flag(learner(), picked[0], read_flag(form.get("flag", "")), also=picked[1:], id=form.get("id") or None)
    else:
        review.act(learner(), picked[0], verb, also=picked[1:], id=form.get("id") or None)
    place = {"q": q, "since": since} if since else {"q": q}
    return redirect(f"/browse?{urlencode(place | {'done': verb})}", 303)


def _lines(cards: list[CardState], q: str) -> str:
    """Tags are text of the deck files: where to write them."""
    author()
    notes = {(card.path, card.line): card for card in cards if card.state != "removed"}
    sources: dict[str, list[str]] = {}
    for path, _ in notes:
        if path not in sources:
            sources[path] = services().authoring.source(path).text.split("\n")
    lines = [
        (card, sources[path][line - 1] if line <= len(sources[path]) else "") for (path, line), card in notes.items()
    ]
    return render_template("browse/tags.html", lines=lines, q=q)
