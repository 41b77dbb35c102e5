"""`flashcards check` as authors and hooks call it: which decks folder a path is part of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.test_commands import run
from tests.integration.test_deck_pages import png


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Decks in two folders of which one names a note and a picture of the other."""
    for folder, name in (("decks", "check"), ("cards", "--decks")):
        for part in ("a", "b"):
            (tmp_path / folder / part).mkdir(parents=True)
        (tmp_path / folder / "b" / "p.png").write_bytes(png(3, 3))
        (tmp_path / folder / "a" / "x.md").write_text(f"## {name}? {{#q requires=b/y#z}}\n\n![x](/b/p.png)\n")
        (tmp_path / folder / "b" / "y.md").write_text("## Z? {#z}\n\nB\n")
    return tmp_path


def check(folder: Path, *arguments: str) -> tuple[int, list[str], str]:
    done = run(folder, "check", *arguments, FLASHCARDS_DECKS="")
    return done.returncode, [line.split(" ")[2] for line in done.stdout.splitlines()], done.stderr


def test_a_hook_that_names_single_files_judges_them_with_the_rest_of_their_folder(repository: Path) -> None:
    assert check(repository, "decks/a/x.md") == (0, [], "Nothing to mend.\n")
    assert check(repository, "decks") == (0, [], "Nothing to mend.\n")
    assert check(repository, "--decks", "cards", "cards/a/x.md") == (0, [], "Nothing to mend.\n")
    assert check(repository / "cards", "--decks", ".", "a/x.md") == (0, [], "Nothing to mend.\n")
    alone = check(repository, "cards/a/x.md")
    assert alone == (1, ["requires-unknown", "media-missing"], "2 errors, 0 warnings.\n")


def test_a_decks_folder_that_is_named_must_be_there(repository: Path) -> None:
    said = "flashcards: --decks nothing: there is no such folder; check the path.\n"
    assert check(repository, "--decks", "nothing", "decks/a/x.md") == (2, [], said)
    assert check(repository, "--decks", "nothing") == (2, [], said)


def test_without_paths_the_folder_here_is_meant_and_named(repository: Path) -> None:
    (repository / "data" / "decks").mkdir(parents=True)
    (repository / "data" / "decks" / "bad.md").write_text("## Q?\n")
    assert check(repository) == (0, [], "Nothing to mend in decks.\n")
    shutil.rmtree(repository / "decks")
    data = repository / "data" / "decks"
    assert check(repository) == (1, ["no-answer"], f"1 error, 0 warnings in {data}.\n")


def test_a_decks_folder_that_is_nowhere_is_told_with_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path, "check", FLASHCARDS_DECKS="")
    assert done.returncode == 1
    assert done.stderr == (
        f"flashcards: {tmp_path / 'data' / 'decks'}: the decks folder is not there;"
        " name the files or folders that you mean, or set FLASHCARDS_DECKS\n"
    )
