"""What every command owes its user: a sentence that says where, safe text, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a terminal."""
    settings = {"FLASHCARDS_DATA": str(folder / "data"), "FLASHCARDS_DECKS": str(folder / "decks")}
    return subprocess.run(
        [sys.executable, "-m", "flashcards", *arguments],
        capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, cwd=folder, check=False,
        env=os.environ | settings | environ,
    )  # fmt: skip


@pytest.mark.parametrize("command", ["check", "cards", "ids"])
def test_a_path_that_is_not_there_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "decks").mkdir()
    done = run(tmp_path, command, "no\x1b[31mwhere.md")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "flashcards: no\\x1b[31mwhere.md: there is no such file or folder; check the path\n"


def test_a_decks_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "sync")
    assert done.returncode == 1
    assert done.stderr.startswith(f"flashcards: {tmp_path / 'decks'}: the decks folder is not there;")


def test_cards_reach_the_terminal_without_control_characters(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks/a.md").write_text("## é \x1b[31m \x9b \u202e?\n\nA\n", encoding="utf-8")
    text = run(tmp_path, "cards").stdout
    assert text.rstrip("\n").endswith("é \\x1b[31m \\x9b \\u202e?")
    document = run(tmp_path, "cards", "--json").stdout
    assert not any(character in document for character in "\x1b\x9b\u202e")
    assert json.loads(document)[0]["question"] == "é \x1b[31m \x9b \u202e?"


@pytest.mark.parametrize("arguments", [("user", "add", "ada"), ("serve", "--host", "a/b"), ("serve", "--port", "x")])
def test_wrong_usage_is_exit_2_and_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: ")
    assert done.stderr.count("Error: ") == 1
    assert "Warning" not in done.stderr
