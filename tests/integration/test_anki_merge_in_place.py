"""What a merge writes is the part that was edited in Anki; all else in the file stays as its author wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki import merge as anki_merge
from tests.integration.anki_packages import collection, export, import_into, png, wav
from tests.integration.anki_world import AnkiWorld

DECK = """\
---
title: D
tags: [shared]
---

- line :: back {#line .own}

## First? {#one}

Answer one.

<!-- TODO: check this with Bob
## Retired? {#retired}

Old answer kept for later.
-->

## Second? {.core #two requires=one} <!-- a word on it -->

See [the book][b] and [^n] here, value $\\RR$.

### Rubric
* says a
+ says b {#one .senior}
<!-- one more? -->

[b]: https://example.org/book "Book"
[^n]: A shared note.

## Third? {#three}

Also [b] and [^n].

[^n2]: Not used.

## Fourth? {#four}

* star list

<!-- between -->
[late]: https://example.org/late

* two

1) paren

## Fifth

```python
x = 1
```

### Answer ###

Yes [late].

### Sources

- a book
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[AnkiWorld]:
    made = AnkiWorld(tmp_path)
    made.write(".flashcards.toml", "[macros]\n'\\RR' = '\\mathbb{R}'\n")
    made.write("d.md", DECK)
    yield made
    made.close()


def merged(world: AnkiWorld, change: Callable[[Any], None]) -> anki_merge.MergeReport:
    """Exports, imports into Anki, edits there, exports from Anki, and merges."""
    world.package("ours.apkg")
    folder = world.folder / "edited"
    folder.mkdir(exist_ok=True)
    with collection(folder) as opened:
        import_into(opened, world.folder / "ours.apkg")
        change(opened)
        file = export(opened, folder / "theirs.apkg", legacy=False)
    return anki_merge.merge(file, world.root, database=world.db)


def edit(opened: Any, key: str, **fields: tuple[str, str] | str) -> None:
    """Replaces words in fields, or whole fields."""
    (note,) = (opened.get_note(id_) for id_ in opened.find_notes(f"Id:*#{key}"))
    for name, new in fields.items():
        note[name] = new if isinstance(new, str) else note[name].replace(*new)
    opened.update_note(note)


def changed_lines(report: anki_merge.MergeReport) -> list[str]:
    (change,) = report.changes
    return [line for line in change.diff.splitlines()[2:] if line[0] in "+-"]


def test_comments_and_definitions_below_a_note_stay(world: AnkiWorld) -> None:
    report = merged(world, lambda opened: edit(opened, "one", Answer="Answer 1."))
    assert report.conflicts == []
    assert changed_lines(report) == ["-Answer one.", "+Answer 1."]


def test_of_several_parts_each_is_written_alone(world: AnkiWorld) -> None:
    def change(opened: Any) -> None:
        edit(opened, "two", Rubric=("says a", "says A"), Source="<ul><li>new</li></ul>")
        edit(opened, "fifth", Question=("Fifth", "Fifth?"), Source="")

    report = merged(world, change)
    assert report.conflicts == []
    assert changed_lines(report) == [
        *("-* says a", "-+ says b {#one .senior}", "+- says A", "+- says b {#one .senior}"),
        *("+", "+### Sources", "+", "+- new"),
        *("-## Fifth", "+## Fifth? {#fifth}"),
        *("-", "-### Sources", "-", "-- a book"),
    ]


def test_comments_and_definitions_within_a_text_stand_below_the_new_one(world: AnkiWorld) -> None:
    report = merged(world, lambda opened: edit(opened, "four", Answer=("two", "TWO")))
    assert report.conflicts == []
    (change,) = report.changes
    new = "- star list\n- TWO\n\n1. paren\n\n<!-- between -->\n\n[late]: https://example.org/late\n"
    assert f"## Fourth? {{#four}}\n\n{new}\n## Fifth\n" in change.text
    assert "Yes [late]." in change.text


@pytest.mark.parametrize(
    ("answer", "word", "lost"),
    [
        ("Seen[^n] there.", "there", "a footnote"),
        ("Of $\\RR^2$ there.", "there", "the macro \\RR"),
        ("- [ ] to do\n- [x] there", "there", "a task box"),
        ("| a | b |\n|---|:-:|\n| there | 2 |", "there", "the alignment of a table"),
        ("> | a |\n> | --: |\n> | there |", "there", "the alignment of a table"),
        ('There is ![a dot](dot.png "Dot") there.', "There", "the title of a picture or link"),
        ("There is ![a dot][dot] there.", "There", "the title of a picture or link"),
        ("It is [there](https://example.org/a_(b) 'Title').", "It", "the title of a picture or link"),
        ("It is there: [b].", "It", "the title of a picture or link"),
        ('The <abbr title="So and so">SAS</abbr> there.', "there", "an abbreviation"),
        ("Words\n=====\n\nthere", "there", "an underlined heading"),
    ],
)
def test_what_does_not_come_back_from_anki_is_no_loss_but_a_conflict(
    world: AnkiWorld, answer: str, word: str, lost: str
) -> None:
    (world.root / "dot.png").write_bytes(png())
    defined = '[^n]: note\n[b]: https://example.org "Book"\n[dot]: dot.png "Dot"\n'
    world.write("d.md", f"## Q? {{#q}}\n\n{answer}\n\n### Sources\n\n* one\n\n{defined}")

    def change(opened: Any) -> None:
        edit(opened, "q", Answer=(word, "HERE"), Question="New?", Source="<ul><li>two</li></ul>")

    report = merged(world, change)
    (conflict,) = report.conflicts
    assert (conflict.part, conflict.ours) == ("answer", answer)
    assert f"our file has {lost} there" in conflict.why
    assert changed_lines(report) == ["-## Q? {#q}", "+## New? {#q}", "-* one", "+- two"]


def test_what_only_looks_like_that_is_merged(world: AnkiWorld) -> None:
    code = '```text\n- [ ] no box [^n]\n| a |\n|:-:|\n[a](b "c")\n```'
    world.write("d.md", f"## Q? {{#q}}\n\nSee `[^n]` and \\[^n]: there\n\n{code}\n\n[^n]: note\n")
    report = merged(world, lambda opened: edit(opened, "q", Answer=("there", "here")))
    assert report.conflicts == []
    (change,) = report.changes
    assert code in change.text
    assert change.text.endswith("[^n]: note\n")


def test_the_words_of_a_sound_stay(world: AnkiWorld) -> None:
    wav(world.root / "tone.wav")
    world.write("d.md", "## Q? {#q}\n\nHear ![a tone](tone.wav) now.\n")
    report = merged(world, lambda opened: edit(opened, "q", Answer=("now", "then")))
    assert report.conflicts == []
    assert changed_lines(report) == ["-Hear ![a tone](tone.wav) now.", "+Hear ![a tone](tone.wav) then."]


def test_line_ends_and_a_mark_at_the_beginning_stay(world: AnkiWorld) -> None:
    (world.root / "d.md").write_bytes(b"\xef\xbb\xbf" + DECK.replace("\n", "\r\n").encode())
    report = merged(world, lambda opened: edit(opened, "one", Answer="<p>Answer 1.</p><p>More.</p>"))
    anki_merge.apply(report)
    expected = DECK.replace("Answer one.", "Answer 1.\n\nMore.").replace("\n", "\r\n")
    assert (world.root / "d.md").read_bytes() == b"\xef\xbb\xbf" + expected.encode()


def test_a_question_gets_and_loses_what_stands_below_its_heading(world: AnkiWorld) -> None:
    def change(opened: Any) -> None:
        edit(opened, "one", Question="<p>First?</p><p>Really?</p>")
        edit(opened, "fifth", Question="Fifth")

    report = merged(world, change)
    assert report.conflicts == []
    (change_,) = report.changes
    assert "## First? {#one}\n\nReally?\n\n### Answer\n\nAnswer one.\n\n<!-- TODO" in change_.text
    assert "## Fifth {#fifth}\n\n### Answer ###\n\nYes [late].\n" in change_.text


def test_lists_of_one_line_notes_and_tags_beside_comments_are_conflicts(world: AnkiWorld) -> None:
    def change(opened: Any) -> None:
        edit(opened, "line", Rubric="<ul><li>new</li></ul>")
        edit(opened, "two", Question="Other?")

    report = merged(world, change)
    assert report.changes == []
    assert {(conflict.note, conflict.part) for conflict in report.conflicts} == {("line", "text"), ("two", "text")}


def test_a_tag_of_the_whole_file_that_was_removed_in_anki_is_a_conflict_that_says_so(world: AnkiWorld) -> None:
    def change(opened: Any) -> None:
        (note,) = (opened.get_note(id_) for id_ in opened.find_notes("Id:*#line"))
        note.tags = ["added", "C#"]
        opened.update_note(note)

    report = merged(world, change)
    assert changed_lines(report) == ["-- line :: back {#line .own}", "+- line :: back {#line .C .added}"]
    (conflict,) = report.conflicts
    why = (
        "the tag shared stands in the front matter, for all notes of the file: remove it there, or set it again in Anki"
    )
    assert (conflict.note, conflict.part, conflict.why) == ("line", "tags", why)
    anki_merge.apply(report)
    world.sync()
    file = world.folder / "edited" / "theirs.apkg"
    again = anki_merge.merge(file, world.root, database=world.db)
    assert (again.changes, [conflict.why for conflict in again.conflicts]) == ([], [why])
    world.edit("d.md", lambda text: text.replace("tags: [shared]", "tags: []"))
    world.sync()
    after = anki_merge.merge(file, world.root, database=world.db)
    assert not [conflict for conflict in after.conflicts if conflict.note == "line"]
    assert after.changes == []


def test_tags_keep_their_order(world: AnkiWorld) -> None:
    world.edit("d.md", lambda text: text.replace("{#line .own}", "{.own .more #line .b}"))

    def change(opened: Any) -> None:
        (note,) = (opened.get_note(id_) for id_ in opened.find_notes("Id:*#line"))
        note.tags = [tag for tag in note.tags if tag != "more"] + ["a"]
        opened.update_note(note)

    report = merged(world, change)
    assert report.conflicts == []
    assert changed_lines(report)[1] == "+- line :: back {#line .own .b .a}"
