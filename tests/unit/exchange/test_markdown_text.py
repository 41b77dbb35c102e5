"""What all readers of other programs' Markdown lean on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.card import Basic
from flashcards.exchange.markdown_text import (
    closed_deletion,
    code_lines,
    footnotes_apart,
    footnotes_of,
    front,
    inline_references,
    lower_headings,
    mask,
    outside_code,
    plain_brackets,
    with_pictures,
)

MARKDOWN = st.text(st.sampled_from("ab `~$\\[](){}<>!#*_-=:;?%|\n\t1.&"), max_size=80)


@given(MARKDOWN)
def test_a_mask_has_the_same_length_and_lines(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert [i for i, c in enumerate(masked) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]


@given(MARKDOWN)
def test_no_text_stops_the_helpers(text: str) -> None:
    assert inline_references(text).count("\n") == text.count("\n")
    for change in (front, lower_headings, plain_brackets):
        assert isinstance(change(text), str)
    assert with_pictures(text, lambda target: target) is not None


def test_code_and_maths_are_masked() -> None:
    shown = mask("a `b::c` $d::e$ $$f::g$$ h\n```\ni::j\n```\nk::l, costs $5 :: and $6")
    assert shown.count("::") == 2
    assert "k::l" in shown


def test_an_unclosed_fence_is_no_code() -> None:
    lines = ["a", "```", "b", "```", "~~~", "c"]
    assert code_lines(lines) == ([False, True, True, True, False, False], 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo  \nthree", "one two three"),
        ("# Heading\n\n\nmore\n", "Heading\n\nmore"),
        ("What?\n```py\n1\n```", "What?\n\n```py\n1\n```"),
        ("- a\n- b", "- a\n- b"),
        ("![x](a.png)", "![x](a.png)"),
        ("![x](a.png) names what?", "![x](a.png) names what?"),
    ],
)
def test_front(text: str, expected: str) -> None:
    assert front(text) == expected


def test_headings_go_down_outside_code() -> None:
    text = "# a\n## b\n### c\n### Rubric\n### In full\n#tag\n```\n## d\n```"
    assert lower_headings(text) == "### a\n### b\n### c\n#### Rubric\n#### In full\n#tag\n```\n## d\n```"


def test_references_come_to_their_places_and_lines_stay() -> None:
    text = '![alt][ROR] and [page] but [not] `[page]`\n\n[ror]: a b.png\n[ROR]: <a b.png> "T"\n[page]: https://e.org\n'
    assert inline_references(text) == (
        '![alt](<a b.png> "T") and [page](https://e.org) but [not] `[page]`\n\n[ror]: a b.png\n\n\n'
    )


def test_escaped_brackets_are_brackets_outside_maths() -> None:
    assert plain_brackets(r"\[a\] \(b\) $\left\[0\right\]$ `\[c\]`") == r"[a] (b) $\left\[0\right\]$ `\[c\]`"


def test_a_deletion_keeps_its_colons() -> None:
    assert closed_deletion(2, "std::vector") == r"{{c2::std\::vector}}"
    assert closed_deletion(1, "a", "hint") == "{{c1::a::hint}}"


def test_outside_code_sees_the_real_text() -> None:
    text = "==a `==` b== `==c==`"
    seen: list[str] = []
    outside_code(text, re.compile(r"==.+?=="), lambda match: seen.append(match.group()) or "")
    assert seen == ["==a `=="] or seen == ["==a `==` b=="]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[^a]: one", "[^a]: one"),
        ("[^A]: one", "[^a]: one"),
        ("[^a]: one\n  two", "[^a]: one\n    two"),
        ("[^a]: one\n\n    two\n\n    - x\n      - y", "[^a]: one\n\n    two\n\n    - x\n      - y"),
        ("[^a]: one\n\n\ttwo", "[^a]: one\n\n    two"),
        ("[^a]: one\n\n    two\n\nno more", "[^a]: one\n\n    two"),
        ("[^a]: one\n[^a]: two", "[^a]: one"),
        ("[^a]: one [^b]\n[^b]: two [^a]", "[^a]: one [^b]\n\n[^b]: two [^a]"),
        ("```\n[^a]: one\n```", ""),
        ("[^a]:\n", ""),
        ("[^b]: one", ""),
    ],
)
def test_footnotes_of_a_card(written: str, read: str) -> None:
    text, notes = footnotes_apart(f"x\n\n{written}\n\ny")
    assert text.count("\n") == written.count("\n") + 4
    assert footnotes_of(Basic("q", "a [^A]: so `[^b]`"), notes, lambda note: note) == read
