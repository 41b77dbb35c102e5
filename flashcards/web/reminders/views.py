"""Where learners say how they want to be told that cards are due, and the calendar feed."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, FlashcardsError
from flashcards.web.auth.login import learner, public, services
from flashcards.web.shared.errors import trouble_of

reminders = Blueprint("reminders", __name__)
SAID = {
    "calendar": "Here is the address. Whoever knows it sees how many cards are due.",
    "calendar-off": "The address leads nowhere any more.",
}


@reminders.get("/settings/reminders")
def page() -> Response:
    """The calendar's address."""
    return _page(said=SAID.get(request.args.get("done", "")))


@reminders.post("/settings/calendar")
def calendar() -> BaseResponse | Response:
    """Makes an address for the calendar, or takes it back."""
    if request.form.get("what") == "revoke":
        services().calendar.revoke(learner())
        return _done("calendar-off")
    try:
        services().calendar.make(learner())
    except Conflict as error:
        return _page(error)
    return _done("calendar")


@reminders.get("/calendar/<secret>.ics")
@public
def feed(secret: str) -> Response:
    """The calendar, for the program that was given the address."""
    response = Response(services().calendar.feed(secret), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=900"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _done(what: str) -> BaseResponse:
    return redirect(f"/settings/reminders?done={what}", 303)


def _page(error: FlashcardsError | None = None, *, said: str | None = None) -> Response:
    trouble = trouble_of(error) if error else None
    it = services().calendar
    page = render_template(
        "settings/reminders.html", trouble=trouble, said=said, possible=it.possible, address=it.address(learner())
    )
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
