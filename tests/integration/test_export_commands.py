"""`flashcards export` and `flashcards import json`, as people run them."""

from __future__ import annotations

import io
import json
import os
import re
import threading
from pathlib import Path

import pytest

from flashcards.cli.main import main
from flashcards.deckfiles.parse.collection import load
from tests.databases import on_postgresql, settings_for
from tests.integration.anki_packages import add, collection, export
from tests.integration.anki_world import Anki, rows_of

DECK = "## What is 1? {#one}\n\nOne.\n\n## Gaps {#gaps}\n\n{{c1::a}} {{c2::b}}\n"


class Shell:
    """Runs commands in this process, with folders of their own."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.decks = folder / "decks"
        self.decks.mkdir()
        (self.decks / "numbers.md").write_text(DECK, "utf-8")
        self.data = folder / "data"
        self._patch = patch
        self._captured = captured

    def run(self, *arguments: str, code: int = 0, **environment: str) -> tuple[str, str]:
        """What a command says on stdout and stderr; it must end with this code."""
        folders = settings_for(self.data, self.decks)
        with self._patch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr("sys.stdin", io.StringIO("a good password\n"))
            for name, value in {**folders, **environment}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main([*arguments])
        out, err = self._captured.readouterr()
        assert ended.value.code == code, err
        return out, err


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def test_anki_without_a_database(shell: Shell) -> None:
    out, err = shell.run("export", "anki", "-o", "x.apkg")
    assert out == "x.apkg: 2 notes (3 cards) in 1 deck, 0 media files\n"
    assert "may overwrite what was edited in Anki" in err
    assert not shell.data.exists(), "it needs no data folder, and makes none"


def test_anki_with_a_database(shell: Shell) -> None:
    shell.run("sync")
    (shell.decks / "new.md").write_text("## New? {#new}\n\nYes.\n", "utf-8")
    out, err = shell.run("export", "anki", "-o", "x.apkg", "--json")
    report = json.loads(out)
    assert (report["path"], report["notes"], report["removed"]) == ("x.apkg", 3, []), "it syncs first"
    assert err == ""
    (shell.decks / "new.md").unlink()
    out, err = shell.run("export", "anki", "-o", "x.apkg")
    assert "1 note gone since the last export" in err
    assert "new.md: New?" in err
    assert [tags for (tags,) in rows_of(shell.folder / "x.apkg", "SELECT tags FROM notes WHERE tags <> ''")] == [
        " flashcards::removed "
    ]


@pytest.mark.parametrize("with_database", [False, True])
def test_cards_that_stay_here_are_named(shell: Shell, with_database: bool) -> None:
    with collection(shell.folder, "theirs") as opened:
        add(opened, "Basic", "Words", "q", "a")
        package = export(opened, shell.folder / "theirs.apkg", legacy=False)
    shell.run("import", "anki", str(package), "--into", str(shell.decks / "anki"))
    deck = shell.decks / "anki" / "words.md"
    deck.write_text(deck.read_text().replace("}\n", " .reversed}\n", 1))
    if with_database:
        shell.run("sync")
    out, err = shell.run("export", "anki", "-o", "x.apkg")
    assert "3 notes (4 cards)" in out
    (line,) = (line for line in err.splitlines() if "its reversed card can only be here" in line)
    assert line.startswith("anki/words#anki.")


def test_history_needs_a_user(shell: Shell) -> None:
    _, err = shell.run("export", "anki", "--history", "-o", "x.apkg", code=2)
    assert "--history goes with --user" in err
    shell.run("user", "add", "ada", "--password-stdin")
    shell.run("export", "anki", "--user", "ada", "--history", "-o", "x.apkg")
    _, err = shell.run("export", "anki", "--user", "bob", "-o", "y.apkg", code=1)
    assert "bob" in err
    assert not (shell.folder / "y.apkg").exists()


def test_what_cannot_be_done_is_said(shell: Shell) -> None:
    _, err = shell.run("export", "anki", "--deck", "nowhere", "-o", "x.apkg", code=1)
    assert "There is no deck or folder 'nowhere'" in err
    _, err = shell.run("export", "anki", "-o", "no/such/folder/x.apkg", code=1)
    assert "no/such/folder/x.apkg cannot be written: No such file or directory" in err
    _, err = shell.run("export", "csv", "-o", "x.csv", code=1, FLASHCARDS_DECKS=str(shell.folder / "missing"))
    assert "the decks folder is not there" in err
    made = ["data", "decks"] if on_postgresql() else ["decks"]  # on a server there is a database to be opened
    assert sorted(path.name for path in shell.folder.iterdir()) == made


def test_csv_is_what_anki_reads(shell: Shell) -> None:
    """Into the note types that came with a package, without doubling its notes."""
    from anki.import_export_pb2 import ImportCsvRequest

    shell.run("export", "anki", "-o", "x.apkg")
    out, _ = shell.run("export", "csv", "-o", "x.csv")
    assert out == "x.csv: 2 notes\n"
    collection = Anki(shell.folder)
    collection.take(shell.folder / "x.apkg")
    metadata = collection.col.get_csv_metadata(str(shell.folder / "x.csv"), None)
    log = collection.col.import_csv(ImportCsvRequest(path=str(shell.folder / "x.csv"), metadata=metadata)).log
    assert (len(log.new), log.found_notes, collection.col.note_count()) == (0, 2, 2)
    collection.close()
    shell.run("sync")
    shell.run("export", "csv", "-o", "db.csv")
    assert (shell.folder / "db.csv").read_bytes() == (shell.folder / "x.csv").read_bytes()


def test_a_guid_that_begins_as_a_comment_does_reaches_anki(shell: Shell) -> None:
    """One in ninety of those that Anki makes."""
    from anki.import_export_pb2 import ImportCsvRequest

    shell.run("export", "anki", "-o", "x.apkg")
    collection = Anki(shell.folder)
    collection.take(shell.folder / "x.apkg")
    (shell.decks / "numbers.md").write_text("## What begins so? {#anki..23fIZM}\n\nA comment of a file.\n", "utf-8")
    shell.run("export", "csv", "-o", "x.csv")
    metadata = collection.col.get_csv_metadata(str(shell.folder / "x.csv"), None)
    log = collection.col.import_csv(ImportCsvRequest(path=str(shell.folder / "x.csv"), metadata=metadata)).log
    collection.close()
    assert len(log.new) == 1
    shell.run("import", "csv", "x.csv", "--into", "back", "--json")
    [deck] = (shell.folder / "back").rglob("*.md")
    assert "A comment of a file." in deck.read_text("utf-8")


def test_json_to_another_server(shell: Shell) -> None:
    shell.run("user", "add", "ada", "--password-stdin", "--timezone", "Europe/Berlin")
    shell.run("export", "json", "-o", "all.json")
    other = settings_for(shell.folder / "data2", shell.folder / "decks2")
    out, err = shell.run("import", "json", "all.json", **other)
    assert "2 notes" in out
    assert "Accounts have no password yet" in err
    shell.run("doctor", **other)
    shell.run("export", "json", "-o", "again.json", **other)
    assert (shell.folder / "again.json").read_bytes() == (shell.folder / "all.json").read_bytes()
    shell.run("user", "add", "bob", "--password-stdin", **other)
    _, err = shell.run("import", "json", "all.json", code=1)
    assert "not empty" in err


def test_reports_as_json(shell: Shell) -> None:
    out, _ = shell.run("export", "csv", "-o", "x.csv", "--json")
    assert json.loads(out) == {"path": "x.csv", "notes": 2, "skipped": []}
    shell.run("sync")
    out, _ = shell.run("export", "json", "-o", "x.json", "--json")
    written = json.loads(out)
    assert (written["path"], written["counts"]["notes"]) == ("x.json", 2)
    new = settings_for(shell.folder / "new", shell.folder / "new-decks")
    out, err = shell.run("import", "json", "x.json", "--json", **new)
    read = json.loads(out)
    assert (read["counts"]["notes"], read["written"], read["findings"], err) == (2, ["numbers.md"], [], "")


# --- names of files that are the service's own

OWN = [
    "data/flashcards.sqlite3", "data/flashcards.sqlite3-wal", "data/flashcards.sqlite3-shm", "data/secret.key",
    "data/flashcards.sqlite3.lock", "data/jobs.lock", "data/backups/b.zip", "data/replaced-1/flashcards.sqlite3",
    "data/bundled-decks.json", "data/deck-history.git/HEAD", "data/.flashcards.sqlite3.restoring/x",
    "data/../data/secret.key", "link.json", "second.json", "decks/numbers.md", "decks/_folder.yml",
    "decks/_anki.json",
]  # fmt: skip


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != "-shm"}


@pytest.mark.skipif(on_postgresql(), reason="the database is no file there")
@pytest.mark.parametrize("kind", ["export anki", "export csv", "export json", "backup"])
def test_a_file_of_the_service_is_never_written_over(shell: Shell, kind: str) -> None:
    shell.run("sync")
    shell.run("backup", "-o", "data/backups/b.zip")
    for name in ("replaced-1", "deck-history.git"):
        (shell.data / name).mkdir()
    (shell.data / "deck-history.git" / "HEAD").touch()
    (shell.data / "replaced-1" / "flashcards.sqlite3").write_text("old")
    (shell.decks / "_folder.yml").write_text("title: T\n")
    (shell.decks / "_anki.json").write_text("{}")
    (shell.folder / "link.json").symlink_to(shell.data / "flashcards.sqlite3")
    (shell.folder / "second.json").hardlink_to(shell.data / "secret.key")
    before = everything(shell.folder)
    for name in OWN:
        _, err = shell.run(*kind.split(), "-o", name, code=2)
        assert err.startswith(f"flashcards: {name} is ")
        assert err.endswith(": name another file to write.\n")
    assert everything(shell.folder) == before


def test_other_names_in_the_folders_of_the_service_are_free(shell: Shell) -> None:
    shell.run("sync")
    shell.run("backup")
    for name in ("data/everything.json", "data/everything.json", "data/backups/new.json", "decks/out.json", "x.md"):
        shell.run("export", "json", "-o", name)
        assert json.loads((shell.folder / name).read_text("utf-8"))
    shell.run("backup", "-o", "data/flashcards.sqlite3.zip")
    shell.run("backup", "-o", "data/backups/mine.zip")
    (shell.folder / "round.json").symlink_to("round.json")
    shell.run("export", "csv", "-o", "round.json")


@pytest.mark.parametrize("lies", ["the decks in the data folder", "the data in the decks folder"])
def test_also_where_one_folder_lies_in_the_other(shell: Shell, lies: str) -> None:
    if lies == "the decks in the data folder":
        shell.data = shell.folder
        own, free = "decks/numbers.md", "decks/x.csv"
    else:
        shell.data = shell.decks / "data"
        own, free = "decks/data/secret.key", "decks/data/x.csv"
    shell.run("sync")
    shell.run("export", "csv", "-o", own, code=2)
    shell.run("export", "csv", "-o", free)


@pytest.mark.parametrize("kind", ["json", "csv", "anki"])
def test_a_pipe_takes_what_is_exported_and_stays_a_pipe(shell: Shell, kind: str) -> None:
    """A file in its place would be the end of a device: ``-o /dev/null``, by root."""
    shell.run("sync")
    pipe = shell.folder / "pipe"
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    shell.run("export", kind, "-o", str(pipe))
    reader.join(30)
    assert pipe.is_fifo()
    assert came
    assert b"One." in came[0] or came[0].startswith(b"PK")


WRITTEN = """\
---
title: Größen
tags: [t1]
---

- a :: b {#x .tag}
- c ::: d {#y}

# Teil 1

## Type it {#typed .typed}

42

## What is `x`? {#core .core}

One, $x_1$. ![p](img/flag.png)

### In full

One is **one**.

### Clarify
- Which one? The first. {.x}

### Rubric
- names x {#y .senior}
- is short

### Follow-ups
- And two? {#x}

### Sources
- <https://example.com>

## Gap {#gap}

The {{c1::one}} and {{c2::two::hint}}.
"""


def test_what_was_exported_as_csv_comes_back_as_it_was(shell: Shell) -> None:
    (shell.decks / "own.md").write_text(WRITTEN, "utf-8")
    (shell.decks / "img").mkdir()
    picture = Path(__file__).parent.parent / "data" / "import" / "csv" / "flag.png"
    (shell.decks / "img" / "flag.png").write_bytes(picture.read_bytes())
    shell.run("user", "add", "ada", "--password-stdin")
    shell.run("sync")
    shell.run("export", "csv", "--deck", "own", "-o", "own.csv")
    (named,) = re.findall(r"[\w-]+\.png", (shell.folder / "own.csv").read_text("utf-8"))
    (shell.folder / named).write_bytes(picture.read_bytes())
    out, err = shell.run("import", "csv", "own.csv", "--into", "back")
    (deck,) = [file.parsed.deck for file in load([shell.folder / "back"], None).files]
    (given,) = [file.parsed.deck for file in load([shell.decks / "own.md"], None).files]
    assert "5 notes (7 cards) in 1 deck, 1 media file" in out, err
    assert [note.id for note in deck.notes] == [note.id for note in given.notes]
    for now, then in zip(deck.notes, given.notes, strict=True):
        assert now.whiches == then.whiches
        assert now.section == then.section
        assert set(now.tags) == {*then.tags, "t1"}
        assert now.content == then.content or now.id == "core"
        assert (now.rubric, now.rubric_refs) == (then.rubric, then.rubric_refs)
        assert (now.follow_ups, now.follow_up_refs) == (then.follow_ups, then.follow_up_refs)
        assert (now.in_full, now.clarify) == (then.in_full, then.clarify)
    assert len(deck.notes[3].sources) == 1


def test_a_row_of_ours_that_holds_nothing_is_named(shell: Shell) -> None:
    text = "#separator:Comma\n#html:true\n#notetype column:1\nFlashcards Basic,,b\nFlashcards Basic,q,a\n"
    (shell.folder / "in.csv").write_text(text, "utf-8")
    out, err = shell.run("import", "csv", "in.csv", "--into", "back")
    assert "1 note" in out
    assert "in.csv:4: left out: its question is empty" in err
