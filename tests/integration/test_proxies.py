"""Behind a proxy: who is asking, who may set the server up, and who is not locked out by whom."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashcards.config import Config
from flashcards.errors import Invalid
from tests.site import PASSWORD, Site, copy_data, open_site

STRANGER = "203.0.113.9"
FORGED = {
    "X-Forwarded-For": "127.0.0.1, 10.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Prefix": "/evil",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;host=localhost;proto=https",
    "Via": "1.1 evil",
    "CF-Connecting-IP": "127.0.0.1",
}


def behind(prepared: Path, folder: Path, *networks: str, **more: Any) -> Any:
    proxies = tuple(ip_network(network) for network in networks)
    return open_site(copy_data(prepared, folder), trusted_proxies=proxies, **more)


@pytest.fixture
def proxied(prepared: Path, tmp_path: Path) -> Iterator[Site]:
    with behind(prepared, tmp_path, "127.0.0.1/32", "10.1.0.0/16", "fd00::/8") as site:
        yield site


def seen(site: Site, peer: str, **headers: str) -> tuple[str, str, str]:
    """The address, the scheme and the host of a request, as the app takes them."""

    def look() -> dict[str, str]:
        return {"seen": " ".join((request.remote_addr or "", request.scheme, request.host))}

    look.is_public = True  # type: ignore[attr-defined]
    if "look" not in site.app.view_functions:
        site.app.add_url_rule("/look", "look", look)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = site.app.test_client().get("/look", headers=named, environ_base={"REMOTE_ADDR": peer})
    address, scheme, host = answer.get_json()["seen"].split(" ")
    return address, scheme, host


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", STRANGER, STRANGER),
        ("127.0.0.1", f"1.2.3.4, {STRANGER}", STRANGER),
        ("127.0.0.1", f"127.0.0.1, 10.1.2.3, {STRANGER}", STRANGER),
        ("127.0.0.1", f"1.2.3.4, {STRANGER}, 10.1.2.3", STRANGER),
        ("10.1.9.9", f"{STRANGER},10.1.2.3,10.1.2.4", STRANGER),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", f"{STRANGER}:4711", STRANGER),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:127.0.0.1", f"::ffff:{STRANGER}", STRANGER),
        ("127.0.0.1", f"{STRANGER}, unknown", "127.0.0.1"),
        ("127.0.0.1", f"{STRANGER}, _hidden, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", " , ,", "127.0.0.1"),
        ("127.0.0.1", "x" * 5000, "127.0.0.1"),
        ("10.2.0.1", STRANGER, "10.2.0.1"),
        (STRANGER, "127.0.0.1", STRANGER),
    ],
)
def test_the_address_is_read_from_the_right(proxied: Site, peer: str, forwarded: str, address: str) -> None:
    assert seen(proxied, peer, X_Forwarded_For=forwarded)[0] == address


def test_the_scheme_comes_from_a_trusted_proxy_and_the_host_from_nobody(proxied: Site) -> None:
    assert seen(proxied, "127.0.0.1", X_Forwarded_Proto="https") == ("127.0.0.1", "https", "localhost")
    assert seen(proxied, "127.0.0.1", X_Forwarded_Proto="javascript")[1] == "http"
    assert seen(proxied, "127.0.0.1", X_Forwarded_Host="evil.example", X_Forwarded_Prefix="/x")[2] == "localhost"
    assert seen(proxied, STRANGER, **{name.replace("-", "_"): value for name, value in FORGED.items()}) == (
        STRANGER,
        "http",
        "localhost",
    )


def test_without_the_setting_nothing_of_it_is_believed(site: Site) -> None:
    forged = {name.replace("-", "_"): value for name, value in FORGED.items()}
    assert seen(site, "127.0.0.1", **forged) == ("127.0.0.1", "http", "localhost")


def test_bad_values_are_named() -> None:
    with pytest.raises(Invalid, match=r"FLASHCARDS_TRUSTED_PROXIES=.*nginx"):
        Config.from_env({"FLASHCARDS_TRUSTED_PROXIES": "10.0.0.0/8, nginx"})
    with pytest.raises(Invalid, match="every address"):
        Config.from_env({"FLASHCARDS_TRUSTED_PROXIES": "0.0.0.0/0"})
    given = Config.from_env({"FLASHCARDS_TRUSTED_PROXIES": "127.0.0.1 10.1.0.5/16,fd00::/8"})
    assert [str(network) for network in given.trusted_proxies] == ["127.0.0.1/32", "10.1.0.0/16", "fd00::/8"]


# --- who may set the server up


KEPT = {"Connection": "keep-alive"}
"""What every browser says to whom it is connected to, and no proxy hands on."""


def signup(site: Site, code: str = "", **more: Any) -> TestResponse:
    headers = KEPT | {"Origin": more.pop("origin", "http://localhost")} | more.pop("headers", {})
    data = {"name": "Eve", "password": PASSWORD, "code": code}
    return site.app.test_client().post("/signup", data=data, headers=headers, **more)


@pytest.mark.parametrize("header", FORGED)
def test_a_visit_through_a_proxy_needs_the_code(site: Site, header: str, caplog: pytest.LogCaptureFixture) -> None:
    client = site.app.test_client()
    assert 'name="code"' in client.get("/signup", headers={**KEPT, header: FORGED[header]}).text
    assert 'name="code"' not in client.get("/signup", headers=KEPT).text
    refused = signup(site, headers={header: FORGED[header]})
    assert refused.status_code == 403
    assert "needs the code" in refused.text
    said = [record.getMessage() for record in caplog.records if "code" in record.getMessage()]
    assert len(said) == 1
    code = said[0].rpartition(": ")[2]
    assert signup(site, code, headers={header: FORGED[header]}).status_code == 303
    assert site.services.accounts.learners()[0].is_admin


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"Sec-Fetch-Site": "same-origin"}, "origin": "https://cards.example.org"},
        {"headers": {"Referer": "https://cards.example.org/signup"}},
        {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}},
        {"headers": {"Connection": ""}},
        {"headers": {"Connection": "close"}},
        {"environ_base": {"REMOTE_ADDR": STRANGER}},
    ],
    ids=[
        "the origin is another name",
        "the referrer is another name",
        "HTTP/1.0, as older nginx speaks",
        "no connection is kept, as newer nginx speaks",
        "the connection ends, as some proxies have it",
        "not from here",
    ],
)
def test_what_no_browser_of_this_machine_sends_needs_the_code(site: Site, more: dict[str, Any]) -> None:
    assert signup(site, **more).status_code == 403
    assert not site.services.accounts.learners()


@pytest.mark.parametrize("more", [{"trusted_hosts": ("cards.example.org",)}, {"trusted_proxies": ["127.0.0.1"]}])
def test_a_server_that_others_can_reach_needs_the_code(prepared: Path, tmp_path: Path, more: dict[str, Any]) -> None:
    if "trusted_proxies" in more:
        more = {"trusted_proxies": tuple(map(ip_network, more["trusted_proxies"]))}
    with open_site(copy_data(prepared, tmp_path), signup="first", **more) as site:
        code = site.services.accounts.setup_code()
        assert code
        assert signup(site).status_code == 403
        assert signup(site, code).status_code == 303


def test_names_of_this_machine_alone_need_no_code(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path), signup="first", trusted_hosts=("localhost", "127.0.0.1")) as site:
        assert site.services.accounts.setup_code() is None
        assert signup(site).status_code == 303


# --- who is locked out


def attempt(client: FlaskClient, address: str, name: str = "Ann", password: str = "wrong horse") -> int:
    headers = {"X-Forwarded-For": address, "Origin": "http://localhost"}
    return client.post("/login", data={"name": name, "password": password}, headers=headers).status_code


def test_a_client_behind_the_proxy_locks_out_itself_alone(proxied: Site) -> None:
    proxied.learner("Ann")
    guest = proxied.app.test_client()
    outcomes = [attempt(guest, f"{number}.9.9.9, {STRANGER}") for number in range(12)]
    assert outcomes == [401] * 10 + [429] * 2
    assert attempt(guest, "198.51.100.7", password=PASSWORD) == 303


def test_a_network_of_ipv6_is_one_client(proxied: Site) -> None:
    proxied.learner("Ann")
    guest = proxied.app.test_client()
    outcomes = [attempt(guest, f"2001:db8:1:2::{number:x}") for number in range(1, 13)]
    assert outcomes == [401] * 10 + [429] * 2
    assert attempt(guest, "2001:db8:1:3::1", password=PASSWORD) == 303


def test_a_device_that_has_logged_in_before_is_not_locked_out_by_strangers(site: Site) -> None:
    """Nothing tells the clients apart here: no proxy is trusted, all come from one address."""
    site.learner("Ann")
    known, strangers = site.client(), site.client()
    login = {"name": "Ann", "password": PASSWORD}
    assert known.post("/login", data=login).status_code == 303
    known.post("/logout")
    outcomes = [strangers.post("/login", data={"name": "Ann", "password": "wrong"}).status_code for _ in range(12)]
    assert outcomes[-1] == 429
    assert strangers.post("/login", data=login).status_code == 429
    assert known.post("/login", data=login).status_code == 303
    # Its own wrong attempts count for itself; another name's do not come into it.
    outcomes = [known.post("/login", data={"name": "Ann", "password": "wrong"}).status_code for _ in range(12)]
    assert outcomes == [401] * 10 + [429] * 2


def test_a_made_up_device_is_a_stranger(site: Site) -> None:
    ann, ben = site.learner("Ann"), site.learner("Ben")
    bens = site.client()
    assert bens.post("/login", data={"name": "Ben", "password": PASSWORD}).status_code == 303
    strangers = site.client()
    for _ in range(10):
        assert strangers.post("/login", data={"name": "Ann", "password": "wrong"}).status_code == 401
    for made_up in ("x", "a.b", "~".join(["a.b"] * 1000), "é" * 50):
        strangers.set_cookie("flashcards_devices", made_up)
        assert strangers.post("/login", data={"name": "Ann", "password": PASSWORD}).status_code == 429
    # A device of Ben's is none of Ann's.
    assert bens.post("/login", data={"name": "Ann", "password": PASSWORD}).status_code == 429
    assert {ann.name, ben.name} == {"Ann", "Ben"}


def test_people_who_share_a_browser_are_all_known_to_it(site: Site) -> None:
    names = ["Ann", "Ben", "Cem", "Dee", "Eve", "Fay"]
    shared, strangers = site.client(), site.client()
    for name in names:
        site.learner(name)
        assert shared.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303
    cookie = shared.get_cookie("flashcards_devices")
    assert cookie is not None
    assert len(cookie.value) < 500
    assert cookie.http_only
    for name in names[1:]:
        for _ in range(10):
            strangers.post("/login", data={"name": name, "password": "wrong"})
        assert shared.post("/login", data={"name": name, "password": PASSWORD}).status_code == 303


def test_a_failed_login_is_logged_with_its_address(proxied: Site, caplog: pytest.LogCaptureFixture) -> None:
    proxied.learner("Ann")
    guest = proxied.app.test_client()
    attempt(guest, STRANGER)
    attempt(guest, STRANGER, name="my secret password\n\x1b[2J")
    attempt(guest, STRANGER, password=PASSWORD)
    said = [record.getMessage() for record in caplog.records if record.name == "flashcards.accounts"]
    assert said == [
        f"a login as Ann from {STRANGER} failed: wrong password",
        f"a login from {STRANGER} failed: no account of that name",
    ]
