"""Small things in the terminal: standard output, suggestions, help that ends, lists of nobody."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from flashcards.cli.commands import COMMANDS, cli
from tests.databases import settings_for

Said = subprocess.CompletedProcess[bytes]


def command(folder: Path, *arguments: str) -> Said:
    environ = os.environ | settings_for(folder / "data", folder / "decks")
    return subprocess.run(
        [sys.executable, "-m", "flashcards", *arguments],
        cwd=folder,
        env=environ,
        check=False,
        capture_output=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## What?\n\nThat\n")
    return tmp_path


@pytest.mark.parametrize("where", ["with a database", "without"])
@pytest.mark.parametrize("kind", ["backup", "export anki", "export csv", "export json"])
def test_a_dash_is_standard_output(folder: Path, kind: str, where: str) -> None:
    if where == "with a database":
        assert command(folder, "sync").returncode == 0
    elif kind == "export json":
        pytest.skip("it makes a database")
    done = command(folder, *kind.split(), "-o", "-")
    assert done.returncode == 0, done.stderr
    assert not (folder / "-").exists()
    if kind == "export csv":
        assert b"What?" in done.stdout
    elif kind == "export json":
        assert json.loads(done.stdout)["notes"]
    else:
        with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
            assert archive.testzip() is None
            assert archive.namelist()


def test_a_report_and_its_thing_do_not_share_standard_output(folder: Path) -> None:
    done = command(folder, "export", "csv", "-o", "-", "--json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"name a file with -o" in done.stderr


def test_a_backup_by_name_says_where_it_is(folder: Path) -> None:
    done = command(folder, "backup", "-o", "b.zip")
    assert done.stdout == b"b.zip\n"
    assert b"There is no account in" in done.stderr  # FLASHCARDS_DATA may name another folder than the service's
    assert str(folder / "data").encode() in done.stderr
    environ = os.environ | settings_for(folder / "data", folder / "decks")
    add = [sys.executable, "-m", "flashcards", "user", "add", "ada", "--password-stdin"]
    subprocess.run(add, env=environ, input=b"correct horse battery\n", check=True, capture_output=True)
    assert command(folder, "backup", "-o", "c.zip").stderr == b""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(("serv",), "serve"), (("server",), "serve"), (("improt", "json"), "import"), (("user", "lst"), "list"),
     (("user", "delte", "ada"), "delete"), (("export", "ankii"), "anki"), (("token", "revok", "3"), "revoke")],
)  # fmt: skip
def test_a_slip_of_the_fingers_is_understood(folder: Path, typed: tuple[str, ...], meant: str) -> None:
    done = command(folder, *typed)
    assert done.returncode == 2
    assert f"Did you mean '{meant}'?" in done.stderr.decode()


def test_where_nothing_is_near_nothing_is_suggested(folder: Path) -> None:
    assert b"Did you mean" not in command(folder, "xyzzy").stderr


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_help_is_cut_in_the_middle_of_a_sentence(width: int) -> None:
    seen = 0
    for path, found in commands(cli):
        text = found.get_help(click.Context(found, info_name="flashcards", terminal_width=width))
        assert "..." not in text.replace("...]", "").replace("]...", ""), (path, text)
        seen += 1
    assert seen > len(COMMANDS)


def test_a_list_of_nobody_says_so(folder: Path) -> None:
    for what in ("user", "token"):
        done = command(folder, what, "list")
        assert done.returncode == 0
        assert done.stdout == b""
        assert b"no accounts" in done.stderr if what == "user" else b"no tokens" in done.stderr
        assert b"flashcards user add" in done.stderr if what == "user" else b"flashcards token create" in done.stderr
        assert json.loads(command(folder, what, "list", "--json").stdout) == []


def test_completion_works_and_a_page_says_so(folder: Path) -> None:
    environ = os.environ | {"_FLASHCARDS_COMPLETE": "bash_complete", "COMP_WORDS": "flashcards exp", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from flashcards.cli.commands import cli; cli(prog_name='flashcards')"],
        env=environ, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "plain,export\n"
    page = (Path(__file__).parents[2] / "docs" / "interfaces.md").read_text()
    for shell in ("bash", "zsh", "fish"):
        assert f"_FLASHCARDS_COMPLETE={shell}_source" in page
