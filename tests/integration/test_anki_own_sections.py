"""Our own notes come back from Anki into the sections that they stood in."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from flashcards.exchange.anki.fields import context_of, parts_of_context
from flashcards.services.anki.importing import import_decks, read_decks
from flashcards.services.anki.merge import merge
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import collection, export, import_into

DECK = """---
title: ML
---

## {#alone}

{{c1::Nothing}} stands above.

## A · B {#dotted}

{{c1::A heading}} with the sign in it.

# Metrics

## {#chain}

{{c1::Precision}} asks how many alarms were right.

## Recall {#recall}

{{c1::Recall}} asks how many it found.

## Basic? {#basic}

In the section too.

# Loss · regression

## {#l2}

{{c1::L2}} squares.

## L1 {#l1}

{{c1::L1}} does not.

## L1 · L2 {#both}

{{c1::Elastic net}} takes both.

# a < b & c

## {#signs}

{{c1::Signs}} in a title.
"""


def test_each_note_comes_back_into_its_section(tmp_path: Path) -> None:
    (tmp_path / "went").mkdir()
    (tmp_path / "went/ml.md").write_text(DECK)
    FileExport(tmp_path / "went").anki(tmp_path / "x.apkg", [], no_progress)
    with collection(tmp_path) as opened:
        import_into(opened, tmp_path / "x.apkg")
        file = export(opened, tmp_path / "y.apkg", legacy=False)
    assert import_decks(file, tmp_path / "came").notices == ()
    (went,), (came,) = read_decks(tmp_path / "went"), read_decks(tmp_path / "came")
    assert {note.id: (note.section, getattr(note.content, "heading", "")) for note in came.notes} == {
        note.id: (note.section, getattr(note.content, "heading", "")) for note in went.notes
    }


def test_what_anki_was_given_before_sections_were_marked_is_not_edited_there(tmp_path: Path) -> None:
    (tmp_path / "went").mkdir()
    (tmp_path / "went/ml.md").write_text(DECK)
    FileExport(tmp_path / "went").anki(tmp_path / "x.apkg", [], no_progress)
    with collection(tmp_path) as opened:
        import_into(opened, tmp_path / "x.apkg")
        notes = [opened.get_note(id_) for id_ in opened.find_notes("")]
        marked = [note for note in notes if "<span" in note["Context"]]
        assert len(marked) == 5
        for note in marked:
            note["Context"] = re.sub("</?span[^>]*>", "", note["Context"]).removeprefix(" · ")
            opened.update_note(note)
        file = export(opened, tmp_path / "y.apkg", legacy=False)
    merged = merge(file, tmp_path / "went")
    assert (merged.same, merged.conflicts, merged.changes) == (9, [], [])


TITLES = st.sampled_from(["", "a", "a · b", "· a", "a ·", "·", "a · b · c"])


@given(TITLES, TITLES)
def test_a_section_and_a_heading_are_told_apart(section: str, heading: str) -> None:
    assert parts_of_context(context_of(section, heading)) == (section, heading)


def test_a_context_that_was_exported_before_is_read_as_it_was() -> None:
    assert parts_of_context("Metrics · Recall") == ("Metrics", "Recall")
    assert parts_of_context("Recall") == ("", "Recall")
