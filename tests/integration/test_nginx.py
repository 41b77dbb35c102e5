"""A stranger behind a real nginx with TLS: whatever they forge becomes nothing, and locks out nobody."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPSConnection
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from flashcards.web.server import bind, make_server
from tests.integration.test_proxies import FORGED
from tests.integration.test_stopping import free_port
from tests.site import PASSWORD, Site, copy_data, new_id, open_site
from tests.waiting import wait_for

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
OPENSSL = shutil.which("openssl")
if not (NGINX and OPENSSL):
    pytest.skip("nginx or openssl is not installed", allow_module_level=True)

NAME = "cards.example.org"
CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    server_name {name};
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location {path} {{
      proxy_pass http://127.0.0.1:{behind};
      {lines}
    }}
  }}
}}
"""
DOCUMENTED = """proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;"""


PAGE = Path(__file__).parents[2] / "docs" / "serving.md"


def test_it_is_what_the_page_about_serving_says() -> None:
    page = PAGE.read_text("utf-8")
    assert all(line.strip() in page for line in DOCUMENTED.splitlines())


@dataclass
class Answer:
    status: int
    headers: HTTPMessage
    text: str


@dataclass
class Web:
    """nginx at a port, and the site behind it."""

    site: Site
    port: int
    certificate: Path
    process: subprocess.Popen[bytes]

    def ask(
        self,
        method: str,
        path: str,
        data: dict[str, str] | None = None,
        /,
        *,
        source: str = "127.0.0.2",
        body: str | None = None,
        **headers: str,
    ) -> Answer:
        """A request of a client at `source`, which is another machine than the proxy's as far as it can tell.

        `data` goes as a form, `body` as JSON.
        """
        trust = ssl.create_default_context(cafile=str(self.certificate))
        trust.check_hostname = False
        connection = HTTPSConnection("127.0.0.1", self.port, context=trust, source_address=(source, 0), timeout=30)
        named = {"Host": NAME, "Origin": f"https://{NAME}"} | headers
        if data is not None:
            named["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            named["Content-Type"] = "application/json"
        with closing(connection):
            connection.request(method, path, body if data is None else urlencode(data), named)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())

    def login(self, password: str, **more: str) -> Answer:
        return self.ask("POST", "/login", {"name": "Ann", "password": password}, **more)


@contextmanager
def served(folder: Path, site: Site, lines: str, path: str = "/") -> Iterator[Web]:
    assert NGINX
    assert OPENSSL
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={NAME}", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    listener = bind("127.0.0.1", 0)
    server = make_server(site.app, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder, port=port, behind=listener.getsockname()[1], name=NAME, lines=lines, path=path
        )
    )
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(configuration)], stderr=subprocess.PIPE)
    web = Web(site, port, folder / "cert.pem", process)

    def answers() -> bool:
        assert process.poll() is None, process.communicate()
        try:
            return web.ask("GET", f"{path}healthz").status in {200, 400}
        except OSError:
            return False

    try:
        wait_for(answers)
        yield web
    finally:
        process.terminate()
        process.communicate(timeout=30)
        server.stop()
        thread.join(10)


@pytest.fixture
def web(prepared: Path, tmp_path: Path) -> Iterator[Web]:
    """As our documentation has it."""
    proxies = (ip_network("127.0.0.1"),)
    data = copy_data(prepared, tmp_path)
    with (
        open_site(data, trusted_hosts=(NAME,), trusted_proxies=proxies, signup="first") as site,
        served(tmp_path, site, DOCUMENTED) as web,
    ):
        yield web


EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "nginx.conf"


def test_the_example_works(prepared: Path, tmp_path: Path) -> None:
    """Its lines but for names and certificates: a login, a large body, and who is asking."""
    block = EXAMPLE.read_text("utf-8").partition("location / {")[2].partition("}")[0]
    lines = "\n".join(line for line in block.splitlines() if "proxy_pass" not in line)
    proxies = (ip_network("127.0.0.1"),)
    with (
        open_site(copy_data(prepared, tmp_path), trusted_hosts=(NAME,), trusted_proxies=proxies) as site,
        served(tmp_path, site, lines) as web,
    ):
        site.learner("Ann")
        entered = web.login(PASSWORD)
        assert entered.status == 303
        assert "; Secure" in (entered.headers.get("Set-Cookie") or "")
        assert [web.login("wrong horse", **FORGED).status for _ in range(11)] == [401] * 10 + [429]
        assert web.login(PASSWORD, source="127.0.0.3").status == 303


def test_below_a_path_the_same_example_works(prepared: Path, tmp_path: Path) -> None:
    """`location /cards/` with the path left as it is: pages, files, redirects and cookies stay below it."""
    block = EXAMPLE.read_text("utf-8").partition("location / {")[2].partition("}")[0]
    lines = "\n".join(line for line in block.splitlines() if "proxy_pass" not in line)
    settings: dict[str, Any] = {"trusted_hosts": (NAME,), "trusted_proxies": (ip_network("127.0.0.1"),)}
    settings |= {"base_path": "/cards", "url": f"https://{NAME}/cards"}
    with (
        open_site(copy_data(prepared, tmp_path), **settings) as site,
        served(tmp_path, site, lines, "/cards/") as web,
    ):
        site.learner("Ann")
        asked = web.ask("GET", "/cards/decks")
        assert (asked.status, asked.headers["Location"]) == (303, "/cards/login?next=/decks")
        form = web.ask("GET", asked.headers["Location"]).text
        assert 'action="/cards/login"' in form
        script = re.search(r'src="(/cards/static/[^"]+/js/page.js)"', form)
        assert script
        assert web.ask("GET", script[1]).status == 200
        entered = web.ask("POST", "/cards/login", {"name": "Ann", "password": PASSWORD, "next": "/decks"})
        assert entered.headers["Location"] == "/cards/decks"
        cookies = entered.headers.get_all("Set-Cookie") or []
        assert all("; Path=/cards;" in f"{cookie};" and "; Secure" in cookie for cookie in cookies)
        assert cookies[0].startswith("__Secure-flashcards_session=")
        login = cookies[0].partition(";")[0]
        assert web.ask("GET", "/cards/decks", Cookie=login).status == 200
        assert web.ask("GET", "/cards/api/v1/me", Cookie=login).status == 200
        left = web.ask("POST", "/cards/logout", {}, Cookie=login)
        assert left.headers["Location"] == "/cards/login"
        assert web.ask("GET", "/cards/decks", Cookie=login).status == 303
        assert web.ask("GET", "/decks", Cookie=login).status == 404  # nginx's own


@pytest.mark.parametrize("at", ["", ":443", ":8443"])
def test_a_browser_that_says_only_its_origin_may_write_at_any_port(web: Web, at: str) -> None:
    """Old browsers know no Sec-Fetch-Site: what they call the server, with its port, must arrive as they said it."""
    web.site.learner("Ann")
    entered = {"name": "Ann", "password": PASSWORD}
    there = {"Host": NAME + at, "Origin": f"https://{NAME}{at.replace(':443', '')}"}
    assert web.ask("POST", "/login", entered, **there).status == 303
    for elsewhere in (f"https://{NAME}:8444", "https://evil.example"):
        assert web.ask("POST", "/login", entered, **there | {"Origin": elsewhere}).status == 403


EVE = {"name": "Eve", "password": PASSWORD}


@pytest.mark.parametrize("forged", [{}, *({name: value} for name, value in FORGED.items()), FORGED], ids=str)
def test_a_stranger_does_not_become_administrator(web: Web, forged: dict[str, str]) -> None:
    assert web.ask("POST", "/signup", EVE, **forged).status == 403
    assert not web.site.services.accounts.learners()
    code = web.site.services.accounts.setup_code()
    assert code
    made = web.ask("POST", "/signup", EVE | {"code": code}, source="127.0.0.3", **forged)
    assert made.status == 303
    cookies = made.headers.get_all("Set-Cookie") or []
    assert any(cookie.startswith("__Host-flashcards_session=") for cookie in cookies)
    assert all("; Secure" in cookie for cookie in cookies)


def test_forged_addresses_lock_out_their_forger_alone(web: Web, caplog: pytest.LogCaptureFixture) -> None:
    web.site.learner("Ann")
    outcomes = []
    for number in range(14):
        forged = FORGED | {"X-Forwarded-For": f"127.0.0.3, 10.0.0.{number}", "X-Real-IP": "127.0.0.3"}
        outcomes.append(web.login("wrong horse", **forged).status)
    assert outcomes == [401] * 10 + [429] * 4
    assert web.login(PASSWORD, source="127.0.0.3").status == 303
    failed = {record.getMessage() for record in caplog.records if record.name == "flashcards.accounts"}
    assert failed == {"a login as Ann from 127.0.0.2 failed: wrong password"}


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_another_name_is_refused_whatever_is_forged(web: Web, host: str) -> None:
    assert web.ask("GET", "/login", Host=host, **FORGED).status == 400


@pytest.mark.parametrize("lines", ["", 'proxy_http_version 1.1; proxy_set_header Connection "";'])
def test_behind_a_bare_proxy_that_says_nothing_a_stranger_does_not_become_administrator(
    prepared: Path, tmp_path: Path, lines: str
) -> None:
    """`proxy_pass` alone, and no setting: to the app all of it comes from this machine, under its own name.

    The second is how newer nginx speaks by itself (seen in 1.30).
    """
    with (
        open_site(copy_data(prepared, tmp_path), signup="first") as site,
        served(tmp_path, site, lines) as web,
    ):
        assert 'name="code"' in web.ask("GET", "/signup").text
        forged = {"Sec-Fetch-Site": "same-origin", "Connection": "keep-alive"}
        for origin in (f"https://{NAME}", "http://127.0.0.1", "http://localhost:8000"):
            assert web.ask("POST", "/signup", EVE, Origin=origin, **forged).status == 403
        assert not site.services.accounts.learners()


def test_a_proxy_that_is_killed_in_an_answer_loses_and_doubles_nothing(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has the answer and stores it, and nobody hears of it; through the next proxy it is sent again."""
    ann = web.site.learner("Ann")
    card = web.site.services.review.queue(ann).cards[0].id
    answer = json.dumps({"id": new_id(), "card": card, "grade": 4})
    login = f"__Host-flashcards_session={web.site.secret(ann)}"
    count, stored = "SELECT count(*) FROM review", threading.Event()

    def send(through: Web) -> int:
        return through.ask("POST", "/api/v1/reviews", body=answer, Cookie=login).status

    answering = web.site.app.wsgi_app

    def kill_proxy_first(environ: Any, start: Any) -> Any:
        said = answering(environ, start)  # it is stored by now
        if not stored.is_set():
            stored.set()
            web.process.kill()
            web.process.wait()
        return said

    monkeypatch.setattr(web.site.app, "wsgi_app", kill_proxy_first)
    with pytest.raises(OSError):
        send(web)
    assert stored.is_set()
    assert web.site.services.database.one(count) == (1,)
    (tmp_path / "again").mkdir()
    with served(tmp_path / "again", web.site, DOCUMENTED) as again:
        assert send(again) in {200, 201}
        assert web.site.services.database.one(count) == (1,)
