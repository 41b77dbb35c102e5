"""What a key costs in the editor on a file of 2,000 notes: CPU of the page's main thread, by the browser's own trace.

Waiting does not count, so the figure says something on a busy machine too; but what others do to the machine's caches
is in it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.common import Row, format_row
from benchmarks.web_server import Served, server
from tests.browser.live import launch

NOTES = 2000
KEYS = 40
PAUSE_MS = 100
"""Between two keys: as a fast typist types. What is put off to a pause is not in the figure."""
NODES = "() => { let n = 0; for (const w = document.createTreeWalker(document.body, 5); w.nextNode();) n++; return n; }"
TO_THE_MIDDLE = """() => {
  const area = document.getElementById("source"), at = area.value.indexOf("It is number 1000,");
  area.focus();
  area.setSelectionRange(at, at);
}"""


def run() -> list[Row]:
    """One author types in the middle of a long file."""
    with tempfile.TemporaryDirectory() as folder:
        decks = Path(folder) / "decks"
        decks.mkdir()
        text = "".join(_note(number) for number in range(1, NOTES + 1))
        (decks / "long.md").write_text(f"---\ntitle: Long\n---\n\n{text}", "utf-8")
        with server(Path(folder)) as served:
            cost, nodes = _typing(served)
        bare = _typing_into_a_bare_field(text)
    size = f"{len(text) // 1000} kB"
    return [
        Row(f"a key in the editor on {NOTES:,} notes, CPU of the page", cost, "ms", 16, note=size),
        Row("of which a bare field with the same text takes", bare, "ms"),
        Row(f"nodes in the editor's page on {NOTES:,} notes", nodes, "", 3000),
    ]


def _note(number: int) -> str:
    question = f"## What is the name of the thing that is number {number} here? {{#n{number}}}"
    return f"{question}\n\nIt is number {number}, **bold**, and $x_{{{number}}}$; as long as notes commonly are.\n\n"


def _typing(served: Served) -> tuple[float, int]:
    url = f"http://127.0.0.1:{served.port}"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([{"name": "flashcards_session", "value": served.secret, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/decks/long/edit")
        page.wait_for_selector("html[data-ready]", state="attached")
        page.wait_for_function("document.querySelectorAll('#cards article').length >= 40", timeout=120_000)
        page.evaluate(TO_THE_MIDDLE)
        page.wait_for_timeout(2000)
        cost = sum(_main_thread(_traced(page))) / 1000 / KEYS
        nodes = page.evaluate(NODES)
        browser.close()
    return cost, int(nodes)


def _typing_into_a_bare_field(text: str) -> float:
    """What the browser itself takes for a key: less cannot be had with a field of the browser's own."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_content(
            '<textarea id="source" style="font:14px/1.6 monospace;width:38rem;height:40rem;overflow-wrap:anywhere">'
        )
        page.evaluate("(text) => { document.getElementById('source').value = text; }", text)
        page.evaluate(TO_THE_MIDDLE)
        page.wait_for_timeout(2000)
        cost = sum(_main_thread(_traced(page))) / 1000 / KEYS
        browser.close()
    return cost


def _traced(page: Page) -> list[dict[str, Any]]:
    """The browser's events while `KEYS` keys are pressed."""
    events: list[dict[str, Any]] = []
    ended: list[bool] = []
    session = page.context.new_cdp_session(page)
    session.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    session.on("Tracing.tracingComplete", lambda _: ended.append(True))
    categories = ["toplevel", "disabled-by-default-devtools.timeline"]
    session.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": categories}})
    for _ in range(KEYS):
        page.keyboard.press("x")
        page.wait_for_timeout(PAUSE_MS)
    session.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    return events


def _main_thread(events: list[dict[str, Any]]) -> list[int]:
    """How much CPU, in microseconds, each task took of the main thread of the page's process."""
    names = {(it["pid"], it["tid"]): it["args"]["name"] for it in events if it["name"] == "thread_name"}
    tasks = [
        it for it in events
        if it["name"] == "RunTask" and "tdur" in it and names.get((it["pid"], it["tid"])) == "CrRendererMain"
    ]  # fmt: skip
    assert len(tasks) >= KEYS, "the trace holds no tasks"
    return [it["tdur"] for it in tasks]


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
