"""Sync where files are broken, hostile, missing or on the move: the rest of the collection is never touched."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from flashcards.deckfiles.render import worker
from flashcards.deckfiles.render.frames import rendered_from_json, request_to_json
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest
from flashcards.errors import DeckError
from flashcards.services.sync import looking
from flashcards.services.sync import read as sync_read
from flashcards.services.sync.run import SyncReport
from flashcards.storage.deck_rows import Stamp
from tests.databases import settings_for
from tests.integration.sync_world import SHARED, Learner, World, counts

LEARNER = Learner()

GOOD = """\
## What is one? {#one}

The first number.

## What is two? {#two .reversed}

The second number.
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two synced decks of three cards each, every card answered once."""
    made = World(tmp_path)
    made.write("numbers.md", GOOD)
    made.write("other.md", GOOD)
    assert made.counts() == {"new": 6}
    yield made
    made.close()


def codes(report: SyncReport) -> list[tuple[str, str]]:
    return sorted({(problem.path, problem.code) for problem in report.errors})


def assert_kept(world: World, cards: dict[str, int]) -> None:
    for key, card in cards.items():
        world.assert_history(card, key)


# Files whose structure is lost ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("---\ntitle: no end\n" + GOOD, id="front matter not closed"),
        pytest.param("---\ntitle: [a\n---\n" + GOOD, id="not YAML"),
        pytest.param("```\n" + GOOD, id="fence not closed"),
        pytest.param("<!--\n" + GOOD, id="comment not closed"),
        pytest.param(b"## Caf\xe9?\n\nLatin-1.\n", id="not UTF-8"),
        pytest.param(b"\xff\xfe#\x00#\x00", id="UTF-16"),
        pytest.param(GOOD.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(bytes(200), id="zeros"),
        pytest.param(GOOD[:40].encode() + bytes(200), id="mostly zeros"),
        pytest.param(b"x" * (9 * 1024 * 1024), id="too large"),
    ],
)
def test_a_lost_file_keeps_its_last_good_version(world: World, text: str | bytes) -> None:
    cards = world.study_all()
    world.write("numbers.md", text)
    world.edit("other.md", lambda text: text.replace("first number", "unit"))
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"edited": 1, "unchanged": 5}
    assert {path for path, _ in codes(report)} == {"numbers.md"}
    assert_kept(world, cards)

    again = world.sync()
    assert counts(again) == {"unchanged": 6}
    assert again.errors == report.errors, "the trouble is told as long as it lasts"
    assert again.changed_paths == ()
    page = world.pages.page(LEARNER, "numbers", author=True)
    assert {problem.code for problem in page.problems} >= {code for _, code in codes(report)}

    world.write("numbers.md", GOOD)
    assert world.counts() == {"unchanged": 6}
    assert_kept(world, cards)


def test_a_new_file_that_is_lost_has_a_page_with_its_problems(world: World) -> None:
    world.write("sub/new-deck.md", "---\ntitle: x\n" + GOOD)
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"unchanged": 6}
    page = world.pages.page(LEARNER, "sub/new-deck", author=False)
    assert page.problems == report.errors
    assert page.blocks == ()
    world.write("sub/new-deck.md", "---\ntitle: x\n---\n" + GOOD)
    assert world.counts() == {"new": 3, "unchanged": 6}
    assert world.pages.page(LEARNER, "sub/new-deck", author=False).problems == ()


def test_a_lost_file_that_is_deleted_goes(world: World) -> None:
    world.write("numbers.md", "---\n" + GOOD)
    assert counts(world.sync()) == {"unchanged": 6}
    world.delete("numbers.md")
    assert world.counts() == {"removed": 3, "unchanged": 3}


# Notes that are broken ------------------------------------------------------------------------------------


def test_a_broken_note_keeps_its_last_good_version(world: World) -> None:
    cards = world.study_all()
    world.write(
        "numbers.md",
        "## Zero? {#zero}\n\nNothing.\n\n## What is one? {#one}\n\n## What is two? {#two .reversed}\n\nII\n",
    )
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"new": 1, "edited": 2, "unchanged": 4}
    assert [(problem.path, problem.line) for problem in report.errors] == [("numbers.md", 5)]
    assert_kept(world, cards)
    stored = "SELECT key, position, line, source LIKE '%first number%' FROM note n WHERE deck_id ="
    stored += " (SELECT id FROM deck WHERE key = 'numbers') ORDER BY position"
    assert world.db.all(stored) == [("zero", 0, 1, 0), ("one", 1, 5, 1), ("two", 2, 7, 0)]

    world.write("numbers.md", GOOD)
    assert world.counts() == {"removed": 1, "edited": 2, "unchanged": 4}
    assert_kept(world, cards)


def test_a_broken_note_without_an_id_is_not_taken_for_another(world: World) -> None:
    two = "## What is a number?\n\n{}\n\n## What else is a number?\n\nAnything one counts with.\n"
    world.write("numbers.md", two.format("Something to count with."))
    world.sync()
    cards = {key: world.study(key) for key in world.card_keys() if key.startswith("numbers#")}
    world.write("numbers.md", two.format("Something to count with. {{c1::}}"))
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"unchanged": 5}
    assert_kept(world, cards)


def test_two_notes_with_one_id_keep_what_was_known(world: World) -> None:
    cards = world.study_all()
    world.edit("numbers.md", lambda text: text + "\n## Another one? {#one}\n\nYes.\n")
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"unchanged": 6}
    assert [(p.path, p.code) for p in report.errors] == [("numbers.md", "duplicate-id")] * 2
    assert_kept(world, cards)


# Deck ids -------------------------------------------------------------------------------------------------


def test_two_files_with_one_deck_id_are_an_error_in_both(world: World) -> None:
    world.write("numbers.md", "---\nid: n\n---\n" + GOOD)
    assert world.counts() == {"moved": 3, "unchanged": 3}
    cards = world.study_all()

    world.write("copy.md", "---\nid: n\n---\n" + GOOD.replace("first", "1st"))
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"unchanged": 6}
    assert codes(report) == [("copy.md", "duplicate-deck-id"), ("numbers.md", "duplicate-deck-id")]
    assert_kept(world, cards)
    assert codes(world.sync()) == codes(report)

    world.edit("copy.md", lambda text: text.replace("id: n", "id: copy"))
    assert world.counts() == {"new": 3, "unchanged": 6}
    assert_kept(world, cards)


def test_the_second_file_with_a_deck_id_takes_over_when_the_first_goes(world: World) -> None:
    world.write("numbers.md", "---\nid: n\n---\n" + GOOD)
    world.counts()
    cards = world.study_all()
    world.write("copy.md", world.read("numbers.md"))
    world.sync()
    world.delete("numbers.md")
    assert world.counts() == {"unchanged": 6}
    assert_kept(world, cards)
    assert world.db.all("SELECT path FROM deck WHERE key = 'n' AND removed_at IS NULL") == [("copy.md",)]


def test_two_new_files_with_one_deck_id(world: World) -> None:
    world.write("x.md", "---\nid: same\n---\n" + GOOD)
    world.write("y.md", "---\nid: same\n---\n" + GOOD)
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"unchanged": 6}
    assert codes(report) == [("x.md", "duplicate-deck-id"), ("y.md", "duplicate-deck-id")]
    world.delete("y.md")
    assert world.counts() == {"new": 3, "unchanged": 6}


# The decks folder -----------------------------------------------------------------------------------------


def test_a_missing_folder_removes_nothing(world: World) -> None:
    cards = world.study_all()
    world.root.rename(world.root.with_name("elsewhere"))
    with pytest.raises(DeckError) as raised:
        world.sync()
    assert raised.value.code == "decks-missing"
    with pytest.raises(DeckError):  # no reason to sync again and again, and yet the watch must say it
        world.service.changed()
    world.root.with_name("elsewhere").rename(world.root)
    assert world.counts() == {"unchanged": 6}
    assert_kept(world, cards)


def test_an_empty_folder_removes_nothing(world: World) -> None:
    cards = world.study_all()
    texts = {name: world.read(name) for name in ("numbers.md", "other.md")}
    for name in texts:
        world.delete(name)
    with pytest.raises(DeckError) as raised:
        world.sync()
    assert raised.value.code == "decks-empty"
    assert_kept(world, cards)
    for name, text in texts.items():
        world.write(name, text)
    assert world.counts() == {"unchanged": 6}


def test_loops_pipes_sockets_and_odd_names(world: World) -> None:
    cards = world.study_all()
    (world.root / "loop").symlink_to(world.root)
    (world.root / "self.md").symlink_to("self.md")
    (world.root / "gone.md").symlink_to("nowhere.md")
    os.mkfifo(world.root / "pipe.md")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(world.root / "socket.md"))
        (world.root / "folder.md").mkdir()
        Path(os.fsdecode(os.fsencode(world.root) + b"/latin\xe9.md")).write_text(GOOD)
        world.write("it's a “name” ☃.md", GOOD)
        report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"new": 3, "unchanged": 6}
    assert ("latin\\xe9.md", "bad-file-name") in codes(report)
    assert_kept(world, cards)
    assert world.sync().errors == report.errors


def test_a_file_that_cannot_be_read_keeps_its_cards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root can read everything, so the refusal itself is made up; the rest is real."""
    cards = world.study_all()
    real = sync_read.read_deck

    def refuse(file: sync_read.DeckFile) -> bytes:
        if file.path == "numbers.md":
            raise DeckError("the file cannot be read", path=file.path, code="file-unreadable")
        return real(file)

    world.touch("numbers.md")
    with monkeypatch.context() as patched:
        patched.setattr(sync_read, "read_deck", refuse)
        report = world.sync()
        assert counts(report) == {"unchanged": 6}
        assert codes(report) == [("numbers.md", "file-unreadable")]
    assert_kept(world, cards)
    assert world.counts() == {"unchanged": 6}, "tried again, although neither size nor time has changed"
    assert world.pages.page(LEARNER, "numbers", author=True).problems == ()


def test_a_file_that_vanishes_while_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = world.study_all()
    world.touch("numbers.md")
    world.write("extra.md", "## New?\n\nYes.\n")
    real = sync_read.read_deck

    def vanish(file: sync_read.DeckFile) -> bytes:
        file.absolute.unlink()
        return real(file)

    with monkeypatch.context() as patched:
        patched.setattr(sync_read, "read_deck", vanish)
        assert world.counts() == {"unchanged": 6}
    assert_kept(world, cards)
    assert world.counts() == {"removed": 3, "unchanged": 3}


# Files on the move ----------------------------------------------------------------------------------------


def test_a_file_that_was_just_written_is_read_after_300_ms(world: World) -> None:
    world.write("numbers.md", GOOD.replace("first", "1st"))
    world.just_now("numbers.md")
    began = time.monotonic()
    assert world.counts() == {"edited": 1, "unchanged": 5}
    assert time.monotonic() - began >= 0.29


def test_a_file_that_keeps_changing_is_left_for_the_next_sync(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = world.study_all()
    world.write("numbers.md", GOOD + "\n## Number three?\n\nHalf of th")
    world.just_now("numbers.md")
    world.edit("other.md", lambda text: text.replace("first", "1st"))
    waited: list[float] = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        world.write("numbers.md", GOOD + "\n## Number three?\n\nHalf of the sixth.\n")

    with monkeypatch.context() as patched:
        patched.setattr(looking.time, "sleep", meanwhile)
        assert world.counts() == {"edited": 1, "unchanged": 5}
    assert waited
    assert_kept(world, cards)
    assert world.counts() == {"new": 1, "unchanged": 6}


def test_changed_says_when_a_sync_is_worth_it(world: World) -> None:
    assert not world.service.changed()
    world.write("numbers.md", GOOD.replace("first", "1st"))
    world.just_now("numbers.md")
    assert not world.service.changed(), "not still yet"
    assert world.service.changed(wait=True)
    world.touch("numbers.md")
    assert world.service.changed()
    world.counts()
    assert not world.service.changed()
    world.delete("other.md")
    assert world.service.changed()
    world.counts()
    assert not world.service.changed()
    world.write("sub/_folder.yml", "title: Sub\norder: 3\n")
    assert not world.service.changed(), "there is no deck in it yet"
    world.write("sub/x.md", GOOD)
    assert world.service.changed()
    world.sync()
    world.write("sub/_folder.yml", "title: Sub\norder: 4\n")
    assert world.service.changed()


# Turns and kills ------------------------------------------------------------------------------------------


def test_two_syncs_at_once_take_turns(world: World) -> None:
    world.write("third.md", GOOD)
    reports: list[SyncReport] = []

    def run() -> None:
        reports.append(world.service.sync())
        world.db.close_thread()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.new for report in reports) == [0, 0, 3]
    assert {report.cards for report in reports} == {9}


KILLED = """
import os
from flashcards.config import Config
from flashcards.services.sync.run import SyncService
from flashcards.storage.database import Database
from flashcards.storage.decks import DeckStore
from flashcards.clock import system_clock
config = Config.from_env(os.environ)
service = SyncService(DeckStore(Database.open(config.database)), config.decks, system_clock)
print("ready", flush=True)
service.sync()
print("done", flush=True)
"""


def test_a_sync_that_is_killed_leaves_nothing_half_done(world: World) -> None:
    cards = world.study_all()
    for number in range(20):
        text = "".join(f"## Q {number} {n}?\n\nAnswer **{n}** with $x^{n}$.\n\n" for n in range(20))
        world.write(f"many/{number}.md", text)
    before = world.db.all("SELECT * FROM note ORDER BY id")
    settings = {**os.environ, **settings_for(world.root.parent / "data", world.root)}
    for delay in (0.0, 0.1, 0.2, 0.3, 0.5):
        process = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, env=settings)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        (stored,) = world.db.one("SELECT count(*) FROM note WHERE key LIKE 'q-%'") or (None,)
        assert stored in (0, 400)
        if stored == 0:
            assert world.db.all("SELECT * FROM note ORDER BY id") == before
    report = world.sync()
    world.check_stored(report)
    assert report.cards == 406
    assert_kept(world, cards)
    assert list(world.db.damage()) == []


def test_a_full_disk_changes_nothing(world: World) -> None:
    """The page limit stands in for a full disk: SQLite reports both alike."""
    from flashcards.errors import Unavailable

    cards = world.study_all()
    before = world.db.all("SELECT * FROM note ORDER BY id")
    (pages,) = world.db.one("PRAGMA page_count") or (0,)
    with world.db.write():
        world.db.execute(f"PRAGMA max_page_count = {pages}")
    world.write("big.md", "".join(f"## Q {n}?\n\n{'A long answer. ' * 60}\n\n" for n in range(300)))
    with pytest.raises(Unavailable):
        world.sync()
    assert world.db.all("SELECT * FROM note ORDER BY id") == before
    with world.db.write():
        world.db.execute("PRAGMA max_page_count = 1000000")
    assert world.counts() == {"new": 300, "unchanged": 6}
    assert_kept(world, cards)


def test_a_file_from_the_year_2400_is_read(world: World) -> None:
    later = 13_569_465_600  # 2400-01-01, beyond what 64 bits of nanoseconds hold
    world.write("late.md", "## Q\n\nA\n")
    os.utime(world.root / "late.md", (later, later))

    assert world.counts() == {"new": 1, "unchanged": 6}
    assert world.counts() == {"unchanged": 7}


def test_a_file_nested_very_deep_is_named_and_not_read(world: World) -> None:
    deep = "/".join(["d"] * 30) + "/b.md"
    world.write(deep, "## Q\n\nB\n")

    assert codes(world.sync()) == [(deep, "nested-too-deep")]


def test_waiting_for_stillness_never_takes_a_time_that_is_past(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(looking.time, "sleep", slept.append)

    looking.await_stillness([Stamp("a.md", 1, 0)])

    assert slept == [0]


# Faults of the program ------------------------------------------------------------------------------------


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A renderer that fails at every text until the test undoes that; the keys that it was given."""
    asked: list[str] = []

    def render(_request: RenderRequest) -> Rendered:
        raise KeyError("ours")

    def render_all(requests: Iterable[tuple[str, RenderRequest]]) -> Iterator[tuple[str, Rendered]]:
        for key, request in requests:
            asked.append(key)
            yield key, rendered_from_json(json.loads(worker._render(request_to_json(request))))

    monkeypatch.setattr(worker, "render", render)
    monkeypatch.setattr(SHARED, "render_all", render_all)
    return asked


def test_what_failed_by_our_own_fault_is_tried_again_by_the_next_program(
    world: World, faulty: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = world.study_all()
    world.edit("numbers.md", lambda text: text.replace("The first", "The very first"))
    world.write("prose.md", "Some prose.\n")
    assert codes(world.sync()) == [("numbers.md", "render-failed"), ("prose.md", "render-failed")]
    asked = len(faulty)

    assert not world.service.changed()
    assert codes(world.sync()) == [("numbers.md", "render-failed"), ("prose.md", "render-failed")]
    world.write("third.md", "## Three? {#three}\n\n3\n")
    world.sync()
    assert len(faulty) == asked + 1, "the same program would fail in the same way"

    world.restart()
    assert not world.service.changed()
    assert codes(world.sync()) == [(f"{name}.md", "render-failed") for name in ("numbers", "prose", "third")]
    assert len(faulty) == 2 * (asked + 1), "each start is another chance, and one"

    monkeypatch.undo()
    world.restart()
    report = world.sync()
    assert (codes(report), counts(report)) == ([], {"new": 1, "edited": 1, "unchanged": 5})
    assert report.changed_paths == ("numbers.md", "prose.md", "third.md")
    assert_kept(world, cards)
    world.restart()
    assert world.sync().changed_paths == ()
