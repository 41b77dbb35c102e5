"""What Anki knew of answers and cards is kept here, and given back: kinds, intervals in seconds, ease, lapses."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flashcards.exchange.anki.package_reader import reading_package
from flashcards.services.export.facade import ExportService
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.review.incoming import new_uuid
from flashcards.services.upkeep.doctor import DoctorService
from tests.integration.anki_packages import add, answer_some, collection, export, import_into
from tests.integration.test_anki_import import ImportWorld

LOG = "SELECT r.id, n.guid, c.ord, r.ease, r.ivl, r.lastIvl, r.factor, r.time, r.type FROM revlog r JOIN cards c ON"
LOG += " c.id = r.cid JOIN notes n ON n.id = c.nid ORDER BY r.id"
LAPSES = "SELECT n.guid, c.ord, c.lapses FROM cards c JOIN notes n ON n.id = c.nid ORDER BY 1, 2"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImportWorld]:
    made = ImportWorld(tmp_path)
    yield made
    made.close()


def studied(folder: Path) -> Path:
    """A package with cards in learning, review and relearning, some of them forgotten several times."""
    with collection(folder, "theirs") as opened:
        for number in range(12):
            add(opened, "Basic (and reversed card)", "D", f"q{number}", f"a{number}")
        opened.decks.select(opened.decks.id("D"))
        answer_some(opened, 30)
        cards = opened.find_cards("")
        for number, card in enumerate(cards[:9]):
            values = (opened.sched.today - 1, 1 + number, number, card)
            opened.db.execute(
                "UPDATE cards SET type = 2, queue = 2, due = ?, ivl = ?, lapses = ? WHERE id = ?", *values
            )
        answer_some(opened, 12)
        opened.db.execute("UPDATE revlog SET type = 2, ivl = -600, lastIvl = 3 WHERE id = (SELECT max(id) FROM revlog)")
        opened.db.execute("UPDATE revlog SET id = id - 86400000")
        return export(opened, folder / "theirs.apkg", legacy=False)


def rows(folder: Path, name: str, sql: str) -> list[Any]:
    with collection(folder, name) as opened:
        return [tuple(row) for row in opened.db.all(sql)]


def exported(world: ImportWorld, target: Path) -> Path:
    service = ExportService(world.db, world.root, ReviewService(world.db, world.clock).study_day)
    return service.anki(target, learner=world.learner, history=True).path


def test_the_log_through_us_into_a_fresh_anki(world: ImportWorld, tmp_path: Path) -> None:
    package = studied(tmp_path)
    world.bring(package)
    ours = exported(world, tmp_path / "ours.apkg")
    with collection(tmp_path, "fresh") as opened:
        import_into(opened, ours)
    assert rows(tmp_path, "fresh", LOG) == rows(tmp_path, "theirs", LOG)
    assert rows(tmp_path, "fresh", LAPSES) == rows(tmp_path, "theirs", LAPSES)
    assert DoctorService(world.db).examine().ok


def lapses(world: ImportWorld) -> dict[str, int]:
    sql = (
        "SELECT n.question || '/' || c.which, s.lapses FROM schedule s JOIN card c ON c.id = s.card_id"
        " JOIN note n ON n.id = c.note_id WHERE s.lapses > 0"
    )
    return dict(world.db.all(sql))


def test_lapses_are_kept_counted_on_and_taken_back(world: ImportWorld, tmp_path: Path) -> None:
    package = studied(tmp_path)
    world.bring(package)
    there = {(guid, ordinal): count for guid, ordinal, count in rows(tmp_path, "theirs", LAPSES) if count}
    assert sorted(lapses(world).values()) == sorted(there.values())
    (card, had) = world.db.all("SELECT card_id, lapses FROM schedule ORDER BY lapses DESC")[0]
    world.clock.days(300)
    before = lapses(world)
    answer = world.review.answer(world.learner, Answer(new_uuid(), str(card), 1))
    assert sum(lapses(world).values()) == sum(before.values()) + 1
    assert had in {8, 9}  # Anki chose whether it was asked, and so forgotten, once more
    assert not answer.leech  # the next one is the twelfth
    assert DoctorService(world.db).examine().ok
    world.review.undo(world.learner)
    assert lapses(world) == before
    world.review.undo(world.learner)  # the import
    assert lapses(world) == {}
    assert DoctorService(world.db).examine().ok


def test_again_in_anki_after_our_export_counts(world: ImportWorld, tmp_path: Path) -> None:
    world.bring(studied(tmp_path))
    before = sum(lapses(world).values())
    with collection(tmp_path, "theirs") as opened:
        card = opened.db.scalar("SELECT id FROM cards WHERE lapses > 2 ORDER BY id")
        log = opened.db.scalar("SELECT max(id) FROM revlog")
        opened.db.execute("UPDATE cards SET lapses = lapses + 1, ivl = 1 WHERE id = ?", card)
        opened.db.execute("INSERT INTO revlog VALUES (?, ?, -1, 1, 1, 4, 2300, 1000, 1)", log + 1000, card)
        again = export(opened, tmp_path / "again.apkg", legacy=False)
    world.bring(again)
    assert sum(lapses(world).values()) == before + 1
    assert DoctorService(world.db).examine().ok


@pytest.mark.parametrize("version", [None, 1, 2])
def test_the_first_schedulers_buttons(tmp_path: Path, version: int | None) -> None:
    """Of learning and relearning rows, the second and third button were the third and fourth of today."""
    package = tmp_path / "old.apkg"
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "D", "q", "a")
        (card,) = note.card_ids()
        log = [
            (1_600_000_000_000 + ease * 10 + type_, card, ease, type_)
            for ease in (1, 2, 3, 4)
            for type_ in (0, 1, 2, 3)
        ]
        for at, cid, ease, type_ in log:
            opened.db.execute("INSERT INTO revlog VALUES (?, ?, -1, ?, 1, 1, 2500, 1000, ?)", at, cid, ease, type_)
        export(opened, package, legacy=True)
    _set_scheduler(package, version)
    with reading_package(package) as read:
        found = {(review.id % 10, review.id // 10 % 10): review.ease for review in read.reviews}
    first = version != 2
    for type_ in (0, 1, 2, 3):
        shifted = first and type_ in (0, 2)
        assert [found[type_, ease] for ease in (1, 2, 3, 4)] == ([1, 3, 4, 4] if shifted else [1, 2, 3, 4])


def _set_scheduler(package: Path, version: int | None) -> None:
    """Rewrites the collection in a legacy package as one that an older Anki wrote."""
    with zipfile.ZipFile(package) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    path = package.with_suffix(".sqlite")
    path.write_bytes(entries["collection.anki21"])
    with closing(sqlite3.connect(path)) as db:
        conf = json.loads(db.execute("SELECT conf FROM col").fetchone()[0])
        conf.pop("schedVer", None)
        if version is not None:
            conf["schedVer"] = version
        db.execute("UPDATE col SET conf = ?", (json.dumps(conf),))
        db.commit()
    entries["collection.anki21"] = path.read_bytes()
    with zipfile.ZipFile(package, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
