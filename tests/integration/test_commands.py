"""What every command owes its user: a sentence that says where, safe text, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import settings_for


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a terminal."""
    settings = settings_for(folder / "data", folder / "decks")
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


def test_good_cards_are_printed_beside_paths_that_are_no_use(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "empty").mkdir()
    for path in ("decks/a.md", "b.md"):
        (tmp_path / path).write_text("## Q?\n\nA\n")
    done = run(tmp_path, "cards", "decks/a.md", "nowhere", "decks", "empty", "b.md", "--json")
    assert [row["key"] for row in json.loads(done.stdout)] == ["a#q/forward", "b#q/forward"]
    missing, empty = done.stderr.splitlines()
    assert missing == "flashcards: nowhere: there is no such file or folder; check the path"
    assert empty.startswith("flashcards: ")
    assert "empty" in empty
    assert done.returncode == 1
    assert run(tmp_path, "cards", "nowhere", "--json").stdout == "[\n]\n"


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


@pytest.mark.parametrize(
    "kind",
    [
        "anki",
        *(pytest.param(it, marks=pytest.mark.nightly) for it in ("json", "hashcards", "obsidian", "mdanki")),
        "csv",
    ],
)
def test_a_source_that_is_not_there_is_named_in_one_line(tmp_path: Path, kind: str) -> None:
    into = () if kind == "json" else ("--into", "out")
    only = "file" if kind in {"anki", "json"} else "file or folder"
    for source, told in {
        "no\x1bwhere": f"no\\x1bwhere: there is no such {only}; check the path.",
        "": f"The name of a {only} is empty; give the path of one.",
        "x" * 300: f"{'x' * 300}: File name too long; check the path.",
    }.items():
        done = run(tmp_path, "import", kind, source, *into)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"flashcards: {told}\n")
    assert list(tmp_path.iterdir()) == []
    if only == "file":
        done = run(tmp_path, "import", kind, ".", *into)
        assert (done.returncode, done.stderr) == (2, "flashcards: .: this is a folder; give the path of a file.\n")


@pytest.mark.parametrize("command", [("serve",), ("sync",), ("user", "list")])
def test_bad_values_of_the_environment_are_named_together(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(tmp_path, *command, FLASHCARDS_DATA="/dev/null/data", FLASHCARDS_SIGNUP="maybe")
    assert (done.returncode, done.stdout) == (2, "")
    data, signup = done.stderr.splitlines()
    assert (
        data == "flashcards: FLASHCARDS_DATA=/dev/null/data: the folder cannot be made (Not a directory); name another"
    )
    assert signup.startswith("flashcards: FLASHCARDS_SIGNUP=maybe: ")


def test_the_usual_data_folder_is_needed_only_where_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("## Q?\n\nA\n")
    environ = {"FLASHCARDS_DATA": "", "XDG_DATA_HOME": "/dev/null", "HOME": "/dev/null"}
    assert run(tmp_path, "check", "a.md", **environ).returncode == 0
    done = run(tmp_path, "user", "list", **environ)
    assert done.returncode == 2
    assert done.stderr.startswith("flashcards: FLASHCARDS_DATA=/dev/null/flashcards: the folder cannot be made")


@pytest.mark.parametrize("arguments", [("user", "add", "ada"), ("serve", "--host", "a/b"), ("serve", "--port", "x")])
def test_wrong_usage_is_exit_2_and_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: ")
    assert done.stderr.count("Error: ") == 1
    assert "Warning" not in done.stderr


def test_an_account_is_changed_as_asked_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "password").write_text("correct horse battery\n")
    with (tmp_path / "password").open() as typed:
        settings = settings_for(tmp_path / "data", tmp_path / "decks")
        made = [sys.executable, "-m", "flashcards", "user", "add", "ada", "--admin", "--password-stdin"]
        assert not subprocess.run(made, stdin=typed, env=os.environ | settings, check=False).returncode
    for refused, code in (
        (["--no-admin", "--timezone", "Europe/Berlin"], 1),  # the last administrator
        (["--author", "--timezone", "Mars/Olympus"], 2),
    ):
        assert run(tmp_path, "user", "set", "ada", *refused).returncode == code
        assert run(tmp_path, "user", "list").stdout == "ada\tadmin\tUTC\n"
    assert run(tmp_path, "user", "set", "ada", "--author", "--timezone", "Europe/Berlin").returncode == 0
    assert run(tmp_path, "user", "list").stdout == "ada\tadmin, author\tEurope/Berlin\n"


def test_a_secret_key_that_is_gone_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    assert run(tmp_path, "user", "list").stderr.count("secret key") == 0
    add = [sys.executable, "-m", "flashcards", "user", "add", "ada", "--password-stdin"]
    settings = os.environ | settings_for(tmp_path / "data", tmp_path / "decks")
    subprocess.run(add, input=b"correct horse battery", check=True, env=settings, capture_output=True)
    (tmp_path / "data/secret.key").unlink()
    told = run(tmp_path, "user", "list")
    assert told.stdout.startswith("ada")
    assert "the secret key was gone, and a new one was made" in told.stderr
    assert str(tmp_path / "data/secret.key") in told.stderr
    assert run(tmp_path, "user", "list").stderr == ""
