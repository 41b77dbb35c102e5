"""mdanki files, construct by construct."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.card import Basic
from flashcards.exchange.found import Converted, SourceFile, Tree
from flashcards.exchange.mdanki import convert

TREE = Tree(["a.md", "img/x.png"])


def read(text: str) -> Converted:
    return convert(SourceFile("a.md", text), TREE, "a.md")


def contents(text: str) -> list[object]:
    return [note.content for found in read(text).decks for note in found.deck.notes]


def test_headings_and_percent_signs() -> None:
    text = "# Title\n\n## One?\n\nFirst.\n50 %\n\n## Two\n\nmore\n\n%\n\nSecond.\n"
    assert contents(text) == [Basic("One?", "First.\n50 %"), Basic("Two\n\nmore", "Second.")]
    assert read(text).decks[0].deck.title == "Title"
    assert [note.line for note in read(text).decks[0].deck.notes] == [3, 8]


def test_a_card_without_a_heading_needs_the_sign() -> None:
    assert contents("### YAGNI\n\nWhat?\n\n%\n\nThat.\n") == [Basic("YAGNI\n\nWhat?", "That.")]
    assert read("Only words.\n\n## a\nb").notices[0].line == 1


def test_tags() -> None:
    text = "## a\nb\n\n[#one](./x.md) [#Two]() [#binary tree]()\n"
    assert read(text).decks[0].deck.notes[0].tags == ("one", "Two", "binary_tree")
    assert contents(text) == [Basic("a", "b")]


def test_code_is_code() -> None:
    text = "## a\n```\n## no\n%\n[#no]()\n```\n"
    assert contents(text) == [Basic("a", "```\n## no\n%\n[#no]()\n```")]


def test_pictures_inline_and_by_reference() -> None:
    text = "## a\n![x](img/x.png \"T\") ![y][ref]\n\n[ref]: img/x.png 'U'\n"
    assert contents(text) == [Basic("a", "![x](img/x.png \"T\") ![y](img/x.png 'U')")]


def test_later_titles_are_sections() -> None:
    deck = read("# T\n## a\nb\n# S\n## c\nd\n").decks[0].deck
    assert [(note.section, note.content) for note in deck.notes] == [(None, Basic("a", "b")), ("S", Basic("c", "d"))]


def test_half_cards_are_named() -> None:
    assert [(it.line, it.message) for it in read("## a\n\n## b\nc\n\n##  \nd\n\n## e\n%\n").notices] == [
        (1, "left out: the back of the card is empty"),
        (6, "left out: the front of the card is empty"),
        (9, "left out: the back of the card is empty"),
    ]


@given(st.text(st.sampled_from("#% ab\n`[]()!:\t-"), max_size=120))
def test_no_input_stops_the_reader(text: str) -> None:
    assert all(note.line >= 1 for found in read(text).decks for note in found.deck.notes)
