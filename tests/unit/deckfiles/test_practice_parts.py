"""What notes hold for practice: references of points and follow-ups, the long form, what an interviewer would say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.deckfiles.identity.versions import answer_text
from flashcards.deckfiles.parse.card_rows import card_rows
from flashcards.deckfiles.parse.collection import load
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.point_refs import write_ref
from flashcards.deckfiles.parse.printing import print_deck
from flashcards.domain.card import Basic, Deck, Note, PointRef
from flashcards.domain.points import point_keys
from flashcards.domain.practice.rubric_ticks import point_key
from tests.unit.deckfiles.decks import found, one, parse, text, write

NOTE = """
    ## How do you treat missing values? {#missing .core .mid}

    First why they are missing, then what to do.

    ### Clarify
    - Which share is missing? A tenth.
    - At random? *Nobody* knows.

    ### In full

    **First** the mechanism.

    #### Numbers

    ```python
    ### no heading
    ```

    ### Rubric
    - names MCAR, MAR, MNAR {#missing-kinds .senior}
    - adds an indicator
    - fits on the training part
      alone {#ml/pipelines#leakage}

    ### Follow-ups
    * Why not drop rows? {#drop-rows}
    * And in SQL?

    ### Sources
    - Rubin 1976 {#not-a-reference}
"""


def test_a_note_with_everything() -> None:
    note = one(NOTE)

    assert isinstance(note.content, Basic)
    assert note.content.answer == "First why they are missing, then what to do."
    assert note.rubric == ("names MCAR, MAR, MNAR", "adds an indicator", "fits on the training part\nalone")
    assert note.rubric_refs == (
        PointRef(note="missing-kinds", level="senior"),
        None,
        PointRef("ml/pipelines", "leakage"),
    )
    assert note.follow_ups == ("Why not drop rows?", "And in SQL?")
    assert note.follow_up_refs == (PointRef(note="drop-rows"), None)
    assert note.sources == ("Rubin 1976 {#not-a-reference}",)
    assert note.clarify == ("Which share is missing? A tenth.", "At random? *Nobody* knows.")
    assert note.in_full == "**First** the mechanism.\n\n#### Numbers\n\n```python\n### no heading\n```"


@pytest.mark.parametrize(
    ("item", "words", "ref"),
    [
        ("a {#b}", "a", PointRef(note="b")),
        ("a {.senior}", "a", PointRef(level="senior")),
        ("a { #b .junior }", "a", PointRef(note="b", level="junior")),
        ("a {.mid #b}", "a", PointRef(note="b", level="mid")),
        ("a\t{#d/e#b}", "a", PointRef("d/e", "b")),
        ('a {#"my deck#b"}', "a", PointRef("my deck", "b")),
        ("a {#e\u0301}", "a", PointRef(note="é")),
        ("a {#b}  ", "a", PointRef(note="b")),
        ("[ ] a {#b}", "a", PointRef(note="b")),
        ("a {1, 2}", "a {1, 2}", None),
        ("a {b=c}", "a {b=c}", None),
        ("a {#b requires=c}", "a {#b requires=c}", None),
        ("a `{#b}`", "a `{#b}`", None),
        ("a \\{#b}", "a \\{#b}", None),
        ("$\\hat{#b}$", "$\\hat{#b}$", None),
        ("{#b}", "{#b}", None),
        ("a {#b} c", "a {#b} c", None),
    ],
)
def test_what_ends_an_item(item: str, words: str, ref: PointRef | None) -> None:
    note = parse(f"## Q?\n\nA\n\n### Rubric\n\n- {item}\n").deck.notes[0]

    assert note.rubric == (words,)
    assert note.rubric_refs == (() if ref is None else (ref,))


@pytest.mark.parametrize("end", ["{#a, .senior}", "{.advanced}", "{#a #b}", "{.mid .senior}", "{#a .Senior}", "{#b!c}"])
def test_what_is_nearly_a_reference_stays_text_with_a_warning(end: str) -> None:
    source = f"## Q?\n\nA\n\n### Follow-ups\n\n- why? {end}\n"

    assert parse(source).deck.notes[0].follow_ups == (f"why? {end}",)
    assert found(source) == [(7, 8, "warning", "attributes-not-read")]


def test_a_reference_that_touches_a_word_or_ends_in_something_unseen_is_named() -> None:
    source = "## Q?\n\nA\n\n### Rubric\n\n- a\n- why?{#a}\n  - nested\n- b {#c}\u200b\n- c{#d}\n"

    assert found(source) == [(10, 9, "warning", "invisible-character"), (11, 4, "warning", "attributes-not-read")]


def test_a_reference_that_is_not_closed_or_not_at_the_end_is_named() -> None:
    source = (
        "## Q?\n\nA\n\n### Rubric\n\n- a {#b .senior\n- c\n  d {#b}.\n- a set {x\n- uses `{#b}`.\n- where {#b} is\n"
        "\n### Sources\n- e {#b\n"
    )

    assert found(source) == [(7, 5, "warning", "attributes-not-read"), (9, 5, "warning", "attributes-not-read")]
    assert parse(source).deck.notes[0].rubric[:2] == ("a {#b .senior", "c\nd {#b}.")


def test_a_reference_that_ends_a_line_and_not_its_item_is_named() -> None:
    source = (
        "## Q? {#q}\n\nA\n\n### Rubric\n\n- a {#q .senior}\n  and more\n- b {.mid} \n\n  further {#q}\n"
        "- c {#q}\n  - nested\n"
        "- d `x {#q}\n  y`\n- in the set {1, 2}\n  or not\n- e\n  f {#q}\n"
    )

    assert found(source) == [(line, 5, "warning", "attributes-not-read") for line in (7, 9, 12)]
    assert [ref and ref.note for ref in parse(source).deck.notes[0].rubric_refs] == [None, "q", None, None, None, "q"]


def test_places_are_those_of_the_file() -> None:
    parsed = parse(NOTE)
    place = parsed.places["missing"]
    written = text(NOTE)

    for name, ref in (("rubric.0", "{#missing-kinds .senior}"), ("rubric.2", "{#ml/pipelines#leakage}")):
        assert written[place.refs_at[name] : place.item_ends[name]] == ref
    assert written[: place.item_ends["rubric.1"]].endswith("an indicator")
    assert parsed.where("missing", "in_full", 2) == (11, 3)
    assert parsed.where("missing", "clarify.1", 0) == (7, 3)


def test_references_are_no_part_of_the_source() -> None:
    with_refs = one(NOTE)
    without = one(
        NOTE.replace(" {#missing-kinds .senior}", "")
        .replace(" {#ml/pipelines#leakage}", "")
        .replace(" {#drop-rows}", "")
    )

    assert with_refs.source == without.source
    assert replace(with_refs, rubric_refs=(), follow_up_refs=()) == without


def test_comments_and_definitions_between_items_do_no_harm() -> None:
    source = """
        ## Q? {#q}

        A [x] <!-- one -->

        <!--
        two
        -->

        ### Rubric
        - a {#b}

        [x]: https://e.org

        - c <!-- three --> d {.senior}
    """
    note = one(source)

    assert [item.split() for item in note.rubric] == [["a"], ["c", "d"]]
    assert note.rubric_refs == (PointRef(note="b"), PointRef(level="senior"))
    assert "{" not in note.source
    assert note.source.count("### Rubric") == 1


# Sections of core notes ----------------------------------------------------------------------------------


def test_elsewhere_these_headings_are_part_of_the_answer_as_before() -> None:
    source = "## Q?\n\nA\n\n### In full\n\nB\n\n### Clarify\n\n- c\n\n### Rubric\n- d\n"
    note = parse(source).deck.notes[0]

    assert note.content == Basic("Q?", "A\n\n### In full\n\nB\n\n### Clarify\n\n- c")
    assert (note.in_full, note.clarify) == ("", ())
    assert [code for *_, code in found(source)] == ["section-not-core", "section-not-core"]


@pytest.mark.parametrize("source", ["---\ntags: [core]\n---\n## Q?", "## Q? {.core}"])
def test_a_note_is_a_core_one_by_its_own_tag_or_its_file_s(source: str) -> None:
    note = parse_deck("d.md", f"{source}\n\nA\n\n### IN FULL\n\nB\n".encode()).deck.notes[0]

    assert note.in_full == "B"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("### In full\n\nB\n\n### More\n\nC\n", [(9, 1, "error", "heading-after-lists")]),
        ("### In full\n\n### Clarify\n\n- a\n", [(5, 1, "warning", "empty-list")]),
        ("### Clarify\n\nB\n", [(7, 1, "error", "not-a-list")]),
        ("### Clarify\n", [(5, 1, "warning", "empty-list")]),
        ("### In full\n\nB\n\n### in full\n\nC\n", [(9, 1, "error", "section-twice")]),
        ("### Infull\n\nB\n", [(5, 1, "warning", "misspelt-section")]),
    ],
)
def test_what_is_wrong_with_these_sections(body: str, expected: list[tuple[int, int, str, str]]) -> None:
    assert found(f"## Q? {{.core}}\n\nA\n\n{body}") == expected


def test_a_core_section_after_lists_says_what_it_lacks() -> None:
    problems = parse("## Q?\n\nA\n\n### Rubric\n- a\n\n### In full\n\nB\n").problems

    assert [(p.line, p.severity, p.code) for p in problems] == [(8, "error", "heading-after-lists")]
    assert ".core" in problems[0].message


# By what a point is known --------------------------------------------------------------------------------


def test_a_point_is_known_by_its_id_or_its_words() -> None:
    first, second, *_ = point_keys(["names  MCAR", "b"], [PointRef(note="kinds", level="senior"), None])

    assert first == "kinds"
    assert second == point_key("b")
    assert point_keys(["b", "other words"], [None, PointRef("d", "kinds")]) == (second, "d#kinds")
    assert point_keys(["names\nMCAR"], ()) == point_keys(["names MCAR"], ())


def test_an_id_that_several_points_name_tells_none_of_them() -> None:
    refs = [PointRef(note="x"), PointRef(note="x"), PointRef(note="y")]
    keys = point_keys(["a", "b", "c"], refs)

    assert [key.partition("~")[0] for key in keys] == ["x", "x", "y"]
    assert len(set(keys)) == 3
    assert sorted(point_keys(["b", "c", "a"], [refs[1], refs[2], refs[0]])) == sorted(keys)
    assert len(set(point_keys(["a", "a"], ()))) == 2


# Out and back --------------------------------------------------------------------------------------------


def again(note: Note) -> Note:
    deck = Deck(id="d", path="d.md", title="D", notes=(note,))
    (read,) = parse_deck("d.md", print_deck(deck).encode()).deck.notes
    return read


def test_what_was_parsed_is_printed_as_it_was_written() -> None:
    parsed = parse(NOTE)

    assert print_deck(parsed.deck).endswith("\n\n" + text(NOTE))
    assert replace(again(parsed.deck.notes[0]), line=1) == parsed.deck.notes[0]


def test_what_comes_from_elsewhere_comes_back() -> None:
    note = Note(
        id="n", explicit=True, line=1, content=Basic("Q", "A"), source="", tags=("core",),
        rubric=("a", "b\n\nc", "d {#e}"), rubric_refs=(PointRef(note="x"), PointRef("my deck", "y", "mid"), None),
        follow_ups=("f",), follow_up_refs=(PointRef(level="senior"),), in_full="g\n\n- h", clarify=("i", "j"),
    )  # fmt: skip
    read = again(note)

    assert read.rubric == ("a", "b\n\nc", "d \\{#e}")
    assert replace(read, source="", line=1, rubric=note.rubric) == note


def test_a_core_tag_of_the_file_is_enough_for_printing() -> None:
    source = b"---\ntitle: T\ntags: [core]\n---\n\n## Q {#q}\n\nA\n\n### rubric\n\n* a {#b}\n\n### In full\n\nB\n"
    parsed = parse_deck("d.md", source)

    assert print_deck(parsed.deck).encode() == source


def test_a_reference_as_it_is_written() -> None:
    assert write_ref(None) == write_ref(PointRef()) == ""
    assert write_ref(PointRef("d", "n", "mid")) == " {#d#n .mid}"
    assert write_ref(PointRef("d e", "n")) == ' {#"d e#n"}'


def test_cards_json_gives_them_beside_the_strings(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": NOTE})
    (row,) = card_rows(load([], tmp_path).files)

    assert row["rubric"][0] == "names MCAR, MAR, MNAR"
    assert row["rubric_refs"] == [
        {"deck": None, "id": "missing-kinds", "level": "senior"},
        None,
        {"deck": "ml/pipelines", "id": "leakage", "level": None},
    ]
    assert row["follow_up_refs"] == [{"deck": None, "id": "drop-rows", "level": None}, None]
    assert row["in_full"].startswith("**First**")
    assert len(row["clarify"]) == 2


def test_the_long_form_is_no_part_of_a_stored_answer() -> None:
    source = one(NOTE).source
    read = answer_text(source, "forward", core=True)

    assert read is not None
    assert read.text.startswith("First why")
    assert ("mechanism" in read.text, "names MCAR" in read.text) == (False, True)
    assert answer_text(source.partition("### Rubric")[0], "forward") is not None


def test_the_places_of_items_begin_after_their_boxes() -> None:
    parsed = parse("## Q? {#q}\n\nA\n\n### Rubric\n\n- [ ] names it\n- [x]  proves it\n- plain\n")

    assert parsed.deck.notes[0].rubric == ("names it", "proves it", "plain")
    assert [parsed.where("q", f"rubric.{number}", 0) for number in range(3)] == [(7, 7), (8, 8), (9, 3)]
