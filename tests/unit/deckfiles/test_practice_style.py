"""Warnings about what core questions, gaps and dated sources lack; each with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flashcards.deckfiles.check.run import check
from tests.unit.deckfiles.decks import write

TODAY = date(2027, 12, 1)


def warned(root: Path, source: str, *, style: bool = True, **more: str) -> list[tuple[int, int, str]]:
    write(root, {"a.md": source, **{f"{name}.md": text for name, text in more.items()}})
    problems = check([root / "a.md"], root, style=style, today=TODAY)
    assert {problem.severity for problem in problems} <= {"warning"}
    return [(p.line, p.column, p.code) for p in problems]


# References ----------------------------------------------------------------------------------------------

CORE = "## Q? {#q .core}\n\nA\n\n### Rubric\n- one {#a}\n\n### Follow-ups\n- two? {#b#x}\n\n## A? {#a}\n\n1\n"


def test_references_that_lead_somewhere(tmp_path: Path) -> None:
    assert warned(tmp_path, CORE, b="## X? {#x}\n\n2\n") == []


def test_references_that_lead_nowhere_are_named_with_the_nearest_id(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": CORE.replace("{#a}\n\n###", "{#aa}\n\n###"), "b.md": "## X? {#y}\n\n2\n"})
    found = check([tmp_path / "a.md"], tmp_path)

    assert [(p.line, p.column, p.severity, p.code) for p in found] == [
        (6, 7, "warning", "reference-unknown"),
        (9, 8, "warning", "reference-unknown"),
    ]
    assert "'aa' in this deck; did you mean 'a'?" in found[0].message
    assert "'x' in the deck 'b'; name one that is there" in found[1].message


def test_what_stands_in_one_other_deck_now_is_named_there(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": CORE + "\n## C? {#c requires=b#x}\n\n3\n", "moved/b.md": "## X? {#x}\n\n2\n"})
    found = check([tmp_path / "a.md"], tmp_path)
    assert [(p.code, p.message.partition("; ")[2]) for p in found] == [
        ("reference-unknown", "did you mean 'moved/b#x'?"),
        ("requires-unknown", "did you mean 'moved/b#x'?"),
    ]
    write(tmp_path, {"c.md": "## X? {#x}\n\n2\n"})
    assert all("name one that is there" in p.message for p in check([tmp_path / "a.md"], tmp_path))


def test_a_file_alone_knows_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": CORE, "b.md": "## X? {#x}\n\n2\n"})

    assert check([tmp_path / "a.md"], None) == []


def test_what_a_lost_or_broken_file_may_hold_is_not_missed(tmp_path: Path) -> None:
    broken = CORE.replace("## A? {#a}\n\n1\n", "## A? {#a}\n")
    write(tmp_path, {"a.md": broken, "b.md": "## X? {#z}\n\n```\n"})

    assert "reference-unknown" not in {problem.code for problem in check([], tmp_path)}


def test_core_questions_that_nothing_teaches(tmp_path: Path) -> None:
    b = "## X? {#x}\n\n2\n"
    assert warned(tmp_path, CORE.replace("one {#a}", "one"), b=b) == [(6, 3, "style-untaught")]
    assert warned(tmp_path, CORE.replace("one {#a}", "one {#q}"), b=b) == [(6, 3, "style-untaught")]
    assert warned(tmp_path, CORE.replace("one {#a}", "one {.senior}"), b=b) == [(6, 3, "style-untaught")]
    assert warned(tmp_path, CORE.replace("two? {#b#x}", "two?"), b=b) == [(9, 3, "style-unanswered")]
    assert warned(tmp_path, CORE.replace(" .core", "").replace("{#a}\n\n###", "\n\n###"), b=b) == []


def test_many_points_are_one_warning(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## Q? {#q .core}\n\nA\n\n### Rubric\n- one\n- two\n- three\n"})
    (problem,) = check([], tmp_path, style=True)

    assert "3 points: 'one', 'two' and 1 more" in problem.message


# Points --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point",
    [
        "names means and estimates", "names bias and variance", "covers data and labels before models",
        "Says why it is not the mean, and when", "the loss and says", "names 1, 2, 3", "word " * 20,
    ],
)  # fmt: skip
def test_points_that_can_be_ticked(tmp_path: Path, point: str) -> None:
    assert warned(tmp_path, f"## Q? {{#q}}\n\nA\n\n### Rubric\n- {point}\n") == []


@pytest.mark.parametrize(
    "point", ["names the ReLU and says why it won", "Chooses a metric, then reports it by slice", "a word " * 11]
)
def test_points_that_say_too_much(tmp_path: Path, point: str) -> None:
    assert warned(tmp_path, f"## Q? {{#q}}\n\nA\n\n### Rubric\n- x\n- {point} {{#q}}\n") == [(7, 3, "style-point")]


def test_the_long_form_is_at_most_1_200_words_of_text(tmp_path: Path) -> None:
    free = "```text\n" + "code " * 99 + "\n```\n\n"
    source = f"## Q? {{#q .core}}\n\nA\n\n### In full\n\n{free}{'word ' * 1200}"

    assert warned(tmp_path, source + "\n", style=False) == []
    assert warned(tmp_path, source + "more\n", style=False) == [(7, 1, "in-full-too-long")]


# Gaps ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Recall counts what was found: {{c1::recall}} rises.", 31),
        ("The {{c1::Type I}} error is a type\nI error.", 5),
        ("Adam is {{c1::an optimiser}}, {{c2::an optimiser}} too.", 9),
    ],
)
def test_gaps_that_the_sentence_fills(tmp_path: Path, text: str, column: int) -> None:
    assert (3, column, "style-gap-told") in warned(tmp_path, f"## H {{#q}}\n\n{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "Recall is one thing. What rises is {{c1::recall}}.",
        "- recall\n- what rises is {{c1::recall}}",
        "{{c1::Recall}} and {{c1::recall}}",
        "{{c1::Self-supervised}} is not supervised",
        "{{c1::supervised}} is not self-supervised",
        "With mean $\\lambda$ it has variance {{c1::$\\lambda$}}.",
        "If n is 10, k is {{c1::10}}.",
        "`recall` and $x_{{{c1::recall}}}$",
    ],
)
def test_gaps_that_it_does_not(tmp_path: Path, text: str) -> None:
    assert "style-gap-told" not in {code for *_, code in warned(tmp_path, f"## H {{#q}}\n\n{text}\n")}


@pytest.mark.parametrize("hint", ["not the recall", "Recall", "training or inference", "what infers"])
def test_hints_that_tell(tmp_path: Path, hint: str) -> None:
    word = "inference" if "infer" in hint else "recall"
    assert warned(tmp_path, f"## H {{#q}}\n\nX is {{{{c1::{word}::{hint}}}}}.\n") == [(3, 6, "style-hint-tells")]


@pytest.mark.parametrize("hint", ["which measure", "a number", "call", "rec"])
def test_hints_that_do_not(tmp_path: Path, hint: str) -> None:
    assert warned(tmp_path, f"## H {{#q}}\n\nX is {{{{c1::recall::{hint}}}}}.\n") == []


def test_more_than_four_gaps(tmp_path: Path) -> None:
    gaps = "; ".join(f"{{{{c{number}::{'abcde'[number - 1] * 3}}}}}" for number in range(1, 6))
    assert warned(tmp_path, f"## H {{#q}}\n\n{gaps}\n") == [(3, 1, "style-many-gaps")]
    assert warned(tmp_path, f"## H {{#q}}\n\n{gaps.replace('{{c5', '{{c4')}\n") == []


# Dates ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("month", "old"), [("2026-11", True), ("2026-12", False), ("2027-12", False)])
def test_facts_that_were_checked_long_ago(tmp_path: Path, month: str, old: bool) -> None:
    source = f"## Q? {{#q}}\n\nA\n\n### Sources\n- x\n- a page (checked: {month})\n"

    assert warned(tmp_path, source) == ([(7, 11, "style-old-fact")] if old else [])
    assert check([], tmp_path, style=True) == []
