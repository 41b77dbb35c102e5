"""A stranger behind nginx with TLS, for ten minutes, every header forged, beside two honest learners."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.test_nginx import DOCUMENTED, NAME, Web, served
from tests.integration.test_proxies import FORGED
from tests.site import PASSWORD, Site, open_site, prepared_data

SECONDS = float(os.environ.get("SECONDS", "600"))
HONEST = {"Ann": "127.0.0.3", "Ben": "127.0.0.4"}
VALUES = (
    "127.0.0.1", "::1", "localhost", NAME, "https", "admin", "Ann", "1", "0", "true", "../..", "127.0.0.3",
    'for="[::1]"', "unknown", "a" * 3000, "%00", "127.0.0.3, 127.0.0.4, 127.0.0.1",
)  # fmt: skip
NAMES = [*FORGED, "X-Remote-User", "Remote-User", "X-Forwarded-User", "Authorization", "X-HTTP-Method-Override",
         "Origin", "Referer", "Cookie", "Sec-Fetch-Site", "X-Original-URL", "X-Rewrite-URL", "Host"]  # fmt: skip


@pytest.mark.timeout(SECONDS * 2 + 120)
def test_a_stranger_becomes_nothing_and_locks_out_nobody(tmp_path: Path) -> None:
    data = prepared_data(tmp_path / "data")
    proxies = (ip_network("127.0.0.1"),)
    with open_site(data) as site:
        for name in HONEST:
            site.learner(name)
    with (
        open_site(data, trusted_hosts=(NAME,), trusted_proxies=proxies, signup="first") as site,
        served(tmp_path, site, DOCUMENTED) as web,
    ):
        before = _people(site)
        end = time.monotonic() + SECONDS
        strange: Counter[int] = Counter()
        troubles: list[str] = []
        given: dict[str, list[str]] = {name: [] for name in HONEST}
        threads = [threading.Thread(target=_attack, args=(web, site, seed, end, strange)) for seed in range(2)]
        threads += [threading.Thread(target=_learn, args=(web, name, end, given[name], troubles)) for name in HONEST]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert troubles == []
        assert _people(site) == before
        for name in HONEST:
            assert _log(site, name) == given[name]
            assert len(given[name]) > 5
        assert strange.total() > 100
        assert strange[500] == 0
        assert strange[429] > 0, "the stranger met the limits"


def _log(site: Site, name: str) -> list[str]:
    """The ids of all answers in the learner's log, page after page."""
    learner, since, ids = site.services.accounts.find(name), 0, list[str]()
    while True:
        page = site.services.review.log_page(learner, since=since, limit=500)
        ids += [row.id for row in page.items]
        if page.next is None:
            return ids
        since = page.next


def _people(site: Site) -> list[tuple[str, bool, bool]]:
    return [(one.name, one.is_author, one.is_admin) for one in site.services.accounts.learners()]


def _attack(web: Web, site: Site, seed: int, end: float, seen: Counter[int]) -> None:
    """Guesses passwords, signs up, and calls every address with every method, with headers drawn at random."""
    rng = random.Random(seed)
    rules = [rule for rule in site.app.url_map.iter_rules() if rule.rule != "/healthz"]
    while time.monotonic() < end:
        forged = {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randint(0, 8))}
        forged = {name: value for name, value in forged.items() if name != "Cookie"} | (
            {"Cookie": f"__Host-flashcards_session={rng.choice(VALUES)[:50]}"} if "Cookie" in forged else {}
        )
        what = rng.random()
        try:
            if what < 0.3:
                guess = {"name": rng.choice(list(HONEST)), "password": f"guess {rng.random()}"}
                answer = web.ask("POST", "/login", guess, **forged)
                assert answer.status != 303, guess
            elif what < 0.5:
                eve = {"name": f"Eve {rng.random()}", "password": PASSWORD, "code": rng.choice(("", "0" * 8, "1"))}
                answer = web.ask("POST", "/signup", eve, **forged)
                assert answer.status != 303, eve
            else:
                rule = rng.choice(rules)
                path = rule.rule
                for argument in rule.arguments:
                    for kind in ("path:", "int:", "string:", ""):
                        path = path.replace(f"<{kind}{argument}>", quote(rng.choice(("1", "a/b", "..", "2")), safe=""))
                answer = web.ask(rng.choice(("GET", "POST", "PUT", "PATCH", "DELETE")), path, {}, **forged)
            seen[answer.status] += 1
        except OSError:
            seen[0] += 1


def _learn(web: Web, name: str, end: float, given: list[str], troubles: list[str]) -> None:
    """Logs in, answers, logs out and in again, as people do."""
    source = HONEST[name]
    cookies: dict[str, str] = {}
    while time.monotonic() < end:
        entered = web.ask(
            "POST", "/login", {"name": name, "password": PASSWORD}, source=source, Cookie=_header(cookies)
        )
        if entered.status != 303:
            troubles.append(f"{name}: login gave {entered.status}")
            return
        for line in entered.headers.get_all("Set-Cookie") or []:
            key, _, value = line.partition(";")[0].partition("=")
            cookies[key] = value
        for _ in range(5):
            queue = web.ask("GET", "/api/v1/queue?limit=1", source=source, Cookie=_header(cookies))
            cards = json.loads(queue.text)["cards"] if queue.status == 200 else []
            if queue.status != 200:
                troubles.append(f"{name}: the queue gave {queue.status}")
            card = cards[0]["id"] if cards else "1"
            uid = str(uuid.uuid4())
            body = {"id": uid, "card": card, "grade": 4, "mode": "review" if cards else "cram"}
            stored = _post(web, "/api/v1/reviews", body, source, cookies)
            if stored not in {200, 201}:
                troubles.append(f"{name}: an answer gave {stored}")
            else:
                given.append(uid)
            time.sleep(0.5)


def _header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{key}={value}" for key, value in cookies.items())


def _post(web: Web, path: str, body: dict[str, object], source: str, cookies: dict[str, str]) -> int:
    return web.ask("POST", path, None, source=source, body=json.dumps(body), Cookie=_header(cookies)).status
