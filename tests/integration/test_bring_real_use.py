"""Decks from elsewhere as people really write them: nothing is lost without a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flashcards.deckfiles.parse.collection import load
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import request_for
from flashcards.domain.card import FORWARD, Basic, Cloze, Content
from flashcards.errors import Invalid
from flashcards.exchange.obsidian_settings import PATH
from flashcards.services.bring.decks import AS_IT_LOOKS, Brought, Options, bring
from tests.integration.test_deck_pages import png


def brought(
    folder: Path, kind: str, name: str, text: str, options: Options = AS_IT_LOOKS
) -> tuple[list[Content], Brought]:
    """What a file of another program becomes: the contents of its notes, and the report."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / name).write_text(text, "utf-8")
    into = folder / "into"
    report = bring(kind, source, into, options)
    files = load([], into).files
    assert [problem for file in files for problem in file.parsed.problems if problem.severity == "error"] == []
    return [note.content for file in files for note in file.parsed.deck.notes], report


def shown(contents: list[Content]) -> str:
    """All texts of some notes."""
    return "\n".join(str(content) for content in contents)


def told(report: Brought) -> str:
    return "\n".join(notice.message for notice in report.notices)


def test_a_fence_may_follow_the_tag_on_its_line(tmp_path: Path) -> None:
    text = "Q: one\nA: ```python\nQ: not a card\n```\n\nQ: two\nA: b\n"

    contents, report = brought(tmp_path, "hashcards", "a.md", text)

    assert len(contents) == 2
    assert "```python\\nQ: not a card\\n```" in shown(contents)
    assert "3 lines begin with Q: or C:, 1 of them in code" in told(report)


@pytest.mark.parametrize(("kind", "name"), [("hashcards", "a.md"), ("mdanki", "a.md"), ("obsidian", "a.md")])
def test_html_and_comments_are_taken_as_what_they_show(tmp_path: Path, kind: str, name: str) -> None:
    answer = 'a <b>bold</b> <!-- unseen --> <u>line</u> *em* <img src="p.png" alt="pic"> <a href="https://e.org">x</a>'
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "p.png").write_bytes(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0\x1f\x15\xc4\x89"
    )
    text = {"hashcards": f"Q: q\nA: {answer}\n", "mdanki": f"## q\n\n{answer}\n", "obsidian": f"q::{answer}\n"}[kind]

    contents, report = brought(tmp_path, kind, name, text)

    assert "a **bold**" in shown(contents)
    assert "*em*" in shown(contents)
    assert "line ![pic](p.png) [x](https://e.org)" in shown(contents).replace("*em* ", "")
    assert "unseen" not in shown(contents)
    assert report.media == ("p.png",)


def test_obsidian_brackets_are_brackets(tmp_path: Path) -> None:
    contents, _ = brought(tmp_path, "obsidian", "a.md", r"f \(x\)::g \[y\]" + "\n")

    assert "f (x)" in shown(contents)
    assert "g [y]" in shown(contents)


def test_a_vaults_own_marks(tmp_path: Path) -> None:
    settings = {
        "flashcardTags": ["#cards"],
        "singleLineCardSeparator": "@@",
        "multilineCardSeparator": "--",
        "multilineCardEndMarker": "+++",
        "clozePatterns": ["**[123;;]answer[;;hint]**", "{{[123;;]answer[;;hint]}}"],
    }
    file = tmp_path / "source" / PATH
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"settings": settings}))
    text = "#cards/maths\n\na @@ b\n\nthe **gap** here\n\nand a {{brace}}\n\nlong\n--\none\n\ntwo\n+++\n\n==no gap==\n"

    contents, report = brought(tmp_path, "obsidian", "a.md", text)

    assert report.decks == ("maths/a.md",)
    assert report.notes == 4
    assert "the {{c1::gap}} here" in shown(contents)
    assert "and a {{c1::brace}}" in shown(contents)
    assert "one\\n\\ntwo" in shown(contents)


def test_a_separator_can_be_named(tmp_path: Path) -> None:
    contents, _ = brought(tmp_path, "obsidian", "a.md", "a >> b\n", Options(separator=">>"))

    assert len(contents) == 1


def test_a_schedule_without_a_card_hints_at_the_separator(tmp_path: Path) -> None:
    _, report = brought(tmp_path, "obsidian", "a.md", "a::b\n\nc >> d\n<!--SR:!2025-01-01,3,250-->\n")

    assert "--separator" in told(report)


def test_a_highlight_ends_on_its_line(tmp_path: Path) -> None:
    contents, _ = brought(tmp_path, "obsidian", "a.md", "a ==b== c\n\nd ==e\nf== g\n")

    assert len(contents) == 1


def test_a_graph_of_logseq_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source" / "logseq").mkdir(parents=True)

    with pytest.raises(Invalid, match="Logseq"):
        brought(tmp_path, "obsidian", "a.md", "- a #card\n  collapsed:: true\n")


def test_mdanki_front_matter_code_and_gaps(tmp_path: Path) -> None:
    text = (
        "---\n# a comment\ntitle: Mine\ntags: [x, y]\n---\n## q\n\n    indented\n    code\n\n## The {{c1::gap}} alone\n"
    )

    contents, _ = brought(tmp_path, "mdanki", "a.md", text)
    deck = load([], tmp_path / "into").files[0].parsed.deck

    assert (deck.title, deck.tags) == ("Mine", ("x", "y"))
    assert "    indented\\n    code" in shown(contents)
    assert "The {{c1::gap}} alone" in shown(contents)


def test_a_first_row_that_names_the_columns(tmp_path: Path) -> None:
    contents, report = brought(tmp_path, "csv", "a.csv", "Meaning;Word;Example;Tags\nhouse;casa;una casa;noun\n")

    assert report.notes == 1
    assert "question='casa', answer='house\\n\\nuna casa'" in shown(contents)


@pytest.mark.parametrize(("header", "notes"), [(True, 1), (False, 2), (None, 2)])
def test_whether_the_first_row_is_a_header_can_be_said(tmp_path: Path, header: bool | None, notes: int) -> None:
    _, report = brought(tmp_path, "csv", "a.csv", "Wort;Bedeutung\nHaus;house\n", Options(header=header))

    assert report.notes == notes


def test_prose_in_a_text_file_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="prose"):
        brought(tmp_path, "csv", "a.txt", "Dear reader, this is\nprose, with commas,\nand nothing else.\n")


def test_a_field_of_half_a_megabyte(tmp_path: Path) -> None:
    contents, _ = brought(tmp_path, "csv", "a.csv", "front,back\nq," + "word " * 10_000 + "\n")

    assert len(contents) == 1


def test_what_was_lost_silently(tmp_path: Path) -> None:
    text = '---\nname = "N"\ntags = ["a b"]\norder = 3\n---\n\nQ: q[^1]\nA: a\n\n---\n\n[^1]: the *note*\n'

    contents, _ = brought(tmp_path, "hashcards", "a.md", text)
    deck = load([], tmp_path / "into").files[0].parsed.deck

    assert (deck.tags, deck.order) == (("a-b",), 3.0)
    assert "\n[^1]: the *note*" in (tmp_path / "into" / "a.md").read_text()
    assert len(contents) == 1


@pytest.mark.parametrize(("kind", "name"), [("hashcards", "a.md"), ("mdanki", "a.md"), ("obsidian", "a.md")])
def test_footnotes_come_with_the_cards_that_use_them(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "p.png").write_bytes(png(1, 1))
    notes = (
        "[site]: https://e.org\n[^1]: Plain <b>words</b>, see [^Deep].\n[^unused]: nothing\n"
        "[^long]: first\n  wrapped\n\n    second ![pic](p.png)\n\n    - list\n      - [there][site]\n[^1]: not this\n"
        "[^deep]: the end $\\nope$\n"
    )
    cards = {
        "hashcards": "Q: one[^1]\nA: a\n\nQ: two\nA: b[^LONG]\n\nQ: three\nA: no `[^1]`\n---\n",
        "mdanki": "## one[^1]\n\na\n\n## two\n\nb[^LONG]\n\n## three\n\nno `[^1]`\n",
        "obsidian": "one[^1]::a\n\ntwo\n?\nb[^LONG]\n\nthree::no `[^1]`\n",
    }[kind]

    contents, report = brought(tmp_path, kind, name, f"{cards}\n{notes}")
    read = load([], tmp_path / "into").files[0].parsed
    one, two, _ = (render(request_for(note)).cards[FORWARD] for note in read.deck.notes)

    assert contents == [Basic("one[^1]", "a"), Basic("two", "b[^LONG]"), Basic("three", "no `[^1]`")]
    assert "one<sup" in one.question_html
    assert "<strong>words</strong>" in one.question_html
    assert "[^deep]: the end `` \\nope ``" in read.deck.notes[0].definitions
    assert "[^" not in two.answer_html
    assert two.answer_html.index("first\nwrapped") < two.answer_html.index("second") < two.answer_html.index("<li>list")
    assert '<a href="https://e.org"' in two.answer_html
    assert report.media == ("p.png",)
    assert (read.problems, [note.definitions == "" for note in read.deck.notes]) == ((), [False, False, True])
    assert "a formula is shown as code" in told(report)
    assert "unused" not in (tmp_path / "into" / name).read_text()


def test_text_above_a_table_belongs_to_the_front(tmp_path: Path) -> None:
    text = "#flashcards\n\nWhat is in the second row?\n| a | b |\n|---|---|\n| 1 | 2 |\n?\nOne and two.\n"

    contents, report = brought(tmp_path, "obsidian", "a.md", text)

    [content] = [it for it in contents if isinstance(it, Basic)]
    assert content.question.startswith("What is in the second row?\n\n| a | b |\n")
    assert (content.answer, told(report)) == ("One and two.", "")


@pytest.mark.parametrize("name", ["p.png", "img.png", "img 1.png", "b-2.png", "a b.png", "h1.png", "s/u.png"])
def test_the_name_of_a_picture_is_no_tag(tmp_path: Path, name: str) -> None:
    """Its size is left out, and that is said."""
    picture = tmp_path / "source" / name
    picture.parent.mkdir(parents=True)
    picture.write_bytes(png(3, 3))

    contents, report = brought(tmp_path, "obsidian", "a.md", f"q::![[{name}|100]] </h1>\n")

    assert report.media == (name,)
    assert f"![{picture.stem}](" in shown(contents)
    assert told(report) == "the size of a picture was left out"


@pytest.mark.parametrize("kind", ["hashcards", "obsidian"])
@pytest.mark.parametrize("key", ["#", "##", "\\", "###", "C #", ">", "===", "[", "{#x}"])
def test_a_question_may_be_a_single_sign(tmp_path: Path, kind: str, key: str) -> None:
    """A deck of an editor's keys asks for signs that mean structure in Markdown."""
    text = f"Q: {key}\nA: search the word under the cursor\n" if kind == "hashcards" else f"{key}::search\n"

    contents, report = brought(tmp_path, kind, "a.md", text)

    assert (len(contents), told(report)) == (1, "")
    assert contents[0].question.replace("\\", "") == key.replace("\\", "") or key == "\\"  # type: ignore[union-attr]


def test_a_heading_may_be_the_front_of_a_card(tmp_path: Path) -> None:
    text = (
        "#flashcards/life\n## What is life?\n?\nA *game*.\n\n"
        "### What else::a film\n\n## The ==cell== divides\n\n## Cells\nHow many?\n?\nTwo.\n"
    )

    contents, report = brought(tmp_path, "obsidian", "a.md", text)

    assert told(report) == ""
    assert [(it.question, it.answer) for it in contents if isinstance(it, Basic)] == [
        ("What is life?", "A *game*."), ("What else", "a film"), ("How many?", "Two."),
    ]  # fmt: skip
    assert [it.body for it in contents if isinstance(it, Cloze)] == ["### The {{c1::cell}} divides"]
    notes = [note for file in load([], tmp_path / "into").files for note in file.parsed.deck.notes]
    assert [note.section for note in notes] == [None, "What is life?", None, "Cells"]


def test_a_heading_that_touches_the_answer_belongs_to_it(tmp_path: Path) -> None:
    text = "#flashcards\n\n## One\nq\n?\na\n# References\n<!--SR:!2025-07-21,4,270-->\n\nr\n?\nb\n"

    contents, report = brought(tmp_path, "obsidian", "a.md", text)

    assert [it.answer for it in contents if isinstance(it, Basic)] == ["a\n### References", "b"]
    assert (len(report.schedules), told(report)) == (1, "")


def test_formulas_keep_being_formulas_without_the_size_of_their_letters(tmp_path: Path) -> None:
    contents, report = brought(tmp_path, "obsidian", "a.md", "q\n?\n$$\\huge \\frac{a}{b}$$ and $\\Large x$\n")

    assert [it.answer for it in contents if isinstance(it, Basic)] == ["$$\\frac{a}{b}$$ and $x$"]
    assert "the size of a formula's letters was left out" in told(report)


def test_a_highlight_may_be_bold(tmp_path: Path) -> None:
    contents, report = brought(tmp_path, "obsidian", "a.md", "Rules without premises are ==**axioms**==.\n")

    assert [it.body for it in contents if isinstance(it, Cloze)] == ["Rules without premises are {{c1::**axioms**}}."]
    assert told(report) == ""


@pytest.mark.parametrize("fence", ["1. ```py\n   x = {\n}```", "1. ```py\n   x = {}\n  ```\nand so on"])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("mdanki", "## one\n\n{fence}\n\n## two\n\n```\ncode\n```\n\n## three\n\nc\n"),
        ("hashcards", "Q: one\nA:\n{fence}\n\nQ: two\nA:\n```\ncode\n```\n\nQ: three\nA: c\n"),
        ("obsidian", "#flashcards\none\n?\n{fence}\n\ntwo\n?\n```\ncode\n```\n\nthree\n?\nc\n"),
    ],
)
def test_a_fence_in_a_list_swallows_no_card(tmp_path: Path, kind: str, text: str, fence: str) -> None:
    contents, report = brought(tmp_path, kind, "a.md", text.replace("{fence}", fence))

    asked = [it.question for it in contents if isinstance(it, Basic)]
    assert (asked[0], asked[-1]) == ("one", "three")
    assert "x = {" in str(contents[0])
    assert "left out" not in told(report)


@pytest.mark.parametrize(
    ("first", "row", "question", "answer"),
    [
        (
            "korean,english,example,example_translation",
            "봄,spring,봄에는,In spring",
            "봄",
            "spring\n\n봄에는\n\nIn spring",
        ),
        ("id,word,definition,status,created_at", "8f-1,frugal,thrifty,new,2026-01-26", "frugal", "thrifty"),
        ("CardID,Hint,Word,English", "S1,quietly,susurrar,to whisper", "susurrar", "quietly\n\nto whisper"),
        ("category,debate_prompt", "Ethics,Should it?", "Ethics", "Should it?"),
    ],
)
def test_the_names_of_columns_as_programs_write_them(
    tmp_path: Path, first: str, row: str, question: str, answer: str
) -> None:
    contents, report = brought(tmp_path, "csv", "a.csv", f"{first}\n{row}\n")

    assert contents == [Basic(question, answer)]
    assert "the first row names the columns" in told(report)


@pytest.mark.parametrize("row", ["note,Notiz", "word,mot", "der Hund,the dog", "front,Front", "Berlin,Germany"])
def test_a_first_row_of_words_is_a_card(tmp_path: Path, row: str) -> None:
    contents, _ = brought(tmp_path, "csv", "a.csv", f"{row}\nhello,salut\n")

    assert len(contents) == 2


def test_a_sound_that_is_missing_is_called_one(tmp_path: Path) -> None:
    contents, report = brought(tmp_path, "csv", "a.csv", "a,[sound:dog.MP3]\nb,<img src=dog.png>\n")
    assert [notice.message.partition(":")[0] for notice in report.notices] == [
        "the sound was left out",
        "the picture was left out",
    ]
    assert [note.answer for note in contents if isinstance(note, Basic)] == ["*dog*", "*dog.png*"]
