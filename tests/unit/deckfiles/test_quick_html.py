"""Plain texts become HTML in one pass, and exactly the HTML that the long way makes of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.render import fragment
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest
from flashcards.domain.card import Basic, Cloze

_PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "word",
                "two words",
                " ",
                " ",
                "\n",
                "\n\n",
                "- ",
                "\n- ",
                "1. ",
                "+ ",
                "--",
                "é",
                "עב",
                "“",
                "(",
                ")",
            ),
            *("*", "**", "*x*", "**bold words**", "(**b**)", " *x*, *y*;", "**f `x` g**", "`code`", "***x***", "\\*"),
            *("[link](https://x.org/a_b)", "[*em* b](https://x.org)", "**[l](https://x.org)**", "$x_1$", "&", "<", ">"),
            *(
                "| a |\n|---|\n| *c* |",
                "### h",
                "==m==",
                "_u_",
                "~~s~~",
                "[^1]",
                "\n[^1]: note *n*\n",
                "<kbd>*k*</kbd>",
            ),
            *(
                "www.x.org",
                "me@x.org",
                "http://x.org",
                "\xa0",
                "  \n",
                ".",
                ",",
                ":",
                "{{c1::gap}}",
                "{{c2::*g* h::why}}",
            ),
            *(
                "\\\n",
                ",\\\n",
                "\n`code` ",
                "- `a` ",
                "`a\nb`",
                "`a\n- b`",
                "$$",
                "$$x^2$$",
                "$a$$b$",
                "\\(y\\)",
                "\\[",
                "\\]",
            ),
            *(
                "![p](p.png)",
                "[l](<b\nc>)",
                '<abbr title="a\n\nb">',
                "[!note]",
                "- [ ] ",
                "`a|b`",
                "<br>",
                "<https://x.org>",
                "[d]",
                "\n[d]: https://x.org",
                "```",
                "<!-- c -->",
            ),
        ]
    ),
    min_size=1,
    max_size=8,
).map("".join)


def _rendered(text: str) -> list[Rendered]:
    line = text.replace("\n", " ")
    return [
        render(RenderRequest(Basic("q", text), rubric=(line,))),
        render(RenderRequest(Basic(line, line), one_line=True)),
        render(RenderRequest(Cloze("In *short*", text + " {{c1::x}}", (1, 2)))),
    ]


@settings(max_examples=200, deadline=None)
@given(_PIECES)
@example("**b & c < d**\n\n\xa0 word")
@example("- a\n- b\n\nand *then*\n\n- c")
@example("- $a$$b$\n- $c$$d$")
@example("one **bold**,\\\nthen $x < 3$ and `f\\\ng`")
@example('a <abbr title="\n\n">b</abbr> c')
def test_the_quick_way_and_the_long_way_agree(text: str) -> None:
    quick = _rendered(text)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fragment, "quick_html", lambda *_, **__: None)
        patched.setattr(fragment, "with_emphasis", lambda _: None)
        patched.setattr(fragment, "plain_structure", lambda _: None)
        assert quick == _rendered(text)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain words.", "<p>Plain words.</p>"),
        ("One *here*,\n**two** there", "<p>One <em>here</em>,\n<strong>two</strong> there</p>"),
        (
            "Two:\n\n- a\n- *b*\n\nthat is all",
            "<p>Two:</p>\n<ul>\n<li>a</li>\n<li><em>b</em></li>\n</ul>\n<p>that is all</p>",
        ),
    ],
)
def test_plain_texts_are_not_scanned(text: str, html: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def scan(_: str) -> None:
        raise AssertionError("a plain text was scanned")

    monkeypatch.setattr(fragment, "scan", scan)
    assert render(RenderRequest(Basic("q", text))).cards["forward"].answer_html == html
