"""hashcards decks, construct by construct."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.card import Basic, Cloze, Content
from flashcards.exchange.found import Converted, SourceFile, Tree
from flashcards.exchange.hashcards import convert, deletions, expand, read_macros

TREE = Tree(["sub/deck.md", "img/a.png", "sub/b.png"])


def read(text: str) -> Converted:
    return convert(SourceFile("sub/deck.md", text), TREE, {}, "sub/deck.md")


def contents(text: str) -> list[Content]:
    return [note.content for found in read(text).decks for note in found.deck.notes]


def lines(text: str) -> list[tuple[int, str]]:
    return [(notice.line, notice.message) for notice in read(text).notices]


def test_questions_answers_and_separators() -> None:
    text = "Q: one\nmore\nA: first\n\nQ: two\nA:\n- a\n\n- b\n---\nC: [x] and [y]\n"
    assert contents(text) == [
        Basic("one more", "first"),
        Basic("two", "- a\n\n- b"),
        Cloze("", "{{c1::x}} and {{c2::y}}", (1, 2)),
    ]
    assert [note.line for note in read(text).decks[0].deck.notes] == [1, 5, 11]
    assert lines(text) == []


def test_tags_count_at_column_0_only() -> None:
    assert contents("Q: a\n A: no\nQuite: no\nA: b\n A: still") == [Basic("a A: no Quite: no", "b\n A: still")]


def test_tags_in_code_are_code() -> None:
    text = "Q: a\n```\nA: x\n---\nC: [y]\n```\nA: b\n"
    assert contents(text) == [Basic("a\n\n```\nA: x\n---\nC: [y]\n```", "b")]


def test_the_name_of_the_deck() -> None:
    assert read('---\nname = "Cell # biology"\n---\nQ: a\nA: b').decks[0].deck.title == "Cell # biology"
    assert read("Q: a\nA: b").decks[0].deck.title == "deck"
    assert read("---\nQ: a\nA: b\n---\n").decks[0].deck.title == "deck"


def test_front_matter_that_is_none() -> None:
    assert lines("---\nname = oops\n---\nQ: a\nA: b")[0][0] == 1
    assert lines('---\nname = "x"\nkind = 1\n---\nQ: a\nA: b') == [
        (1, "the front matter's 'kind' has no place in a deck")
    ]
    assert lines("---\nQ: a\nA: b") == [(1, "the front matter is not closed; it was read as a separator")]


def test_deletions_as_hashcards_reads_them() -> None:
    assert deletions(r"[a] \[b\] ![c](d.png) [e [f] g] h!") == (
        r"{{c1::a}} [b] ![c](d.png) e {{c2::f}} g h!",
        2,
    )
    assert deletions("[$n!$] and [] none") == ("{{c1::$n!$}} and  none", 1)


def test_paths() -> None:
    text = "Q: a ![](@/img/a.png)\nA: ![x](b.png) ![](img/a.png) ![](none.png)"
    assert contents(text) == [Basic("a ![](../img/a.png)", "![x](b.png) ![](../img/a.png) ![](none.png)")]


def test_macros() -> None:
    macros, notices = read_macros(
        SourceFile("macros.tex", "% c\n\\R \\mathbb{R}\n\n\\pair (#1,#2)\nnone\n\\loop \\loop\\loop\n")
    )
    assert [notice.line for notice in notices] == [5]
    assert expand(r"\R $x \in \R, \pair{a}\R, \Re$ $$\pair xy$$", macros) == (
        r"\R $x \in {\mathbb{R}}, {(a,{\mathbb{R}})}, \Re$ $${(x,y)}$$"
    )
    assert len(expand(r"$\loop$", macros)) < 100_000


def test_what_is_left_out_is_named_with_its_line() -> None:
    text = "prose\nQ: no answer\n\nC: none\n\nA: alone\n\nQ: a\nA: b\nA: c\n\nQ: f\nA:\n```\nopen\n"
    assert [line for line, _ in lines(text)] == [14, 6, 10, 1, 2, 4]
    assert contents(text) == [Basic("a", "b\n\nc"), Basic("f", "```\nopen")]


@given(st.text(st.sampled_from("QAC: []\\!$#1ab\n-`{}\r\0é"), max_size=120))
def test_no_input_stops_the_reader(text: str) -> None:
    converted = convert(SourceFile("a.md", text), TREE, {"\\a": "\\a#1#9"}, "a.md")
    assert all(notice.line >= 1 for notice in converted.notices)
