"""Who gets in, from where, and what the browser is told to refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flashcards.errors import Unavailable
from flashcards.services.accounts.facade import Learner
from flashcards.web.shared.security import MEDIA_POLICY, PAGE_POLICY, safe_next
from tests.site import PASSWORD, SAME_ORIGIN, Site, copy_data, new_id, open_site

PAGES = [
    "/",
    "/review",
    "/done",
    "/decks",
    "/decks/science/algebra",
    "/decks/science/",
    "/settings",
    "/admin/people",
    "/help",
]
PUBLIC = {
    "auth.signup_page", "auth.signup", "auth.login_page", "auth.login", "auth.logout", "static", "today.healthz",
    "today.readyz", "metrics.page", "pwa.manifest", "pwa.service_worker", "pwa.offline", "partner.page", "partner.join",
    "partner.state", "partner.marks", "reminders.feed", "reminders.to_confirm", "reminders.confirm",
    "reminders.to_stop", "reminders.stop", "auth.invitation", "auth.accept", "auth.reset", "auth.set_password",
}  # fmt: skip


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann")


@pytest.fixture
def client(site: Site, ann: Learner) -> FlaskClient:
    return site.client(ann)


def media_name(client: FlaskClient) -> str:
    found = re.search(r"/media/[\w.]+\.svg", client.get("/decks/science/extremes").text)
    assert found
    return found[0]


def test_only_the_named_addresses_are_open_to_guests(site: Site) -> None:
    guest, seen = site.client(), set()
    for rule in site.app.url_map.iter_rules():
        path = re.sub(r"<(?:int:)?(\w+)>", "1", re.sub(r"<path:\w+>", "x", rule.rule))
        path = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", path)
        for method in rule.methods & {"GET", "POST", "DELETE"}:
            response = guest.open(path, method=method)
            if rule.endpoint in PUBLIC:
                seen.add(rule.endpoint)
                assert "next=" not in (response.location or "")
                continue
            if path.startswith("/api/"):
                assert response.status_code == 401, path
                assert response.mimetype == "application/problem+json"
                assert response.headers["WWW-Authenticate"] == "Bearer"
            elif method == "GET":
                assert (response.status_code, response.location.split("?")[0]) == (303, "/login"), (path, method)
            else:
                assert (response.status_code, "Nothing was saved." in response.text) == (401, True), (path, method)
    assert seen == PUBLIC


@pytest.mark.parametrize(
    "path", [*PAGES, "/nothing", "/login", "/api/v1/decks", "/api/v1/nothing", "/healthz", "/sw.js"]
)
def test_every_answer_carries_the_policy(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == PAGE_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Server" not in headers


@pytest.mark.parametrize("path", [*PAGES, "/login", "/signup", "/offline", "/nothing"])
def test_no_page_holds_inline_script_style_or_handlers(site: Site, ann: Learner, path: str) -> None:
    client = site.client(ann if path not in {"/login", "/signup"} else None)
    page = client.get(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=\"|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert " src=" in script or 'type="application/json"' in script


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in PAGE_POLICY
    assert PAGE_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost:8000"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost.evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_write_by_cookie_must_come_from_this_site(
    site: Site, ann: Learner, headers: dict[str, str], allowed: bool
) -> None:
    client = site.app.test_client()
    client.set_cookie("flashcards_session", site.secret(ann))
    form = client.post("/settings/tokens", data={"name": "x"}, headers=headers)
    api = client.post("/api/v1/reviews", json={}, headers=headers)
    assert form.status_code == (200 if allowed else 403)
    assert api.status_code == (422 if allowed else 403)
    assert len(site.services.accounts.tokens(ann)) == int(allowed)


def test_a_login_from_another_site_is_refused(site: Site, ann: Learner) -> None:
    guest = site.app.test_client()
    data = {"name": "Ann", "password": PASSWORD}
    assert guest.post("/login", data=data, headers={"Origin": "http://evil.example"}).status_code == 403
    assert guest.post("/login", data=data).status_code == 303  # a program, without a cookie


def test_a_token_needs_no_origin_and_works_below_api_only(site: Site, ann: Learner) -> None:
    token = site.services.accounts.create_token(ann, "test")
    guest, headers = site.app.test_client(), {"Authorization": f"Bearer {token}"}
    assert guest.get("/api/v1/decks", headers=headers).status_code == 200
    assert guest.post("/api/v1/reviews", json={}, headers=headers).status_code == 422
    assert guest.get("/settings", headers=headers).status_code == 303
    site.services.accounts.revoke_token(ann, site.services.accounts.tokens(ann)[0].id)
    assert guest.get("/api/v1/decks", headers=headers).status_code == 401


def test_a_bad_token_is_not_replaced_by_the_cookie(client: FlaskClient) -> None:
    assert client.get("/api/v1/decks", headers={"Authorization": "Bearer fc_x_y"}).status_code == 401


def cookie_of(response: TestResponse) -> str:
    return response.headers["Set-Cookie"]


def test_the_cookie_over_http(site: Site, ann: Learner) -> None:
    response = site.client().post("/login", data={"name": "Ann", "password": PASSWORD})
    cookie = cookie_of(response)
    assert cookie.startswith("flashcards_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


@pytest.mark.parametrize("proxied", [False, True])
def test_the_cookie_over_https(site: Site, ann: Learner, proxied: bool) -> None:
    base = "http://localhost" if proxied else "https://localhost"
    response = site.app.test_client().post(
        "/login", data={"name": "Ann", "password": PASSWORD}, base_url=base, headers={"Origin": "https://localhost"}
    )
    cookie = cookie_of(response)
    assert cookie.startswith("__Host-flashcards_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_logging_out_ends_the_session_at_once(site: Site, ann: Learner) -> None:
    client, copy = site.client(ann), site.client()
    cookie = client.get_cookie("flashcards_session")
    assert cookie
    copy.set_cookie("flashcards_session", cookie.value)
    assert copy.get("/settings").status_code == 200
    assert client.post("/logout").location == "/login"
    assert copy.get("/settings").status_code == 303


def test_a_login_replaces_the_session_of_the_browser(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    client.post("/login", data={"name": "Ann", "password": PASSWORD})
    assert len(site.services.accounts.sessions(ann)) == 1


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_an_unknown_name_of_the_server_is_refused(client: FlaskClient, host: str) -> None:
    response = client.get("/", base_url=f"http://{host}")
    assert response.status_code == 400
    assert "FLASHCARDS_TRUSTED_HOSTS" in response.text


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_the_names_of_this_machine_are_known(site: Site, host: str) -> None:
    assert site.client().get("/login", base_url=f"http://{host}").status_code in {200, 303}


def test_an_open_server_answers_to_any_name(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path), host="0.0.0.0") as site:
        assert site.client().get("/healthz", base_url="http://cards.example").status_code == 200


def test_more_names_can_be_trusted(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path), trusted_hosts=("cards.example",)) as site:
        assert site.client().get("/login", base_url="http://cards.example").status_code in {200, 303}
        assert site.client().get("/login", base_url="http://other.example").status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_whoever_watches_the_server_may_call_it_by_its_address(prepared: Path, tmp_path: Path, host: str) -> None:
    with open_site(
        copy_data(prepared, tmp_path), host=host, trusted_hosts=("cards.example",), metrics_token="0123456789abcdef"
    ) as site:
        by_address = {"base_url": "http://10.0.0.7:8000"}
        assert site.client().get("/healthz", **by_address).status_code == 200
        assert site.client().get("/readyz", **by_address).status_code == 200
        assert site.client().get("/metrics", **by_address).status_code == 401
        for page in ("/", "/login", "/api/v1/me", "/sw.js", "/nothing"):
            assert site.client().get(page, **by_address).status_code == 400, page


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        (None, "/"),
        ("", "/"),
        ("/decks?x=1", "/decks?x=1"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
    ],
)
def test_next_leads_nowhere_else(site: Site, ann: Learner, target: str | None, leads_to: str) -> None:
    assert safe_next(target) == leads_to
    data = {"name": "Ann", "password": PASSWORD, "next": target or ""}
    assert site.client().post("/login", data=data).location == leads_to


def test_the_login_page_leads_back(site: Site, ann: Learner) -> None:
    guest = site.client()
    response = guest.get("/decks/science/algebra?x=1")
    assert response.location == "/login?next=/decks/science/algebra%3Fx%3D1"
    assert 'value="/decks/science/algebra?x=1"' in guest.get(response.location).text


def test_too_large_a_body_is_a_message(client: FlaskClient) -> None:
    form = client.post("/settings", data={"name": "x" * (3 << 20)})
    assert (form.status_code, "larger than the server takes" in form.text) == (413, True)
    api = client.post("/api/v1/reviews/batch", data=b" " * (3 << 20), content_type="application/json")
    assert (api.status_code, api.mimetype) == (413, "application/problem+json")


def test_media_can_do_nothing_when_opened_alone(client: FlaskClient) -> None:
    response = client.get(media_name(client), buffered=True)
    assert response.headers["Content-Security-Policy"] == MEDIA_POLICY
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert response.mimetype == "image/svg+xml"


def test_media_needs_a_login_and_takes_no_paths(site: Site, client: FlaskClient) -> None:
    assert site.client().get(media_name(client)).status_code == 303
    for name in ["..%2f..%2fpyproject.toml", "%2e%2e/flashcards.sqlite3", "x.svg", "tower.svg"]:
        assert client.get(f"/media/{name}").status_code == 404


def test_media_comes_in_parts(client: FlaskClient) -> None:
    response = client.get(media_name(client), headers={"Range": "bytes=0-9"}, buffered=True)
    assert (response.status_code, len(response.data)) == (206, 10)


def test_static_files_are_kept_for_ever_under_their_hash(client: FlaskClient) -> None:
    found = re.search(r'href="(/static/[0-9a-f]+/app\.css)"', client.get("/help").text)
    assert found
    response = client.get(found[1])
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get(found[1], headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert client.get("/static/0000000000000000/app.css").status_code == 404
    assert client.get(found[1].replace("app.css", "../app.py")).status_code == 404


def test_a_page_of_another_account_writes_nothing(site: Site, ann: Learner) -> None:
    ben = site.learner("Ben")
    client, card = site.client(ben), site.services.review.queue(ben).cards[0].id
    answer = {"id": new_id(), "card": card, "grade": "4", "asked_at": "0"}
    assert client.post("/review/answer", data={**answer, "learner": str(ann.id)}).status_code == 409
    api = client.post(
        "/api/v1/reviews", json={"id": new_id(), "card": card, "grade": 4}, headers={"Flashcards-Learner": str(ann.id)}
    )
    assert api.status_code == 409
    assert not site.services.review.log(ben)
    assert not site.services.review.log(ann)


def test_another_learners_review_and_session_are_not_found(site: Site, ann: Learner) -> None:
    ben, review = site.learner("Ben"), new_id()
    card = site.services.review.queue(ann).cards[0].id
    site.client(ann).post("/api/v1/reviews", json={"id": review, "card": card, "grade": 4})
    mine = site.services.accounts.sessions(ann)[0].id
    client = site.client(ben)
    assert client.delete(f"/api/v1/reviews/{review}").status_code == 404
    assert client.post(f"/settings/sessions/{mine}/revoke").status_code == 404
    assert not site.services.review.log(ann)[0].undone


def test_roles_are_for_administrators(site: Site, ann: Learner) -> None:
    ben = site.learner("Ben")
    client = site.client(ben)
    assert client.get("/admin/people").status_code == 403
    assert client.post(f"/admin/people/{ben.id}", data={"admin": "on"}).status_code == 403
    assert client.post("/admin/people", data={"name": "Eve", "password": PASSWORD}).status_code == 403
    assert [person.name for person in site.services.accounts.learners()] == ["Ann", "Ben"]


def test_trouble_inside_is_told_without_a_traceback(
    site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(type(site.services.review), "today", broken)
    monkeypatch.setattr(type(site.services.review), "deck_counts", broken)
    page, api = client.get("/"), client.get("/api/v1/decks")
    for response in (page, api):
        assert response.status_code == 500
        assert "secret detail" not in response.text
        assert "Traceback" not in response.text
    assert api.mimetype == "application/problem+json"
    assert "a secret detail" in caplog.text


def test_a_database_that_does_not_answer_is_a_503(
    site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(type(site.services.accounts), "signup_state", full)
    monkeypatch.setattr(type(site.services.review), "today", full)
    assert site.client().get("/healthz").status_code == 503
    page = client.get("/")
    assert (page.status_code, "The disk is full." in page.text) == (503, True)


def test_sign_up_takes_turns(prepared: Path, tmp_path: Path) -> None:
    with open_site(copy_data(prepared, tmp_path), signup="first") as site:
        guest, data = site.client(), {"name": "Ann", "password": PASSWORD}
        kept = {"Connection": "keep-alive"}  # as browsers say
        assert guest.get("/").location == "/login"
        assert guest.get("/login").location == "/signup"
        assert guest.post("/signup", data=data, headers=kept).location == "/welcome"
        late = site.client().post("/signup", data={**data, "name": "Ben"}, headers=kept)
        assert late.status_code == 403
        assert "Sign-up is closed" in late.text


def test_guessing_is_slowed(site: Site, ann: Learner) -> None:
    guest = site.client()
    for _ in range(10):
        assert guest.post("/login", data={"name": "Ann", "password": "wrong wrong"}).status_code == 401
    response = guest.post("/login", data={"name": "Ann", "password": PASSWORD}, headers=SAME_ORIGIN)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


# --- leaving


@pytest.mark.parametrize("path", PAGES)
def test_private_pages_are_stored_by_no_browser(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/offline", "/sw.js", "/manifest.webmanifest"])
def test_what_is_everybodys_may_be_stored(site: Site, path: str) -> None:
    assert "no-store" not in site.client().get(path).headers["Cache-Control"]


def test_logging_out_clears_what_the_browser_has_cached_but_not_its_storage(client: FlaskClient) -> None:
    """Unsent answers are in the storage."""
    assert client.post("/logout").headers["Clear-Site-Data"] == '"cache"'


def test_the_login_page_clears_the_cache_of_a_browser_whose_login_was_ended_elsewhere(site: Site, ann: Learner) -> None:
    client = site.client(ann)
    assert "Clear-Site-Data" not in client.get("/").headers
    site.services.accounts.revoke_other_sessions(ann, "")
    assert client.get("/", follow_redirects=True).headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in site.client().get("/login").headers


def test_a_new_password_ends_tokens_unless_they_are_to_stay(site: Site, ann: Learner, client: FlaskClient) -> None:
    accounts = site.services.accounts
    assert 'name="keep_tokens"' not in client.get("/settings").text  # there are none
    token = accounts.create_token(ann, "laptop")
    assert 'name="keep_tokens"' in client.get("/settings").text
    form = {"old": PASSWORD, "new": "another password", "keep_tokens": "on"}
    assert client.post("/settings/password", data=form).status_code == 303
    assert accounts.by_token(token)
    wrong = client.post("/settings/password", data={"old": "no", "new": PASSWORD})
    assert wrong.status_code == 422
    assert accounts.by_token(token)
    done = client.post("/settings/password", data={"old": "another password", "new": PASSWORD}, follow_redirects=True)
    assert "API tokens have ended" in done.text
    assert accounts.by_token(token) is None
    assert accounts.tokens(ann) == []
