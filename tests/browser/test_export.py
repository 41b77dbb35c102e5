"""From the button on a deck to the package on disk."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flashcards.services.accounts.facade import Learner
from tests.browser.axe import check
from tests.browser.exchange_states import exchange_pages
from tests.browser.live import Live


def test_from_the_button_to_the_file(page: Page, live: Live, tmp_path: Path) -> None:
    page.goto(f"{live.url}/decks/science/extremes")
    page.get_by_role("link", name="Export to Anki").click()
    expect(page.get_by_role("heading", name="Export to Anki")).to_be_visible()
    page.get_by_label("With my history").check()
    page.get_by_role("button", name="Make the package").click()
    link = page.get_by_role("link", name="Download the package")
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "extremes.apkg"
    download.value.save_as(tmp_path / "x.apkg")
    assert zipfile.is_zipfile(tmp_path / "x.apkg")


def test_without_a_script(new_context: Callable[..., BrowserContext], live: Live, ann: Learner) -> None:
    page = new_context(ann, java_script_enabled=False).new_page()
    page.goto(f"{live.url}/export")
    page.get_by_role("button", name="Make the package").click()
    for _ in range(100):
        if page.get_by_role("link", name="Download the package").count():
            break
        page.get_by_role("link", name="Look again").click()
        page.wait_for_timeout(100)
    expect(page.get_by_role("link", name="Download the package")).to_be_visible()


@pytest.mark.axe
def test_axe_finds_nothing(new_context: Callable[..., BrowserContext], live: Live, ann: Learner) -> None:
    live.services.export.anki(live.services.config.data / "first.apkg", learner=ann)
    with live.services.database.write():
        live.services.database.execute("UPDATE note SET removed_at = 1 WHERE id = (SELECT max(id) FROM note)")
    page = new_context(ann, reduced_motion="reduce").new_page()
    page.set_default_timeout(20_000)
    for path in ("/export", "/export?deck=science"):
        page.goto(live.url + path)
        check(page)
    page.goto(f"{live.url}/export")
    expect(page.get_by_text("Gone since your last export")).to_be_visible()
    page.get_by_role("button", name="Make the package").click()
    expect(page.get_by_role("link", name="Download the package")).to_be_visible(timeout=30_000)
    check(page)


@pytest.mark.axe
def test_axe_finds_nothing_in_any_state(new_context: Callable[..., BrowserContext], live: Live, ann: Learner) -> None:
    release = threading.Event()
    page = new_context(ann, reduced_motion="reduce").new_page()
    page.set_default_timeout(20_000)
    try:
        for path in exchange_pages(live, ann, release).values():
            page.goto(live.url + path)
            check(page)
            page.set_viewport_size({"width": 320, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
    finally:
        release.set()
