"""What a decks folder's project file does to sync, the editor's preview, `cards` and the exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flashcards.cli.commands import cli
from flashcards.errors import DeckError
from flashcards.services.authoring.git_decks import Repository
from flashcards.services.authoring.preview import PreviewService
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.facade import ExportService
from flashcards.services.progress import no_progress
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards
from tests.integration.anki_world import rows_of
from tests.integration.sync_world import SHARED, World
from tests.integration.test_impact import commit, git

NAME = ".flashcards.toml"
CARD = "## A {#a}\n\nb\n"
SETEXT = "Heading\n=======\n\n## A {#a}\n\nb\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def problems(world: World, path: str) -> list[str]:
    [(found,)] = world.db.all("SELECT problems FROM deck WHERE path = ? AND removed_at IS NULL", (path,))
    return [code for *_, code, _ in json.loads(found)]


def test_sync_follows_it_and_reads_anew_when_it_changes(world: World) -> None:
    world.write("a.md", SETEXT)
    world.write("old/b.md", CARD)
    assert (world.sync().cards, problems(world, "a.md")) == (2, ["setext-heading"])
    world.write(NAME, "silence = ['setext-heading']\nignore = ['old/']\n")
    assert world.service.changed()
    report = world.sync()
    assert (report.removed, report.cards, problems(world, "a.md")) == (1, 1, [])
    assert not world.service.changed()
    world.delete(NAME)
    report = world.sync()
    assert (report.restored, report.cards, problems(world, "a.md")) == (1, 2, ["setext-heading"])


def test_with_a_broken_one_nothing_is_read_and_nothing_is_lost(world: World) -> None:
    world.write("a.md", CARD)
    world.write("old/b.md", CARD)
    world.write(NAME, "ignore = ['old/']\n")
    assert world.sync().cards == 1
    world.write(NAME, "ignore = ['old/'\n")
    world.write("a.md", CARD + "\n## C {#c}\n\nd\n")
    for read in (world.sync, world.service.changed):
        with pytest.raises(DeckError, match=r"line 1: this is not TOML") as refused:
            read()
        assert (refused.value.code, refused.value.path) == ("project-file", NAME)
    assert (world.pages.collection_state().trouble, world.pages.collection_state().cards) == ("project-file", 1)
    world.write(NAME, "ignore = ['old/']\n")
    assert world.sync().cards == 2
    assert world.pages.collection_state().trouble == ""


def test_commands_without_a_database_follow_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "decks"
    (root / "old").mkdir(parents=True)
    (root / "a.md").write_text("---\naliases: x\n---\n" + SETEXT)
    (root / "old/b.md").write_text(CARD)
    (root / NAME).write_text("silence = ['setext-heading']\nignore = ['old']\nfront-matter = ['aliases']\n")
    monkeypatch.setenv("FLASHCARDS_DECKS", str(root))
    listed = CliRunner().invoke(cli, ["cards", "--json"])
    assert ([card["key"] for card in json.loads(listed.stdout)], listed.stderr) == (["a#a/forward"], "")
    done = CliRunner().invoke(cli, ["check", str(root), "--format", "json"])
    assert json.loads(done.stdout) == []
    (root / NAME).write_text("silense = []")
    done = CliRunner().invoke(cli, ["check", str(root)])
    assert f"{NAME}:1:1: error project-file the key 'silense' is unknown" in done.stdout


def test_macros_reach_pages_previews_and_anki(world: World, tmp_path: Path) -> None:
    world.write(NAME, "[macros]\nRR = '\\mathbb{R}'\n")
    world.write("a.md", "## A {#a}\n\n$x \\in \\RR$\n\n## B {#b}\n\n$y$\n")
    assert world.sync().errors == ()

    def shown() -> dict[str, str]:
        rows = world.db.all(
            "SELECT n.key, r.answer_html FROM note n JOIN rendering r ON r.key = n.render_key AND r.which = 'forward'"
        )
        return dict(rows)

    before = shown()
    assert "ℝ" in before["a"]
    world.write(NAME, "[macros]\nRR = '\\mathbf{Q}'\n")
    report = world.sync()
    assert (report.edited, report.errors) == (0, ())
    after = shown()
    assert (after["a"] == before["a"], after["b"] == before["b"]) == (False, True)
    preview = PreviewService(DeckStore(world.db), NoteCards(world.db), world.root, SHARED)
    seen = preview.preview("a.md", "## A {#a}\n\n$\\RR$ and $\\QQQ$\n")
    assert [problem.message.partition(":")[0] for problem in seen.problems] == ["the formula is refused"]
    FileExport(world.root).anki(tmp_path / "x.apkg", [], no_progress)
    [(fields,)] = rows_of(tmp_path / "x.apkg", "SELECT flds FROM notes WHERE flds LIKE '%in%'")
    assert r"\(x \in \mathbf{Q}\)" in fields
    export = ExportService(world.db, world.root, lambda _learner: 20_000, lambda: SHARED)
    export.anki(tmp_path / "y.apkg")
    [(again,)] = rows_of(tmp_path / "y.apkg", "SELECT flds FROM notes WHERE flds LIKE '%in%'")
    assert again == fields


def test_impact_says_nothing_of_what_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/b.md").write_text(CARD)
    (tmp_path / "a.md").write_text(CARD)
    (tmp_path / NAME).write_text("ignore = ['old']\n")
    git(tmp_path, "init", "-q")
    first = commit(tmp_path)
    repository = Repository.around(tmp_path)
    assert list(repository.at(first)) == list(repository.now()) == ["a.md"]
