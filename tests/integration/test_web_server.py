"""The server itself, over real sockets."""

from __future__ import annotations

import socket
from http.client import HTTPConnection

import pytest

from flashcards.errors import Unavailable
from flashcards.web.exchange.import_views import UPLOAD_LIMIT
from flashcards.web.server import bind


def test_a_taken_port_is_one_clear_message() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {taken} on 127.0.0.1 is in use: stop the other program"):
            bind("127.0.0.1", taken)


def test_a_second_server_is_refused() -> None:
    with bind("127.0.0.1", 0) as first, pytest.raises(Unavailable, match="is in use"):
        bind("127.0.0.1", first.getsockname()[1])


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_an_address_of_another_machine_is_named(host: str) -> None:
    with pytest.raises(Unavailable, match=host):
        bind(host, 0)


def test_the_server_does_not_say_what_it_is(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/healthz")
    response = connection.getresponse()
    assert response.status == 200
    assert response.getheader("Server") is None
    connection.close()


def test_a_huge_body_is_refused_before_it_is_read(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", "/login")
    connection.putheader("Content-Length", str(UPLOAD_LIMIT + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_pages_are_compressed_on_request(port: int) -> None:
    sizes = []
    for encoding in ("gzip", "identity"):
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/signup", headers={"Accept-Encoding": encoding})
        response = connection.getresponse()
        assert (response.getheader("Content-Encoding") == "gzip") == (encoding == "gzip")
        assert "Accept-Encoding" in (response.getheader("Vary") or "")
        sizes.append(len(response.read()))
        connection.close()
    assert sizes[0] * 1.5 < sizes[1]
