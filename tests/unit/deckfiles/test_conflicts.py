"""A merge in Git that was not finished: an error, and the file keeps its last good version."""

from __future__ import annotations

import pytest

from flashcards.deckfiles.parse.deck import parse_deck

OURS = "<<<<<<< HEAD\n## B {#b}\n\nold\n"
THEIRS = "## B {#b}\n\nnew\n>>>>>>> topic\n"
FENCED = "```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> topic\n```\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"## A\n\na\n\n{OURS}=======\n{THEIRS}", 5),
        (f"## A\n\na\n\n{OURS}||||||| base\n## B {{#b}}\n=======\n{THEIRS}", 5),
        ("---\ntitle: a\n<<<<<<< HEAD\ntags: [a]\n=======\ntags: [b]\n>>>>>>> topic\n---\n## A\n\na\n", 3),
        ("## A\n\n<<<<<<< HEAD\n```\na\n=======\nb\n>>>>>>> topic\n```\n", 3),
    ],
)
def test_a_conflict_is_an_error_at_its_line_and_the_only_one(text: str, line: int) -> None:
    parsed = parse_deck("a.md", text.encode())

    assert [(problem.code, problem.line) for problem in parsed.problems] == [("conflict-marker", line)]
    assert parsed.structure_lost
    assert parsed.deck.notes == ()


@pytest.mark.parametrize("text", [f"## A\n\n{FENCED}", "## A\n\nTitle\n=======\n", "## A\n\n<<<<<<< is a sign\n"])
def test_what_only_looks_like_one_is_text(text: str) -> None:
    parsed = parse_deck("a.md", text.encode())

    assert "conflict-marker" not in {problem.code for problem in parsed.problems}
    assert len(parsed.deck.notes) == 1
