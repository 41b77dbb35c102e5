"""Attribute lists: what is one, what is text, and what its items mean."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.parse.attributes import NONE, read_attributes


@pytest.mark.parametrize(
    "line",
    [
        "", "x", "}", "{", "x {1, 2, 3}", "x {}", "x { }", "x{#a}", "x {a b}", "x {#a} y", "x {.5}", "x {=a}",
        "x {a=}", "x {.}", "x {#}", "\\{.a}", "x {..}", "x {a=b=c d}", "x {{#a}}", "{{c1::x}}", "x {.a}}",
    ],
)  # fmt: skip
def test_text(line: str) -> None:
    assert read_attributes(line).start == -1


@pytest.mark.parametrize(
    ("line", "tags", "flags"),
    [
        ("{.a}", ("a",), set()),
        ("x {.a .b-c .d_e .f::g .h/i .c++ .n.m .3d}", ("a", "b-c", "d_e", "f::g", "h/i", "c++", "n.m", "3d"), set()),
        ("x\t{\t.typed  .draft .reversed }", (), {"typed", "draft", "reversed"}),
        ("x {.naïve .日本}", ("naïve", "日本"), set()),
        ("{1} {.a}", ("a",), set()),
    ],
)
def test_words(line: str, tags: tuple[str, ...], flags: set[str]) -> None:
    attributes = read_attributes(line)
    assert (attributes.tags, attributes.flags, attributes.issues) == (tags, flags, ())
    assert line[attributes.start] == "{"
    assert attributes.end == len(line)


@pytest.mark.parametrize("identity", ["a", "A.b-c_d", "9", "ü", "a" * 64, "数学"])
def test_ids(identity: str) -> None:
    assert read_attributes(f"x {{#{identity}}}").id == identity
    assert read_attributes(f"x {{.t #{unicodedata.normalize('NFD', identity)} }}").id == identity


def test_requires() -> None:
    attributes = read_attributes('x {requires=a requires=d/e#b requires="f g#c"}')
    assert attributes.requires == ((None, "a"), ("d/e", "b"), ("f g", "c"))
    assert attributes.requires_at == (3, 14, 29)


@pytest.mark.parametrize(
    ("line", "offset", "code"),
    [
        ("x {#a/b}", 3, "bad-id"),
        ("x {#a #a}", 6, "two-ids"),
        ("x {requires=a#}", 3, "bad-requires"),
        ("x {requires=a/b}", 3, "bad-requires"),
        ("x {#a key=v}", 6, "unknown-attribute"),
        ("x {.typo .typd}", 9, "misspelt-flag"),
        ("x {.drfat}", 3, "misspelt-flag"),
        ("x {.reversed! .a}", 2, "attributes-not-read"),
        ("x {#a; .b}", 2, "attributes-not-read"),
    ],
)
def test_what_is_wrong(line: str, offset: int, code: str) -> None:
    assert [(issue.offset, issue.code) for issue in read_attributes(line).issues][:1] in ([(offset, code)], [])
    assert [issue.code for issue in read_attributes(line).issues][:1] in ([code], [])


@pytest.mark.parametrize(
    ("line", "offset"),
    [
        ("x {#a .b", 2), ("x {.typed", 2), ("x {#a, .b", 2), ("x {: #a", 2), ("{#a .b", 0), ("x?{#a .b", 2),
        ("x {#2024-a", 2), ("x {#a .b)", 2), ("x {#a requires=b", 2), ("x {#ü .b", 2), ('x {requires="a b#c', 2),
        ("x {#a}.", 2), ("x {#a .b} ?", 2), ("**x {#a}**", 4), ("x {#a}。", 2), ("x {#a} .b", 2), ("x {.b} #a", 2),
        ("x {#a} {.b}", 2), ("x {#a}, {.b}", 2), ("x {#a {.b}", 2),
        ("x {.typed=1}", 2), ("x {.b!}", 2), ("x {#a .b.}", 2), ("x {a .b}", 2), ("x {b #a}", 2),
        ("x {requires=a, b}", 2),
    ],
)  # fmt: skip
def test_what_looks_like_a_list_and_is_none_is_remarked(line: str, offset: int) -> None:
    attributes = read_attributes(line)
    assert attributes.id is None
    assert [(issue.offset, issue.code) for issue in attributes.issues] == [(offset, "attributes-not-read")]


@pytest.mark.parametrize(
    "line",
    [
        "a set {x", "a set {x, y", "{", "{.", "{...", "{.5", "{#1", "x {.5em", "x {1, 2}.", "x {see below}.",
        "$\\frac{a}{b", "$\\frac{a}{b}$.", "$\\hat{#b}$?", "$x {#a}$.", "${#a", "${#a}.", "\\{#a", "\\{#a}.", "#{a}.",
        "`{#a}`", "`{#a .b`?", "`x {#a}`.", "`x {#a .b` y", "`x {#a` .", "{{#if x", "{{#if}}.", "x {k: v}",
        "{#if} or {#each}: which?",
        "what does {#a .b} do", "{{c1::x}} {{c2::y", "x {a=b", "{#a} x {b",
    ],
)  # fmt: skip
def test_other_braces_are_text(line: str) -> None:
    assert read_attributes(line) == NONE


@pytest.mark.parametrize("word", ["type", "types", "draf", "drafts", "Typed", "reverse", "reversde"])
def test_words_near_a_flag(word: str) -> None:
    attributes = read_attributes(f"x {{#a .{word}}}")
    assert [issue.code for issue in attributes.issues] == ["misspelt-flag"]
    assert attributes.tags == (word,)


@given(st.text(st.sampled_from("ab {}#.=\"'\\-_1é \t"), max_size=30))
def test_nothing_crashes_it(line: str) -> None:
    attributes = read_attributes(line)
    if attributes is not NONE and attributes.start >= 0:
        assert line[attributes.start] == "{"
        assert line.endswith("}")
    assert all(0 <= issue.offset < len(line) for issue in attributes.issues)


@pytest.mark.parametrize("line", ["x {#a %s é", "x {#a} %s é", "x {#a} .b %s é", "x {#a .b %s é"])
@pytest.mark.parametrize("blanks", [" ", "\t", " \t"])
def test_a_long_run_of_blanks_takes_no_time(line: str, blanks: str) -> None:
    started = time.process_time()
    assert read_attributes(line % (blanks * 20_000)) == NONE
    assert time.process_time() - started < 2  # it took half a minute
