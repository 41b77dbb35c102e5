"""Collections as years of use and add-ons leave them: nothing is lost or changed without a word."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards import apart
from flashcards.deckfiles.check.run import check
from flashcards.domain.card import Basic, Cloze
from flashcards.exchange.anki.package_reader import reading_package
from flashcards.exchange.anki.package_values import Limits, PackageError
from flashcards.services.anki import merge as anki_merge
from flashcards.services.anki.importing import import_decks, read_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.facade import ExportService
from flashcards.services.progress import no_progress
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.anki_packages import add, answer_some, collection, export, import_into
from tests.integration.test_anki_hostile import with_collection
from tests.integration.test_anki_import import ImportWorld

LONG = "0123456789abcdef" * 4
"""A guid as some add-ons make them: a SHA-256."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImportWorld]:
    (tmp_path / "world").mkdir()
    made = ImportWorld(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four notes of one card, and one of two; each card answered once."""
    folder = tmp_path_factory.mktemp("answered")
    with collection(folder) as opened:
        for number in range(4):
            add(opened, "Basic", "Deck", f"question {number}", f"answer {number}")
        add(opened, "Basic (and reversed card)", "Deck", "word", "Wort")
        opened.decks.select(opened.decks.id("Deck"))
        assert answer_some(opened, 6) == 6
        return export(opened, folder / "answered.apkg", legacy=True)


# Ids that collide ----------------------------------------------------------------------------------------


def _without_keys(table: str) -> Callable[[sqlite3.Connection], object]:
    """The table without its primary key, and every row in it twice."""

    def change(db: sqlite3.Connection) -> None:
        columns = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})"))
        db.executescript(
            f"ALTER TABLE {table} RENAME TO old; CREATE TABLE {table} ({columns});"
            f"INSERT INTO {table} SELECT * FROM old UNION ALL SELECT * FROM old; DROP TABLE old"
        )

    return change


def _second_cards(db: sqlite3.Connection) -> None:
    """A second card of each note with the same template, as broken syncs have left them."""
    columns = [row[1] for row in db.execute("PRAGMA table_info(cards)")][1:]
    db.execute(f"INSERT INTO cards SELECT id + 1000000, {', '.join(columns)} FROM cards")


@pytest.mark.parametrize("change", [_without_keys("revlog"), _without_keys("cards"), _second_cards])
def test_ids_that_collide_bring_each_card_and_answer_once(
    answered: Path, world: ImportWorld, tmp_path: Path, change: Callable[[sqlite3.Connection], object]
) -> None:
    report = world.bring(with_collection(answered, tmp_path / "x.apkg", change))
    assert report.history is not None
    assert (report.notes, report.history.reviews, report.history.schedules) == (5, 6, 6)
    assert DoctorService(world.db).examine().ok


def test_notes_of_one_guid_are_named_and_their_answers_are_nobody_else_s(
    answered: Path, world: ImportWorld, tmp_path: Path
) -> None:
    file = with_collection(
        answered, tmp_path / "x.apkg", lambda db: db.execute("UPDATE notes SET guid = 'same' WHERE flds LIKE 'qu%'")
    )
    report = world.bring(file)
    assert report.history is not None
    assert (report.notes, report.left_out, report.known) == (2, 3, 0)
    assert (report.history.reviews, report.history.lost) == (3, 3)
    assert sum("another note of the package has its guid" in notice for notice in report.notices) == 3
    assert DoctorService(world.db).examine().ok


def test_a_package_of_which_nothing_comes_says_why(answered: Path, world: ImportWorld, tmp_path: Path) -> None:
    file = with_collection(answered, tmp_path / "x.apkg", lambda db: db.execute("UPDATE cards SET nid = nid + 1000000"))
    report = world.bring(file)
    assert (report.notes, report.left_out) == (0, 5)
    assert "5 notes: left out: it has no card" in report.notices[0]
    assert not (world.root / "anki").exists()


# Guids that are too long for an id -----------------------------------------------------------------------


def test_a_guid_too_long_for_an_id_loses_nothing(tmp_path: Path, world: ImportWorld) -> None:
    """Its history comes, once; it is exported to the very same note; and what is edited in Anki is merged."""
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "question", "answer")
        opened.db.execute("UPDATE notes SET guid = ?", LONG)
        opened.decks.select(opened.decks.id("Deck"))
        assert answer_some(opened, 1) == 1
        file = export(opened, tmp_path / "x.apkg", legacy=False)
        report = world.bring(file)
        assert report.history is not None
        assert (report.notes, report.history.reviews, report.history.schedules, report.history.lost) == (1, 1, 1, 0)
        assert "too long" in report.notices[0]
        assert (world.bring(file).notes, len(world.schedules())) == (0, 1)

        (path,) = world.root.glob("anki/*.md")
        path.write_text(path.read_text().replace("answer", "another answer"))
        opened.db.execute("UPDATE notes SET mod = mod - 1000")
        world.sync.sync()
        ExportService(world.db, world.root, lambda *_: 0).anki(tmp_path / "ours.apkg", decks=[])
        assert import_into(opened, tmp_path / "ours.apkg") == {"new": 0, "updated": 1, "duplicate": 0, "conflicting": 0}
        note.load()
        assert "another answer" in note["Back"]

        note["Front"] = "edited in Anki"
        opened.update_note(note)
        edited = export(opened, tmp_path / "edited.apkg", legacy=False)
    merged = anki_merge.merge(edited, world.root, database=world.db, base=tmp_path / "ours.apkg")
    assert merged.unknown == 0
    assert "+## edited in Anki" in merged.changes[0].diff


# What a deck cannot hold ---------------------------------------------------------------------------------


def test_tags_that_a_deck_cannot_hold_are_named_once_with_what_they_became(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        for number in range(3):
            add(opened, "Basic", "Deck", f"q{number}", "a", tags=("C#", "fine", "deep::er"))
        add(opened, "Basic", "Deck", "q3", "a", tags=("2020", "draft"))
        file = export(opened, tmp_path / "x.apkg", legacy=True)
    report = import_decks(file, tmp_path / "decks")
    assert report.notices == (
        "Tag 'C#' is 'C' here (3 notes): a deck cannot hold it as it was.",
        "Tag '2020' is 'tag-2020' here (1 note): a deck cannot hold it as it was.",
        "Tag 'draft' is 'draft-tag' here (1 note): a deck cannot hold it as it was.",
    )
    (deck,) = read_decks(tmp_path / "decks")
    assert [set(note.tags) for note in deck.notes] == [{"C", "fine", "deep::er"}] * 3 + [{"tag-2020", "draft-tag"}]
    assert (anki_merge.merge(file, tmp_path / "decks").same, import_decks(file, tmp_path / "decks").notices) == (4, ())


@pytest.mark.parametrize("legacy", [True, False])
def test_what_a_deck_says_of_itself_comes_along(tmp_path: Path, legacy: bool) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "A::B", "q", "a")
        deck = opened.decks.get(opened.decks.id("A::B"))
        opened.decks.save(deck | {"desc": 'By <b>Ada</b> &amp; Bob:<br>"CC0"\n#1'})
        file = export(opened, tmp_path / "x.apkg", legacy=legacy)
    import_decks(file, tmp_path / "decks")
    (made,) = read_decks(tmp_path / "decks")
    assert made.description == 'By Ada & Bob: "CC0" #1'
    assert check([tmp_path / "decks"], tmp_path / "decks") == []


def test_what_a_deck_says_of_itself_goes_out_and_comes_back(tmp_path: Path) -> None:
    (tmp_path / "went").mkdir()
    (tmp_path / "went/deck.md").write_text('---\ndescription: "If a < b & c"\n---\n## q\n\na\n')
    FileExport(tmp_path / "went").anki(tmp_path / "x.apkg", [], no_progress)
    import_decks(tmp_path / "x.apkg", tmp_path / "came")
    (made,) = read_decks(tmp_path / "came")
    assert made.description == "If a < b & c"


def test_coloured_flags_are_counted(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "q", "a")
        opened.set_user_flag_for_cards(3, [card.id for card in note.cards()])
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    (notice,) = import_decks(file, tmp_path / "decks").notices
    assert notice == "1 card with a coloured flag in Anki: flags come with a learner's history."


# Note types of one's own ---------------------------------------------------------------------------------


def _note_type(opened: Any, name: str, fields: str, front: str, back: str, *, cloze: bool = False) -> None:
    made = opened.models.new(name)
    made["type"] = int(cloze)
    for field in fields.split():
        opened.models.add_field(made, opened.models.new_field(field))
    template = opened.models.new_template("Card 1") | {"qfmt": front, "afmt": back}
    opened.models.add_template(made, template)
    opened.models.add(made)


def _content(tmp_path: Path, front: str, back: str, *values: str, cloze: bool = False) -> Basic | Cloze:
    """What becomes of a note with the fields A, B and C."""
    with collection(tmp_path) as opened:
        _note_type(opened, "Mine", "A B C", front, back, cloze=cloze)
        add(opened, "Mine", "Deck", *values)
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    assert import_decks(file, tmp_path / "decks").notes == 1
    assert [p for p in check([tmp_path / "decks"], tmp_path / "decks") if p.severity == "error"] == []
    (deck,) = read_decks(tmp_path / "decks")
    return deck.notes[0].content


def test_every_field_with_deletions_gives_its_cards(tmp_path: Path) -> None:
    sides = "{{cloze:A}}<br>{{cloze:B}}"
    content = _content(tmp_path, sides, sides + "{{C}}", "one {{c1::a}}", "two {{c2::b}}", "more", cloze=True)
    assert isinstance(content, Cloze)
    assert (content.body, content.numbers) == ("one {{c1::a}}\\\ntwo {{c2::b}}", (1, 2))


def test_a_hint_gives_nothing_away(tmp_path: Path) -> None:
    content = _content(tmp_path, "{{A}} {{hint:B}}", "{{FrontSide}}<hr id=answer>{{C}}", "q", "secret", "a")
    assert isinstance(content, Basic)
    assert (content.question, content.answer) == ("q", "secret\\\na")


def test_a_hint_is_the_question_where_there_is_nothing_else(tmp_path: Path) -> None:
    content = _content(tmp_path, "{{hint:A}}", "{{FrontSide}}<hr id=answer>{{B}}", "q", "a")
    assert isinstance(content, Basic)
    assert (content.question, content.answer) == ("q", "a")


def test_readings_stand_where_the_template_shows_them(tmp_path: Path) -> None:
    back = "{{FrontSide}}<hr id=answer>{{furigana:A}} / {{kana:A}}"
    content = _content(tmp_path, "{{kanji:A}}", back, " 日本[にほん] 語[ご]")
    assert isinstance(content, Basic)
    assert (content.question, content.answer) == ("日本語", "日本 (にほん)語 (ご) / にほんご")


# The reader's processes ----------------------------------------------------------------------------------


def test_a_reader_that_is_stopped_leaves_no_process_behind(
    tmp_path: Path, answered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(db: sqlite3.Connection) -> None:
        columns = [row[1] for row in db.execute("PRAGMA table_info(notes)")][2:]
        numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3000)"
        copied = f"SELECT id + 1000000 + x, guid || x, {', '.join(columns)} FROM n, (SELECT * FROM notes LIMIT 1)"
        db.execute(f"INSERT INTO notes {numbers} {copied}")
        db.execute("UPDATE notes SET flds = ? || char(31) || 'a'", ("<b>x</b>" * 2000,))

    children: list[int] = []
    end = apart.end
    monkeypatch.setattr(apart, "end", lambda child: (children.append(child.pid), end(child)))
    file = with_collection(answered, tmp_path / "slow.apkg", many)
    with pytest.raises(PackageError, match="was stopped"), reading_package(file, Limits(seconds=5)):
        pass
    deadline = time.monotonic() + 20
    while _group_lives(children[0]):
        assert time.monotonic() < deadline, "a process of the reader goes on"
        time.sleep(0.05)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_text_that_we_cannot_show_alike_is_named_and_no_other(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "D", "code in a table", "<table><tr><td><pre>a\n  b</pre></td><td>c</td></tr></table>")
        add(opened, "Basic", "D", "a table", "<table><tr><td>a</td><td>c</td></tr></table>")
        add(opened, "Basic", "D", "code", "<pre>a\n  b</pre>")
        package = export(opened, tmp_path / "odd.apkg", legacy=False)
    report = import_decks(package, tmp_path / "decks")
    [told] = [notice for notice in report.notices if "is not quite what Anki shows" in notice]
    assert "code in a table" in told
    assert "the text of its answer" in told
    assert report.notes == 3
