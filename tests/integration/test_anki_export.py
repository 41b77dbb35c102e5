"""Packages that we write, read by the real Anki."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.bundled import bundled
from flashcards.exchange.anki import notetypes
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_world import PAST, Anki, AnkiWorld, Log, anki, rows_of

DECK = """\
---
title: Overfitting
description: Telling memorising from learning.
tags: [concepts]
---

- L1 penalty :: the sum of the absolute weights {#l1}
- TPR ::: recall {#tpr .junior}

# Basics

## What is overfitting? {#what .core}

The model fits noise: $L(w) < \\epsilon$.

![curves](curves.svg)

### Rubric
- noise, not $x$

### Follow-ups
- And underfitting?

### Sources
- ESL, section 7.2

## Ridge and lasso {#penalties}

Ridge adds {{c1::$\\lambda \\sum_j w_{j_{1}}^2$}}; lasso {{c3::shrinks::verb}}.
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="10"><rect width="{0}" height="9"/></svg>'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AnkiWorld]:
    world = AnkiWorld(tmp_path)
    world.write("ml/_folder.yml", "title: Ml\n")
    world.write("ml/concepts/overfitting.md", DECK)
    world.write("ml/concepts/curves.svg", SVG.format(20))
    yield world
    world.close()


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Anki]:
    with anki(tmp_path) as opened:
        yield opened


# --- everything that ships ------------------------------------------------------------------------------


def test_every_built_in_deck_arrives_whole(tmp_path: Path, collection: Anki) -> None:
    world = AnkiWorld(tmp_path)
    shutil.copytree(bundled("decks"), world.root, dirs_exist_ok=True)
    done = world.package()
    stored = {
        guid: (json.loads(tags), {card for (card,) in world.db.all(
            "SELECT ordinal FROM card WHERE note_id = ? AND removed_at IS NULL", (note,))}, kind)
        for note, guid, tags, kind in world.db.all("SELECT id, guid, tags, kind FROM note WHERE draft = 0")
    }  # fmt: skip
    log = collection.take(done.path)
    assert log == Log(new=len(stored), updated=0, duplicate=0, conflicting=0)
    assert (done.notes, done.cards) == (collection.col.note_count(), collection.col.card_count())
    fields = dict(rows_of(done.path, "SELECT guid, flds FROM notes"))
    arrived = collection.notes()
    assert arrived.keys() == stored.keys()
    for guid, note in arrived.items():
        tags, ordinals, kind = stored[guid]
        assert "\x1f".join(note.fields) == fields[guid]
        assert sorted(note.tags, key=str.casefold) == sorted(tags, key=str.casefold)
        expected = {ordinal - (kind == "cloze") for ordinal in ordinals}
        assert {card.ord for card in note.cards()} == expected, note["Id"]
        assert all(card.question() and card.answer() for card in note.cards())
        assert not re.search(r"<math|/media/|\$\$|[\ue000-\uf8ff]", fields[guid]), note["Id"]
    assert not collection.col.get_empty_cards().report
    media = {path.name: path.read_bytes() for path in collection.media.iterdir()}
    assert len(media) == done.media > 10
    originals = {path.read_bytes() for path in world.root.rglob("*.svg")}
    assert set(media.values()) <= originals
    check = collection.col.media.check()
    assert (list(check.missing), list(check.unused)) == ([], [])

    again = world.package("again.apkg")
    assert collection.take(again.path) == Log(0, 0, len(stored), 0)
    path = world.root / "ml/concepts/overfitting.md"
    path.write_text(path.read_text("utf-8").replace("noise", "the noise", 1), "utf-8")
    world.touch("ml/concepts/overfitting.md")
    assert collection.take(world.package("changed.apkg").path) == Log(0, 1, len(stored) - 1, 0)
    world.close()


def test_what_a_note_becomes(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    what = collection.note("ml/concepts/overfitting#what")
    image = next(iter(collection.media.iterdir())).name
    assert dict(what.items()) == {
        "Question": "What is overfitting?",
        "Answer": rf"<p>The model fits noise: \(L(w) &lt; \epsilon\).</p>"
        f'\n<p><img src="{image}" alt="curves" width="20" height="10"></p>',
        "Rubric": r"<ul><li>noise, not \(x\)</li></ul>",
        "FollowUps": "<ul><li>And underfitting?</li></ul>",
        "Source": "<ul><li>ESL, section 7.2</li></ul>",
        "Context": "Basics",
        "Reverse": "",
        "Typed": "",
        "Id": "ml/concepts/overfitting#what",
    }
    assert sorted(what.tags) == ["concepts", "core"]
    assert collection.deck_of(what) == {"Ml::Concepts::Overfitting"}
    cloze = collection.note("ml/concepts/overfitting#penalties")
    assert cloze["Text"] == (r"Ridge adds {{c1::\(\lambda \sum_j w_{j_{1} }^2\)}}; lasso {{c3::shrinks::verb}}.")
    assert cloze["Context"] == "Basics · Ridge and lasso"
    assert [card.ord for card in cloze.cards()] == [0, 2]
    assert "[verb]" in cloze.cards()[1].question()
    reversed_ = collection.note("ml/concepts/overfitting#tpr")
    assert [card.ord for card in reversed_.cards()] == [0, 1]
    assert "recall" in reversed_.cards()[1].question()
    assert [card.due for card in collection.note("ml/concepts/overfitting#l1").cards()] == [1]


def test_the_same_export_gives_the_same_bytes(world: AnkiWorld) -> None:
    first, second = world.package("1.apkg").path, world.package("2.apkg").path
    assert first.read_bytes() == second.read_bytes()
    files = FileExport(world.root)
    for name in ("3.apkg", "4.apkg"):
        files.anki(world.folder / name, (), no_progress)
    assert (world.folder / "3.apkg").read_bytes() == (world.folder / "4.apkg").read_bytes()


def test_only_the_decks_that_were_asked_for(world: AnkiWorld, collection: Anki) -> None:
    world.write("ml/other.md", "## Q? {#q}\n\nA.\n")
    world.write("else.md", "## Q? {#q}\n\nA.\n")
    collection.take(world.package(decks=["ml/concepts", "else"]).path)
    decks = set().union(*map(collection.deck_of, collection.notes().values()))
    assert decks == {"Ml::Concepts::Overfitting", "Else"}


def test_drafts_stay_at_home(world: AnkiWorld, collection: Anki) -> None:
    world.write("draft.md", "## Q? {#q .draft}\n\nA.\n\n## R? {#r}\n\nA.\n")
    collection.take(world.package(decks=["draft"]).path)
    assert [note["Id"] for note in collection.notes().values()] == ["draft#r"]


def test_nothing_is_left_of_an_export_that_fails(world: AnkiWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    done = world.package()
    before = done.path.read_bytes()
    monkeypatch.setattr("flashcards.services.export.packed_notes.joined_fields", lambda *_texts: "too\x1ffew")
    with pytest.raises(ValueError, match="has 9 fields"):
        world.package()
    assert done.path.read_bytes() == before
    assert [path.name for path in world.folder.iterdir() if "partial" in path.name] == []


# --- what Anki updates, and what it does not ---------------------------------------------------------------


def edit(world: AnkiWorld, old: str, new: str) -> None:
    world.edit("ml/concepts/overfitting.md", lambda text: text.replace(old, new))


def test_a_later_edit_in_anki_survives(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    edit(world, "The model fits noise", "It fits noise")
    note = collection.note("ml/concepts/overfitting#what")
    note["Answer"] = "mine"
    collection.col.update_note(note)
    assert collection.take(world.package().path) == Log(0, 0, 4, 0)
    assert collection.note("ml/concepts/overfitting#what")["Answer"] == "mine"


def test_an_earlier_edit_in_anki_gives_way(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    note = collection.note("ml/concepts/overfitting#what")
    note["Answer"] = "mine"
    collection.col.update_note(note)
    world.now = PAST + 10 * 365 * 86_400_000
    edit(world, "The model fits noise", "It fits noise")
    assert collection.take(world.package().path) == Log(0, 1, 3, 0)
    assert "It fits noise" in collection.note("ml/concepts/overfitting#what")["Answer"]


def test_reversed_and_typed_later_add_a_card_and_keep_history(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    note = collection.note("ml/concepts/overfitting#l1")
    collection.col.decks.set_current(note.cards()[0].did)
    card = collection.col.sched.getCard()
    assert card is not None
    collection.col.sched.answerCard(card, 3)
    edit(world, "weights {#l1}", "weights {#l1 .reversed .typed}")
    assert collection.take(world.package().path) == Log(0, 1, 3, 0)
    cards = collection.note("ml/concepts/overfitting#l1").cards()
    assert [(card.ord, card.reps) for card in cards] == [(0, 1), (1, 0)]
    assert "[[type:Answer]]" in cards[0].render_output().question_text
    assert "[[type:Question]]" in cards[1].render_output().question_text
    assert len(collection.rows("SELECT * FROM revlog")) == 1


def test_a_note_that_moves_is_not_copied(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    text = world.read("ml/concepts/overfitting.md")
    start = text.index("## Ridge")
    world.write("ml/penalties.md", "---\ntitle: Penalties\n---\n\n" + text[start:])
    edit(world, text[start:], "")
    log = collection.take(world.package().path)
    assert (log.new, log.conflicting) == (0, 0)
    note = collection.note("ml/penalties#penalties")
    assert collection.deck_of(note) == {"Ml::Concepts::Overfitting"}, "Anki never moves a card"


def test_a_renamed_deck_is_a_new_and_empty_one(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    edit(world, "title: Overfitting", "title: Memorising")
    assert collection.take(world.package().path).new == 0
    names = {deck.name for deck in collection.col.decks.all_names_and_ids()}
    assert {"Ml::Concepts::Overfitting", "Ml::Concepts::Memorising"} <= names
    assert set().union(*map(collection.deck_of, collection.notes().values())) == {"Ml::Concepts::Overfitting"}


def test_another_kind_is_another_note(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    edit(world, "The model fits noise", "The model fits {{c1::noise}}")
    done = world.package()
    assert [(note.title[:20], note.changed_kind) for note in done.removed] == [("What is overfitting?", True)]
    old = collection.note("ml/concepts/overfitting#what")
    assert collection.take(done.path, merge=True) == Log(1, 1, 3, 0)
    tagged = collection.notes()[old.guid]
    assert "flashcards::removed" in tagged.tags
    assert tagged.fields == old.fields
    assert world.package().removed == (), "it was said once"
    edit(world, "{{c1::noise}}", "noise")
    assert collection.take(world.package().path, merge=True) == Log(0, 2, 3, 0), "its old note is its note again"
    assert "flashcards::removed" not in collection.notes()[old.guid].tags


def test_removed_notes_are_listed_tagged_and_come_back(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    text = world.read("ml/concepts/overfitting.md")
    ridge = text[text.index("## Ridge") :]
    edit(world, ridge, "")
    world.sync()
    assert [note.title for note in world.export.removed(world.learner)] == [
        "Ridge and lasso: Ridge adds […]; lasso shrinks."
    ]
    done = world.package()
    assert [(note.deck_path, note.changed_kind) for note in done.removed] == [("ml/concepts/overfitting.md", False)]
    assert collection.take(done.path) == Log(0, 1, 3, 0)
    assert "flashcards::removed" in collection.note("ml/concepts/overfitting#penalties").tags
    later = world.package()
    assert (later.notes, later.removed) == (3, ()), "told once: who deleted it in Anki does not get it again"
    world.edit("ml/concepts/overfitting.md", lambda text: text + ridge)
    assert collection.take(world.package().path) == Log(0, 1, 3, 0)
    assert collection.note("ml/concepts/overfitting#penalties").tags == ["concepts"]


def test_a_picture_that_went_with_its_note_is_not_missed(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    text = world.read("ml/concepts/overfitting.md")
    note = text[text.index("## What is overfitting") : text.index("## Ridge")]
    assert "curves.svg" in note
    edit(world, note, "")
    (world.root / "ml/concepts/curves.svg").unlink()
    world.sync()
    done = world.package()
    assert (len(done.removed), done.missing_media) == (1, ())
    collection.take(done.path)
    assert len(collection.col.find_notes("tag:flashcards::removed")) == 1


def test_a_deck_that_is_gone_is_exported_as_removed(world: AnkiWorld, collection: Anki) -> None:
    world.write("stays.md", "## Q? {#q}\n\nA.\n")
    collection.take(world.package().path)
    world.delete("ml/concepts/overfitting.md")
    done = world.package()
    assert (done.notes, len(done.removed)) == (5, 4)
    assert collection.take(done.path) == Log(0, 4, 1, 0)
    assert len(collection.col.find_notes("tag:flashcards::removed")) == 4


def test_what_one_learner_was_told_is_not_what_another_was(world: AnkiWorld) -> None:
    world.package()
    edit(world, "- L1 penalty :: the sum of the absolute weights {#l1}\n", "")
    world.sync()
    assert world.export.anki(world.folder / "nobody.apkg").removed == ()
    assert len(world.package().removed) == 1


def test_another_picture_reaches_anki(world: AnkiWorld, collection: Anki) -> None:
    collection.take(world.package().path)
    world.write("ml/concepts/curves.svg", SVG.format(30))
    assert collection.take(world.package().path) == Log(0, 1, 3, 0)
    assert 'width="30"' in collection.note("ml/concepts/overfitting#what")["Answer"]
    assert len(list(collection.media.iterdir())) == 2


def test_a_new_design_is_taken_in_place(world: AnkiWorld, collection: Anki, monkeypatch: pytest.MonkeyPatch) -> None:
    collection.take(world.package().path)
    monkeypatch.setattr(notetypes, "CSS", notetypes.CSS + "\n.new {}")
    monkeypatch.setattr(notetypes, "DESIGN_CHANGED_AT", notetypes.DESIGN_CHANGED_AT + 10 * 365 * 86_400)
    collection.take(world.package().path)
    types = {model["name"]: model for model in collection.col.models.all()}
    assert types["Flashcards Basic"]["css"].endswith(".new {}")
    assert types["Flashcards Cloze"]["id"] == notetypes.CLOZE.id
    assert len([name for name in types if name.startswith("Flashcards")]) == 2


def test_note_types_keep_their_shape(world: AnkiWorld, collection: Anki) -> None:
    """Whoever changes these numbers or names breaks every collection that has them."""
    collection.take(world.package().path)
    basic, cloze = (collection.col.models.get(kind.id) for kind in (notetypes.BASIC, notetypes.CLOZE))
    assert basic is not None
    assert cloze is not None
    assert (basic["id"], [(field["name"], field["id"]) for field in basic["flds"]]) == (
        1_763_000_000_001,
        [
            (name, 7_300_000_000_000_001 + number)
            for number, name in enumerate(
                ("Question", "Answer", "Rubric", "FollowUps", "Source", "Context", "Reverse", "Typed", "Id")
            )
        ],
    )
    assert (cloze["id"], [(field["name"], field["id"]) for field in cloze["flds"]]) == (
        1_763_000_000_002,
        [
            (name, 7_300_000_000_002_001 + number)
            for number, name in enumerate(("Text", "Context", "Rubric", "FollowUps", "Source", "Typed", "Id"))
        ],
    )
    assert [template["name"] for template in basic["tmpls"]] == ["Forward", "Backward"]
    assert [template["name"] for template in cloze["tmpls"]] == ["Cloze"]


# --- the container ------------------------------------------------------------------------------------------


def test_the_container(world: AnkiWorld) -> None:
    path = world.package().path
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["0", "collection.anki2", "media"]
        media = json.loads(archive.read("media"))
    assert list(media) == ["0"]
    assert re.fullmatch(r"[0-9a-f]{32}\.svg", media["0"])
    ((version, conf),) = rows_of(path, "SELECT ver, conf FROM col")
    assert version == 11
    assert (json.loads(conf)["schedVer"], json.loads(conf)["creationOffset"]) == (2, 0)


# --- from files alone ---------------------------------------------------------------------------------------


def test_files_alone_give_the_same_notes(world: AnkiWorld, collection: Anki) -> None:
    from_files = FileExport(world.root).anki(world.folder / "files.apkg", (), no_progress)
    collection.take(from_files.path)
    log = collection.take(world.package().path)
    assert (log.new, log.conflicting) == (0, 0), "one guid, with a database and without"
    fields = "SELECT guid, mid, flds, tags FROM notes ORDER BY guid"
    assert rows_of(from_files.path, fields) == rows_of(world.folder / "out.apkg", fields)


def test_files_with_errors_are_named(world: AnkiWorld, collection: Anki) -> None:
    world.write("broken.md", "---\ntitle: [\n---\n\n## Q? {#q}\n\nA.\n")
    world.write("half.md", "## Empty? {#e}\n\n## Q? {#q}\n\nA.\n")
    done = FileExport(world.root).anki(world.folder / "files.apkg", (), no_progress)
    assert [line.partition(" ")[0] for line in done.skipped] == ["broken.md:", "half.md:1:"]
    assert collection.take(done.path).new == 5
