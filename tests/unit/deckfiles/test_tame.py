"""Notes that `check` need not render: whatever is taken for one must render without a problem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.check import run as checking
from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.check.tame import MAX_SIZE, is_tame
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest, Text, request_for, request_for_prose
from flashcards.domain.card import Basic, Cloze
from tests.unit.deckfiles.strategies import PIECES, SOURCES

TAME = [
    "The **rule** holds; see `f(x)` and [the page](https://example.org/a_b?c=d#e), or www.example.org.",
    "$x^2$, \\(y\\) and\n\n$$\\frac{a}{b}$$\n\n- one\n  - two\n\n> quoted",
    "```python\nprint(x < y)\n```\n\n    <b>indented</b>\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "5 < 6, a <- b, `[x](javascript:y)`, \\[z\\]  \n~~gone~~ me@example.org <!-- [x](y) -->",
]
WILD = [
    "[x](javascript:alert(1))", "[x](page.html)", "[x]( https://a.b)", "[x](<https://a.b>)", "[x](https://a.b (t))",
    "<javascript:x>", "<https://a.b>", "ftp://a.b", "FTPS://a.b", "![x](y.png)", "![x]", "a[^1]", "[a]\n\n[a]: x",
    "$\\nope$", "$$\n> x\n$$", "```c\nint x;\n```", "~~~ ruby\nx\n~~~", "\tx", "- " * 13, ">" * 25,
    "x" * (MAX_SIZE + 1), "*a" * 101, "\ue000", "\0", "<sub>x</sub>", "<details>",
]  # fmt: skip
WILD_IN_CLOZE = [
    "$x$",
    "`x`",
    "~~x~~",
    "[x](https://a.b)",
    "<{{c2::javascript:}}x>",
    "f{{c2::tp:/}}/x",
    "{{c2::a}}" * 40,
]


def basic(answer: str) -> RenderRequest:
    return RenderRequest(Basic("What?", answer))


@pytest.mark.parametrize("text", TAME)
def test_what_authors_mostly_write_is_tame(text: str) -> None:
    assert is_tame(basic(text))
    assert is_tame(RenderRequest(Text(text)))
    assert render(basic(text)).problems == ()


@pytest.mark.parametrize("text", WILD)
def test_what_may_be_refused_is_rendered(text: str) -> None:
    assert not is_tame(basic(text))
    assert not is_tame(RenderRequest(Text(text)))


@pytest.mark.parametrize("text", ["<javascript:x>", "$\\nope$", "![x](y.png)", "[x](javascript:y)"])
def test_every_text_of_a_note_is_looked_at(text: str) -> None:
    assert not is_tame(RenderRequest(Basic(f"{text}?", "a")))
    assert not is_tame(RenderRequest(Basic(f"What?\n\n{text}", "a")))
    assert not is_tame(RenderRequest(Basic("What", text), one_line=True))
    assert not is_tame(RenderRequest(Cloze(text, "{{c1::a}}", (1,))))
    assert not is_tame(RenderRequest(Cloze("a", f"{{{{c1::{text}}}}}", (1,))))
    sides = Basic("q", "a"), Cloze("q", "{{c1::a}}", (1,))
    for content in sides:
        assert not is_tame(RenderRequest(content, rubric=("b", text)))
        assert not is_tame(RenderRequest(content, follow_ups=("b", text)))
        assert not is_tame(RenderRequest(content, clarify=("b", text)))
        assert not is_tame(RenderRequest(content, in_full=f"b\n\n{text}"))
        assert not is_tame(RenderRequest(content, sources=("b", text)))


@pytest.mark.parametrize("text", WILD_IN_CLOZE)
def test_a_deletion_may_hold_a_part_of_anything(text: str) -> None:
    assert not is_tame(RenderRequest(Cloze("h", "{{c1::a}} " + text, (1, 2))))
    assert is_tame(RenderRequest(Cloze("The *rule*", "{{c1::a}}: {{c2::b/c::a *hint*}}", (1, 2), typed=True)))


def test_definitions_and_pictures_are_rendered() -> None:
    assert not is_tame(RenderRequest(Basic("q", "[a]"), definitions="[a]: javascript:x"))


# In decks of every kind ------------------------------------------------------------------------------------

MORE = [
    *WILD, *TAME, "[x", "](", "https://", ":", "//", "<", ">", "{{c1::", "{{c2::]}}", "}}", "::hint}}", "ftp", "tp:/",
    "javascript:", "x>", "(", ")", "***", "&lt;", "&#106;", "$5", "$$", "\\(", "\\)", "mailto:a@b.c", "www.",
    "```", "\\", "\n", "\n\n", " ",
]  # fmt: skip
MIXED = st.lists(st.sampled_from([*MORE, *PIECES]), max_size=14).map("".join)
BODIES = st.lists(st.builds("## Q{} {{#q{}}}\n\n{}\n\n".format, MIXED, st.integers(0, 99), MIXED), max_size=4).map(
    "".join
)
DECKS = st.one_of(SOURCES, BODIES, st.builds("{}\n\n{}".format, MIXED, BODIES))
MANY = settings(max_examples=250)


@MANY
@given(DECKS)
@example("## Q {#q}\n\n{{c1::]}}(javascript:x) {{c2::b}}\n")
@example("## Q {#q}\n\n<{{c1::javascript:}}x> {{c2::b}}\n")
@example("## ```c $\\nope$ {#q}\n\nA\n")
def test_a_tame_note_renders_without_a_problem(source: str) -> None:
    deck = parse_deck("d.md", source.encode()).deck
    for request in [*map(request_for, deck.notes), *map(request_for_prose, deck.prose)]:
        if is_tame(request):
            assert render(request).problems == ()


def render_here(requests: Iterable[tuple[str, RenderRequest]]) -> Iterator[tuple[str, Rendered]]:
    return ((name, render(request)) for name, request in requests)


@MANY
@given(source=DECKS)
@example("[a] [b]```c\nint x;\n```\n\n[a]: https://example.org\n[b]: javascript:x\n")
def test_check_says_the_same_as_if_it_rendered_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    file = tmp_path / "d.md"
    file.write_text(source, "utf-8", newline="")
    found = check([file], None, render=render_here)
    with monkeypatch.context() as patch:
        patch.setattr(checking, "is_tame", lambda _request: False)
        assert check([file], None, render=render_here) == found


BOMBS = [
    "*a **b ", "**a*b", "_a_ __b ", "~~a~~~b ", "***", "___", "[a](https://a.b)", "http://*\\*-", "a@b.c ", "&lt;",
    "\\*", "  \n", "- a\n", "1. a\n\n", "> a\n", "|a|b", "| a |\n|---|\n", "$x$ ", "$(((((((((((a$ ", "`a` ",
    "<!-- -->", "(", "{", "{{c1::", "}}", "é ", "# a\n", "a\n===\n", "www.a.b ", "https://a.b/(", "\n", "    a\n",
]  # fmt: skip
CODE = [
    '"',
    "'",
    "'''",
    "\\",
    "(",
    "}a",
    "e-",
    "a ",
    "0",
    "{a!r",
    "$|",
    "[1;",
    "#",
    "x=",
    "*\t",
    "- ",
    "/*",
    "\\'",
    "é ",
]


@pytest.mark.parametrize("language", ["python", "bash", "sql", "json", "yaml", "javascript"])
def test_hostile_tame_code_takes_little_work(language: str) -> None:
    """The regular expressions of a lexer take their steps unseen: what they are let loose on must be short."""
    for unit in CODE:
        text = f"```{language}\n" + unit * ((MAX_SIZE - 100) // len(unit)) + "\n```"
        if is_tame(basic(text)):
            assert render(basic(text)).problems == ()


@pytest.mark.parametrize("unit", BOMBS)
def test_hostile_tame_text_renders(unit: str) -> None:
    size = MAX_SIZE // len(unit)
    for count in (size - 20, size // 4, 49):
        text = re.sub(r"(.{600})", r"\1\n", unit * count)
        if is_tame(basic(text)):
            assert render(basic(text)).problems == ()


def test_a_collection_of_tame_notes_starts_no_renderer(tmp_path: Path) -> None:
    (tmp_path / "d.md").write_text("Prose.\n\n- a :: b {#c}\n\n## What is $x$? {#q}\n\nA **unknown**.\n", "utf-8")

    def never(_requests: Iterable[tuple[str, RenderRequest]]) -> Iterator[tuple[str, Rendered]]:
        raise AssertionError("a child process would have been started")

    assert check([], tmp_path, render=never) == []
