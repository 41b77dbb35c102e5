"""References, long forms and what to clarify go to the real Anki and come back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.services.anki import merge as anki_merge
from flashcards.services.anki.importing import import_decks, read_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import collection, export, import_into
from tests.integration.anki_world import AnkiWorld, rows_of

DECK = """\
---
title: Missing values
id: prep/missing
---

## How do you treat missing values? {#missing .core .mid}

First *why*, then what.

### Clarify
- How much is missing? `1 < 2` tenths.
- Is *any* of it known?

### In full

**Why (3 minutes).** Whether it is missing at random: $p(m \\mid x)$.

#### Numbers

<details><summary>More</summary>folded</details>

| kind | share |
| --- | --- |
| MCAR | 10% |

```python
x = {"a": 1}  # names
```

- one
  - two

### Rubric
- names MCAR, MAR, MNAR {#missing-kinds .senior}
- adds an *indicator*
- keeps the split clean {#"my deck#leak"}

### Follow-ups
- Why not drop rows? {#missing-kinds}
- And in SQL?

### Sources
- Rubin 1976

## Which kinds are there? {#missing-kinds .core}

{{c1::MCAR}} and {{c2::MAR}}.

### In full

Three.

### Rubric
- names all {.junior}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AnkiWorld]:
    made = AnkiWorld(tmp_path)
    made.write("missing.md", DECK)
    yield made
    made.close()


def test_a_package_of_ours_comes_back_as_it_went(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "missing.md").write_text(DECK, "utf-8")
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    report = import_decks(tmp_path / "ours.apkg", tmp_path / "back")

    assert (report.left_out, report.notices) == (0, ())
    (went,), (came,) = read_decks(tmp_path / "decks"), read_decks(tmp_path / "back")
    assert [replace(note, source="", line=0) for note in came.notes] == [
        replace(note, source="", line=0) for note in went.notes
    ]


def test_a_collection_of_anki_keeps_them(world: AnkiWorld) -> None:
    world.package("ours.apkg")
    with collection(world.folder) as opened:
        import_into(opened, world.folder / "ours.apkg")
        (note,) = (opened.get_note(id_) for id_ in opened.find_notes("Id:*#missing"))
        assert '<li data-ref="{#missing-kinds .senior}">names MCAR' in note["Rubric"]
        assert note["Source"].startswith('<details class="fc-more fc-full"><summary>In full</summary>')
        package = export(opened, world.folder / "theirs.apkg", legacy=False)
    report = import_decks(package, world.folder / "back")

    assert report.notices == ()
    ours = {note.id: note for deck in read_decks(world.root) for note in deck.notes}
    for deck in read_decks(world.folder / "back"):
        for note in deck.notes:
            known = ours[note.id]
            assert (note.rubric_refs, note.follow_up_refs) == (known.rubric_refs, known.follow_up_refs)
            assert (note.in_full, note.clarify, note.sources) == (known.in_full, known.clarify, known.sources)


def test_an_edit_in_anki_keeps_our_references(world: AnkiWorld) -> None:
    world.package("ours.apkg")
    with collection(world.folder) as opened:
        import_into(opened, world.folder / "ours.apkg")
        (note,) = (opened.get_note(id_) for id_ in opened.find_notes("Id:*#missing"))
        note["Rubric"] = (
            note["Rubric"].replace("adds an <em>indicator</em>", "adds a flag").replace("names M", "tells M")
        )
        note["Source"] = note["Source"].replace("How much", "Which share").replace("Whether it is", "Is it")
        note.mod += 100
        opened.update_note(note)
        theirs = export(opened, world.folder / "theirs.apkg", legacy=False)
    world.edit("missing.md", lambda text: text.replace("- adds an *indicator*", "- adds an *indicator* {#late}"))
    report = anki_merge.merge(theirs, world.root, base=world.folder / "ours.apkg")

    assert report.conflicts == []
    (change,) = report.changes
    assert "- tells MCAR, MAR, MNAR {#missing-kinds .senior}\n- adds a flag\n" in change.text
    assert '- keeps the split clean {#"my deck#leak"}' in change.text
    assert "- Which share is missing? `1 < 2` tenths." in change.text
    assert "**Why (3 minutes).** Is it missing at random: $p(m \\mid x)$." in change.text


def test_a_reference_alone_is_told_to_anki(world: AnkiWorld) -> None:
    world.package("one.apkg")
    world.edit("missing.md", lambda text: text.replace("- And in SQL?", "- And in SQL? {#missing-kinds}"))
    world.now += 86_400_000
    world.package("two.apkg")
    sql = "SELECT flds, mod FROM notes WHERE flds LIKE '%#missing'"
    (before,), (after,) = (rows_of(world.folder / name, sql) for name in ("one.apkg", "two.apkg"))

    assert 'data-ref="{#missing-kinds}">And in SQL?' not in before[0]
    assert 'data-ref="{#missing-kinds}">And in SQL?' in after[0]
    assert after[1] > before[1]
