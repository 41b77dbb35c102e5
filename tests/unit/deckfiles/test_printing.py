"""Printing a deck and parsing it gives the deck back; what Markdown cannot hold is escaped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.printing import print_deck, valid_id
from flashcards.domain.card import Basic, Cloze, Deck, Note, Prose
from tests.unit.deckfiles.strategies import SOURCES


def without_lines(deck: Deck) -> Deck:
    """Without what printing may change: lines, and escapes in prose that would be read as a card elsewhere."""
    return replace(
        deck,
        notes=tuple(replace(note, line=0) for note in deck.notes),
        prose=tuple(replace(prose, line=0, text=prose.text.replace("\\", "")) for prose in deck.prose),
    )


def in_the_form_of(printed: Deck, deck: Deck) -> Deck:
    """The deck, but for one-line cards that are so only after the line before them: these print under a heading."""
    return replace(
        deck,
        notes=tuple(
            replace(note, source=other.source, one_line=False) if note.one_line and not other.one_line else note
            for note, other in zip(deck.notes, printed.notes, strict=True)
        ),
    )


def back(deck: Deck) -> Deck:
    parsed = parse_deck(deck.path, print_deck(deck).encode())
    assert not [problem for problem in parsed.problems if problem.severity == "error"], parsed.problems
    return parsed.deck


def note(content: Basic | Cloze, **fields: object) -> Note:
    return replace(Note(id="n", explicit=True, line=1, content=content, source=""), **fields)  # type: ignore[arg-type]


def deck(*notes: Note, **fields: object) -> Deck:
    return replace(Deck(id="d", path="d.md", title="D", notes=notes), **fields)  # type: ignore[arg-type]


@settings(max_examples=300)
@given(SOURCES)
@example("front :: back\n  ```\n# Title\n  ```")
@example("`tick\nx :: `y :: z`")
@example("   ## Indented\n[label]: http://example.org\n\nSee [label].\n")
def test_what_was_parsed_comes_back(source: str) -> None:
    parsed = parse_deck("a/d.md", source.encode())
    if parsed.structure_lost or parsed.broken or "\ufffd" in repr(parsed.deck):
        return
    again = parse_deck("a/d.md", print_deck(parsed.deck).encode())
    assert without_lines(again.deck) == without_lines(in_the_form_of(again.deck, parsed.deck))
    assert print_deck(again.deck) == print_deck(parsed.deck)


def test_how_it_looks() -> None:
    parsed = parse_deck(
        "ml/x.md",
        b"---\ntitle: A title\nid: own\ntags: [a, 'b: c']\norder: 3\n---\n\nProse.\n\n"
        b"- f :: b {#f .a}\n- g ::: h {#g .z}\n"
        b"\n# S\n\n## Q? {#q .t .typed requires=f}\n\nA [x]\n\n### Rubric\n\n- r\n\n[x]: http://y.z\n",
    )
    assert print_deck(parsed.deck) == (
        '---\ntitle: A title\nid: own\ntags: [a, "b:-c"]\norder: 3\n---\n\nProse.\n\n'
        "- f :: b {#f}\n- g ::: h {#g .z}\n\n"
        "# S\n\n## Q? {#q .t .typed requires=f}\n\nA [x]\n\n### Rubric\n\n- r\n\n[x]: http://y.z\n"
    )


@pytest.mark.parametrize("order", ["3", "-1.5", "0.123456789", "1234567.8"])
def test_an_order_keeps_all_its_digits(order: str) -> None:
    parsed = parse_deck("x.md", f"---\ntitle: X\norder: {order}\n---\n\n## Q? {{#q}}\n\nA\n".encode())
    assert f"\norder: {order}\n" in print_deck(parsed.deck)


@pytest.mark.parametrize(
    "content",
    [
        Basic("Q", "A", reversed=True, typed=True),
        Basic("Q", "a\n\n- b\n  - c\n\n```python\n# x\n## y\n```\n\n    ## z"),
        Basic("```\nx\n```\n\nWhat?", "A"),
        Basic("Two\nlines?", "A"),
        Basic("- a\n- b", "A"),
        Basic("Set {1, 2}", "A"),
        Cloze("", "{{c1::a}} and {{c3::b::hint}}", (1, 3)),
        Cloze("The {{c2::heading}}", "", (2,)),
        Cloze("Topic", "a\n\n{{c1::b}}", (1,), typed=True),
    ],
)
def test_contents_of_importers_come_back_as_they_are(content: Basic | Cloze) -> None:
    lists = {"rubric": ("a\n\nb", "- c"), "sources": ("d",), "follow_ups": ()}
    one = note(content, tags=("t",), draft=True, requires=((None, "x"), ("a b", "y")), **lists)
    (read,) = back(deck(one)).notes
    assert replace(read, source="", line=1) == one


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Q", "a\n## b\n# c"),
        ("Q", "a\n\n### Answer\n\nb\n\n### Rubric\n\nc"),
        ("Q", "x <!-- y"),
        ("Q", "```\nnever closed"),
        ("Q", "1. ```\n   never closed```"),
        ("Q", "1. ```cpp\n   int x;\n  ```\nafter"),
        ("Q", "10. a\n\n    ~~~~\n    b\n\nafter"),
        ("Q", "> ```\n> a\n\nafter\n\n> - ```\n>   b"),
        ("Q", "- - ```\n    x\n\n- y\n\n```\nz"),
        ("Q", "-\t```\n\tx\n\ny"),
        ("Q", "[a]: http://b.c\n\ntext"),
        ("Q", "a\n---\nb\n==="),
        ("Q", "{{c1::x}} and {{c0::y}}"),
        ("Q {.tag}", "A"),
        ("Q #", "A"),
        ("Q\x00\x1f", "A\x00"),
        ("Q\r\nR", "A\rB"),
        ("## Q", "## A"),
        ("{#x}", "{#y}"),
        ("Q <!-- --> R", "`<!--`"),
        ("  Q  ", "\n\nA\n\n"),
    ],
)
def test_text_that_looks_like_structure_stays_in_its_note(question: str, answer: str) -> None:
    one = note(Basic(question, answer), rubric=("## r", "s\n\nt"), explicit=False)
    (read,) = back(deck(one, tags=())).notes
    assert isinstance(read.content, Basic)
    assert read.rubric[0].replace("\\", "") == "## r"

    def letters(text: str) -> list[str]:
        return [character for character in text if character.isalnum()]

    assert letters(read.content.question) == letters(question)
    assert letters(read.content.answer) == letters(answer)
    assert print_deck(back(deck(one))) == print_deck(back(back(deck(one))))


@pytest.mark.parametrize("tag", ["draft", "two words", "2024", "::", "#a", "a{b}", "日本", "x::y"])
def test_any_tag_can_be_printed(tag: str) -> None:
    (read,) = back(deck(note(Basic("Q", "A"), tags=(tag,)))).notes
    assert len(read.tags) == 1
    assert not read.draft


@pytest.mark.parametrize(
    "title", ["yes", "a: b", "# x", "'", '"', "{a}", "", "é", "null", "1", "- a", "a #b", "x:", "\u2028"]
)
def test_any_title_can_be_printed(title: str) -> None:
    read = back(deck(note(Basic("Q", "A")), title=title, description=title, author=title))
    assert read.description == read.author == " ".join(title.split())
    assert read.title == (" ".join(title.split()) or "D")


def test_sections_and_prose_in_every_order() -> None:
    notes = (
        note(Basic("a", "b"), id="1", one_line=True),
        note(Basic("Q", "A"), id="2"),
        note(Basic("c", "d"), id="3", one_line=True, section="S"),
        note(Basic("e", "f"), id="4", section="S"),
        note(Basic("g", "h"), id="5", section=None),
        note(Basic("i", "j"), id="6", section="D"),
    )
    prose = (Prose(1, "first", 0), Prose(1, "in S", 2, section="S"), Prose(1, "last", 6, section="T"))
    read = back(deck(*notes, prose=prose))
    assert [(n.id, n.section, n.one_line) for n in read.notes] == [(n.id, n.section, n.one_line) for n in notes]
    assert [(p.text, p.position, p.section) for p in read.prose] == [(p.text, p.position, p.section) for p in prose]


def test_a_section_with_the_deck_s_title() -> None:
    read = back(deck(note(Basic("Q", "A"), section="D")))
    assert read.notes[0].section == "D"


TEXT = st.text(st.sampled_from("ab :#-=`~<>!{}[]()$\\*|\n\té1."), max_size=40)


@settings(max_examples=300)
@given(TEXT, TEXT, st.lists(TEXT, max_size=2))
def test_no_text_of_an_importer_gets_out_of_its_note(question: str, answer: str, items: list[str]) -> None:
    one = note(Basic(question, answer), rubric=tuple(items))
    parsed = parse_deck("d.md", print_deck(deck(one, note(Basic("Last", "one"), id="last"))).encode())
    ids = [read.id for read in parsed.deck.notes] + [read.id for read in parsed.broken]
    assert sorted(ids) == ["last", "n"]
    assert {problem.code for problem in parsed.problems if problem.severity == "error"} <= {
        "empty-question",
        "no-answer",
        "not-a-list",
    }


def test_ids_for_importers() -> None:
    assert [valid_id(text) for text in ("a b/c", "--", "é.x_1", "x" * 99)] == ["a-b-c", "note", "é.x_1", "x" * 64]


@settings(max_examples=200)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=4))
@example([("a", "b"), ("Q", "```\nnever closed"), ("c", "d")])
@example([("a", "b"), ("Q", "1. ```\n   never closed"), ("c", "d")])
@example([("Q", "x <!-- y"), ("a", "b --> c")])
def test_notes_that_are_read_back_together_are_printed_as_alone(pairs: list[tuple[str, str]]) -> None:
    notes = [note(Basic(question, answer), id=f"n{number}") for number, (question, answer) in enumerate(pairs)]
    head = print_deck(deck())
    alone = [print_deck(deck(one)).removeprefix(head[:-1]) for one in notes]
    assert print_deck(deck(*notes)) == head[:-1] + "".join(text[:-1] for text in alone) + "\n"


def test_prose_with_an_open_fence_hides_no_note_that_follows() -> None:
    one = parse_deck("a.md", b"## A {#a}\n\nb\n").deck
    read = parse_deck("a.md", print_deck(replace(one, prose=(Prose(1, "```\nopen", 0),))).encode())

    assert not read.structure_lost
    assert [note.id for note in read.deck.notes] == ["a"]
    assert [prose.text for prose in read.deck.prose] == ["```\nopen\n```"]
