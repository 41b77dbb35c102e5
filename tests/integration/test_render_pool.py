"""Rendering in child processes, with real children: `RenderPool`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.frames import (
    rendered_from_json,
    rendered_to_json,
    request_from_json,
    request_to_json,
)
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest, Text
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Basic, Cloze
from flashcards.errors import Unavailable

SLOW = RenderRequest(Text("*a* **b** ~~c~~ " * 40_000))  # several seconds of work
REQUESTS = [
    RenderRequest(Basic("q", "*a*", reversed=True, typed=True), one_line=True),
    RenderRequest(Basic("q[^1]", "```python\nx = 1\n```"), definitions="[^1]: n", rubric=("a", "*b*"), sources=("c",)),
    RenderRequest(Cloze("h", "{{c1::a}} {{c7::$b$}}", (1, 7)), follow_ups=("d",)),
    RenderRequest(Basic("q", "a"), in_full="- *b*\n\n`c`", clarify=("d", "$e$")),
    RenderRequest(Text("![a](b.png) $\\bad$"), media=(("b.png", MediaProblem("media-missing", "gone")),)),
    RenderRequest(Text("![a](b.png) é \ud7ff"), media=(("b.png", Media("0", "p", "image/png", 1, 2, 3, "/m")),)),
]


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    with RenderPool() as pool:
        pool.start()
        yield pool


def code(rendered: Rendered) -> str:
    assert rendered.cards == {}
    (problem,) = rendered.problems
    assert problem.part == "note"
    return problem.code


def test_frames_carry_requests_and_results_whole() -> None:
    for request in REQUESTS:
        assert request_from_json(request_to_json(request)) == request
        rendered = render(request)
        assert rendered_from_json(rendered_to_json(rendered)) == rendered


def test_children_render_what_this_process_would(pool: RenderPool) -> None:
    found = dict(pool.render_all((index, REQUESTS[index % len(REQUESTS)]) for index in range(200)))
    expected = [render(request) for request in REQUESTS]
    assert found == {index: expected[index % len(expected)] for index in range(200)}
    assert pool.render(REQUESTS[0]) == expected[0]
    assert list(pool.render_all([])) == []


BOMBS = {
    "brackets": "[" * 8_000,
    "links": "[a](" * 12_000,
    "labels": "[a][b] " * 8_000 + "\n\n[b]: https://a.b",
    "CDATA": "<![CDATA[" * 2_000,
    "tabs": "\t" * 8_000,
    "footnotes": "[^a]" * 10_000 + "\n\n[^a]: x",
    "lines": "\n" * 1_000_000,
    "lists": "- " * 4_000,
    "nested lists": "".join("  " * depth + "- a\n" for depth in range(300)),
    "quotes": ">" * 30_000,
    "tags": "<div markdown=1>" * 331,
    "allowed tags": "<sub>" * 10_000,
    "details": "<details>\n\n" * 6_000,
    "emphasis": "*a **b " * 4_000,
    "stars": "*" * 60_000,
    "backticks": "".join("`" * (run % 200) + "x" for run in range(600)),
    "formula": "$" + "{" * 30_000 + "$",
    "open brackets in a formula": "$" + "\\sin(" * 10_000 + "$",
    "table": "|a" * 20_000 + "\n" + "|-" * 20_000,
    "code": "```python\n" + "(" * 30_000 + "\n```",
}


def test_bombs_end_within_their_bound_and_hurt_nobody_else(pool: RenderPool) -> None:
    """What makes Python-Markdown or math-core hang or crash; between two of them, an honest note."""
    requests = []
    for name, text in BOMBS.items():
        requests += [(name, RenderRequest(Basic("q", text))), (f"after {name}", REQUESTS[0])]
    found = dict(pool.render_all(requests))
    assert set(found) == {name for name, _ in requests}
    for name in BOMBS:
        assert found[f"after {name}"] == render(REQUESTS[0])
        assert found[name].cards or code(found[name]) in ("render-timeout", "render-memory", "too-deep")


def test_a_slow_note_is_given_up_and_the_others_are_rendered() -> None:
    requests = [(index, SLOW if index in (3, 4, 9) else REQUESTS[0]) for index in range(30)]
    with RenderPool(seconds=0.6) as pool:
        found = dict(pool.render_all(requests))
    assert {index for index, rendered in found.items() if not rendered.cards} == {3, 4, 9}
    assert {code(found[index]) for index in (3, 4, 9)} == {"render-timeout"}
    assert found[0] == found[29] == render(REQUESTS[0])


def test_a_note_may_not_take_all_memory() -> None:
    with RenderPool(1, memory=180 * 1024 * 1024) as pool:
        assert code(pool.render(RenderRequest(Text("a " * 30_000_000)))) == "render-memory"
        assert pool.render(REQUESTS[0]) == render(REQUESTS[0])


def test_too_deep_a_text_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own bounds come first, so the limit is lowered here until a real text meets it."""
    import json

    from flashcards.deckfiles.render import worker as render_worker

    deep = RenderRequest(Text("".join("  " * depth + "- a\n" for depth in range(90))))
    request = request_to_json(deep)
    frames = len(__import__("inspect").stack())
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(frames + 80)
        result = render_worker._render(request)
    finally:
        sys.setrecursionlimit(limit)
    assert code(rendered_from_json(json.loads(result))) == "too-deep"


def test_a_child_that_is_killed_costs_at_most_its_note() -> None:
    with RenderPool(1) as pool:
        results = pool.render_all([(0, REQUESTS[0]), (1, SLOW), (2, REQUESTS[0])])
        assert next(results)[0] == 0
        os.kill(pool._children[0].process.pid, signal.SIGKILL)
        found = dict(results)
    assert found[1].problems
    assert found[2] == render(REQUESTS[0])


def test_no_note_of_a_group_is_blamed_for_the_end_of_its_child() -> None:
    with RenderPool(1) as pool:
        results = pool.render_all((index, REQUESTS[0]) for index in range(60))
        first = next(results)
        os.kill(pool._children[0].process.pid, signal.SIGKILL)
        found = dict([first, *results])
    assert found == dict.fromkeys(range(60), render(REQUESTS[0]))


def test_short_notes_that_hang_are_found_among_those_that_went_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flashcards.deckfiles.render.pool.GROUP_SIZE", 10_000_000)
    requests = [(index, SLOW if index == 2 else REQUESTS[0]) for index in range(6)]
    with RenderPool(1, seconds=0.6) as pool:
        found = dict(pool.render_all(requests))
    assert [code(found[index]) for index in range(6) if not found[index].cards] == ["render-timeout"]
    assert not found[2].cards


def test_a_child_that_died_idle_is_replaced_and_no_note_is_blamed() -> None:
    with RenderPool(1) as pool:
        assert pool.render(REQUESTS[0]).cards
        os.kill(pool._children[0].process.pid, signal.SIGKILL)
        pool._children[0].process.wait()
        assert pool.render(REQUESTS[0]).cards


def test_an_abandoned_run_leaves_the_pool_usable() -> None:
    with RenderPool() as pool:
        for _ in range(3):
            results = pool.render_all((index, REQUESTS[0]) for index in range(100))
            next(results)
            results.close()  # type: ignore[attr-defined]
        assert dict(pool.render_all(enumerate(REQUESTS))) == dict(enumerate(map(render, REQUESTS)))


def test_a_slow_caller_is_not_taken_for_a_slow_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """While we do not read, a child waits: for room to write, or for a note that does not fit into its pipe."""
    monkeypatch.setattr("flashcards.deckfiles.render.pool.PATIENCE", 1.0)
    big = RenderRequest(Text("plain words only " * 8_000))
    with RenderPool(1, seconds=2.0) as pool:
        for index, (_, rendered) in enumerate(pool.render_all((number, big) for number in range(12))):
            assert rendered.cards
            if index in (0, 5):
                time.sleep(2.5)


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_a_child_that_cannot_start_is_told(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with RenderPool(1) as pool, pytest.raises(Unavailable):
        pool.render(REQUESTS[0])


def test_the_folder_in_which_we_run_offers_children_no_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("markdown", "pymdownx", "nh3", "flashcards", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken over')\n")
    monkeypatch.chdir(tmp_path)
    with RenderPool(1) as pool:
        assert pool.render(REQUESTS[0]) == render(REQUESTS[0])


def test_children_end_with_their_parent() -> None:
    program = (
        "import time\n"
        "from flashcards.deckfiles.render.pool import RenderPool\n"
        "pool = RenderPool(1)\n"
        "pool.start()\n"
        "print(pool._children[0].process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether a process runs (one that ended and that nobody waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
