"""What is code, maths or a comment: `spans`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.text.spans import spans


def found(text: str) -> list[tuple[str, str]]:
    """Kind and inside of each span."""
    return [(span.kind, text[span.inner_start : span.inner_end]) for span in spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a $x$ b", [("math", "x")]),
        (r"\(x\) and \[y\]", [("math", "x"), ("display", "y")]),
        ("$$x$$", [("display", "x")]),
        ("costs $5 and $6", []),
        ("costs $5 and $6, or $x$", [("math", "x")]),
        ("$ x$ and $x $", []),
        ("$x$5", []),
        (r"\$5 and \$6", []),
        (r"$a \$ b$", [("math", r"a \$ b")]),
        ("$a\nb$", [("math", "a\nb")]),
        ("$a\n\nb$", []),
        ("$$a\n\nb$$", []),
        ("$$ $$", []),
        (r"$$\text{if $x$}$$", [("display", r"\text{if $x$}")]),
        ("- costs $a\n- b$", []),
        (r"\\(x\\)", []),
        ("$20,000 and $30,000", []),
    ],
)
def test_maths_follows_pandocs_rule(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`a`", [("code", "a")]),
        ("``a`b``", [("code", "a`b")]),
        ("`a", []),
        (r"\`a `b`", [("code", "b")]),
        ("`$x$`", [("code", "$x$")]),
        ("$5 for `a$b`", [("code", "a$b")]),
        ("`a\nb`", [("code", "a\nb")]),
        ("`a\n\nb`", []),
        ("- a ` b\n- c ` d", []),
        ("# a ` b\nc ` d", []),
        ("`<!--` a `-->`", [("code", "<!--"), ("code", "-->")]),
    ],
)
def test_code_spans_stay_in_their_block_and_come_before_maths(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```py\na\n```", [("fence", "a\n")]),
        ("~~~\n```\n~~~", [("fence", "```\n")]),
        ("````\n```\n````", [("fence", "```\n")]),
        ("```\n$x$ <!--\n```\n`b`", [("fence", "$x$ <!--\n"), ("code", "b")]),
        ("- a\n  ```\n  b\n  ```\n- `c`", [("fence", "  b\n"), ("code", "c")]),
        ("1. a\n\n   ```\n   b\n   ```", [("fence", "   b\n")]),
        ("> ```\n> a\n> ```", [("fence", "> a\n")]),
        ("> - ```\n>   a\n>   ```", [("fence", ">   a\n")]),
        ("> ```\n> a\n\n`b`", [("fence", "> a"), ("code", "b")]),
        ("```a`b```", [("code", "a`b")]),
        ("a\n```\nb\n```", [("fence", "b\n")]),
        ("    a\n\n    b\n", [("indented", "a\n\n    b")]),
        ("a\n    b", []),
        ("- a\n\n      b", [("indented", "b")]),
        ("- a\n\n    `b`", [("code", "b")]),
        ("[^1]: a\n\n    `b`", [("code", "b")]),
    ],
)
def test_fences_and_indented_code_in_lists_and_quotes(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(kind, inner) for kind, inner in found(text)] == expected or found(text)[-1:] == expected


def test_a_fence_that_is_never_closed_ends_where_the_text_ends() -> None:
    text = "a\n```\nb\n"
    (span,) = spans(text)
    assert (span.kind, span.start, span.end) == ("fence", 2, len(text))
    assert span.inner_end == span.end


def test_a_closed_fence_ends_with_its_last_mark() -> None:
    text = "```\nb\n```\nc"
    (span,) = spans(text)
    assert text[span.start : span.end] == "```\nb\n```"
    assert span.inner_end < span.end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <!-- b --> c", [("comment", " b ")]),
        ("<!-- a\n\n## b\n\n- c\n-->\n`d`", [("comment", " a\n\n## b\n\n- c\n"), ("code", "d")]),
        ("a <!-- b\n\nc --> `d`", [("comment", " b\n\nc "), ("code", "d")]),
        ("# a <!-- b\nc --> d", [("comment", " b\nc ")]),
        ("<!--> `a`", [("comment", ""), ("code", "a")]),
        (r"\<!-- `a` -->", [("code", "a")]),
        ("- <!-- a\n  b -->\n- `c`", [("comment", " a\n  b "), ("code", "c")]),
    ],
)
def test_comments_hold_anything(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_comment_that_is_never_closed_takes_the_rest() -> None:
    text = "a\n\n<!-- b\n\n`c`"
    (span,) = spans(text)
    assert (span.kind, span.end, span.inner_end) == ("comment", len(text), len(text))


def test_a_display_formula_keeps_lines_that_look_like_blocks() -> None:
    text = "so\n$$\na\n- b\n+ c\n> d\n$$\nand\n- $e$"
    assert found(text) == [("display", "\na\n- b\n+ c\n> d\n"), ("math", "e")]


def test_an_open_display_formula_does_not_swallow_a_list() -> None:
    assert found("a $$ b\n- `c`\n\nd") == [("code", "c")]


# fmt: off
PIECES = st.sampled_from([
    "`", "``", "```", "~~~", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\", "<!--", "-->", "- ", "1. ",
    "> ", "    ", "\t", "\n", "\n\n", "# ", "a", "b c", "[^1]: ", "---", "{{c1::", "}}", "::", "\r",
    "\u2028", "é",
])
# fmt: on
TEXTS = st.lists(PIECES, max_size=40).map("".join)


@given(TEXTS)
def test_spans_are_in_order_and_do_not_overlap(text: str) -> None:
    position = 0
    for span in spans(text):
        assert position <= span.start < span.end <= len(text)
        assert span.start <= span.inner_start <= span.inner_end <= span.end
        position = span.end


@given(TEXTS)
def test_no_span_but_a_comment_or_fence_holds_a_blank_line(text: str) -> None:
    for span in spans(text):
        if span.kind in ("code", "math", "display"):
            lines = text[span.start : span.end].split("\n")
            assert all(line.strip(" \t>") for line in lines[1:-1])


@pytest.mark.parametrize(
    "text",
    [
        "`" * 20_000,
        "".join("`" * (run % 200) + " " for run in range(500)),
        "$$ a\n" * 20_000,
        "\\[ a\n" * 20_000,
        "\\( " * 20_000 + "`a`",
        "$a " * 20_000,
        "<!-- a " * 20_000,
        "a <!-- b --> `c` " * 10_000,
        "- " * 20_000 + "`a`",
        ">" * 20_000 + "`a`",
        "\n" * 50_000 + "`a`",
        "```\n" * 20_000,
    ],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    """Quadratic work on these would take minutes: this test would not end."""
    found = spans(text * 4)
    edges = [edge for span in found for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert not edges or edges[-1] <= 4 * len(text)
