"""`flashcards practice` in a real pseudo-terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flashcards.config import Config
from flashcards.wiring import open_services
from tests.databases import settings_for
from tests.integration.test_terminal_review import Terminal
from tests.practice_decks import write_decks


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    settings = settings_for(tmp_path / "data", write_decks(tmp_path / "decks"))
    opened = open_services(Config.from_env(settings))
    opened.sync.sync()
    opened.accounts.add_learner("ada", "correct horse", author=True, admin=True, timezone="UTC")
    opened.close()
    return {**os.environ, **settings, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}


def test_a_round_by_keyboard_left_and_gone_on_with(environ: dict[str, str]) -> None:
    terminal = Terminal(environ, "--kind", "one", "--deck", "ml/concepts/pca", command="practice")
    try:
        assert "What is pca?" in terminal.until("Space when you have answered")
        terminal.press("c")
        terminal.until("The data? A table of pca.")
        terminal.until("q leave")
        terminal.press("w")
        terminal.until("an empty line ends it")
        terminal.press("I project.\r\r")
        terminal.until("q leave")
        terminal.press(" ")
        assert "explained here" in terminal.until("1 said, 2 partly, 3 missed")
        terminal.press("q")
        terminal.until("The round is kept")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()

    terminal = Terminal(environ, command="practice")
    try:
        for key in "1132":
            terminal.until("Space neither")
            terminal.press(key)
        terminal.until("And with a million rows of pca?")
        terminal.until("no more of these")
        terminal.press(" ")
        assert "It is a fact." in terminal.until("Space neither")
        terminal.press("2")
        terminal.until("no more of these")
        terminal.press("n")
        assert "2 said, 1 partly, 1 missed, 0 not marked" in terminal.until("Space Hard")
        terminal.press(" ")
        assert "2 of 4 points said" in terminal.until("missed: warns of leakage (A fact about pca)")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()

    opened = open_services(Config.from_env(environ))
    try:
        ada = opened.accounts.find("ada")
        assert [(row.kind, row.grade) for row in opened.review.log(ada)] == [("mock", 3)]
        given = opened.practice.open(ada, opened.practice.rounds(ada)[0].id).questions[0].given
        assert given
        assert given.text == "I project."
    finally:
        opened.close()


def test_without_a_terminal_it_says_so(environ: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flashcards", "practice"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, input="")
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
