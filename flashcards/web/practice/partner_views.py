"""The page of a partner, who needs no account: the link, the Join button, and then what is on, with ticks of their own.

Opening the link changes nothing. Each address holds the secret, so that the cookie is sent to no other page.
"""

from __future__ import annotations

from uuid import UUID

from flask import jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.domain.practice.kinds import NAMES
from flashcards.errors import Invalid
from flashcards.services.practice.partner import LASTS_MS
from flashcards.web.auth.login import learner, public, services
from flashcards.web.practice import forms
from flashcards.web.practice.views import question_page
from flashcards.web.shared.security import is_https

COOKIE = "flashcards_partner"


def make(round_id: UUID) -> Response:
    """Makes a link, which is shown once, or takes it back."""
    practice, me, place = services().practice, learner(), forms.position()
    secret = ""
    if request.form.get("what") == "revoke":
        practice.revoke_link(me, str(round_id))
        said = "The link is taken back: it leads nowhere any more."
    else:
        secret, said = practice.make_link(me, str(round_id)), ""
    return question_page(practice.open(me, str(round_id)), place, said=said, secret=secret)


@public
def page(secret: str) -> Response:
    """The Join button; for the browser that joined, what is on."""
    practice, session = services().practice, request.cookies.get(COOKIE)
    if not practice.has_joined(secret, session):
        practice.may_join(secret)
        return _private(make_response(render_template("practice/join.html", secret=secret)))
    on = practice.listening(secret, session)
    return _private(
        make_response(
            render_template("practice/partner.html", secret=secret, on=on, kind=NAMES[on.kind], now=services().clock())
        )
    )


@public
def join(secret: str) -> Response:
    """Binds the link to this browser."""
    session = services().practice.join(secret)
    address = f"/practice/with/{secret}"
    response = redirect(address, 303)
    response.set_cookie(
        COOKIE, session, max_age=LASTS_MS // 1000, path=address, secure=is_https(), httponly=True, samesite="Lax"
    )
    return _private(response)


@public
def state(secret: str) -> Response:
    """What the page asks every two seconds: whether another question is on."""
    on = services().practice.listening(secret, request.cookies.get(COOKIE))
    return _private(jsonify({"position": on.position, "answered": on.answered, "marks": on.marks}))


@public
def marks(secret: str) -> Response:
    """Keeps the partner's ticks."""
    given = forms.read_ticks().marks
    if not given:
        raise Invalid("Tick a point first.", field="mark")
    on = services().practice.partner_marks(secret, request.cookies.get(COOKIE), forms.position(), given)
    if request.headers.get("Accept", "").startswith("application/json"):
        return _private(jsonify({"position": on.position, "marks": on.marks}))
    return _private(redirect(f"/practice/with/{secret}", 303))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
