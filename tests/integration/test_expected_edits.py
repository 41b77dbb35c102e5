"""An edit that is saved as substantive stays so, whatever comes between the file and the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.authoring.deck_editing import Saved
from flashcards.services.authoring.substantive_edits import EditService
from flashcards.services.sync.run import SyncReport, SyncService
from flashcards.wiring import open_services
from tests.integration.edit_world import EditWorld

RIDGE = "ridge/forward"


class Killed(BaseException):
    """Nobody handles it, as nobody handles a kill."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[EditWorld]:
    world = EditWorld(tmp_path)
    world.put_off(RIDGE)
    yield world
    assert world.services.doctor.examine().ok
    world.close()


def save(world: EditWorld, old: str, new: str) -> Saved:
    source = world.services.authoring.source("ml")
    assert old in source.text
    return world.services.authoring.save("ml", source.text.replace(old, new), source.version, ["ridge"])


def killed(*_: object) -> SyncReport:
    raise Killed


def start_again(world: EditWorld) -> None:
    world.services.close()
    world.services = open_services(world.config, world.clock)
    world.services.sync.sync()


def test_killed_between_the_file_and_the_sync(world: EditWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(SyncService, "sync", killed)
        with pytest.raises(Killed):
            save(world, "sum of", "mean of")
    assert "mean of" in world.file.read_text()
    assert world.due_in(RIDGE) == 30
    start_again(world)
    assert world.due_in(RIDGE) == 1
    assert save(world, "mean of", "mean of").returned == 0  # it came back by that edit already


def test_the_text_and_its_mark_are_stored_together(world: EditWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(EditService, "_mark", killed)
        with pytest.raises(Killed):
            save(world, "sum of", "mean of")
    assert world.words(RIDGE) is None
    start_again(world)
    assert "[+mean +]" in (world.words(RIDGE) or "")
    assert world.due_in(RIDGE) == 1


def test_another_process_reads_the_file_first(world: EditWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = SyncService.sync

    def twice(service: SyncService) -> SyncReport:
        sync(service)
        return sync(service)

    monkeypatch.setattr(SyncService, "sync", twice)
    saved = save(world, "sum of", "mean of")
    assert (saved.returned, saved.trouble) == (1, "")


def test_a_file_that_was_not_written_marks_nothing(world: EditWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable, match="No space left"):
            save(world, "sum of", "mean of")
    world.edit("sum of", "mean of")
    assert world.due_in(RIDGE) == 30


def test_a_text_that_cannot_be_read_yet_is_marked_when_it_is(world: EditWorld) -> None:
    other = world.file.with_name("other.md")
    other.write_text("---\nid: ml\n---\n\n## Which deck is this? {#which}\n\nNobody can tell.\n")
    saved = save(world, "sum of", "mean of")
    assert saved.returned == 0
    assert saved.trouble == "Not all of the new text could be read; its cards come back when it is."
    assert world.due_in(RIDGE) == 30
    other.unlink()
    world.services.sync.sync()
    assert world.due_in(RIDGE) == 1


def test_another_text_is_not_marked_in_its_place(world: EditWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(SyncService, "sync", killed)
        with pytest.raises(Killed):
            save(world, "sum of", "mean of")
    world.edit("mean of", "total of")
    assert world.due_in(RIDGE) == 30
