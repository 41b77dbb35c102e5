"""CSV and TSV, with the headers of Anki's text files."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.card import Basic, Cloze
from flashcards.exchange.csv_in import convert
from flashcards.exchange.csv_rows import Row
from flashcards.exchange.csv_rows import rows as csv_rows
from flashcards.exchange.found import Converted, SourceFile, Tree

TREE = Tree(["words.csv", "flag.png"])


def read(text: str, path: str = "words.csv") -> Converted:
    return convert(SourceFile(path, text), TREE, "words.md")


def contents(text: str, path: str = "words.csv") -> list[object]:
    return [note.content for found in read(text, path).decks for note in found.deck.notes]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a,b\n", "x.csv"),
        ("a\tb\n", "x.tsv"),
        ("a\tb\n", "x.txt"),
        ("a;b\n", "x.tsv"),
        ("a;b\n", "x.csv"),
        ("#separator:Pipe\na|b\n", "x.csv"),
        ("#separator:semicolon\na;b\n", "x.txt"),
        ('"a","b"', "x.csv"),
    ],
)
def test_separators(text: str, path: str) -> None:
    assert contents(text, path) == [Basic("a", "b")]


@pytest.mark.parametrize("name", ["Nope", '"', "||"])
def test_a_separator_that_is_none_is_named(name: str) -> None:
    assert contents(f"#separator:{name}\nNo,b") == [Basic("No", "b")]
    (notice,) = read(f"#separator:{name}\nNo,b").notices
    assert notice.line == 1
    assert notice.message.startswith(f"the separator '{name}' is none of Comma, Semicolon, Tab, ")
    assert read("#separator:\t\na,b").notices == ()


def test_quotes_line_breaks_and_lines() -> None:
    converted = read('"a, b","c\n""d"""\ne,f\n')
    assert contents('"a, b","c\n""d"""\ne,f\n') == [Basic("a, b", 'c\n"d"'), Basic("e", "f")]
    assert [note.line for note in converted.decks[0].deck.notes] == [1, 3]


def test_html_said_unsaid_and_denied() -> None:
    assert contents("#html:true\n<b>a</b>,<ul><li>b</li></ul>") == [Basic("**a**", "- b")]
    assert contents("<b>a</b>,x &amp; y") == [Basic("**a**", "x & y")]
    assert contents("#html:false\n<b>*a*</b>,b") == [Basic(r"&lt;b>\*a\*&lt;/b>", "b")]
    assert contents("$x$ **a**,b") == [Basic("$x$ **a**", "b")]


def test_columns_of_their_own() -> None:
    text = (
        "#separator:Tab\n#html:false\n#notetype column:1\n#deck column:2\n#tags column:4\n#guid column:5\n#tags:all\n"
        "Basic\tA::B\ta\tt1 u::v\tg1\tb\n"
        "Basic (and reversed card)\tA\tc\t\tg2\td\nBasic (type in the answer)\tA\te\t\tg3\tf\n"
    )
    decks = read(text, "x.txt").decks
    assert [(it.deck.path, it.deck.tags) for it in decks] == [("A/B.md", ("all",)), ("A.md", ("all",))]
    assert contents(text, "x.txt") == [Basic("a", "b"), Basic("c", "d", reversed=True), Basic("e", "f", typed=True)]
    assert decks[0].deck.notes[0].tags == ("all", "t1", "u::v")


def test_deletions() -> None:
    assert contents("{{c1::a}} {{c3::b}},extra") == [Cloze("", "{{c1::a}} {{c3::b}}\n\nextra", (1, 3))]


def test_media() -> None:
    assert contents('a,"<img src=""flag.png""> [sound:x y.mp3]"') == [Basic("a", "![](flag.png) ![x y](<x y.mp3>)")]
    assert contents("a,[sound:x.mp3]") == [Basic("a", "![](x.mp3)")]


def test_what_is_left_out_is_named() -> None:
    converted = read("front,back\na,\n,b\nc,d\n#e,f\n\n")
    assert sorted(notice.line for notice in converted.notices) == [1, 2, 3, 5]
    assert contents("a,b,c") == [Basic("a", "b\n\nc")]
    assert read("#what:ever\na,b").notices[0].message == "the header '#what:ever' has no meaning here"


def test_a_first_field_in_quotation_marks_may_begin_with_a_number_sign() -> None:
    assert contents('"#fx",b\n# no card,b\n"a\n#b",c\n') == [Basic("#fx", "b"), Basic("a #b", "c")]
    (notice,) = read('"#fx",b\n# no card,b\n').notices
    assert (notice.line, notice.message) == (2, "left out: a line that begins with '#' is a comment")


def test_a_deck_column_stays_in_the_folder() -> None:
    text = "#deck column:3\na,b,../../etc::x/y\nc,d,..\n"
    assert [it.deck.path for it in read(text).decks] == ["etc/x-y.md", "words.md"]


def test_decks_are_files_that_any_system_takes_and_keep_their_names() -> None:
    long = "ü" * 300
    text = f'#deck column:3\na,b,"Overfitting: all, or ""what""?"\nc,d,A|B::C*\ne,f,{long}\n'
    decks = [it.deck for it in read(text).decks]
    assert [it.path for it in decks] == ["Overfitting- all, or -what.md", "A-B/C.md", f"{'ü' * 100}.md"]
    assert [it.title for it in decks] == ['Overfitting: all, or "what"?', "C*", long]


@given(st.text(st.sampled_from('ab,;\t"\n#:<>{}c1 \\$&'), max_size=120))
def test_no_input_stops_the_reader(text: str) -> None:
    assert all(note.line >= 1 for found in read(text).decks for note in found.deck.notes)


@given(st.lists(st.lists(st.text(st.sampled_from('ab,;\t "\n'), max_size=6), min_size=2, max_size=3), max_size=5))
def test_what_is_well_written_reads_as_it_does_elsewhere(rows: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    lines = written.getvalue().removesuffix("\n").split("\n")
    read = list(csv_rows(lines, 0, ",", lambda _line, _message: None))
    assert [row.fields for row in read if isinstance(row, Row)] == [
        row for row in rows if any(value.strip() for value in row)
    ]


@pytest.mark.parametrize(
    ("text", "at", "kept"),
    [
        ('a,1\nb,"12 inches\nc,3\nd,4\n', 2, ["a", "c", "d"]),
        ('a,1\nb,"12 inches\n"c","3"\n"d","4"\n', 2, ["a", "c", "d"]),  # closed by the mark that opens the next
        ('a,1\nb,"12 inches\nc,"3"\nd,4\n', 2, ["a", "c", "d"]),
        ('a,1\nb,"12 inches\nc,say ""yes"" or no\nd,4\n', 2, ["a", "c", "d"]),
        ('a,1\n"b\nb","12 inches\nc,3\n', 3, ["a", "c"]),  # the mark's own line, not the row's
        ('a,1\n"b,2\nc,3\n', 2, ["a", "c"]),
        ('a,1\nb,"2"""\nc,"3\n', 3, ["a", "b"]),
        ('a,1\nb,"', 2, ["a"]),
        ('b;"12 inches\nc;d\n"e, f";"g, h, i"\n"j, k";"l, m"\n', 1, ["c", "e, f", "j, k"]),
        ('a,"<p>\n<i class="x">b</i></p>"\nc,3\n', 1, ["c"]),
    ],
)
def test_an_open_quotation_mark_costs_its_row_alone(text: str, at: int, kept: list[str]) -> None:
    converted = read("#html:false\n" + text)
    assert [note.content.question for found in converted.decks for note in found.deck.notes] == kept  # type: ignore[union-attr]
    (notice,) = [it for it in converted.notices if "quotation mark is not closed" in it.message]
    assert (notice.path, notice.line, converted.unread) == ("words.csv", at + 1, 1)


def test_what_follows_an_open_quotation_mark_is_named_with_its_own_line() -> None:
    converted = read('a,1\n"b\nb\nb","12 inches\nc,3\nd\n')
    assert [note.line for found in converted.decks for note in found.deck.notes] == [1, 5]
    assert [it.line for it in converted.notices] == [4, 6]


def test_a_comment_with_a_quotation_mark_is_a_comment() -> None:
    assert contents('a,b\n# no,"card\nc,d\n') == [Basic("a", "b"), Basic("c", "d")]


@pytest.mark.parametrize("text", ['a,"12 inches\nb,5"\n', '"12 inches,a\nx,b\n5",c\n'])
def test_rows_within_a_row_are_spoken_of(text: str) -> None:
    (notice,) = read(text).notices
    assert (notice.line, notice.message[-28:]) == (1, "is a quotation mark missing?")


@pytest.mark.parametrize(
    "text", ['"multi\nline",b\n', 'a,"multi\nline"\n', 'a,"roses are red, violets\nare blue, x"\n']
)
def test_lines_of_a_field_are_its_lines(text: str) -> None:
    assert read(text).notices == ()


def test_words_behind_a_closing_mark_are_spoken_of() -> None:
    converted = read('"12" pipe",b\nc,"d" \n')
    assert contents('"12" pipe",b\n') == [Basic('12 pipe"', "b")]
    assert [it.line for it in converted.notices] == [1]


def test_a_field_may_have_a_mebibyte() -> None:
    long = "x" * (1 << 20)
    assert contents(f"a,{long}\n") == [Basic("a", long)]
    (notice,) = read(f"a,{long}y\nb,c\n").notices
    assert (notice.line, notice.message[:31]) == (1, "left out: the row cannot be rea")
    assert contents(f"a,{long}y\nb,c\n") == [Basic("b", "c")]
