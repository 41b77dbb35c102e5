"""What hashcards remembers comes with its decks: answers, stability, difficulty, dates; and databases that are odd."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from flashcards.cli.imports import import_command
from flashcards.domain.memory.fsrs import UNIT
from flashcards.domain.study_day import day_of
from flashcards.errors import Conflict
from flashcards.services.accounts.people import Learner
from flashcards.services.bring.decks import bring
from flashcards.services.bring.with_history import BroughtHistory
from flashcards.services.memory.state import CardState, MemoryState
from flashcards.services.review.contract import Answer as Given
from flashcards.services.review.facade import ReviewService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.note_cards import NoteCards
from tests.databases import settings_for
from tests.hashcards_database import Answer, basic, change, cloze, make
from tests.integration.sync_world import World
from tests.integration.test_bring import files, learner_of, service

TEXT = """---
name = "Brains"
---
Q: What is a neuron?
A: A cell.

Q: Which lobe sees?
  It lies behind.
A:
The occipital one.

- far back
---
C: Speech is [made] in [Brocas] area, \\[not\\] ![a picture](x.png) of [Änne].

Q: Never asked?
A: Never.
"""
NEURON = basic("What is a neuron?", "A cell.")
LOBE = basic("Which lobe sees?\n  It lies behind.", "The occipital one.\n\n- far back")
BARE = "Speech is made in Brocas area, [not] ![a picture](x.png) of Änne."
FORGOT = Answer("2027-01-02T10:00:00.000", "forgot", 0.4, 7.2, 1, "2027-01-03")
AGAIN = Answer("2027-01-02T10:05:00.000", "good", 0.4, 7.1, 1, "2027-01-03")
THEN = Answer("2027-01-03T23:30:00.000", "forgot", 0.3, 8.5, 1, "2027-01-04")
LATER = Answer("2027-01-04T10:00:00.125", "good", 3.5, 6.0, 4, "2027-01-08")
LAST = Answer("2027-01-08T10:00:00.000", "easy", 12.25, 5.5, 12, "2027-01-20")
HARD = Answer("2027-01-10T10:00:00.000", "hard", 1.18, 6.5, 1, "2027-01-11")
NOW = 1_800_000_000_000  # the 15th of January 2027
DECK = "h/brain"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    (folder / "brain.md").write_text(TEXT, "utf-8")
    (folder / "x.png").write_bytes((Path(__file__).parent.parent / "data/import/csv/flag.png").read_bytes())
    make(
        folder / "hashcards.db",
        [(NEURON, [FORGOT, AGAIN, THEN, LATER, LAST]), (LOBE, [HARD]), (cloze(BARE, "Brocas"), [LATER]),
         (cloze(BARE, "Änne"), [LAST]), (cloze(BARE, "made"), [])],
    )  # fmt: skip
    return folder


def brought(world: World, source: Path, into: str = "h") -> BroughtHistory:
    done = service(world).bring("hashcards", source, world.root / into, learner_of(world))
    report = DoctorService(world.db).examine()
    assert report.ok, report.findings
    return done


def told(done: BroughtHistory) -> str:
    return "\n".join(it.message for it in done.brought.notices if it.path == "hashcards.db")


def number(world: World, note: str, which: str = "forward") -> int:
    return NoteCards(world.db).of_deck(DECK)[note, which]


def state(world: World, learner: Learner, note: str, which: str = "forward") -> CardState:
    MemoryState(world.db).catch_up(learner.id)
    card = number(world, note, which)
    (found,) = (it for it in MemoryState(world.db).states(learner.id) if it.card == card)
    return found


def schedules(world: World) -> list[tuple[object, ...]]:
    return world.db.all("SELECT card_id, due_on, interval, lapses FROM schedule ORDER BY card_id")


def test_answers_dates_and_lapses_come(world: World, source: Path) -> None:
    learner, review = learner_of(world), ReviewService(world.db, lambda: world.now)
    done = brought(world, source)
    assert (done.scheduled, done.kept, done.answers, told(done)) == (4, 0, 8, "")
    neuron = review.card(learner, str(number(world, "what-is-a-neuron")))
    assert (neuron.interval, neuron.due_on, neuron.ease) == (12, day_of(date(2027, 1, 20)), 250)
    rows = review.card_history(learner, neuron.id)
    graded = sorted((row.at, row.grade) for row in rows if row.grade is not None)
    assert [grade for _, grade in graded] == [1, 4, 1, 4, 5]
    assert graded[3][0] == 1_799_056_800_125  # the wall clock's time in the learner's zone, UTC
    assert [lapses for card, _, _, lapses in schedules(world) if card == number(world, "what-is-a-neuron")] == [1]
    clozes = {which: card for (_, which), card in NoteCards(world.db).of_deck(DECK).items() if which != "forward"}
    assert review.card(learner, str(clozes["c1"])).state == "new"
    assert [review.card(learner, str(clozes[which])).interval for which in ("c2", "c3")] == [4, 12]
    assert len(schedules(world)) == 4  # what was never asked there is new here


def test_with_its_whole_log_a_card_is_remembered_by_its_answers(world: World, source: Path) -> None:
    """As from Anki: the memory is replayed from the evidence, the closing row's is where there is none."""
    brought(world, source)
    learner = learner_of(world)
    neuron = state(world, learner, "what-is-a-neuron")
    assert (neuron.answers, neuron.last_on) == (5, day_of(date(2027, 1, 8)))
    assert neuron.stability / UNIT != 12.25
    row = world.db.all("SELECT stability, difficulty FROM review WHERE verb = 'import' AND card_id = ?",
                       (number(world, "what-is-a-neuron"),))  # fmt: skip
    assert row == [(12_250_000, 5_500_000)]


def test_without_its_whole_log_a_card_is_remembered_as_there(world: World, source: Path) -> None:
    """Answers of which some are missing would say less than what hashcards made of all of them."""
    change(source / "hashcards.db", "DELETE FROM reviews WHERE grade = 'good'")
    done = brought(world, source)
    assert (done.scheduled, done.answers) == (4, 2)
    assert told(done) == (
        "2 cards without a whole log: 3 of their answers stay there, stability, difficulty and date came"
    )
    neuron = state(world, learner_of(world), "what-is-a-neuron")
    assert (neuron.stability, neuron.difficulty, neuron.answers) == (12_250_000, 5_500_000, 0)
    assert neuron.last_on == day_of(date(2027, 1, 8))


def test_a_session_cut_off_before_the_cards_were_told(world: World, source: Path) -> None:
    """hashcards writes the answers first: the last of them says how the card stands."""
    change(source / "hashcards.db", "UPDATE cards SET last_reviewed_at = NULL, stability = NULL, difficulty = NULL,"
           " interval_raw = NULL, interval_days = NULL, due_date = NULL, review_count = 0")  # fmt: skip
    done = brought(world, source)
    assert (done.scheduled, done.answers, told(done)) == (4, 8, "")
    assert (state(world, learner_of(world), "which-lobe-sees-it-lies-behind")).answers == 1


def test_importing_again_brings_nothing_twice_and_what_is_new(world: World, source: Path) -> None:
    brought(world, source)
    before, log = schedules(world), world.db.all("SELECT count(*) FROM review")
    done = brought(world, source)
    assert (done.scheduled, done.answers) == (0, 0)
    assert (schedules(world), world.db.all("SELECT count(*) FROM review")) == (before, log)
    newer = Answer("2027-01-11T10:00:00.000", "good", 4.5, 6.0, 5, "2027-01-16")
    make(source / "hashcards.db", [(LOBE, [HARD, newer])])
    done = brought(world, source)
    assert (done.scheduled, done.answers) == (1, 1)
    card = ReviewService(world.db, lambda: world.now).card(
        learner_of(world), str(number(world, "which-lobe-sees-it-lies-behind"))
    )
    assert card.due_on == day_of(date(2027, 1, 16))


def test_an_answer_here_since_keeps_the_card(world: World, source: Path) -> None:
    brought(world, source)
    learner, review = learner_of(world), ReviewService(world.db, lambda: world.now)
    card = str(number(world, "which-lobe-sees-it-lies-behind"))
    review.answer(learner, Given(id="0b5e3f4e-6d0f-4d58-9d0e-0a4f9a1f7c11", card=card, grade=4))
    before = review.card(learner, card)
    done = brought(world, source)
    assert (done.scheduled, done.answers) == (0, 0)
    assert review.card(learner, card) == before


def test_one_undo_takes_it_all_back(world: World, source: Path) -> None:
    brought(world, source)
    ReviewService(world.db, lambda: world.now).undo(learner_of(world))
    assert schedules(world) == []
    assert DoctorService(world.db).examine().ok


def test_a_deck_that_was_changed_since_is_in_the_way(world: World, source: Path) -> None:
    brought(world, source)
    (source / "brain.md").write_text(TEXT + "\nQ: More?\nA: Yes.\n", "utf-8")
    with pytest.raises(Conflict, match=r"h/brain\.md"):
        brought(world, source)


# Bad input -----------------------------------------------------------------------------------------------


def test_cards_that_no_file_has_and_cards_twice(world: World, source: Path) -> None:
    (source / "more.md").write_text("Q: What is a neuron?\nA:   A cell.\n", "utf-8")
    (source / "brain.md").write_text(TEXT.replace("far back", "at the back"), "utf-8")
    done = brought(world, source)
    assert (done.scheduled, done.answers) == (3, 7)
    assert told(done) == (
        "1 card in these files a second time: only the first has the history\n"
        "1 card that hashcards knows, in none of these files as edited or deleted since"
    )


@pytest.mark.parametrize(
    ("statement", "answers", "said"),
    [
        ("UPDATE cards SET stability = -3", 8, "4 cards with a date"),
        ("UPDATE cards SET difficulty = 55, stability = 9e999", 8, "4 cards with a date"),
        ("UPDATE cards SET due_date = '9999-12-31'", 8, "4 cards with a date"),
        ("UPDATE cards SET due_date = 'soon', interval_days = -7", 8, "4 cards with a date"),
        ("UPDATE cards SET interval_days = 9223372036854775807", 8, "4 cards with a date"),
        ("UPDATE cards SET last_reviewed_at = '1066-10-14T09:00:00.000', review_count = -1", 8, ""),
        ("UPDATE reviews SET reviewed_at = '2099-01-01T00:00:00.000'", 0, "4 cards without a whole log: 8 of"),
        ("UPDATE reviews SET reviewed_at = '1969-12-31T00:00:00.000'", 0, "4 cards without a whole log: 8 of"),
        ("UPDATE reviews SET reviewed_at = 'then'", 0, "4 cards without a whole log: 8 of"),
        ("UPDATE reviews SET grade = 'Perfect'", 0, "4 cards without a whole log: 8 of"),
        ("DELETE FROM reviews", 0, "4 cards without a whole log: 0 of"),
    ],
)
def test_values_that_cannot_be(world: World, source: Path, statement: str, answers: int, said: str) -> None:
    """A sentence, and every card comes with what can be."""
    change(source / "hashcards.db", statement)
    done = brought(world, source)
    assert (done.scheduled, done.answers, done.brought.unread) == (4, answers, 0)
    assert told(done).startswith(said)
    assert bool(told(done)) == bool(said)
    today = NOW // 86_400_000
    assert all(0 <= due <= today + 36_500 for _, due, _, _ in schedules(world))  # type: ignore[operator]
    MemoryState(world.db).catch_up(1)
    assert all(it.last_on <= today + 1 for it in MemoryState(world.db).states(1))


def locked(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def empty(path: Path) -> None:
    path.write_bytes(b"")


def damaged(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def no_database(path: Path) -> None:
    path.write_bytes(b"Q: a\nA: b\n" * 100)


def older(path: Path) -> None:
    change(path, "ALTER TABLE cards RENAME COLUMN interval_days TO days")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (locked, "the database is in use: end hashcards' session"),
        (empty, "the database is none of hashcards 0.1 to 0.4 (no such table: cards)"),
        (damaged, "the database cannot be read (database disk image is malformed)"),
        (cut_off, "the database cannot be read (database disk image is malformed)"),
        (no_database, "the database cannot be read (file is not a database)"),
        (older, "the database is none of hashcards 0.1 to 0.4 (no such column: interval_days)"),
    ],
)
def test_a_database_that_cannot_be_read(world: World, source: Path, spoil: object, said: str) -> None:
    """The decks come, the reason is said; when it is mended, importing again brings the rest."""
    path, good = source / "hashcards.db", (source / "hashcards.db").read_bytes()
    holder = spoil(path)  # type: ignore[operator]
    done = brought(world, source)
    assert f"the decks came without what hashcards remembers: {said}" in told(done)
    assert (done.brought.notes, done.scheduled, done.answers, done.brought.unread) == (4, 0, 0, 1)
    if holder is not None:
        holder.close()
    path.write_bytes(good)
    done = brought(world, source)
    assert (done.scheduled, done.answers, done.brought.unread) == (4, 8, 0)


def test_without_blake3_it_is_said_what_to_install(world: World, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "blake3", None)
    done = brought(world, source)
    assert "pip install 'flashcards-in-git[hashcards]'. Then import again, it brings the rest" in told(done)
    assert (done.brought.notes, done.scheduled) == (4, 0)
    monkeypatch.undo()
    assert brought(world, source).answers == 8


def test_without_a_learner_it_stays_there_and_is_said(source: Path, tmp_path: Path) -> None:
    done = bring("hashcards", source, tmp_path / "out")
    assert [it.message for it in done.notices] == [
        "what hashcards remembers was left out; --user brings it into a history"
    ]
    assert done.unread == 0


def test_the_source_is_left_as_it_is(world: World, source: Path) -> None:
    before = files(source)
    brought(world, source)
    assert files(source) == before


def test_one_file_of_a_collection(world: World, source: Path) -> None:
    """The database lies in the collection's folder, above the file."""
    (source / "sub").mkdir()
    (source / "brain.md").rename(source / "sub" / "brain.md")
    (source / "x.png").rename(source / "sub" / "x.png")
    assert brought(world, source / "sub" / "brain.md").answers == 8


def test_the_command_says_what_stays(tmp_path: Path, source: Path) -> None:
    result = CliRunner().invoke(import_command, ["hashcards", str(source), "--into", str(tmp_path / "o")])
    assert result.exit_code == 0
    assert "hashcards.db:1: what hashcards remembers was left out; --user brings it" in result.stderr


def test_the_command_counts_schedules_and_answers(tmp_path: Path, source: Path, world: World) -> None:
    """The command has the machine's clock: these answers lie years before it."""
    world.close()
    make(source / "hashcards.db", [(LOBE, [Answer("2024-01-10T10:00:00.000", "hard", 1.18, 6.5, 1, "2024-01-11")])])
    environment = settings_for(tmp_path / "data", world.root)
    arguments = ["hashcards", str(source), "--into", str(world.root / "h"), "--user", "a"]
    result = CliRunner().invoke(import_command, arguments, env=environment)
    assert result.stdout.splitlines()[-1] == "1 schedule, 1 answer", result.output
    result = CliRunner().invoke(import_command, [*arguments, "--json"], env=environment)
    report = json.loads(result.stdout)
    assert (report["schedules"], report["answers"], report["cards"]) == (0, 0, 6)
