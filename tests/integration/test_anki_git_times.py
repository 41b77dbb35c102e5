"""Without a database, a note's time is that of the newest commit that touched its lines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.results import AnkiExported
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import collection, import_into
from tests.integration.anki_world import rows_of

DECK = """\
---
title: A
---

- l :: r {#line}
- m :: s {#other}

## One? {#one}

Yes.

More.

## Two? {#two}

No.
"""
FIRST, SECOND = 1_600_000_000, 1_700_000_000


def git(folder: Path, *arguments: str, at: int = FIRST) -> None:
    times = {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
    who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, env={**os.environ, **times})


@pytest.fixture
def decks(tmp_path: Path) -> Path:
    folder = tmp_path / "repository" / "decks"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text(DECK)
    git(folder.parent, "init", "-q", "-b", "main")
    git(folder.parent, "add", "-A")
    git(folder.parent, "commit", "-qm", "first")
    return folder


def exported(decks: Path, target: Path) -> tuple[dict[str, int], AnkiExported]:
    done = FileExport(decks).anki(target, [], no_progress)
    rows = rows_of(target, "SELECT flds, mod FROM notes")
    return {fields.rpartition("#")[2]: modified for fields, modified in rows}, done


def test_the_commit_that_touched_its_lines(decks: Path, tmp_path: Path) -> None:
    text = DECK.replace("More.", "Much more.").replace("m :: s", "m :: t")
    (decks / "a.md").write_text(text)
    git(decks.parent, "commit", "-qam", "second", at=SECOND)
    found, done = exported(decks, tmp_path / "a.apkg")
    assert found == {"line": FIRST, "other": SECOND, "one": SECOND, "two": FIRST}
    assert done.warnings == ("No database: notes are dated by the commits that last touched their lines.",)


def test_what_is_not_committed_is_as_old_as_its_file(decks: Path, tmp_path: Path) -> None:
    (decks / "a.md").write_text(DECK.replace("No.", "Never."))
    (decks / "new.md").write_text("## New? {#new}\n\nYes.\n")
    for name in ("a.md", "new.md"):
        os.utime(decks / name, (SECOND + 5, SECOND + 5))
    found, done = exported(decks, tmp_path / "a.apkg")
    assert found == {"line": FIRST, "other": FIRST, "one": FIRST, "two": SECOND + 5, "new": SECOND + 5}
    assert "by the commits" in done.warnings[0]


def test_a_learners_later_edit_survives(decks: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.apkg", tmp_path / "second.apkg"
    exported(decks, first)
    (decks / "a.md").write_text(DECK.replace("Yes.", "Yes!"))
    git(decks.parent, "commit", "-qam", "second", at=SECOND)
    exported(decks, second)
    with collection(tmp_path) as opened:
        import_into(opened, first)
        (note,) = map(opened.get_note, opened.find_notes("Id:*#two"))
        note["Answer"] = "My own."
        opened.update_note(note)
        opened.db.execute("UPDATE notes SET mod = ? WHERE id = ?", FIRST + 1000, note.id)
        assert import_into(opened, second)["updated"] == 1
        assert opened.get_note(note.id)["Answer"] == "My own."


def test_a_shallow_clone_says_so_and_uses_the_files(decks: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{decks.parent}", str(clone))
    os.utime(clone / "decks" / "a.md", (SECOND, SECOND))
    found, done = exported(clone / "decks", tmp_path / "a.apkg")
    assert set(found.values()) == {SECOND}
    assert "shallow" in done.warnings[0]
    assert "may overwrite" in done.warnings[0]


def test_without_git_the_files_count(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "a.md").write_text(DECK)
    os.utime(folder / "a.md", (SECOND, SECOND))
    found, done = exported(folder, tmp_path / "a.apkg")
    assert set(found.values()) == {SECOND}
    assert done.warnings == (
        "No database: notes are dated by their files. A later export may overwrite what was edited in Anki.",
    )
