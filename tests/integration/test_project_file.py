"""What a decks folder's project file does to sync, the editor's preview, `cards` and the exports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from flashcards.cli.commands import cli
from flashcards.errors import DeckError
from tests.integration.sync_world import World

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
