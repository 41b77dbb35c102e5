"""How an answer's headers leave the app: as few steps as there can be, since every answer takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response
from werkzeug.datastructures import Headers

Environ = dict[str, Any]

_ADDRESSES = frozenset({"location", "content-location"})
_IS_PLAIN = re.compile(r"[A-Za-z0-9/._~-]*").fullmatch


class AppResponse(Response):
    """What the app answers with."""

    def get_wsgi_headers(self, environ: Environ) -> Headers:
        """The headers themselves, where Werkzeug would change nothing but the length of the body.

        It copies them one by one, and takes an address to pieces that may hold more than a URI can: a twentieth of the
        time of an answer.
        """
        if not 200 <= self.status_code < 300 or self.status_code == 204 or not self.is_sequence:
            return super().get_wsgi_headers(environ)
        headers, has_length = self.headers, False
        for name, value in headers:
            known = name.lower()
            has_length = has_length or known == "content-length"
            if known in _ADDRESSES and not _IS_PLAIN(value):
                return super().get_wsgi_headers(environ)
        if not has_length:
            headers.add("Content-Length", str(sum(map(len, self.iter_encoded()))))
        return headers


class WithHeaders:
    """WSGI middleware: adds headers to all answers that do not have them already."""

    def __init__(self, app: Any, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower(), name, value) for name, value in headers.items()]

    def __call__(self, environ: Environ, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            there = {name.lower() for name, _ in headers}
            more = [(name, value) for known, name, value in self._headers if known not in there]
            return start_response(status, headers + more, *error)

        return self._app(environ, start)
