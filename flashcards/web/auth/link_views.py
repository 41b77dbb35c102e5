"""What an administrator's links lead to: an invitation makes an account, a reset sets the password of one."""

from __future__ import annotations

from flask import Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, FlashcardsError, Invalid, TooMany
from flashcards.services.accounts.facade import Learner
from flashcards.web.auth.login import public, services
from flashcards.web.auth.views import auth, browser_words, logged_in, remote
from flashcards.web.shared.errors import trouble_of
from flashcards.web.shared.security import session_secret

EXPECTED = (Conflict, Invalid, TooMany)


@auth.get("/invite/<secret>")
@public
def invitation(secret: str) -> Response:
    """The form of an invitation."""
    services().invites.invited(secret)
    return _page("invite")


@auth.post("/invite/<secret>")
@public
def accept(secret: str) -> BaseResponse | Response:
    """Makes the account and logs it in; the link is used up."""
    form = request.form
    try:
        who = services().invites.accept(
            secret, form.get("name", ""), form.get("password", ""), timezone=form.get("timezone"), remote=remote()
        )
    except EXPECTED as error:
        return _page("invite", error, name=form.get("name", ""))
    return _entered(who, "/welcome")


@auth.get("/reset/<secret>")
@public
def reset(secret: str) -> Response:
    """The form for a new password."""
    return _page("reset", name=services().invites.whose(secret))


@auth.post("/reset/<secret>")
@public
def set_password(secret: str) -> BaseResponse | Response:
    """Sets it and logs in; the link is used up."""
    try:
        who = services().invites.set_password(secret, request.form.get("password", ""), remote=remote())
    except EXPECTED as error:
        return _page("reset", error, name=services().invites.whose(secret))
    return _entered(who, "/")


def _entered(who: Learner, target: str) -> BaseResponse:
    if old := session_secret():
        services().accounts.log_out(old)
    return logged_in(who, services().accounts.start_session(who, browser_words()), target)


def _page(what: str, error: FlashcardsError | None = None, **values: object) -> Response:
    trouble = trouble_of(error) if error else None
    page = render_template("auth/link.html", what=what, trouble=trouble, learner=None, **values)
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
