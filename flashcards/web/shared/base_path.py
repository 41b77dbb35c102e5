"""The app below a path of its host, such as ``/cards``: `FLASHCARDS_BASE_PATH`.

Inside, every address is written as if the app had the host to itself; where it lives is added at the borders, and only
where a path is set: to what templates write into attributes, when they are compiled; to redirects; to the addresses of
pictures in cards; to cookies. Scripts know it from their own address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as BaseResponse

Environ = dict[str, Any]

WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Answered with and without the path, and by whatever name: whoever watches the server asks it, not its proxy.

A page of another site that reaches them by a name of its own learns that there is a server, and nothing else: the
figures want their token.
"""
_MEDIA = re.compile(rb'((?:<|\\u003c)(?:img|audio)\s(?:[^<>]*?\s)?src=\\?")/media/')
_AS_WRITTEN = frozenset({"api.get_source"})
"""What gives files as authors wrote them."""


class BasePath:
    """WSGI middleware: takes the path off requests; what lies beside it is not ours."""

    def __init__(self, app: Any, base: str) -> None:
        """`base` begins with a slash and ends with none."""
        self._app = app
        self._base = base

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes]
        if take_off(environ, self._base) or environ.get("PATH_INFO") in WATCHED:
            answer = self._app(environ, start_response)
        elif environ.get("PATH_INFO", "/") in {"", "/", self._base}:
            answer = redirect(f"{self._base}/", 302)(environ, start_response)
        else:
            told = (
                f"The flashcards are at {self._base}/ on this server. A proxy in front must leave that path as it is.\n"
            )
            answer = BaseResponse(told, 404, mimetype="text/plain")(environ, start_response)
        return answer


def take_off(environ: Environ, base: str) -> bool:
    """Leaves in PATH_INFO what follows `base`, which goes to SCRIPT_NAME; whether the request is below it at all."""
    path = environ.get("PATH_INFO", "")
    if not path.startswith(f"{base}/"):
        return False
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = base, path[len(base) :]
    return True


def install(app: Flask, base: str) -> None:
    """Lets the app live below `base`; with "" nothing is done."""
    if not base:
        return
    from flashcards.web.shared.placed_templates import Placing  # most have no path: it loads a part of Jinja

    def placed(address: object) -> object:
        text = str(address)
        return type(address)(base + text) if is_ours(text) and isinstance(address, str) else address

    app.wsgi_app = BasePath(app.wsgi_app, base)  # type: ignore[method-assign]
    app.jinja_env.filters["placed"] = placed
    app.jinja_env.globals["base_path"] = base
    app.jinja_env.add_extension(Placing)

    @app.after_request
    def place(response: Response) -> Response:
        location = response.headers.get("Location", "")
        if is_ours(location):
            response.headers["Location"] = base + location
        if _holds_cards(response):
            response.set_data(_MEDIA.sub(rb"\1" + base.encode() + b"/media/", response.get_data()))
        return response


def is_ours(address: str) -> bool:
    """Whether it is an address on this server, from the first page on: ``/decks``, not ``//host`` or ``?q=``."""
    return address.startswith("/") and not address.startswith("//")


def _holds_cards(response: Response) -> bool:
    return (
        response.mimetype in {"text/html", "application/json"}
        and not response.direct_passthrough
        and "Content-Disposition" not in response.headers
        and request.endpoint not in _AS_WRITTEN
    )
