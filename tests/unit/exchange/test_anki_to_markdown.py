"""HTML of Anki's fields as Markdown of ours, construct by construct; whatever comes in, a deck can hold it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.printing import print_deck
from flashcards.domain.card import Basic, Deck, Note
from flashcards.exchange.anki.templates import back_of, front_of
from flashcards.exchange.anki.to_markdown import as_lines, as_text, one_line, to_markdown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("plain text", "plain text"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("a<br>b", "a\\\nb"),
        ("a<br><br>b<br>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\n\nb"),
        ("<b>bold</b>, <i>italic</i>, <u>under</u>", "**bold**, *italic*, under"),
        ("2*3*4 a_b _c_ `d` ~~e~~ $5", "2\\*3\\*4 a_b \\_c\\_ \\`d\\` \\~\\~e\\~\\~ \\$5"),
        ("&lt;b&gt; &amp;amp;", "&lt;b> &amp;amp;"),
        ("[a](b) [^1] [0, 1]: x", "&#91;a](b) &#91;^1] [0, 1]: x"),
        ("[a]: b", "&#91;a]: b"),
        ("# a", "\\# a"),
        ("- a", "\\- a"),
        ("1. a", "1\\. a"),
        ("&gt; a", "\\> a"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<h1>a</h1>b<h3>c</h3>", "#### a\n\nb\n\n### c"),
        ("<blockquote>a</blockquote>", "> a"),
        ("H<sub>2</sub>O <kbd>x</kbd>", "H<sub>2</sub>O <kbd>x</kbd>"),
        ("<ruby>漢<rt>kan</rt></ruby>", "漢 (kan)"),
        ("<pre><code class='language-python'>a<br>  b*c</code></pre>", "```python\na\n  b*c\n```"),
        ("<code>a_*b</code>", "`a_*b`"),
        ("<pre>a```b</pre>", "````\na```b\n````"),
        ("<table><tr><td>a</td><td>b|c</td></tr></table>", "| a | b\\|c |\n| --- | --- |"),
        (r"\(x &lt; 3\) and \[y\]", "$x < 3$ and $$y$$"),
        (r"\(x\)2", r"\(x\)2"),
        (r"\( a<br>b \)", "$a b$"),
        ("[latex]$a$[/latex] [latex]b[/latex] [$]c[/$] [$$]d[/$$]", "$a$ $$b$$ $c$ $$d$$"),
        ("<anki-mathjax>a</anki-mathjax> <anki-mathjax block='true'>b</anki-mathjax>", "$a$ $$b$$"),
        ("{{c1::a<b>b</b>::hint}} {{c2::\\(x\\)}}", "{{c1::a**b**::hint}} {{c2::$x$}}"),
        ("[sound:a b.mp3]", "![a b](anki-media:a%20b.mp3)"),
        ("<img src='p q.png' alt='a *b*'>", "![a \\*b*](anki-media:p%20q.png)"),
        ("<img src='https://x.org/a.png'>", "[picture](https://x.org/a.png)"),
        ("<img src='data:image/png;base64,AAAA'>x", "x"),
        ("<a href='https://x.org/a(b)'>w</a>", "[w](https://x.org/a%28b%29)"),
        ("<a href='javascript:alert(1)'>w</a>", "w"),
        ("<script>alert(1)</script><style>b{}</style>x", "x"),
        ("<!-- gone -->x", "x"),
        ("a&nbsp;&nbsp;b", "a b"),
        ("A* is <b>A* x</b>", "A* is **A\\* x**"),
        ("* a", "\\* a"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_as_markdown(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_a_field_on_one_line() -> None:
    assert one_line("<div>a</div><ul><li>b</li></ul>") == "a<br>b"
    assert as_text("<p>a <b>b</b></p><p>\\(x\\)</p>") == "a b $x$"


@pytest.mark.parametrize("read", [to_markdown, one_line, as_lines, as_text])
@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("\ue0005\ue001 \\(x\\)", "5 $x$"),
        ("&#xe000;5&#xE001; \\(x\\)", "5 $x$"),
        ("&#57344;0&#057345 \\(x\\)", "0 $x$"),
        ("b&#xe007;a&#xe002;&#xe004;c&#xe003;&#xe004; &#xe008;&#xe014;", "bac"),
        ("\\(x&#xe009;\\) &#xe018;&#xe0000;", "$x$ \ue018\U000e0000"),
    ],
)
def test_characters_that_are_marks_here_say_nothing(read: Callable[[str], str], html: str, markdown: str) -> None:
    assert read(html) == markdown


def test_marks_that_come_up_late_are_no_marks() -> None:
    sound = to_markdown('<audio src="%EE%80%805%EE%80%81.mp3"></audio> \\(x\\)')
    assert sound == "![5](anki-media:%EE%80%805%EE%80%81.mp3) $x$"
    assert to_markdown("&#xe0&#xe000;00;5&#xe0&#xe000;01; \\(x\\)") == "5 $x$"
    assert as_text("&#xe0<b></b>00;5&#xe0<b></b>01; \\(x\\)") == "5 $x$"
    assert as_text("&#xe0<b></b>00;" + "5" * 5000 + "&#xe0<b></b>01; \\(x\\)") == "5" * 5000 + " $x$"


@given(
    st.text(
        alphabet=st.sampled_from(list("ab1 \n<>/&;#*_`~$\\[](){}!|-+=.:\"'\t")) | st.characters(codec="utf-8"),
        max_size=200,
    )
)
@settings(max_examples=300)
def test_any_text_reads_as_an_answer(text: str) -> None:
    markdown = to_markdown(text) or "nothing"
    note = Note("x", True, 1, Basic("Question?", markdown), "")
    parsed = parse_deck("a.md", print_deck(Deck("a", "a.md", "A", notes=(note,))).encode())
    assert not parsed.structure_lost
    assert [read.id for read in parsed.deck.notes] + [broken.id for broken in parsed.broken] == ["x"]


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Co")), max_size=80)
)
@settings(max_examples=200)
def test_words_survive(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    if "\\(" in text or "\\[" in text or "[" in text:
        return  # those are Anki's own marks for maths and sounds
    assert to_markdown(f"<b>x</b> {escaped}".strip()).startswith("**x**")


FIELDS = {"Front": "F", "Back": "B", "Empty": " <br> "}


@pytest.mark.parametrize(
    ("template", "html", "typed"),
    [
        ("{{Front}}", "F", False),
        ("{{ Front }} {{Unknown}}", "F ", False),
        ("{{#Front}}a{{/Front}}{{^Front}}b{{/Front}}", "a", False),
        ("{{#Empty}}a{{/Empty}}{{^Empty}}b{{/Empty}}", "b", False),
        ("{{#Empty}}{{#Front}}a{{/Front}}{{/Empty}}c", "c", False),
        ("{{Front}}{{type:Back}}", "F", True),
        ("{{hint:Front}}{{text:Back}}{{tts en_US:Front}}", "B", False),
        ("{{hint:Front}}{{type:Back}}", "F", True),
        ("{{Tags}}{{Deck}}x", "x", False),
        ("{{/Front}}x{{#Front}}", "x", False),
    ],
)
def test_the_front_of_a_template(template: str, html: str, typed: bool) -> None:
    side = front_of(template, FIELDS)
    assert (side.html, side.typed) == (html, typed)


@pytest.mark.parametrize(
    ("template", "html"),
    [
        ("{{FrontSide}}<hr id=answer>{{Back}}", "B"),
        ("{{Front}}\n<hr id='answer'>\n{{type:Back}}", "\nB"),
        ("{{FrontSide}} {{Back}}", " B"),
    ],
)
def test_what_a_back_adds(template: str, html: str) -> None:
    assert back_of(template, FIELDS) == html
