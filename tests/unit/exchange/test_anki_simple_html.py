"""The quick reader of simple HTML and the parser of any HTML make the same Markdown of a field."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.exchange.anki import to_markdown
from flashcards.exchange.anki.to_markdown import one_line
from flashcards.exchange.anki.to_markdown import to_markdown as blocks

_WORDS = st.lists(
    st.sampled_from(
        [
            *("a", "word", " ", "  ", "\n", "\t", "\r", "*", "_", "- ", "# ", "1. ", "&lt;", "&amp;", "&nbsp;", "&gt;"),
            *(
                "> ",
                "~~",
                "`",
                "$",
                "\\(x\\)",
                "é",
                "\u3000",
                ".",
                "(",
                "[a]:",
                "==b",
                "|",
                "{{c1::",
                "}}",
                "&copy;",
                "<",
            ),
        ]
    ),
    min_size=1,
    max_size=4,
).map("".join)
_BREAKS = st.sampled_from(["<br>", "<br/>", "<br />"])
_INLINE = st.recursive(
    st.one_of(_WORDS, _WORDS, _BREAKS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["b", "i", "u", "strong", "em"]), inner),
    ),
    max_leaves=6,
)
_ITEMS = st.lists(_INLINE.map("<li>{}</li>".format), max_size=3).map("".join)
_FIELDS = st.builds(
    "{}{}{}".format,
    _INLINE,
    st.lists(st.one_of(_INLINE, _INLINE.map("<div>{}</div>".format)), max_size=3).map("".join),
    st.one_of(st.just(""), _ITEMS.map("<ul>{}</ul>".format)),
)


def _slowly(html: str, read: object, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patched:
        patched.setattr(to_markdown, "read_simple", lambda *_: None)
        return str(read(html))  # type: ignore[operator]


@settings(max_examples=300, deadline=None)
@given(_FIELDS)
@example("a<div><u>&nbsp;</u></div><div>b</div>")
@example("<br><ul><li><br/>a</li></ul>")  # Beautiful Soup lost the list until 4.15
def test_both_readers_agree(html: str) -> None:
    monkeypatch = pytest.MonkeyPatch()
    for read in (blocks, one_line):
        assert read(html) == _slowly(html, read, monkeypatch)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("What is <b>this</b>, <i>not</i> that?", "What is **this**, *not* that?"),
        ("a<br>b<div>c</div><div>d</div>", "a\\\nb\n\nc\n\nd"),
        ("Steps:<ul><li>one<br>more</li><li><b>two</b></li></ul>", "Steps:\n\n- one\\\n  more\n- **two**"),
        ("AT&amp;T &lt;b&gt;<br>x", "AT&T &lt;b>\\\nx"),
    ],
)
def test_simple_html_needs_no_parser(html: str, markdown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def parser(*_: object, **__: object) -> str:
        raise AssertionError("simple HTML went to the parser")

    assert _slowly(html, blocks, monkeypatch) == markdown
    monkeypatch.setattr(to_markdown, "_read_whole", parser)
    assert blocks(html) == markdown
