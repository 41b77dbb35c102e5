"""Files that an import brings: all of them or none, also where its process is killed."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from flashcards.cli.serve import first_sync
from flashcards.errors import Conflict, Unavailable
from flashcards.services.anki.importing import import_decks
from flashcards.services.bring.new_files import install, take_back_cut_off
from tests.integration import install_worker
from tests.integration.anki_packages import add, collection, export
from tests.site import open_site

COUNT = 6
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([install_worker.__name__])


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    for number in range(COUNT):
        (folder / str(number)).write_text(f"## Question {number}\n\nAnswer.\n")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks/mine.md").write_text("## Mine\n\nYes.\n")
    return tmp_path / "decks"


def there(root: Path) -> set[str]:
    """Everything below the decks folder but the deck that was there."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*")} - {"mine.md"}


def decks(root: Path) -> list[str]:
    return [path for path in there(root) if path.endswith(".md") and not path.startswith(".")]


@contextmanager
def stopped_at(step: int, work: Callable[..., None], *arguments: object) -> Iterator[tuple[BaseProcess, str]]:
    """A process that has done `step` steps of its work and waits; "done" where it has no more."""
    here, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=work, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        yield process, _go_to(here, step)
    finally:
        process.kill()
        process.join()
        here.close()


def _go_to(pipe: Connection, step: int) -> str:
    for _ in range(step - 1):
        if _next(pipe) == "done":
            return "done"
    return str(pipe.recv())


def _next(pipe: Connection) -> str:
    """Lets the process go on from where it waits; says where it waited."""
    where = str(pipe.recv())
    if where != "done":
        pipe.send("go")
    return where


def test_a_kill_at_any_step_leaves_all_or_nothing(root: Path, sources: Path) -> None:
    reached = []
    halves = 0
    for step in range(1, 100):
        with stopped_at(step, install_worker.install, root, sources, COUNT) as (process, where):
            process.kill()
            process.join()
            assert process.exitcode in (-signal.SIGKILL, 0)
        reached.append(where)
        if where == "done":
            break
        halves += 0 < len(decks(root)) < COUNT
        said = take_back_cut_off(root)
        left = there(root)
        if left:  # the list was gone already: everything was in its place
            assert {install_worker.name(number) for number in range(COUNT)} <= left, (step, where)
            assert said == ()
            for number in range(COUNT):
                (root / install_worker.name(number)).unlink()
            for folder in ("deep/0", "deep/1", "deep/2", "deep"):
                (root / folder).rmdir()
        assert there(root) == set(), (step, where)
        assert all("taken back" in line for line in said)
        assert bool(said) == (where == "placed"), (step, where, said)
    assert reached[-1] == "done"
    assert (reached.count("copied"), reached.count("placed")) == (COUNT, COUNT)
    assert halves == COUNT - 1
    assert (root / "mine.md").read_text() == "## Mine\n\nYes.\n"


def test_the_next_import_says_what_was_left_and_brings_all(root: Path, tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        for deck in ("A", "B", "C"):
            add(opened, "Basic", deck, f"question {deck}", "answer")
        package = export(opened, tmp_path / "three.apkg", legacy=True)
    here, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=install_worker.import_package, args=(package, root, theirs))
    process.start()
    while _next(here) != "placed":
        continue
    assert here.recv() == "placed"
    process.kill()
    process.join()
    assert len(decks(root)) == 2
    report = import_decks(package, root)
    assert (report.notes, report.known) == (3, 0)
    assert (
        report.notices[0] == f"What an import had written below {root} before it was cut off was taken back (files: 2)."
    )
    assert there(root) == {"a.md", "b.md", "c.md", "_anki.json"}


def test_a_server_says_it_at_its_start(
    root: Path, sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stopped_at(2 * COUNT, install_worker.install, root, sources, COUNT):
        pass
    with open_site(tmp_path / "data", root) as site:
        first_sync(site.services)
    assert f"had written below {root} before it was cut off was taken back (files: {COUNT})." in capsys.readouterr().out
    assert there(root) == set()


def test_an_installation_that_goes_on_is_left_alone(root: Path, sources: Path) -> None:
    with stopped_at(COUNT + 2, install_worker.install, root, sources, COUNT) as (process, where):
        assert where == "placed"
        assert take_back_cut_off(root) == ()
        assert len(decks(root)) == 2
        assert process.is_alive()


def test_a_file_that_was_changed_since_stays(root: Path, sources: Path) -> None:
    with stopped_at(2 * COUNT, install_worker.install, root, sources, COUNT):
        pass
    edited, replaced = root / install_worker.name(0), root / install_worker.name(1)
    with edited.open("a") as stream:
        stream.write("More.\n")
    replaced.with_suffix(".new").write_text("## Another\n\nOne.\n")
    replaced.with_suffix(".new").replace(replaced)
    first, *others = take_back_cut_off(root)
    assert f"(files: {COUNT - 2})" in first
    assert [line.partition(" ")[0] for line in others] == [str(replaced), str(edited)]
    assert set(decks(root)) == {install_worker.name(0), install_worker.name(1)}
    assert edited.read_text().endswith("More.\n")


def test_to_another_disk_files_are_copied(root: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the decks folder may be mounted, or a link."""

    def link(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", link)
    install(root, {install_worker.name(number): sources / str(number) for number in range(COUNT)})
    assert set(decks(root)) == {install_worker.name(number) for number in range(COUNT)}


def test_copies_that_were_cut_off_are_taken_back(root: Path, sources: Path) -> None:
    """Where there are no hard links: one copy is half there, another has not got its time yet."""
    with stopped_at(2 * COUNT, install_worker.install, root, sources, COUNT):
        pass
    (aside,) = (path for path in root.glob(".flashcards-import-*") if path.is_dir())
    for name, length in ((install_worker.name(0), 5), (install_worker.name(1), None)):
        data = (root / name).read_bytes()
        (root / name).unlink()
        (root / name).write_bytes(data[:length])
        (aside / "begun" / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / "begun" / name).touch()
    (line,) = take_back_cut_off(root)
    assert f"(files: {COUNT})" in line
    assert there(root) == set()


def test_a_list_in_a_stranger_s_folder_leads_nowhere_else(root: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("known")
    (tmp_path / "empty").mkdir()
    aside = root / ".flashcards-import-0123456789ab"
    (aside / "files").mkdir(parents=True)
    aside.with_suffix(".lock").touch()
    (aside / "victim").write_text("known")
    listed = {"files": [["../victim", 5, victim.stat().st_mtime_ns]], "folders": ["../empty", str(tmp_path / "empty")]}
    (aside / "list.json").write_text(json.dumps(listed))
    assert take_back_cut_off(root) == ()
    assert victim.exists()
    assert (tmp_path / "empty").exists()
    assert there(root) == set()


def test_a_file_in_the_way_stops_everything(root: Path, sources: Path) -> None:
    theirs = root / install_worker.name(4)
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    with pytest.raises(Conflict, match=r"4\.md is there already: nothing was written"):
        install(root, {install_worker.name(number): sources / str(number) for number in range(COUNT)})
    assert there(root) == {"deep", "deep/1", "deep/1/4.md"}
    assert theirs.read_text() == "theirs"


def test_without_second_names_files_are_copied(root: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(source), None, str(target))

    monkeypatch.setattr(os, "link", refuse)
    install(root, {"a/x.md": sources / "0"})
    assert there(root) == {"a", "a/x.md"}
    with pytest.raises(Conflict):
        install(root, {"b/y.md": sources / "1", "a/x.md": sources / "0"})
    assert there(root) == {"a", "a/x.md"}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="file"):
        install(tmp_path / "file/below", {"x.md": sources / "0"})
    with pytest.raises(Unavailable, match=r"cannot be written: No such file"):
        install(tmp_path / "new", {"x.md": sources / "0", "y.md": tmp_path / "missing"})
    assert not (tmp_path / "new").exists()
