"""What comes from another program is named: whole files with the command that brings them, single marks with ours."""

from __future__ import annotations

import pytest

from flashcards.deckfiles.check.hints import hints
from flashcards.deckfiles.parse.deck import parse_deck


@pytest.mark.parametrize(
    ("source", "named", "way"),
    [
        ("Q: What is a cat?\nA: An animal.\n", "hashcards", "flashcards import hashcards"),
        ("C: A [cat] is an animal.\n", "hashcards", "flashcards import hashcards"),
        ("#flashcards\n\ncat:: an animal\n", "Obsidian", "flashcards import obsidian"),
        ("What is a cat?\n?\nAn animal.\n<!--SR:!2026-01-01,3,250-->\n", "Obsidian", "flashcards import obsidian"),
        ("- What is a cat? #card\n  - An animal.\n", "Logseq", "write each card as '## '"),
        ("#+TITLE: Cats\n* What is a cat? :drill:\nAn animal.\n", "org mode", "write each card as '## '"),
        ("#separator:tab\n#html:true\ncat\tan animal\n", "Anki", "flashcards import csv"),
    ],
)
def test_a_file_of_another_program_is_named_with_the_way_to_bring_it(source: str, named: str, way: str) -> None:
    [told] = [problem for problem in parse_deck("a.md", source.encode()).problems if problem.code == "no-cards"]
    assert named in told.message
    assert way in told.message


def test_a_file_of_nobody_is_said_to_hold_no_card() -> None:
    [told] = parse_deck("a.md", b"Only some words.\n").problems
    assert told.code == "no-cards"
    assert "import" not in told.message


@pytest.mark.parametrize(
    ("mark", "way"),
    [
        ("see [[Cats]]", "https://"),
        ("see ![[cat.png]]", "![words](path)"),
        ('see <img src="cat.png">', "![words](path)"),
        ("a {{c1:cat}} here", "{{c1::text}}"),
        ("so $ x + 1 $ it is", "$x$"),
        ("it costs $10, US$ 5 there", "\\$"),
    ],
)
def test_a_mark_of_another_program_is_told_with_our_way_to_write_it(mark: str, way: str) -> None:
    source = f"## Q?\n\n{mark}\n"
    [(_, told)] = hints(parse_deck("a.md", source.encode()))
    assert (told.code, told.severity) == ("foreign-mark", "warning")
    assert source[: told.offset].count("\n") == 2
    assert way in told.message


@pytest.mark.parametrize("mark", ["see [[Cats]]", "see ![[cat.png]]", '<img src="cat.png">', "{{c1:cat}}", "$ x + 1 $"])
def test_in_code_no_mark_is_foreign(mark: str) -> None:
    assert list(hints(parse_deck("a.md", f"## Q?\n\n```\n{mark}\n```\n".encode()))) == []
