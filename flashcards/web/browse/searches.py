"""Saved searches: kept from Browse, and a page to name, order and forget them."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import uuid4

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import FlashcardsError
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.errors import trouble_of

searches = Blueprint("searches", __name__)
DONE = {"saved": "Saved.", "moved": "Moved up.", "deleted": "Deleted."}


@searches.get("/searches")
def page() -> Response:
    """The learner's saved searches, each with what can be done to it."""
    return _page(request.args.get("done", ""), request.args.get("q", ""))


def _page(done: str = "", q: str = "", name: str = "", error: FlashcardsError | None = None) -> Response:
    trouble = trouble_of(error) if error else None
    html = render_template(
        "browse/searches.html",
        searches=services().review.saved_searches(learner()),
        said=DONE.get(done),
        trouble=trouble,
        q=q,
        name=name,
        new_id=uuid4(),
    )
    return Response(html, status=trouble.status if trouble else 200, mimetype="text/html")


@searches.post("/searches")
def save() -> BaseResponse:
    """Saves a search, moves it up, or forgets it. From Browse it leads back there."""
    form, review = request.form, services().review
    search_id, verb = form.get("id", ""), form.get("verb", "save")
    if verb == "up":
        review.move_search_up(learner(), search_id)
        return redirect("/searches?done=moved", 303)
    if verb == "delete":
        review.delete_search(learner(), search_id)
        return redirect("/searches?done=deleted", 303)
    name, q = form.get("name", ""), form.get("q", "")
    try:
        review.save_search(learner(), id=search_id, name=name, q=q, on_today="on_today" in form)
    except FlashcardsError as error:
        return _page(q=q, name=name, error=error)
    if form.get("back") == "browse":
        return redirect(f"/browse?{urlencode({'q': q, 'done': 'saved'})}", 303)
    return redirect("/searches?done=saved", 303)
