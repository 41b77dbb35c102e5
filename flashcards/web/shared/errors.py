"""Errors become answers here, and only here: a page for people, `application/problem+json` below /api."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.http import HTTP_STATUS_CODES

from flashcards.errors import (
    Conflict,
    DeckError,
    FlashcardsError,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from flashcards.web.shared.not_saved import not_saved
from flashcards.web.shared.security import SAFE_METHODS

LONGEST_DETAIL = 1000
"""Characters: what was sent may be long, and is repeated in part."""
LOG = logging.getLogger("flashcards.web")

STATUS: dict[type[FlashcardsError], int] = {
    Invalid: 422,
    DeckError: 422,
    NotFound: 404,
    Forbidden: 403,
    Unauthenticated: 401,
    Conflict: 409,
    TooMany: 429,
    Unavailable: 503,
}

WHAT_TO_DO = {
    400: "The browser sent something that the server cannot read.",
    403: "Your account may not do this.",
    404: "Nothing is at this address: it may have moved, or its card or deck was removed from the files.",
    405: "This address does not take that kind of request.",
    413: "What you sent is larger than the server takes.",
    415: "The server does not read this kind of content.",
    500: "Something broke on the server. What you had answered before is stored; the server's log says more.",
    503: "The server cannot work right now. Nothing was changed; try again in a moment.",
}


GONE = "Your account was deleted meanwhile; nothing was stored."


class BadRequest(FlashcardsError):
    """A request that cannot be read at all: malformed JSON, a body that is no object."""


class NotJson(FlashcardsError):
    """A body of another media type than the API reads."""


STATUS[BadRequest] = 400
STATUS[NotJson] = 415


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as it is told: `field` names the value that was refused, if one was."""

    status: int
    detail: str
    field: str | None = None
    retry_after: int | None = None

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTP_STATUS_CODES[self.status]  # Python's own names change from version to version


def trouble_of(error: FlashcardsError) -> Trouble:
    """What a named error means over HTTP."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return Trouble(
        status,
        str(error),
        field=getattr(error, "field", None),
        retry_after=getattr(error, "retry_after", None),
    )


def problem_body(trouble: Trouble) -> dict[str, object]:
    """RFC 9457's members, and `field` where a value was refused."""
    detail = trouble.detail
    body: dict[str, object] = {
        "type": "about:blank",
        "title": trouble.title,
        "status": trouble.status,
        "detail": detail if len(detail) <= LONGEST_DETAIL else f"{detail[: LONGEST_DETAIL - 1]}…",
    }
    if trouble.field is not None:
        body["field"] = trouble.field
    return body


def install(app: Flask, account_is_gone: Callable[[], bool]) -> None:
    """Registers the handlers. `account_is_gone`: whether who asks has no account any more, so that nothing of theirs
    can be stored."""
    app.register_error_handler(FlashcardsError, lambda error: answer(trouble_of(error)))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, partial(_crash, account_is_gone))


def answer(trouble: Trouble) -> Response:
    """The trouble as JSON or as a page; a guest is shown the way to log in, and told where that left a form unsaved."""
    if request.path.startswith("/api/"):
        response = jsonify(problem_body(trouble))
        response.mimetype = "application/problem+json"
        if trouble.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    elif trouble.status == 401:
        return to_login() if request.method in SAFE_METHODS else not_saved()
    else:
        detail = trouble.detail or WHAT_TO_DO.get(trouble.status, "")
        response = Response(render_template("error.html", trouble=trouble, detail=detail), mimetype="text/html")
    response.status_code = trouble.status
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def to_login() -> Response:
    """Redirects to the login page, which leads back to the page that was asked for."""
    back = request.full_path.rstrip("?")
    response = redirect("/login" if back == "/" else f"/login?next={quote(back)}", 303)
    assert isinstance(response, Response)
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        detail = (
            f"This server does not answer to the name {request.environ.get('HTTP_HOST', '')!r}. If it should,"
            " its keeper adds the name to FLASHCARDS_TRUSTED_HOSTS."
        )
        return Response(detail, status=400, mimetype="text/plain")
    if error.response is not None:  # a redirect of the router's, for one
        return current_app.make_response(error.get_response())
    status = error.code or 500
    response = answer(Trouble(status, WHAT_TO_DO.get(status, error.description or "")))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _crash(account_is_gone: Callable[[], bool], error: Exception) -> Response:
    if account_is_gone():
        return answer(Trouble(401, GONE))
    LOG.error("%s %s failed", request.method, request.path, exc_info=error)
    return answer(Trouble(500, WHAT_TO_DO[500]))
