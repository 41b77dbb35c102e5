"""Five hundred reloads at random moments of a session, on a slow network: no card twice, no answer lost."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import PATIENCE_MS
from tests.browser.live import answer, current_card, launch, sent, serve, wait_ready
from tests.site import prepared_data

RELOADS = int(os.environ.get("RELOADS", "500"))
CARDS = 4 * RELOADS


@pytest.mark.timeout(3600)
def test_no_card_comes_twice_and_no_answer_is_lost(tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    decks.mkdir()
    notes = "".join(f"## Question {n} {{#n{n}}}\n\nAnswer {n}.\n\n" for n in range(CARDS))
    (decks / "long.md").write_text(f"# Long\n\n{notes}", "utf-8")
    data = prepared_data(tmp_path / "data", decks)
    rng = random.Random(23)
    with serve(data, decks) as live, sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        ann = live.site.learner("Ann", new_per_day=9999)
        browser = launch(playwright)
        context = browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        live.enter(context, ann)
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        page.goto(f"{live.url}/review")
        answered: list[str] = []
        for _ in range(RELOADS):
            wait_ready(page)
            for _ in range(rng.choice((0, 1, 1, 2, 3))):
                assert current_card(page) not in answered, "a card that was answered is asked again"
                answered.append(answer(page, "3"))
            network.send(
                "Network.emulateNetworkConditions",
                {
                    "offline": False,
                    "latency": rng.choice((0, 50, 150, 400)),
                    "downloadThroughput": rng.choice((-1, 100_000)),
                    "uploadThroughput": rng.choice((-1, 20_000)),
                },
            )
            page.wait_for_timeout(rng.uniform(0, 350))
            page.reload(wait_until="commit")
        wait_ready(page)
        sent(page)
        log = live.log(ann)
        assert [row.kind for row in log] == ["scheduled"] * len(answered)
        assert [row.card for row in log] == answered
        assert len(answered) > RELOADS
        browser.close()
