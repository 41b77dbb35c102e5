"""Everything as JSON, and back into an empty service."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS
from flashcards.errors import Conflict, Invalid, NotFound, Unauthenticated
from flashcards.exchange import json_schema
from flashcards.services.accounts.facade import AccountService, Learner
from flashcards.services.anki.importing import import_decks
from flashcards.services.authoring.fault_reports import FaultService
from flashcards.services.memory.scheduling import SchedulerService
from flashcards.services.memory.state import MemoryState
from flashcards.services.plan.contract import Choice
from flashcards.services.plan.facade import Plans
from flashcards.services.practice.contract import Spoken, Ticks, Wish
from flashcards.services.practice.facade import PracticeService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.memory import MemoryRows, StoredFit
from tests.integration.anki_packages import add, collection, export, png
from tests.integration.anki_world import AnkiWorld
from tests.integration.test_anki_history import answer, study

DECK = """\
---
title: Größe
tags: [a, b]
order: 1.5
---

Prose with a [link].

## What is 1? {#one .core requires=two}

One, see [link]. ![p](img/p.png)

### Rubric
- is a number {#two .senior}
- is not two

### Follow-ups
- And two? {#two}

### In full

One is **one**.

### Clarify
- Which one? The first.

## What is 2? {#two .typed .reversed}

2

## Gaps

{{c1::a}} {{c3::b::hint}}

## Not yet {#draft .draft}

Draft.

[link]: https://example.org
"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001"
    "e221bc330000000049454e44ae426082"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AnkiWorld]:
    """Decks with all that a deck may hold, two learners with history, removed and restored notes."""
    (tmp_path / "old").mkdir()
    world = AnkiWorld(tmp_path / "old", timezone="Europe/Berlin", new_per_day=3, theme="dark")
    world.write("ml/_folder.yml", "title: Ml\norder: 3\norder_new: level\n")
    world.write(".flashcards.toml", "silence = ['no-cards']\n")
    world.write("ml/a.md", DECK)
    world.write("ml/img/p.png", PNG)
    world.write("ml/_anki.json", '{"version": 1, "types": [], "notes": []}')
    world.write("b.md", "## Gone? {#gone}\n\nYes.\n\n" + "".join(f"## N {n}? {{#n{n}}}\n\n{n}\n\n" for n in range(20)))
    world.write("c.md", "## Whole file? {#q}\n\nGone too.\n")
    world.sync()
    world.now += 20 * 86_400_000
    study(world, 12, seed=3)
    world.review.undo(world.learner)
    numbers = fsrs.parameters(number * 1.1 for number in DEFAULTS.numbers)
    with world.db.write():
        fit = StoredFit(1, world.now, 200, {"defaults": 0.4}, {"answers": 200}, True)
        MemoryRows(world.db).add_fit(world.learner.id, fit, Fit(numbers, Calibration(0.1, 1.2)))
    SchedulerService(world.db, lambda: world.now).choose(world.learner, "fsrs-6", 0.9)
    study(world, 6, seed=4)
    accounts = AccountService(world.db, lambda: world.now, secret_key=bytes(32), signup="open")
    other = accounts.add_learner("Zoë", "a password", author=True, admin=True, timezone="UTC")
    world.review.set_deck_active(other, "b", False)
    with world.db.write():
        world.db.execute(
            "INSERT INTO imported_review SELECT learner_id, seq, 2, -600, 3, 2300 FROM review WHERE seq = 1"
        )
        world.db.execute("INSERT INTO saved_search VALUES (?, 'one', 'All', 'deck:b', 1, 0)", (world.learner.id,))
    world.review.flag(world.learner, world.review.cards(world.learner, q="deck:b", limit=1).items[0].id, 3)
    world.review.make_set(world.learner, id="0b5e3f4e-6d0f-4d58-9d0e-0a4f9a1f7c11", mode="cram", q="deck:b")
    card = world.review.cards(world.learner, q="deck:b", limit=1).items[0].id
    faults = FaultService(world.db, lambda: world.now, world.review)
    faults.report(world.learner, card, "It is wrong.", "0b5e3f4e-6d0f-4d58-9d0e-0a4f9a1f7c12")
    rounds = PracticeService(world.db, lambda: world.now, world.review)
    _a_round(rounds, world.learner)
    plans, day = Plans(world.db, lambda: world.now, world.review), world.review.study_day(world.learner)
    plans.make(world.learner, Choice(day + 20, 30, minute=570, weights={"ml": 3}, weekdays_off=(6,), title="First"))
    plans.add_break(world.learner, day + 5, day + 9)
    world.package(history=True)
    world.edit("b.md", lambda text: text.replace("## Gone? {#gone}\n\nYes.\n\n", "").replace("## N 3?", "## Nr 3?"))
    world.delete("c.md")
    world.sync()
    yield world
    world.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[AnkiWorld]:
    (tmp_path / "new").mkdir()
    world = AnkiWorld(tmp_path / "new")
    with world.db.write():
        world.db.execute("DELETE FROM learner")
    yield world
    world.close()


def written(world: AnkiWorld, name: str = "all.json", **options: Any) -> Path:
    return world.export.json(world.folder / name, **options).path


def test_out_and_in_again_is_the_same(world: AnkiWorld, empty: AnkiWorld) -> None:
    path = written(world)
    done = empty.export.load_json(path)
    assert done.counts["reviews"] > 50
    assert done.written == (".flashcards.toml", "b.md", "ml/_anki.json", "ml/_folder.yml", "ml/a.md", "ml/img/p.png")
    assert (empty.root / "ml/img/p.png").read_bytes() == PNG
    report = empty.sync()
    assert (report.errors, report.new, report.edited, report.removed) == ((), 0, 0, 0)
    assert DoctorService(empty.db).examine().ok
    assert written(empty).read_bytes() == path.read_bytes()
    assert MemoryState(empty.db).states(world.learner.id) == MemoryState(world.db).states(world.learner.id)
    for table in ("card", "schedule", "review", "revision", "note_tag", "note_front", "prerequisite", "learner_day",
                  "rubric_point", "follow_up", "round_mark"):  # fmt: skip
        sql = f"SELECT * FROM {table}"
        assert sorted(map(repr, empty.db.all(sql))) == sorted(map(repr, world.db.all(sql))), table
    words = "SELECT rowid, text FROM note_text ORDER BY rowid"
    assert empty.db.all(words) == world.db.all(words)
    told = "SELECT * FROM learner_deck WHERE seen > 0 OR active = 0 ORDER BY 1, 2"
    assert empty.db.all(told) == world.db.all(told)
    empty.now = world.now
    assert empty.review.queue(world.learner) == world.review.queue(world.learner)
    answer(empty, empty.review.cards(world.learner, limit=1).items[0].id, 4)


def test_a_document_of_an_older_program_has_no_parts_for_practice(world: AnkiWorld, empty: AnkiWorld) -> None:
    document = json.loads(written(world).read_text("utf-8"))
    for note in document["notes"]:
        for name in ("rubric_refs", "follow_up_refs", "in_full", "clarify"):
            del note[name]
    path = world.folder / "older.json"
    path.write_text(json.dumps(document), "utf-8")

    empty.export.load_json(path)
    empty.sync()
    points = "SELECT * FROM rubric_point ORDER BY note_id, position"
    assert empty.db.all(points) == world.db.all(points)
    assert empty.db.all("SELECT in_full FROM note WHERE key = 'one'") == [("One is **one**.",)]


@pytest.mark.parametrize("refs", ["x", [1], [{"deck": None}], [{"deck": None, "id": 1, "level": None}]])
def test_references_that_are_none_are_refused(world: AnkiWorld, empty: AnkiWorld, refs: object) -> None:
    document = json.loads(written(world).read_text("utf-8"))
    document["notes"][0]["rubric_refs"] = refs
    path = world.folder / "bad.json"
    path.write_text(json.dumps(document), "utf-8")

    with pytest.raises(Invalid, match="rubric_refs must be a list"):
        empty.export.load_json(path)


def test_the_document_is_as_its_schema_says(world: AnkiWorld) -> None:
    document = json.loads(written(world).read_text("utf-8"))
    schema = json_schema.schema()
    assert set(document) == set(schema["properties"])
    for section in json_schema.SECTIONS:
        items = document[section.name]
        assert items, f"{section.name}: nothing that could be wrong"
        for item in items:
            check(item, schema["properties"][section.name]["items"], section.name)
    text = json.dumps(document)
    assert "password" not in text
    assert "a password" not in text


def _a_round(rounds: PracticeService, learner: Learner) -> None:
    """A question that was answered, ticked and graded."""
    begun = rounds.begin(learner, Wish("one", id="5e7f1f0e-1111-4c5d-9d0e-0a4f9a1f7c11", seed=7))
    answer_id = "5e7f1f0e-2222-4c5d-9d0e-0a4f9a1f7c11"
    answered = rounds.answer(learner, begun.round.id, Spoken(answer_id, 0, "One is one.", took_ms=9000))
    points = dict.fromkeys(answered.questions[0].question.keys, "said")
    rounds.tick(learner, begun.round.id, answer_id, Ticks(points, grade=4))


def check(value: Any, schema: dict[str, Any], where: str) -> None:
    """As much of JSON Schema as the schema uses."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    python = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    fits = (value is None if name == "null" else isinstance(value, python[name]) for name in types)  # type: ignore[arg-type]
    assert any(fits), f"{where}: {value!r}"
    if "properties" in schema and value is not None:
        assert list(value) == list(schema["properties"]), where
        for name, inner in value.items():
            check(inner, schema["properties"][name], f"{where}.{name}")


def test_one_learner_and_one_deck(world: AnkiWorld) -> None:
    document = json.loads(written(world, learner=world.learner, decks=["ml"]).read_text("utf-8"))
    assert [learner["name"] for learner in document["learners"]] == ["a"]
    assert [deck["path"] for deck in document["decks"]] == ["ml/a.md"]
    assert [file["path"] for file in document["files"]] == [
        ".flashcards.toml",
        "ml/_anki.json",
        "ml/_folder.yml",
        "ml/a.md",
        "ml/img/p.png",
    ]
    cards = {card["id"] for card in document["cards"]}
    assert {row["card"] for row in document["reviews"]} <= cards
    assert document["reviews"]
    with pytest.raises(NotFound):
        written(world, decks=["nowhere"])


def test_pictures_that_only_anki_shows_come_along(tmp_path: Path, empty: AnkiWorld) -> None:
    """They stand in fields that no deck holds, and are needed on the way back."""
    for number, name in enumerate(("front.png", "extra one.png", "other.png")):
        (tmp_path / name).write_bytes(png((number, 0, 0)))
    (tmp_path / "old").mkdir()
    world = AnkiWorld(tmp_path / "old")
    with collection(tmp_path, "source") as opened:
        model = opened.models.copy(opened.models.by_name("Basic"))
        model["name"] = "Mine"
        opened.models.add_field(model, opened.models.new_field("Notes"))
        opened.models.update_dict(model)
        names = [opened.media.add_file(str(tmp_path / it)) for it in ("front.png", "extra one.png", "other.png")]
        shown, *more = (f'<img src="{name}">' for name in names)
        add(opened, "Mine", "Words", f"q {shown}", "a", "".join(more))
        add(opened, "Mine", "Words", f"r {shown}", "b", "plain")
        package = export(opened, tmp_path / "mine.apkg", legacy=True)
    import_decks(package, world.root / "from" / "anki", world.root)
    world.write("other/c.md", "## Q? {#q}\n\nA\n")
    world.package()
    before = media_of(world.folder / "out.apkg")
    assert {"front.png", "extra one.png", "other.png"} <= set(before)

    path = written(world)
    files = [file["path"] for file in json.loads(path.read_text("utf-8"))["files"]]
    assert {it for it in files if it.startswith("from/anki/media/")} == {
        f"from/anki/media/{name}" for name in ("front.png", "extra-one.png", "other.png")
    }
    document = json.loads(written(world, "part.json", decks=["other"]).read_text("utf-8"))
    assert [file["path"] for file in document["files"]] == ["other/c.md"]
    empty.export.load_json(path)
    empty.package()
    assert media_of(empty.folder / "out.apkg") == before
    world.close()


def test_a_damaged_or_hostile_list_of_media_brings_no_other_file(world: AnkiWorld, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    (world.root / "ml" / "link.png").symlink_to(tmp_path / "secret.png")
    (world.root / "notes.txt").write_text("no picture")
    names = ["../../../secret.png", "/etc/passwd", str(tmp_path / "secret.png"), "link.png", "../notes.txt", "none.png"]
    names += ["img/p.png", "img/../img/p.png", "../.flashcards.toml", "", ".", 1, None]  # type: ignore[list-item]
    for number, media in enumerate([dict(enumerate(names)), names, "x", None]):
        world.write(f"ml/_anki-{number}.json", json.dumps({"version": 1, "media": media}))
    world.write("ml/_anki-5.json", "[" * 100_000)
    files = [file["path"] for file in json.loads(written(world).read_text("utf-8"))["files"]]
    assert [it for it in files if "_anki" not in it] == [
        ".flashcards.toml", "b.md", "ml/_folder.yml", "ml/a.md", "ml/img/p.png"
    ]  # fmt: skip


def test_a_file_that_does_not_go_into_the_document_is_named(world: AnkiWorld, empty: AnkiWorld) -> None:
    world.write("ml/_anki.json", '{"version": 1}' + "é" * (12 << 20))  # 24 MiB
    world.write("ml/_anki-2.json", '"' * (17 << 20))  # each of them is two in the document
    done = world.export.json(world.folder / "all.json")
    assert done.left_out == ("ml/_anki-2.json",)
    empty.export.load_json(done.path)
    assert (empty.root / "ml/_anki.json").stat().st_size > 24 << 20


def test_what_authors_wrote_beside_decks_comes_along(world: AnkiWorld, empty: AnkiWorld) -> None:
    texts = {
        "README.md": "# Ours\n",
        "_ideas.md": "## Later?\n",
        "ml/_drafts/trees.md": "## Trees?\n\nNot yet.\n",
        "ml/open.md": "## Q?\n\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n",
        "next/_folder.yml": "title: Next year\n",
    }
    for path, text in texts.items():
        world.write(path, text)
    world.write(".git/HEAD.md", "ref")
    (world.root / "loop").symlink_to(world.root)
    empty.export.load_json(written(world))
    assert {path: empty.read(path) for path in texts} == texts
    assert not (empty.root / ".git").exists()
    assert not (empty.root / "loop").exists()
    for path in texts:
        (empty.root / path).unlink()
    world.export.json(world.folder / "ml.json", decks=["ml/a"])
    assert '"README.md"' not in (world.folder / "ml.json").read_text()


def media_of(package: Path) -> dict[str, bytes]:
    """The pictures and sounds of a package, by the names that Anki gives them."""
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(number) for number, name in json.loads(archive.read("media")).items()}


def test_accounts_come_without_a_password(world: AnkiWorld, empty: AnkiWorld) -> None:
    empty.export.load_json(written(world))
    accounts = AccountService(empty.db, lambda: empty.now, secret_key=bytes(32), signup="open")
    with pytest.raises(Unauthenticated):
        accounts.log_in("a", "", user_agent="", remote="x")
    accounts.set_password("zoË", "another password")
    learner, _ = accounts.log_in("Zoë", "another password", user_agent="", remote="x")
    assert (learner.is_admin, accounts.signup_state().first) == (True, False)


def test_a_service_that_is_not_empty_is_left_alone(world: AnkiWorld, empty: AnkiWorld) -> None:
    path = written(world)
    before = written(world, "before.json").read_bytes()
    with pytest.raises(Conflict, match="not empty"):
        world.export.load_json(path)
    assert written(world, "after.json").read_bytes() == before


def test_files_that_are_there_stay(world: AnkiWorld, empty: AnkiWorld) -> None:
    empty.write("b.md", "## Mine? {#mine}\n\nYes.\n")
    empty.write("ml/_folder.yml", "title: Ml\norder: 3\norder_new: level\n")
    done = empty.export.load_json(written(world))
    assert (done.kept, done.written) == (("b.md",), (".flashcards.toml", "ml/_anki.json", "ml/a.md", "ml/img/p.png"))
    assert empty.read("b.md") == "## Mine? {#mine}\n\nYes.\n"


def rewritten(path: Path, change: Any) -> Path:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document, indent=1), "utf-8")
    return path


def nothing(_document: Any) -> None:
    pass


def test_a_document_that_was_formatted_anew_is_read(world: AnkiWorld, empty: AnkiWorld) -> None:
    path = written(world)
    before = path.read_bytes()
    empty.export.load_json(rewritten(path, nothing))
    empty.sync()
    assert written(empty).read_bytes() == before


BAD = [
    (lambda d: d.update(format="anki"), 'does not begin with "format"'),
    (lambda d: d.update(version=2), "has version 2"),
    (lambda d: d["notes"][0].pop("guid"), r"notes\[0\]: guid is missing"),
    (lambda d: d["cards"][1].update(id=7), r"cards\[1\]: id must be an id"),
    (lambda d: d["reviews"][2]["before"].update(ease="2.5"), r"reviews\[2\]: before.ease must be a whole number"),
    (lambda d: d["reviews"][2].update(at="yesterday"), r"reviews\[2\]: at must be an instant"),
    (lambda d: d["reviews"][2].update(undone=1), r"reviews\[2\]: undone must be true or false"),
    (lambda d: d["schedules"][0].update(card="999999"), "a card is named that is not there"),
    (lambda d: d["notes"][0].update(deck="999999"), "(?i)contradicts itself: .*foreign key"),
    (lambda d: d["cards"].append(d["cards"][0]), "(?i)contradicts itself: .*unique"),
    (lambda d: d["files"][0].update(path="../evil.md"), "which no deck, picture or sound can have"),
    (lambda d: d["files"][0].update(path="/etc/evil.md"), "which no deck, picture or sound can have"),
    (lambda d: d["files"][0].update(path="a/../../b.md"), "which no deck, picture or sound can have"),
    (lambda d: d["files"][0].update(path=".git/hooks/post-commit"), "which no deck, picture or sound can have"),
    (lambda d: d["files"][0].update(text=None), "one of text and base64"),
    (lambda d: d["files"][0].update(text=None, base64="%"), "base64 cannot be decoded"),
    (lambda d: d["notes"].append(3), r"must be an object"),
    (lambda d: d.update(folders=d.pop("folders")), '"folders" comes too late'),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message for _, message in BAD])
def test_a_bad_document_changes_nothing(world: AnkiWorld, empty: AnkiWorld, change: Any, message: str) -> None:
    path = rewritten(written(world), change)
    with pytest.raises(Invalid, match=message):
        empty.export.load_json(path)
    assert list(empty.root.iterdir()) == []
    for table in ("learner", "deck", "note", "review"):
        assert empty.db.one(f"SELECT count(*) FROM {table}") == (0,)


def test_a_truncated_document_changes_nothing(world: AnkiWorld, empty: AnkiWorld) -> None:
    path = written(world)
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(Invalid, match=r"is it whole|Expecting|Unterminated"):
        empty.export.load_json(path)
    assert list(empty.root.iterdir()) == []
    assert empty.db.one("SELECT count(*) FROM note") == (0,)


def test_a_link_in_the_decks_folder_leads_nowhere(world: AnkiWorld, empty: AnkiWorld, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (empty.root / "ml").symlink_to(outside)
    with pytest.raises(Invalid, match="through a link"):
        empty.export.load_json(written(world))
    assert list(outside.iterdir()) == []
    assert empty.db.one("SELECT count(*) FROM note") == (0,)


def test_html_in_rounds_that_a_document_brings_is_cleaned(world: AnkiWorld, empty: AnkiWorld) -> None:
    document = json.loads(written(world).read_text("utf-8"))
    (round_,) = document["rounds"]
    round_["questions"][0]["points"][0][1] = '<b onclick="a()">two</b><script>b()</script><a href="javascript:c">x</a>'
    path = world.folder / "hostile.json"
    path.write_text(json.dumps(document), "utf-8")
    empty.export.load_json(path)
    (stored,) = empty.db.all("SELECT questions FROM practice_round")
    assert not any(word in stored[0] for word in ("<script", "onclick", "javascript:", "b()"))
    assert "two" in stored[0]


@pytest.mark.parametrize(
    ("section", "change", "says"),
    [
        ("rounds", {"questions": [{}]}, "questions: each has"),
        ("rounds", {"questions": [7]}, "questions"),
        ("rounds", {"scope": {"decks": 7}}, "scope"),
        ("round_answers", {"work": {"sketch": [["pen", ["1"], ""]]}}, "work"),
        ("round_answers", {"work": {"numbers": [["a"]]}}, "work"),
        ("round_answers", {"work": {"follow_ups": {"a": 1}}}, "work"),
    ],
)
def test_rounds_that_are_none_are_refused(
    world: AnkiWorld, empty: AnkiWorld, section: str, change: dict[str, Any], says: str
) -> None:
    document = json.loads(written(world).read_text("utf-8"))
    document[section][0] |= change
    path = world.folder / "odd.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(Invalid, match=rf"{section}\[0\]: {says}.*Nothing was imported"):
        empty.export.load_json(path)
    assert empty.db.all("SELECT 1 FROM learner WHERE id > 0") == []
