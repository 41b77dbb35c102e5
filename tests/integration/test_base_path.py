"""The whole app below a path of its host: no address that it gives leads out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from flashcards.web.shared.security import PAGE_POLICY
from tests.site import PASSWORD, Site, copy_data, open_site, prepared_data

BASE = "/cards"
ADDRESS = re.compile(r'(?<![\w-])(href|src|action|formaction)="(/[^"]*)"')
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    decks = tmp_path_factory.mktemp("decks")
    (decks / "pictures.md").write_text("# Pictures\n\n## Which colour is it?\n\n![A dot](dot.png)\n", "utf-8")
    (decks / "dot.png").write_bytes(DOT)
    data: Path = prepared_data(tmp_path_factory.mktemp("below"), decks)
    with open_site(data, decks, base_path=BASE, url=f"https://cards.example.org{BASE}") as site:
        site.learner("Ann")
        yield site


@pytest.fixture
def client(site: Site) -> FlaskClient:
    client = site.client(site.services.accounts.find("Ann"))
    client.environ_base["SERVER_NAME"] = "localhost"
    return client


def pages(site: Site) -> list[str]:
    """Every page that needs nothing in its address."""
    rules = site.app.url_map.iter_rules()
    plain = (rule.rule for rule in rules if "GET" in (rule.methods or set()) and "<" not in rule.rule)
    return sorted(path for path in plain if not path.startswith(("/api/", "/metrics")))


def test_every_address_on_every_page_is_below_it(site: Site, client: FlaskClient) -> None:
    card = client.get(f"{BASE}/api/v1/cards").get_json()["items"][0]["id"]
    found: dict[str, str] = {}
    waiting = [BASE + page for page in [*pages(site), f"/cards/{card}", "/decks/pictures", "/decks/pictures/edit"]]
    seen: set[str] = set()
    while waiting and len(seen) < 150:
        page = waiting.pop()
        path = page.partition("#")[0]
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code < 400, path
        if 300 <= answer.status_code < 400:
            assert answer.location.startswith(f"{BASE}/"), path
            waiting.append(answer.location)
        elif answer.mimetype == "text/html":
            for attribute, address in ADDRESS.findall(answer.text):
                found[address] = path
                if attribute == "href" and "/static/" not in address and address.startswith(f"{BASE}/"):
                    waiting.append(address.replace("&amp;", "&"))
    assert len(seen) > 40
    assert {address: page for address, page in found.items() if not address.startswith(f"{BASE}/")} == {}


def test_templates_use_no_address_that_cannot_be_placed() -> None:
    """Single quotes, or an attribute that begins with a condition, would not be seen when templates are compiled."""
    folder = Path(__file__).parents[2] / "templates"
    wrong = re.compile(r"""(?<![\w-])(?:href|src|action|formaction)=(?:'|"\{%|(?!["{])\S)""")
    assert [
        f"{path.name}: {found[0]}" for path in folder.rglob("*.html") for found in wrong.finditer(path.read_text())
    ] == []


def test_pictures_of_cards_are_below_it_in_pages_and_in_the_api(client: FlaskClient) -> None:
    page, answer = client.get(f"{BASE}/review"), client.get(f"{BASE}/api/v1/queue")
    shown = re.findall(r'src=\\?"([^"\\]*/media/[^"\\]+)', page.text)
    told = re.findall(r'src="([^"]*/media/[^"]+)', answer.get_json()["cards"][0]["answer_html"])
    assert {*shown, *told} == {told[0]}
    assert told[0].startswith(f"{BASE}/media/")
    with client.get(told[0]) as picture:
        assert picture.mimetype == "image/png"


def test_a_browser_keeps_the_app_below_it(client: FlaskClient) -> None:
    manifest = json.loads(client.get(f"{BASE}/manifest.webmanifest").text)
    assert (manifest["start_url"], manifest["scope"], manifest["id"]) == (f"{BASE}/",) * 3
    assert all(icon["src"].startswith(f"{BASE}/static/") for icon in manifest["icons"])
    told = json.loads(client.get(f"{BASE}/sw.js").text.partition("const BUILD = ")[2].partition(";\n")[0])
    assert all(name.startswith(f"{BASE}/static/") for name in told["assets"])
    assert (told["offline"], told["base"]) == (f"{BASE}/offline", BASE)


def test_what_lies_beside_it_is_not_ours(client: FlaskClient) -> None:
    assert client.get("/").location == f"{BASE}/"
    assert client.get(BASE).location == f"{BASE}/"
    for path in ("/decks", "/cardsx/decks", "/cards", "//cards/decks", "/static/x"):
        answer = client.get(path)
        assert answer.status_code in {302, 404}, path
        assert answer.headers["Content-Security-Policy"] == PAGE_POLICY, path
    assert "/cards/" in client.get("/decks").text
    assert client.get("/healthz").status_code == 200  # whoever watches asks the server, not its proxy


def test_a_login_ends_where_it_was_to_lead(site: Site) -> None:
    client = site.client()
    asked = client.get(f"{BASE}/stats?days=7")
    assert asked.location == f"{BASE}/login?next=/stats%3Fdays%3D7"
    sent = client.post(f"{BASE}/login", data={"name": "Ann", "password": PASSWORD, "next": "/stats?days=7"})
    assert sent.location == f"{BASE}/stats?days=7"
    assert all("Path=/cards" in cookie for cookie in sent.headers.getlist("Set-Cookie"))


def test_links_that_leave_the_house_hold_the_path_once(site: Site, client: FlaskClient) -> None:
    client.post(f"{BASE}/settings/calendar", data={"do": "make"})
    page = client.get(f"{BASE}/settings/reminders").text
    address = re.search(r"https://cards\.example\.org(/cards/calendar/[^\s\"<]+\.ics)", page)
    assert address
    assert client.get(address[1]).mimetype == "text/calendar"
    assert client.get(f"{BASE}/api/v1/openapi.json").get_json()["servers"] == [{"url": f"{BASE}/"}]


def test_another_path_holds_from_the_next_start_on(prepared: Path, tmp_path: Path) -> None:
    """Pages are kept as they were compiled: with the path that there was."""
    data = copy_data(prepared, tmp_path)
    for base in ("", "/cards", "/learn", ""):
        with open_site(data, base_path=base, own_templates=True) as site:
            page = site.client().get(f"{base}/signup").text
        addresses = [address for _, address in ADDRESS.findall(page)]
        assert addresses
        assert not [address for address in addresses if not address.startswith(f"{base}/")]
        assert base or not [address for address in addresses if address.startswith(("/cards/", "/learn/"))]


def test_a_form_of_somebody_logged_out_is_sent_again_below_it(site: Site) -> None:
    guest = site.client()
    page = guest.post(f"{BASE}/plan/leave", data={"learner": "1"}).text
    assert 'action="/cards/plan/leave"' in page
    assert 'href="/cards/login"' in page
    came_from = {"Referer": f"http://localhost{BASE}/settings"}
    page = guest.post(f"{BASE}/settings/password", data={"old": "x"}, headers=came_from).text
    assert 'href="/cards/login?next=/settings"' in page
