"""Notes of Obsidian's Spaced Repetition plugin, construct by construct."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.card import Basic, Cloze, Content, Note
from flashcards.exchange.found import Converted, Remembered, SourceFile, Tree
from flashcards.exchange.obsidian import EPOCH, convert, has_tag
from flashcards.exchange.obsidian_marks import highlights

TREE = Tree(["Folder/Note.md", "files/My picture.png", "Folder/near.png"])


def read(text: str, *, strict: bool = False) -> Converted:
    return convert(SourceFile("Folder/Note.md", text), TREE, strict=strict, deck_path="Folder/Note.md")


def notes(text: str, *, strict: bool = False) -> list[Note]:
    return [note for found in read(text, strict=strict).decks for note in found.deck.notes]


def contents(text: str) -> list[Content]:
    return [note.content for note in notes(text)]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def test_cards_on_one_line() -> None:
    text = "a::b\n- c ::: d\n1. [x] e :: f\n`g::h` i:: `j::k`\n"
    assert contents(text) == [
        Basic("a", "b"),
        Basic("c", "d", reversed=True),
        Basic("e", "f"),
        Basic("`g::h` i", "`j::k`"),
    ]
    assert [note.line for note in notes(text)] == [1, 2, 3, 4]


def test_cards_of_several_lines() -> None:
    text = "one\ntwo\n?\nthree\n\nno card\n\nfour\n??\n```\nfive\n\n?\n```\n"
    assert contents(text) == [Basic("one two", "three"), Basic("four", "```\nfive\n\n?\n```", reversed=True)]


def test_highlights_hints_and_groups() -> None:
    assert highlights("==a== and ==b==^[hint]") == ("{{c1::a}} and {{c2::b::hint}}", (1, 2))
    assert highlights("==2;;a;;x== ==1;;b== ==2;;c==") == ("{{c2::a::x}} {{c1::b}} {{c2::c}}", (1, 2))
    assert highlights("==a==[^1] ==b==[^2] ==c==[^1]") == ("{{c1::a}} {{c2::b}} {{c1::c}}", (1, 2))
    assert highlights("`==a==` $b == c == d$") == ("`==a==` $b == c == d$", ())
    assert contents("The ==$x == y$== one\nof two lines") == [Cloze("", "The {{c1::$x == y$}} one\nof two lines", (1,))]


def test_tags_name_decks() -> None:
    text = "#flashcards/deckA\na::b\n\n#flashcards/deckB c::d\n\ne::f\n#flashcards/x/y #flashcards/z\ng::h\n"
    found = {deck.deck.path: [note.line for note in deck.deck.notes] for deck in read(text).decks}
    assert found == {"deckA/Note.md": [2, 6], "deckB/Note.md": [4], "x/y/Note.md": [8]}
    assert [note.tags for note in notes(text)][-1] == ("z",)
    assert notes("#flashcards\na::b")[0].content == Basic("a", "b")
    assert read("#flashcards\na::b").decks[0].deck.path == "Folder/Note.md"


def test_properties() -> None:
    deck = read("---\ntags:\n  - flashcards/sub\n  - \"geo\"\ntitle: 'T'\n---\n\na::b\n").decks[0].deck
    assert (deck.path, deck.title, deck.tags) == ("sub/Note.md", "T", ("geo",))
    assert deck.notes[0].line == 8
    assert read("---\ntags: [x, flashcards]\n---\na::b").decks[0].deck.tags == ("x",)


def test_headings_are_sections() -> None:
    text = "# A\n\na::b\n\n### B\n\nc::d\n\n## C #flashcards/q\n\ne::f"
    assert [note.section for note in notes(text)] == ["A", "A > B", "A > C"]


def test_links_and_embeds() -> None:
    text = "[[N]], [[N|n]], [[N#H]], [[#H]] ::![[my picture.png|200]] ![[near.png|words]] ![a|10x20](near.png)\n"
    text += "![[Other]]::x ^id"
    assert contents(text) == [
        Basic("N, n, N > H, H", "![my picture](<../files/My picture.png>) ![words](near.png) ![a](near.png)"),
        Basic("Other", "x"),
    ]
    assert [notice.line for notice in read(text).notices] == [1, 2]


def test_comments_are_no_cards() -> None:
    assert contents("<!-- a::b\n\nc::d -->\n%%e::f%%\ng::h") == [Basic("g", "h")]


def test_schedules() -> None:
    text = (
        "a::b <!--SR:!2021-08-20,13,290-->\nc:::d\n<!--SR:!2021-08-20,3.6,100!2000-01-01,1,250-->\n\n"
        "e\n?\nf\n<!--SR:2021-08-21,5,240-->\n\n==g== ==h==\n<!--SR:!2021-02-30,4,230!2021-03-01,4,230-->\n"
    )
    assert read(text).decks[0].schedules == {
        0: {"forward": Remembered(day("2021-08-20"), 13, 290)},
        1: {"forward": Remembered(day("2021-08-20"), 4, 130)},
        2: {"forward": Remembered(day("2021-08-21"), 5, 240)},
        3: {"c2": Remembered(day("2021-03-01"), 4, 230)},
    }
    assert [(notice.line, notice.message) for notice in read(text).notices] == [
        (11, "2021-02-30 is no date; the card is new")
    ]
    assert all("<!--" not in str(content) for content in contents(text))


def test_a_schedule_that_does_not_fit_is_named() -> None:
    converted = read("a:::b\n<!--SR:!2021-08-20,13,290-->")
    assert converted.notices[0].line == 2
    assert "entries: 1, cards: 2" in converted.notices[0].message


def test_a_note_without_a_tag_among_tagged_ones() -> None:
    text = "status:: done\n\nthis is ==marked==\n\nterm::text\n\nkey:: value\n<!--SR:!2021-08-20,13,290-->\n"
    assert [note.line for note in notes(text, strict=True)] == [5, 7]
    assert [note.line for note in notes(text)] == [1, 3, 5, 7]
    assert read(text, strict=True).notices[0].message.startswith("2 lines look like cards")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("#flashcards", True), ("a #flashcards/b", True), ("`#flashcards`", False), ("#flashcardsx", False),
     ("---\ntags: flashcards/a\n---\n", True)],
)  # fmt: skip
def test_has_tag(text: str, expected: bool) -> None:
    assert has_tag(text) is expected


def test_what_makes_no_card_is_named() -> None:
    text = "| a::b |\n\n::c\n\n?\nd\n\ne\n?\n\n<!--SR:!2021-08-20,13,290-->\n\n```\nopen"
    assert sorted(notice.line for notice in read(text).notices) == [1, 3, 5, 8, 11, 13]


@given(st.text(st.sampled_from("ab:?=#<!->SR,12[]|^;%`$ \n\tflashcards/{}"), max_size=120))
def test_no_input_stops_the_reader(text: str) -> None:
    for strict in (False, True):
        converted = read(text, strict=strict)
        assert all(1 <= note.line <= text.count("\n") + 1 for found in converted.decks for note in found.deck.notes)
