"""`make load`, small: whoever runs it can trust what it says of who was refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def load(*arguments: str) -> str:
    small = ["--learners", "4", "--idle", "3", "--slow", "3", "--warm", "1", "--seconds", "4", "--think", "0.1", "0.3"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", *small, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_learners_are_answered_and_nobody_is_refused() -> None:
    said = load()
    assert "4 learners, 0.1 to 0.3 s of thought, 3 idle connections, 3 slow clients, 4 s" in said
    assert "refused   nobody" in said
    for line in ("answers", "pages"):
        assert f"\n  {line:9} " in said
        assert f"{line}   none" not in said
    assert "load average" in said


def test_a_server_that_refuses_is_found_out() -> None:
    said = load("--serve", "tests.integration.refusing_server:serve")
    assert "times status 503" in said
