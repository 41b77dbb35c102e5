"""Who is asking: every request is a learner's, but for the few addresses that say otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from flask import Flask, current_app, g, request

from flashcards.errors import Conflict, Forbidden, Unauthenticated
from flashcards.services.accounts.facade import Learner
from flashcards.services.accounts.origin import ORIGIN, SERVER, Origin, prefix_of
from flashcards.web.shared.base_path import WATCHED
from flashcards.web.shared.security import check_host, check_origin, session_secret

if TYPE_CHECKING:
    from flashcards.wiring import Services

View = TypeVar("View", bound=Callable[..., object])
LEARNER_HEADER = "Flashcards-Learner"


def public(view: View) -> View:
    """Marks a view that needs no login."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def takes(size: int, who: Callable[[], Learner] | None = None) -> Callable[[View], View]:
    """Marks a view whose requests may have bodies of `size` bytes; `who` raises Forbidden for whom the view is not."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        view.body_from = who or learner  # type: ignore[attr-defined]
        return view

    return mark


def may_send(app: Flask, size: int) -> bool:
    """Whether a body of `size` bytes, above what is usual, may come with the request whose headers are here.

    Raises as `guard` and the view's own check of roles do.
    """
    view = app.view_functions.get(request.endpoint or "")
    if size > getattr(view, "body_limit", 0):
        return False
    app.preprocess_request()
    view.body_from()  # type: ignore[union-attr]
    return guest_or_learner() is not None


def services() -> Services:
    """The services of the app that handles this request."""
    return cast("Services", current_app.extensions["flashcards"])


def learner() -> Learner:
    """Who is logged in; only in views that are not public."""
    return cast(Learner, g.learner)


def guest_or_learner() -> Learner | None:
    """Who is logged in, if somebody is."""
    return cast("Learner | None", g.get("learner"))


def check_scope(scope: str) -> None:
    """Refuses a token that may not do this; whoever is logged in by a browser may. Raises Forbidden."""
    scopes = g.get("scopes")
    if scopes is not None and scope not in scopes:
        raise Forbidden(f"This token may not do this: it lacks the scope {scope}.")


def author() -> Learner:
    """The learner, who must be an author; raises Forbidden."""
    if not learner().is_author:
        raise Forbidden("Only authors may do this.")
    return learner()


def administrator() -> Learner:
    """The learner, who must be an administrator; raises Forbidden."""
    if not learner().is_admin:
        raise Forbidden("Only administrators may do this.")
    return learner()


def recorded(message: str, *paths: str) -> None:
    """Notes in the history of the decks what the author has just done to files of the decks folder."""
    services().history.record(learner().name, message, paths)


def install(app: Flask, trusted_hosts: frozenset[str] | None) -> None:
    """Guards every request: first by which name, then who asks and where from, then whether that is enough."""

    app.teardown_request(_end_of_request)

    @app.before_request
    def guard() -> None:
        g.request_id = secrets.token_hex(6)
        ORIGIN.set(_origin())
        if request.path not in WATCHED:
            check_host(trusted_hosts)
        if request.endpoint == "static":
            return
        view = app.view_functions.get(request.endpoint or "")
        if limit := getattr(view, "body_limit", None):
            request.max_content_length = request.max_form_memory_size = limit
        bearer = _bearer() if request.path.startswith("/api/") else None
        if bearer is not None:
            found = services().accounts.bearer(bearer)
            if found is None:
                raise Unauthenticated("This token is not known, or it is over, or it was revoked.")
            g.learner, g.scopes = found
        else:
            check_origin()
            secret = session_secret()
            g.learner = services().accounts.by_session(secret) if secret else None
        if g.learner is not None:
            ORIGIN.set(_origin(g.learner.id))
        if view is None or getattr(view, "is_public", False):
            return  # an unknown address is a 404 for everybody
        if g.learner is None:
            raise Unauthenticated("Log in first, or send a token: Authorization: Bearer TOKEN.")
        _same_learner(g.learner)


def _end_of_request(_error: BaseException | None) -> None:
    ORIGIN.set(SERVER)  # the thread goes on to another


def _origin(learner: int = 0) -> Origin:
    return Origin("web", learner, prefix_of(request.remote_addr or ""), g.request_id)


def _bearer() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _same_learner(who: Learner) -> None:
    """A page that was opened by one account must not write into another's log.

    Two accounts may share a browser: the page names the learner it was made for, in a header or a field.
    """
    named = request.headers.get(LEARNER_HEADER)
    if named is None and request.method == "POST" and request.mimetype == "application/x-www-form-urlencoded":
        named = request.form.get("learner")
    if named is not None and named != str(who.id):
        raise Conflict(f"This page belongs to another account; you are logged in as {who.name}. Open it again.")
