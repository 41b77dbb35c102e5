"""Edits made in the real Anki come back as a diff of our files; conflicts are shown; nothing is written unasked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.errors import Conflict
from flashcards.services.anki import fitted_edits
from flashcards.services.anki import merge as anki_merge
from flashcards.services.anki.importing import import_decks
from tests.integration.anki_packages import add, collection, export, import_into, png
from tests.integration.anki_world import AnkiWorld

DECK = """\
---
title: Penalties
tags: [ml]
---

- L1 :: the sum of absolute weights {#l1}

## What does *ridge* add to the loss $L < 1$? {#ridge .mid}

It adds `lambda` times:

- the **squares**
- of the weights

### Rubric
- names the square
- names lambda

## Lasso {#lasso}

Lasso adds {{c1::$\\lambda \\sum_j |w_j|$}}, which {{c2::selects}} features.

## What is dropout? {#dropout}

Units are *switched off* at random.

<!-- kept by its author -->
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AnkiWorld]:
    made = AnkiWorld(tmp_path)
    made.write("ml/penalties.md", DECK)
    yield made
    made.close()


def edited(world: AnkiWorld, change: Callable[[Any], None], *, into: str = "edited", notes: int = 4) -> Path:
    """Exports, imports into Anki, edits there, and exports from Anki."""
    world.package("ours.apkg")
    folder = world.folder / into
    folder.mkdir()
    with collection(folder) as opened:
        assert import_into(opened, world.folder / "ours.apkg")["new"] == notes
        change(opened)
        return export(opened, folder / "theirs.apkg", legacy=False)


def edit(opened: Any, key: str, **fields: str) -> None:
    (note,) = (opened.get_note(id_) for id_ in opened.find_notes(f"Id:*#{key}"))
    for name, text in fields.items():
        note[name] = text
    opened.update_note(note)


def merged(world: AnkiWorld, file: Path, **options: Any) -> anki_merge.MergeReport:
    world.sync()
    return anki_merge.merge(file, world.root, database=world.db, **options)


def test_nothing_edited_is_nothing_to_merge(world: AnkiWorld) -> None:
    report = merged(world, edited(world, lambda opened: None))
    assert (report.changes, report.conflicts, report.notices) == ([], [], [])
    assert (report.same, report.unknown) == (4, 0)


def test_an_edit_in_anki_is_a_diff_of_that_part_alone(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: edit(opened, "ridge", Rubric="<ul><li>names the square</li><li>new</li></ul>"))
    before = world.read("ml/penalties.md")
    report = merged(world, file)
    assert world.read("ml/penalties.md") == before
    (change,) = report.changes
    removed = [line for line in change.diff.splitlines() if line.startswith("-") and not line.startswith("---")]
    added = [line for line in change.diff.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert "-- names lambda" in removed
    assert "+- new" in added
    assert not any("squares" in line for line in removed)
    assert anki_merge.apply(report) == ("ml/penalties.md",)
    after = world.read("ml/penalties.md")
    assert "- new" in after
    assert "It adds `lambda` times:" in after
    assert "<!-- kept by its author -->" in after
    assert [(note, world.counts()[note]) for note in ("edited",)] == [("edited", 1)]
    assert merged(world, file).changes == []


def test_edits_of_every_kind_of_note(world: AnkiWorld) -> None:
    def change(opened: Any) -> None:
        edit(opened, "l1", Answer="the sum of <b>absolute</b> weights")
        edit(opened, "lasso", Text=r"Lasso adds {{c1::\(\lambda\)}} and {{c2::selects}} features.")
        edit(opened, "dropout", Question="What is <i>dropout</i> for?", Reverse="1")

    report = merged(world, edited(world, change))
    assert report.conflicts == []
    (one,) = report.changes
    assert one.notes == ("l1", "lasso", "dropout")
    assert "- L1 :: the sum of **absolute** weights {#l1}" in one.text
    assert "## Lasso {#lasso}\n\nLasso adds {{c1::$\\lambda$}} and {{c2::selects}} features.\n" in one.text
    assert "## What is *dropout* for? {#dropout .reversed}\n\nUnits are *switched off* at random.\n" in one.text


def test_our_own_newer_edit_stays(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: None)
    world.edit("ml/penalties.md", lambda text: text.replace("switched off", "turned off"))
    report = merged(world, file)
    assert (report.changes, report.conflicts, report.older) == ([], [], 1)


def test_our_own_newer_tags_stay_after_a_seed_and_a_later_export(world: AnkiWorld) -> None:
    """Anki sorts tags, and keeps the time that we gave a note for as long as nobody edits it there."""
    world.write("ml/penalties.md", DECK.replace(".mid}", ".mid .basic}"))
    world.package("seed.apkg", history=True)
    world.now += 5000
    world.write("ml/penalties.md", DECK.replace(".mid}", ".mid .basic}").replace("It adds", "It surely adds"))
    world.sync()
    world.export.anki(world.folder / "ours.apkg")  # for nobody by name
    with collection(world.folder) as opened:
        import_into(opened, world.folder / "seed.apkg")
        assert import_into(opened, world.folder / "ours.apkg")["updated"] == 1
        file = export(opened, world.folder / "theirs.apkg", legacy=False)
    world.now += 5000
    world.write("ml/penalties.md", DECK.replace("It adds", "It surely adds"))
    report = merged(world, file)
    assert (report.changes, report.conflicts, report.older) == ([], [], 1)


def test_the_same_note_edited_on_both_sides_is_a_conflict(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: edit(opened, "dropout", Answer="Theirs."))
    world.edit("ml/penalties.md", lambda text: text.replace("switched off", "turned off"))
    report = merged(world, file)
    assert report.changes == []
    (conflict,) = report.conflicts
    assert (conflict.note, conflict.part, conflict.theirs) == ("dropout", "answer", "Theirs.")
    assert conflict.ours == "Units are *turned off* at random."
    assert conflict.why == "edited here and in Anki"


def test_with_the_package_that_anki_was_given_parts_are_merged_without_a_database(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: edit(opened, "ridge", Rubric="<ul><li>theirs</li></ul>"))
    world.edit("ml/penalties.md", lambda text: text.replace("It adds", "It surely adds"))
    base = world.folder / "ours.apkg"
    report = anki_merge.merge(file, world.root, base=base)
    assert report.conflicts == []
    (change,) = report.changes
    assert "It surely adds" in change.text
    assert "- theirs" in change.text
    blind = anki_merge.merge(file, world.root)
    assert blind.changes == []
    assert {conflict.part for conflict in blind.conflicts} == {"answer", "rubric"}
    assert all("--base" in conflict.why for conflict in blind.conflicts)


def test_a_file_that_changed_since_the_diff_is_not_written(world: AnkiWorld) -> None:
    report = merged(world, edited(world, lambda opened: edit(opened, "dropout", Answer="Theirs.")))
    world.edit("ml/penalties.md", lambda text: text + "\n")
    before = world.read("ml/penalties.md")
    with pytest.raises(Conflict, match="changed meanwhile"):
        anki_merge.apply(report)
    assert world.read("ml/penalties.md") == before


def test_notes_that_are_only_in_anki_are_counted(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: add(opened, "Basic", "Other", "new", "note"))
    report = merged(world, file)
    assert (report.changes, report.unknown, report.same) == ([], 1, 4)


def test_what_our_file_cannot_hold_is_a_conflict(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: edit(opened, "l1", Answer="<ul><li>two</li><li>items</li></ul>"))
    report = merged(world, file)
    assert report.changes == []
    assert [(conflict.note, conflict.part) for conflict in report.conflicts] == [("l1", "text")]


def test_a_file_of_many_edited_notes_takes_what_it_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, read = AnkiWorld(tmp_path), list[str]()
    notes = "".join(f"## What is n{i}? {{#n{i}}}\n\nOld {i}.\n\n### Rubric\n- says {i}\n\n" for i in range(60))
    world.write("many.md", f"- line :: back {{#line}}\n- last :: end {{#last}}\n\n{notes}")

    def change(opened: Any) -> None:
        for i in range(60):
            edit(opened, f"n{i}", Answer=f"New {i}.", Rubric=f"<ul><li>says {i}</li><li>more</li></ul>")
        edit(opened, "n20", Answer=r"Not a formula: \(\frac{1\)")
        for key in ("line", "last"):
            edit(opened, key, Answer="<ul><li>two</li><li>items</li></ul>")

    def counted(path: str, *arguments: Any) -> Any:
        read.append(path)
        return parse_deck(path, *arguments)

    file = edited(world, change, notes=62)
    monkeypatch.setattr(fitted_edits, "parse_deck", counted)
    report = merged(world, file)
    assert [(conflict.note, conflict.part) for conflict in report.conflicts] == [
        ("line", "text"), ("last", "text"), ("n20", "text"),
    ]  # fmt: skip
    (one,) = report.changes
    assert one.notes == tuple(f"n{i}" for i in range(60) if i != 20)
    expected = world.read("many.md")
    for i in set(range(60)) - {20}:
        expected = expected.replace(
            f"\nOld {i}.\n\n### Rubric\n- says {i}\n", f"\nNew {i}.\n\n### Rubric\n- says {i}\n- more\n"
        )
    assert one.text == expected
    assert len(read) < 20, "a file is not read again for each of its notes"
    assert anki_merge.apply(report) == ("many.md",)
    assert world.read("many.md") == expected
    world.close()


def test_notes_that_came_from_anki_are_merged_too(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "one <b>x</b>", "1<br>2")
        add(opened, "Basic", "Deck", "two", "2")
        first = export(opened, tmp_path / "first.apkg", legacy=False)
        import_decks(first, tmp_path / "decks")
        time.sleep(1.1)  # Anki dates notes by the second
        note["Back"] = "1<br>3"
        opened.update_note(note)
        second = export(opened, tmp_path / "second.apkg", legacy=False)
    report = anki_merge.merge(second, tmp_path / "decks", base=first)
    assert (report.conflicts, report.same) == ([], 1)
    (change,) = report.changes
    lines = change.diff.splitlines()[3:]
    assert [line for line in lines if line[0] in "+-"] == ["-2", "+3"]


def test_media_of_anki_s_own_names_are_those_that_the_decks_have(tmp_path: Path) -> None:
    """In a deck that is not beside the media folder; and the part that nobody edited stays as it is written."""
    (tmp_path / "a cat.png").write_bytes(png())
    with collection(tmp_path) as opened:
        name = opened.media.add_file(str(tmp_path / "a cat.png"))
        note = add(opened, "Basic", "Deck::Below", f'cat <img src="{name}">', "1")
        first = export(opened, tmp_path / "first.apkg", legacy=False)
        import_decks(first, tmp_path / "decks")
        time.sleep(1.1)  # Anki dates notes by the second
        note["Back"] = f'new <img src="{name}">'
        opened.update_note(note)
        second = export(opened, tmp_path / "second.apkg", legacy=False)
    report = anki_merge.merge(second, tmp_path / "decks", base=first)
    assert (report.conflicts, report.notices, report.media) == ([], [], {})
    (change,) = report.changes
    lines = change.diff.splitlines()[2:]
    assert [line for line in lines if line[0] in "+-"] == ["-1", "+new ![](../media/a-cat.png)"]


def test_what_is_escaped_in_our_file_is_merged_too(tmp_path: Path) -> None:
    text = "{{c1::braces}} of no gap"
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "q", text)
        first = export(opened, tmp_path / "first.apkg", legacy=False)
        import_decks(first, tmp_path / "decks")
        time.sleep(1.1)  # Anki dates notes by the second
        note["Back"] = f"{text} more"
        opened.update_note(note)
        second = export(opened, tmp_path / "second.apkg", legacy=False)
    report = anki_merge.merge(second, tmp_path / "decks", base=first)
    assert report.conflicts == []
    (change,) = report.changes
    assert "more" in change.text
    anki_merge.apply(report)
    assert anki_merge.merge(second, tmp_path / "decks", base=first).same == 1


def test_a_conflict_shows_both_notes_alone(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: edit(opened, "l1", Answer="<ul><li>two</li><li>items</li></ul>"))
    (conflict,) = merged(world, file).conflicts
    assert conflict.ours == "- L1 :: the sum of absolute weights {#l1}"
    assert conflict.theirs.startswith("## L1 {#l1")


def test_what_nobody_touched_is_not_called_newer(tmp_path: Path) -> None:
    """The journey through HTML makes a difference that is neither here nor there."""
    world = AnkiWorld(tmp_path)
    world.now = time.time_ns() // 1_000_000 + 60_000
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "q", "<h1>big</h1><h3>Rubric</h3>two  blanks <u>under</u> &lt;!-- x")
        add(
            opened,
            "Basic",
            "Deck",
            "q2",
            r"<table><tr><td>1</td></tr></table>[latex]\begin{tabular}{c}a\end{tabular}[/latex]",
        )
        file = export(opened, tmp_path / "first.apkg", legacy=False)
    import_decks(file, world.root / "anki", world.root)
    report = merged(world, file)
    assert (report.same, report.older, report.changes, report.conflicts) == (2, 0, [], [])


def test_what_was_merged_is_not_in_conflict_with_itself(tmp_path: Path) -> None:
    """The file is edited here then, and its HTML is never quite Anki's: only what Anki edits next counts."""
    world = AnkiWorld(tmp_path)
    world.now = (
        time.time_ns() // 1_000_000 - 3 * 3_600_000
    )  # before two hours too, by which Anki is late at night in its test mode
    backs = (
        "<h1>big</h1><h3>Rubric</h3>two  blanks",
        "see https://example.org/a_b now",
        '<img src="missing.png"><dl><dt>T</dt><dd>D</dd></dl>',
    )
    with collection(tmp_path) as opened:
        notes = [
            add(opened, "Basic", "Deck", f"<blockquote>{back}</blockquote>", back, tags=("c++",)) for back in backs
        ]
        notes.append(
            add(
                opened,
                "Cloze",
                "Deck",
                r"a {{c1::<ul><li>b</li></ul>}} \({{c2::\frac{a}{b} }}\)",
                "<ul><li>x</li></ul>",
            )
        )
        first = export(opened, tmp_path / "first.apkg", legacy=False)
        import_decks(first, world.root / "anki", world.root)
        world.sync()
        for note in notes:
            note.fields[0 if "Text" in note else 1] += " edited"
            opened.update_note(note)
        second = export(opened, tmp_path / "second.apkg", legacy=False)
        report = merged(world, second)
        assert (len(report.changes), report.conflicts) == (1, [])
        anki_merge.apply(report)
        again = merged(world, second)
        assert (again.changes, again.conflicts, again.same) == ([], [], 4)


def test_what_was_deleted_in_anki_is_listed_with_its_lines(world: AnkiWorld) -> None:
    world.write("other.md", "## Not exported with these? {#other}\n\nYes.\n")

    def change(opened: Any) -> None:
        opened.remove_notes([*opened.find_notes("Id:*#ridge"), *opened.find_notes("Id:*#l1")])

    world.package("ours.apkg", decks=["ml"])
    folder = world.folder / "edited"
    folder.mkdir()
    with collection(folder) as opened:
        import_into(opened, world.folder / "ours.apkg")
        change(opened)
        file = export(opened, folder / "theirs.apkg", legacy=False)
    report = merged(world, file)
    lines = world.read("ml/penalties.md").split("\n")
    found = {one.note: lines[one.first - 1 : one.last] for one in report.deleted}
    assert found.keys() == {"l1", "ridge"}
    assert found["l1"] == ["- L1 :: the sum of absolute weights {#l1}"]
    assert found["ridge"][0].startswith("## What does *ridge*")
    assert found["ridge"][-1] == "- names lambda"
    assert report.changes == []


def test_a_note_that_anki_never_had_is_not_said_to_be_deleted(world: AnkiWorld) -> None:
    file = edited(world, lambda opened: None)
    world.edit("ml/penalties.md", lambda text: text + "\n## New here? {#new}\n\nYes.\n")
    assert merged(world, file).deleted == []
