"""The headers of answers are those that Werkzeug would give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from flask import Response

from flashcards.web.shared.responses import AppResponse, WithHeaders

ANSWERS: list[tuple[tuple[Any, ...], dict[str, str]]] = [
    (("text", 200), {}),
    (("längerer Text", 201), {"Location": "/api/v1/reviews/0b3c-1"}),
    (("text", 201), {"Location": "/decks/größe und <rest>"}),
    (("text", 201), {"Location": "HTTP://Example.org/?"}),
    (("text", 200), {"Content-Location": "/decks/über"}),
    (("text", 200), {"content-length": "4"}),
    (("", 204), {}),
    (("", 304), {"ETag": '"1"', "Content-Language": "en"}),
    (("text", 303), {"Location": "/learn it"}),
    (("text", 404), {}),
    ((["a", "bc"], 200), {"X-One": "1"}),
    ((iter(["a", "bc"]), 200), {"X-One": "1"}),
]


def headers_of(kind: type[Response], given: tuple[Any, ...], more: dict[str, str]) -> list[tuple[str, str]]:
    response = kind(*given)
    response.headers.extend(more)
    _, _, headers = response.get_wsgi_response({"REQUEST_METHOD": "GET"})
    return sorted((name.lower(), value) for name, value in headers)


@pytest.mark.parametrize(("given", "more"), ANSWERS)
def test_headers_leave_as_werkzeug_lets_them(given: tuple[Any, ...], more: dict[str, str]) -> None:
    assert headers_of(AppResponse, given, more) == headers_of(Response, given, more)


def test_headers_are_added_where_they_are_not_there_in_whichever_case() -> None:
    def app(_environ: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("x-frame-options", "SAMEORIGIN"), ("Vary", "Cookie")])
        return [b"text"]

    said: list[Any] = []
    body = WithHeaders(app, {"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"})(
        {}, lambda *s: said.extend(s)
    )
    assert body == [b"text"]
    assert said == [
        "200 OK",
        [("x-frame-options", "SAMEORIGIN"), ("Vary", "Cookie"), ("Referrer-Policy", "same-origin")],
    ]
