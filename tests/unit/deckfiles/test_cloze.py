"""Cloze deletions: `find_deletions`, `gap`, `reveal`."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flashcards.deckfiles.cloze.deletions import MATH_GAP, find_deletions, gap, parse, reveal, rewrite


def found(text: str) -> list[tuple[int, str, str | None, str]]:
    """Number, text, hint and place of each deletion."""
    return [
        (deletion.number, text[deletion.text_start : deletion.text_end], deletion.hint, deletion.place)
        for deletion in find_deletions(text)[0]
    ]


def codes(text: str) -> list[tuple[int, str]]:
    return [(problem.offset, problem.code) for problem in find_deletions(text)[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{c1::a}} {{c2::b::h}}", [(1, "a", None, "text"), (2, "b", "h", "text")]),
        ("{{c499::a}}", [(499, "a", None, "text")]),
        (r"{{c1::$\frac{a}{b^{2}}$}}", [(1, r"$\frac{a}{b^{2}}$", None, "text")]),
        ("${{c1::x^{2}}}$", [(1, "x^{2}", None, "math")]),
        ("$${{c1::x}}$$", [(1, "x", None, "math")]),
        ("`{{c1::a}}`", [(1, "a", None, "code")]),
        ("```\n{{c1::a\n\nb}}\n```", [(1, "a\n\nb", None, "code")]),
        ("    {{c1::a}}", [(1, "a", None, "code")]),
        ("# {{c1::a}}", [(1, "a", None, "text")]),
        (r"{{c1::\{ }}", [(1, r"\{ ", None, "text")]),
        ("{{c1::{a: {b}}}}", [(1, "{a: {b}}", None, "text")]),
        ("{{c1::a } b}}", [(1, "a } b", None, "text")]),
        ("{{c1::a\nb}}", [(1, "a\nb", None, "text")]),
        (r"\{{c1::a}}", []),
        ("<!-- {{c1::a}} -->", []),
        ("{{c::a}} {{C1::b}} {c1::d}", []),
        ("[^{{c1::a}}]: text", []),  # a footnote's label is no text
        ("text\n\n[^{{c1::a}}]: text", []),
    ],
)
def test_deletions_end_at_their_own_braces(text: str, expected: list[tuple[int, str, str | None, str]]) -> None:
    assert found(text) == expected
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{c1::std::vector}}", ("std", "vector")),
        ("{{c1::a::b::c}}", ("a", "b::c")),
        ("{{c1::std::vector::the container}}", ("std", "vector::the container")),
        (r"{{c1::std\::vector::the container}}", (r"std\::vector", "the container")),
        ("{{c1::`std::vector`}}", ("`std::vector`", None)),
        ("{{c1::$a::b$::h}}", ("$a::b$", "h")),
        ("{{c1::{a::b} c}}", ("{a::b} c", None)),
        ("{{c1::a::}}", ("a", None)),
        ("{{c1::a:::b}}", ("a", ":b")),
        ("`{{c1::std::vector}}`", ("std::vector", None)),
        ("${{c1::a::b}}$", ("a::b", None)),
        ("{{c1::a:: b }}", ("a", "b")),
    ],
)
def test_the_hint_begins_after_the_first_colons_of_the_deletions_own_level(
    text: str, expected: tuple[str, str | None]
) -> None:
    ((_, inner, hint, _),) = found(text)
    assert (inner, hint) == expected


def test_nested_deletions_are_cards_of_their_own() -> None:
    text = "{{c1::a {{c2::b::h2}} c::h1}} d"
    assert found(text) == [(1, "a {{c2::b::h2}} c", "h1", "text"), (2, "b", "h2", "text")]
    assert gap(text, 1) == "[h1] d"
    assert gap(text, 2) == "a [h2] c d"
    assert reveal(text) == "a b c d"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{c0::b}}", [(2, "cloze-number")]),
        ("{{c01::b}}", [(0, "cloze-number")]),
        ("{{c500::b}}", [(0, "cloze-number")]),
        ("{{c" + "9" * 5000 + "::b}}", [(0, "cloze-number")]),
        ("{{c1::}}", [(0, "cloze-empty")]),
        ("{{c1:: ::h}}", [(0, "cloze-empty")]),
        ("a {{c1::b", [(2, "cloze-unclosed")]),
        ("{{c1::a {{c2::b}}", [(0, "cloze-unclosed")]),
        ("{{c1::a\n\nb}}", [(0, "cloze-crosses")]),
        ("- {{c1::a\n- b}}", [(2, "cloze-crosses")]),
        ("# {{c1::a\nb}}", [(2, "cloze-crosses")]),
        ("$a {{c1::b$ c}}", [(3, "cloze-crosses")]),
        ("{{c1::a $b}} c$", [(0, "cloze-crosses")]),
        ("`{{c1::a` b}}", [(1, "cloze-crosses")]),
        ("{{c1::a {{c2::}} b}}", [(8, "cloze-empty")]),
    ],
)
def test_what_is_wrong_is_told_with_its_offset(text: str, expected: list[tuple[int, str]]) -> None:
    assert codes(text) == expected


def test_a_broken_deletion_does_not_hide_the_next() -> None:
    text = "{{c1::a\n\n{{c2::b}}"
    assert found(text) == [(2, "b", None, "text")]


def test_at_most_fifty_cards_a_note() -> None:
    text = " ".join(f"{{{{c{number}::a}}}}" for number in range(1, 52))
    assert codes(text.replace("c51", "c50")) == []
    assert codes(text) == [(text.index("{{c51"), "cloze-too-many")]


def test_gaps_in_text_maths_and_code() -> None:
    text = "a {{c1::b}} ${{c1::x}}$ `{{c1::y}}` {{c1::z::h}} {{c2::w::v}}"
    assert gap(text, 1) == f"a […] ${MATH_GAP}$ `[…]` [h] w"
    assert gap(text, 2) == "a b $x$ `y` z [v]"
    assert reveal(text) == "a b $x$ `y` z w"


def test_backslashes_before_braces_are_dropped_in_code_only() -> None:
    assert reveal(r"{{c1::`f(\{1\})`}} \{") == r"`f({1})` \{"
    assert reveal("```\n{{c1::{'a': \\}\\n}}} \\{\n```") == "```\n{'a': }\\n} \\{\n```"
    assert reveal(r"${{c1::\{1\}}}$") == r"$\{1\}$"
    assert reveal("`\\{{c1::a}}` {{c1::b}}") == "`{{c1::a}}` b"


def test_offsets_lead_back_to_the_author_s_text() -> None:
    text = "a {{c1::b}} {{c2::`\\{`}} c"
    shown = rewrite(text, parse(text), lambda deletion: "GAP" if deletion.number == 1 else ("<", ">"))
    assert shown.text == "a GAP <`{`> c"
    for word in ("a ", "c"):
        assert shown.source_offset(shown.text.rindex(word)) == text.rindex(word)
    assert shown.source_offset(shown.text.index("{")) == text.index("{`}}")


# fmt: off
PIECES = st.sampled_from([
    "{{c1::", "{{c2::", "{{c0::", "{{c51::", "}}", "{", "}", "\\{", "\\}", "\\", "::", ":", "`", "```\n",
    "$", "$$", "\n", "\n\n", "- ", "# ", "a", " ", "<!--", "-->", "    ",
])
# fmt: on
TEXTS = st.lists(PIECES, max_size=40).map("".join)


@given(TEXTS | st.lists(st.sampled_from(["{{c1::", "}}", "a", "::", " "]), max_size=10).map("".join))
@example("{{c1::{{c1::a}::}}}")
def test_no_text_breaks_it_and_no_mark_of_a_deletion_is_left(text: str) -> None:
    deletions, _ = find_deletions(text)
    position = -1
    for deletion in deletions:
        assert position < deletion.start < deletion.text_start <= deletion.text_end <= deletion.end <= len(text)
        position = deletion.start
    plain = re.sub(r"[`$<\\\n-]", "", text)
    if not find_deletions(plain)[1]:  # else the note is not shown, and braces left over may meet
        assert not re.search(r"\{\{c[12]::[a ]*a[a ]*\}\}", reveal(plain))
    for number in {deletion.number for deletion in deletions}:
        assert "[" in gap(text, number)


@given(TEXTS)
def test_deletions_nest_or_stand_apart(text: str) -> None:
    deletions, _ = find_deletions(text)
    for one in deletions:
        for other in deletions:
            if one.start < other.start < one.end:
                assert other.end <= one.end
