"""Who is asking: every request is a learner's, but for the few addresses that say otherwise."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, current_app, g, request

from flashcards.errors import Conflict, FlashcardsError, Forbidden, NotFound, Unauthenticated
from flashcards.services.accounts.facade import Learner
from flashcards.services.accounts.origin import ORIGIN, SERVER, Origin, prefix_of
from flashcards.web.shared.base_path import WATCHED
from flashcards.web.shared.security import check_host, check_origin, session_secret

if TYPE_CHECKING:
    from flask import Request
    from werkzeug.local import LocalProxy

    from flashcards.wiring import Services

View = TypeVar("View", bound=Callable[..., object])
LEARNER_HEADER = "Flashcards-Learner"
LOGIN_IS_OVER = "You are not logged in any more. Log in in another tab, then try again here."


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


def account_is_gone() -> bool:
    """Whether the account of who was logged in when the request began was deleted since."""
    who = guest_or_learner()
    if who is None:
        return False
    try:
        services().accounts.by_number(who.id)
    except NotFound:
        return True
    except FlashcardsError:
        return False
    return False


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
        # This runs for every request, and each word to Flask's stand-ins for it is looked up anew: here once.
        asked = cast("LocalProxy[Request]", request)._get_current_object()
        known = cast("LocalProxy[Any]", g)._get_current_object()
        known.request_id = secrets.token_hex(6)
        network = prefix_of(asked.remote_addr or "")
        ORIGIN.set(Origin("web", 0, network, known.request_id))
        if asked.path not in WATCHED:
            check_host(asked, trusted_hosts)
        endpoint = asked.endpoint or ""
        if endpoint == "static":
            return
        view = app.view_functions.get(endpoint)
        if limit := getattr(view, "body_limit", None):
            asked.max_content_length = asked.max_form_memory_size = limit
        bearer = _bearer(asked) if asked.path.startswith("/api/") else None
        accounts = services().accounts
        who: Learner | None
        if bearer is not None:
            found = accounts.bearer(bearer)
            if found is None:
                raise Unauthenticated("This token is not known, or it is over, or it was revoked.")
            who, known.scopes = found
        else:
            check_origin()
            secret = session_secret()
            who = accounts.by_session(secret) if secret else None
        known.learner = who
        if who is not None:
            ORIGIN.set(Origin("web", who.id, network, known.request_id))
        if view is None or getattr(view, "is_public", False):
            return  # an unknown address is a 404 for everybody
        if who is None:
            ours = LEARNER_HEADER in asked.headers  # a page's script: it shows this to people
            raise Unauthenticated(
                LOGIN_IS_OVER if ours else "Log in first, or send a token: Authorization: Bearer TOKEN."
            )
        _same_learner(asked, who)


def _end_of_request(_error: BaseException | None) -> None:
    ORIGIN.set(SERVER)  # the thread goes on to another


def _bearer(asked: Request) -> str | None:
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _same_learner(asked: Request, who: Learner) -> None:
    """A page that was opened by one account must not write into another's log.

    Two accounts may share a browser: the page names the learner it was made for, in a header or a field.
    """
    named = asked.headers.get(LEARNER_HEADER)
    if named is None and asked.method == "POST" and asked.mimetype == "application/x-www-form-urlencoded":
        named = asked.form.get("learner")
    if named is not None and named != str(who.id):
        raise Conflict(f"This page belongs to another account; you are logged in as {who.name}. Open it again.")
