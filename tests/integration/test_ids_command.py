"""`flashcards ids` and `flashcards new`: files change where they must, and nowhere else."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flashcards.cli.authoring import ids_command, new_command
from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.collection import load
from flashcards.errors import Conflict, DeckError, Invalid, Unavailable

BUILT_IN = Path(__file__).parent.parent.parent / "decks"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(ids_command, list(arguments), standalone_mode=False)


def strip_ids(data: bytes, ending: bytes = b"\n") -> bytes:
    """The file without its ids: an attribute list that held nothing else goes as a whole."""
    lines = [re.sub(rb" \{#[^\s{}]+\}(?=[ \t]*$)", b"", line) for line in data.split(ending)]
    return ending.join(re.sub(rb"(?<= \{)#[^\s{}]+ (?=[^{}]*\}[ \t]*$)", b"", line) for line in lines)


def without_requires(data: bytes) -> bytes:
    """What is required goes by ids, which change when they are made from questions."""
    return re.sub(rb" requires=[^\s{}]+(?=[^{}\n]*\}$)", b"", data, flags=re.M)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_round_trip_of_all_built_in_decks(tmp_path: Path, ending: bytes) -> None:
    shutil.copytree(BUILT_IN, tmp_path, dirs_exist_ok=True)
    stripped: dict[Path, bytes] = {}
    for path in tmp_path.rglob("*.md"):
        bare = strip_ids(without_requires(path.read_bytes()))
        stripped[path] = b"\xef\xbb\xbf" + bare.replace(b"\n", ending)
        path.write_bytes(stripped[path])
    notes = sum(len(file.parsed.deck.notes) for file in load([], tmp_path).files)
    assert notes > 1000
    result = run(str(tmp_path), "--write")
    assert result.return_value == 0
    stamped = 0
    for path, before in stripped.items():
        after = path.read_bytes()
        assert b"{#" in after or before == after
        assert strip_ids(after, ending) == before  # only the ends of headings and one-line cards changed
        lines = list(zip(before.split(ending), after.split(ending), strict=True))
        different = [new for old, new in lines if old != new]
        assert all(re.search(rb"\{#[^\s{}]+[^{}]*\}[ \t]*$", line) for line in different)
        assert all(re.match(rb"## |.* :::? ", line) for line in different)
        stamped += len(different)
    assert stamped == notes
    files = load([], tmp_path).files
    assert all(note.explicit for file in files for note in file.parsed.deck.notes)
    if ending == b"\n":
        assert not [problem for problem in check([], tmp_path) if problem.severity == "error"]


def test_listing_changes_nothing(tmp_path: Path) -> None:
    deck = tmp_path / "a.md"
    deck.write_text("- x :: y\n\n## One?\n1\n\n## Two {#two}\n2\n", "utf-8")
    before = deck.read_bytes()
    assert run(str(tmp_path)).stdout == f"{deck}:1: #x  x :: y\n{deck}:3: #one  One?\n"
    report = json.loads(run(str(tmp_path), "--json").stdout)
    assert [(it["id"], it["line"]) for it in report["missing"]] == [("x", 1), ("one", 3)]
    assert deck.read_bytes() == before


def test_a_file_that_is_not_understood_is_left_and_named(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_text("## One?\n1\n\n```\n", "utf-8")
    (tmp_path / "good.md").write_text("## One?\n1\n", "utf-8")
    result = run(str(tmp_path), "--write")
    assert result.return_value == 1
    assert "bad.md:4:1: error" in result.stderr
    assert (tmp_path / "bad.md").read_text("utf-8") == "## One?\n1\n\n```\n"
    assert (tmp_path / "good.md").read_text("utf-8") == "## One? {#one}\n1\n"


def test_rights_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    real = tmp_path / "decks" / "real.md"
    real.write_text("## One?\n1\n", "utf-8")
    real.chmod(0o640)
    run(str(tmp_path / "decks"), "--write")
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert list((tmp_path / "decks").iterdir()) == [real]


def test_a_path_that_is_not_there() -> None:
    assert isinstance(run("/none/at/all.md").exception, DeckError)


# new -----------------------------------------------------------------------------------------------------


def new(*arguments: str) -> Result:
    return CliRunner().invoke(new_command, list(arguments), standalone_mode=False)


@pytest.mark.parametrize("title", ["Spanish", 'He said: "no" # yes', "- 学习", "true", "{a: [b]}"])
def test_a_starter_deck_passes_the_strictest_check(tmp_path: Path, title: str) -> None:
    result = new(str(tmp_path / "a" / "spanish"), "--title", title)
    path = tmp_path / "a" / "spanish.md"
    assert result.stdout == f"{path}\n"
    assert check([path], None, style=True) == []
    deck = load([path], None).files[0].parsed.deck
    assert (deck.title, len(deck.notes)) == (title, 3)


def test_new_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("mine", "utf-8")
    assert isinstance(new(str(tmp_path / "a.md"), "--title", "T").exception, Conflict)
    assert (tmp_path / "a.md").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "error"),
    [("README.md", Invalid), (".x", Invalid), ("_x.md", Invalid), ("n" * 300, Unavailable), ("f.md/x", Conflict)],
)
def test_names_that_cannot_be(tmp_path: Path, name: str, error: type[Exception]) -> None:
    (tmp_path / "f.md").write_text("", "utf-8")
    assert isinstance(new(str(tmp_path / name), "--title", "T").exception, error)


def test_the_title_comes_from_the_name(tmp_path: Path) -> None:
    new(str(tmp_path / "linear-algebra.md"))
    assert "title: Linear algebra\n" in (tmp_path / "linear-algebra.md").read_text("utf-8")
    assert isinstance(new(str(tmp_path / "b.md"), "--title", " ").exception, Invalid)


def test_what_holds_no_decks_is_left_as_it_is_when_a_pattern_names_it(tmp_path: Path) -> None:
    text = b"# Our decks\n\n## Installation\n\nRun it.\n"
    (tmp_path / "archive").mkdir()
    for name in ("README.md", "archive/old.md", "a.md", "_draft.md"):
        (tmp_path / name).write_bytes(text)
    (tmp_path / ".flashcards.toml").write_text('ignore = ["archive/"]\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLASHCARDS_DECKS", str(tmp_path))
        result = run(
            *(str(tmp_path / name) for name in ("README.md", "a.md", "_draft.md", "archive/old.md")), "--write"
        )
    assert result.return_value == 0
    assert "2 ids in 2 files" in result.output
    assert (tmp_path / "README.md").read_bytes() == (tmp_path / "archive/old.md").read_bytes() == text
    assert b"{#installation}" in (tmp_path / "a.md").read_bytes()
    assert b"{#installation}" in (tmp_path / "_draft.md").read_bytes()
