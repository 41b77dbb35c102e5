"""Decks of other programs: imported, checked, counted; and what must not go wrong on the way."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flashcards.cli.imports import import_command
from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.collection import load
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound, Unavailable
from flashcards.services.accounts.facade import AccountService
from flashcards.services.accounts.people import Learner
from flashcards.services.bring.decks import bring
from flashcards.services.bring.with_history import BringService
from flashcards.services.review.facade import ReviewService
from flashcards.services.upkeep.doctor import DoctorService
from tests.databases import settings_for
from tests.integration.sync_world import World

SOURCES = Path(__file__).parent.parent / "data" / "import"
EPOCH = date(1970, 1, 1).toordinal()


def sound(folder: Path) -> None:
    """What was written passes `check`, without even a warning."""
    assert check([], folder) == []


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "decks", "media", "notes", "cards"),
    [
        ("hashcards", 5, 3, 19, 23),
        ("obsidian", 5, 3, 16, 21),
        ("mdanki", 2, 2, 5, 5),
        ("csv", 6, 2, 11, 13),
    ],
)
def test_every_construct_is_imported_checked_and_counted(
    tmp_path: Path, kind: str, decks: int, media: int, notes: int, cards: int
) -> None:
    into = tmp_path / "decks"
    before = files(SOURCES / kind)
    brought = bring(kind, SOURCES / kind, into)
    assert (len(brought.decks), len(brought.media), brought.notes, brought.cards) == (decks, media, notes, cards)
    sound(into)
    parsed = [file.parsed.deck for file in load([], into).files]
    assert sum(len(deck.notes) for deck in parsed) == notes
    assert sum(len(note.whiches) for deck in parsed for note in deck.notes) == cards
    assert all(note.explicit for deck in parsed for note in deck.notes)
    assert set(files(into)) == {*brought.decks, *brought.media}
    assert all(files(into)[path] == before[path] for path in brought.media)
    assert files(SOURCES / kind) == before


def test_hashcards_word_for_word(tmp_path: Path) -> None:
    bring("hashcards", SOURCES / "hashcards", tmp_path)
    text = (tmp_path / "Neuro.md").read_text("utf-8")
    assert text.startswith(
        "---\ntitle: Neuroscience\n---\n\n## What is a neurite? {#what-is-a-neurite}\n\nA projection"
    )
    assert "Speech is {{c1::produced}} in {{c2::Broca's}} area." in text
    assert "![A neuron](images/neuron.png)\n\n### Answer\n\nThe structure" in text
    assert "An interval is written [a, b], and {{c1::std\\::vector}} holds {{c2::items}}." in text
    text = (tmp_path / "physics" / "Fields.md").read_text("utf-8")
    assert r"${\left\lVert x \right\rVert} \in {\mathbb{R}}$, and ${(a, b)}$ is a pair." in text
    assert "see ![it](field.png)" in text


def test_losses_are_named_with_file_and_line(tmp_path: Path) -> None:
    brought = bring("hashcards", SOURCES / "hashcards", tmp_path)
    found = {(notice.path, notice.line) for notice in brought.notices}
    assert found == {
        *(("Broken.md", line) for line in (1, 2, 7, 9, 11, 13, 16, 19, 25)),
        ("physics/Fields.md", 1),  # lines that begin with Q: in code
        ("physics/Fields.md", 13),
    }
    lines = (SOURCES / "hashcards" / "Broken.md").read_text("utf-8").split("\n")
    assert lines[8].startswith("C: No deletion")
    assert lines[12] == "Q: Which picture is missing?"


def test_order_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "deck.md"
    source.write_text("\n".join(f"Q: Question {n * 7 % 50}?\nA: {n}" for n in range(50)), "utf-8")
    bring("hashcards", source, tmp_path / "out")
    deck = load([], tmp_path / "out").files[0].parsed.deck
    assert [note.content.answer for note in deck.notes] == [str(n) for n in range(50)]  # type: ignore[union-attr]


# Bad input -----------------------------------------------------------------------------------------------


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    bring("mdanki", SOURCES / "mdanki", tmp_path)
    (tmp_path / "sub" / "more.md").unlink()
    (tmp_path / "library.md").write_text("mine", "utf-8")
    before = files(tmp_path)
    with pytest.raises(Conflict, match=r"library\.md\n1 file is there already"):
        bring("mdanki", SOURCES / "mdanki", tmp_path)
    assert files(tmp_path) == before


def test_another_picture_of_that_name_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "flag.png").write_bytes(b"mine")
    with pytest.raises(Conflict, match=r"flag\.png"):
        bring("csv", SOURCES / "csv", tmp_path)
    assert files(tmp_path) == {"flag.png": b"mine"}


def test_invalid_bytes_leave_out_the_file_and_say_where(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "good.md").write_text("Q: a\nA: b", "utf-8")
    (source / "bad.md").write_bytes(b"Q: a\nA: \xff\xfe")
    (source / "utf16.md").write_bytes("Q: é?\nA: ja".encode("utf-16"))
    brought = bring("hashcards", source, tmp_path / "out")
    assert (brought.decks, brought.unread) == (("good.md", "utf16.md"), 1)
    assert [(it.path, it.line) for it in brought.notices] == [("bad.md", 2)]
    assert "column 4" in brought.notices[0].message
    sound(tmp_path / "out")


def test_mixed_line_ends_a_bom_and_other_separators(tmp_path: Path) -> None:
    (tmp_path / "in.md").write_bytes("\ufeffQ: a\r\nA: b\rmore\n\r\nQ: c\x0b\x85\u2028d\rA: e".encode())
    bring("hashcards", tmp_path / "in.md", tmp_path / "out")
    deck = load([], tmp_path / "out").files[0].parsed.deck
    assert len(deck.notes) == 2
    sound(tmp_path / "out")


@pytest.mark.parametrize("kind", ["hashcards", "obsidian", "mdanki", "csv"])
def test_unclosed_fences_and_odd_marks_do_no_harm(tmp_path: Path, kind: str) -> None:
    (tmp_path / "in").mkdir()
    hostile = (
        "Q: a {#id .reversed}\nA: ```\n## b {#x}\n# c\n### Rubric\n<!-- d\n[e]: f\n---\n{{c1::g}} {{c0::}}\n"
        "\x00\x1f\n\n"
        'a {#id}::{{c1::b}} <!--\n\n## q {#id}\n%\n### Answer\n{{c2::\n\nx,"<!-- ### Answer\n\n```\n## z",y\n'
    )
    for ending in (".md", ".csv"):
        (tmp_path / "in" / f"x{ending}").write_text(hostile, "utf-8")
        (tmp_path / "in" / f"good{ending}").write_text("Q: u\nA: v\n\nw::x\n\n## y\nz\n\na,b\n", "utf-8")
    bring(kind, tmp_path / "in", tmp_path / "out")
    assert not [problem for problem in check([], tmp_path / "out") if problem.severity == "error"]


def test_names_that_a_decks_folder_does_not_read(tmp_path: Path) -> None:
    source = tmp_path / "in"
    for name in ("README.md", "readme-cards.md", "_x.md", "x.md", "a/README.md", "b\\c\x07.md", ".hidden/y.md"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(f"Q: {name.encode()!r}?\nA: b", "utf-8")
    brought = bring("hashcards", source, tmp_path / "out")
    assert sorted(path.lower() for path in brought.decks) == [
        "a/readme-cards.md", "b-c-.md", "readme-cards-2.md", "readme-cards.md", "x-2.md", "x.md",
    ]  # fmt: skip
    assert len(load([], tmp_path / "out").files) == 6
    sound(tmp_path / "out")


def test_links_out_of_the_source_are_not_followed(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (tmp_path / "secret.md").write_text("Q: s\nA: t", "utf-8")
    (tmp_path / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (source / "link.md").symlink_to(tmp_path / "secret.md")
    (source / "link.png").symlink_to(tmp_path / "secret.png")
    (source / "a.md").write_text("Q: a ![](link.png) ![](../secret.png) ![](/etc/passwd)\nA: b", "utf-8")
    os.mkfifo(source / "pipe.md")
    brought = bring("hashcards", source, tmp_path / "out")
    assert (brought.decks, brought.media) == (("a.md",), ())
    assert sorted({it.path for it in brought.notices}) == ["a.md", "link.md", "pipe.md"]
    sound(tmp_path / "out")


def test_a_source_that_is_not_there_or_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no such file"):
        bring("csv", tmp_path / "none", tmp_path / "out")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "README.md").write_text("Words.", "utf-8")
    with pytest.raises(Invalid, match="holds no cards"):
        bring("hashcards", tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(Invalid, match="no folder"):
        bring("csv", SOURCES / "csv", tmp_path / "out")
    (tmp_path / "out2" / "World").mkdir(parents=True)
    (tmp_path / "out2" / "World" / "Europe.md").mkdir()
    with pytest.raises((Conflict, Unavailable)):
        bring("csv", SOURCES / "csv", tmp_path / "out2")
    assert files(tmp_path / "out2") == {}


def test_a_name_that_the_file_system_refuses(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(f"#deck:{'::'.join(['n' * 200] * 25)}\n#separator:Tab\na\tb\n", "utf-8")
    with pytest.raises(FlashcardsError, match="Nothing was written"):
        bring("csv", tmp_path / "x.txt", tmp_path / "out")
    assert files(tmp_path) == {"x.txt": (tmp_path / "x.txt").read_bytes()}


def test_decks_below_the_source_are_no_source(tmp_path: Path) -> None:
    shutil.copytree(SOURCES / "mdanki", tmp_path / "in")
    bring("mdanki", tmp_path / "in", tmp_path / "in" / "decks" / "one")
    shutil.rmtree(tmp_path / "in" / "decks" / "one" / "sub")
    (tmp_path / "in" / "decks" / "one" / "library.md").write_text("mine", "utf-8")
    with pytest.raises(Conflict):
        bring("mdanki", tmp_path / "in", tmp_path / "in" / "decks" / "one")


def test_thousands_of_files(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number in range(1000):
        (source / f"note {number}.md").write_text("Words.\n", "utf-8")
    (source / "note.md").write_text("a::b", "utf-8")
    assert bring("obsidian", source, tmp_path / "out").decks == ("note.md",)


# Schedules -----------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def learner_of(world: World) -> Learner:
    return AccountService(world.db, lambda: world.now, secret_key=b"k" * 32).find("a")


def service(world: World) -> BringService:
    return BringService(world.db, world.service, world.root, lambda: world.now)


def test_schedules_come_into_a_history(world: World) -> None:
    learner = learner_of(world)
    done = service(world).bring("obsidian", SOURCES / "obsidian", world.root / "vault", learner)
    assert (done.scheduled, done.kept) == (6, 0)
    review = ReviewService(world.db, lambda: world.now)
    state = review.card(learner, str(world.card("vault/Capitals#kenya/forward")))
    due = date(2021, 8, 20).toordinal() - EPOCH
    assert (state.repetition, state.ease, state.interval, state.due_on) == (2, 290, 13, due)
    short = review.card(learner, str(world.card("vault/Capitals#ghana/forward")))
    assert (short.repetition, short.ease, short.interval) == (1, 250, 5)
    assert review.card(learner, str(world.card("vault/Capitals#ghana/backward"))).state == "new"
    (row,) = review.card_history(learner, state.id)
    assert (row.kind, row.verb, row.grade, row.after.due_on) == ("manual", "import", None, due)
    assert DoctorService(world.db).examine().ok


def test_one_undo_takes_the_whole_import_back(world: World) -> None:
    learner = learner_of(world)
    service(world).bring("obsidian", SOURCES / "obsidian", world.root / "vault", learner)
    ReviewService(world.db, lambda: world.now).undo(learner)
    assert world.db.all("SELECT * FROM schedule") == []


def test_with_a_user_the_folder_must_be_in_the_decks_folder(world: World, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="must be in the decks folder"):
        service(world).bring("obsidian", SOURCES / "obsidian", tmp_path / "other", learner_of(world))
    assert not (tmp_path / "other").exists()


# The command ---------------------------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(import_command, list(arguments), env=environment, standalone_mode=False)


def test_the_command_counts_and_names(tmp_path: Path) -> None:
    result = run("mdanki", str(SOURCES / "mdanki"), "--into", str(tmp_path / "out"))
    assert result.return_value == 0
    assert (
        result.stdout
        == f"{tmp_path}/out/library.md\n{tmp_path}/out/sub/more.md\n5 notes (5 cards) in 2 decks, 2 media files\n"
    )
    assert result.stderr.splitlines()[0] == "library.md:3: left out: text that belongs to no card"


def test_the_command_as_json(tmp_path: Path) -> None:
    result = run("csv", str(SOURCES / "csv"), "--into", str(tmp_path / "out"), "--json")
    report = json.loads(result.stdout)
    assert (report["notes"], report["cards"], report["schedules"]) == (11, 13, 0)
    assert report["notices"][0] == {"path": "anki.txt", "line": 12, "message": "left out: the row has no back"}


def test_a_quotation_mark_that_is_not_closed_is_named_and_costs_its_row(tmp_path: Path) -> None:
    rows = [f"question {number},answer {number}" for number in range(500)]
    rows[2] = 'question 2,"12 inches'
    (tmp_path / "in.csv").write_text("\n".join(rows) + "\n", "utf-8")
    result = run("csv", str(tmp_path / "in.csv"), "--into", str(tmp_path / "out"))
    assert result.return_value == 1
    assert result.stdout.endswith("499 notes (499 cards) in 1 deck, 0 media files\n")
    assert result.stderr.startswith("in.csv:3: left out: a quotation mark is not closed in this row")
    (tmp_path / "in.csv").write_text(rows[2], "utf-8")
    with pytest.raises(Invalid, match=r"in\.csv:1: left out: a quotation mark is not closed"):
        bring("csv", tmp_path / "in.csv", tmp_path / "none")


def test_the_command_says_that_schedules_wait(tmp_path: Path) -> None:
    result = run("obsidian", str(SOURCES / "obsidian"), "--into", str(tmp_path / "out"), "--tagged-only")
    assert "--user brings them into a history" in result.stderr


def test_an_unknown_user_stops_it_before_anything_is_written(tmp_path: Path) -> None:
    environment = settings_for(tmp_path / "data", tmp_path / "decks")
    (tmp_path / "decks").mkdir()
    result = run(
        "obsidian", str(SOURCES / "obsidian"), "--into", str(tmp_path / "decks" / "v"), "--user", "x", **environment
    )
    assert isinstance(result.exception, NotFound)
    assert files(tmp_path / "decks") == {}
