"""The text that Anki shows of a field and the text that we show of what the import makes of it are the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import ANKI, RenderRequest
from flashcards.domain.card import Basic
from flashcards.exchange.anki.package_values import NoteType, PackedNote, Template
from flashcards.exchange.anki.shown_text import shown_text
from flashcards.exchange.anki.to_markdown import to_markdown
from flashcards.exchange.anki.to_notes import PLAINER, convert
from flashcards.services.anki.converted_notes import note_of
from flashcards.services.anki.likeness import Likeness

BASIC = NoteType(
    1, "Basic", False, ("Front", "Back"), (Template("Card 1", "{{Front}}", "{{FrontSide}}<hr id=answer>{{Back}}"),)
)


def ours(markdown: str) -> str:
    """What our pages show of an answer."""
    return shown_text(render(RenderRequest(Basic("Q", markdown), flavour="anki")).cards[ANKI].answer_html)


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("a <b>b</b>&nbsp; c\n d", "a b c d"),
        ("a<br>b<div>c</div>d", "a\nb\nc\nd"),
        ("<pre>x\n  y &lt; 1\n\n\n</pre>z", "x\n  y < 1\nz"),
        ("<code>x = 1<br>&nbsp;&nbsp;y = 2</code>", "x = 1\n  y = 2"),
        ('<span style="font-size: 2px; white-space: pre-wrap">a\nb</span> c\nd', "a\nb c d"),
        ("<script>x</script><style>y</style><!-- z -->w", "w"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>", "漢 (kan)"),
        (r"\(x\)[sound:a.mp3]<img src='a.png'> <pre>\(x\)</pre>", "\ue010\ue015\ue015\n\\(x\\)"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("a<div><br></div>b", "a\nb"),
        ('a<br><img alt="src=b" src=a.png><img><img src="">', "a\n\ue015"),
        ('<img alt="a  b" src="https://x.org/a.png"> <img src="http://x.org/a.png">', "a b picture"),
        ('<img alt="words" src="data:image/png;base64,AA">', "\ue015"),
        ("<audio src=\"a.mp3\">none</audio><video><source src='b.mp4'>none</video>c", "\ue015\ue015c"),
        ('<audio controls>none</audio><audio src="https://x.org/a.mp3">none</audio>', "nonesound"),
        ("<svg><path d='M0 0'/></svg>a<iframe src='https://x.org'></iframe>", "\ue015a\ue015"),
    ],
)
def test_what_a_reader_sees(html: str, shown: str) -> None:
    assert shown_text(html) == shown


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("call __main__ now", "call \\_\\_main\\_\\_ now"),
        ("<ul><li>one<br></li><li>two</li></ul>", "- one\n- two"),
        ("<b>stop<br></b>then", "**stop**\\\nthen"),
        ("a<b>.5&nbsp;</b>", "a.5"),
        ("<b>a</b><b>b</b> <i>c<i>d</i></i>", "**ab** *cd*"),
        ("<code>x = 1<br>y = 2</code>", "```\nx = 1\ny = 2\n```"),
        ("<code>if x:<br>&nbsp; y</code>", "```\nif x:\n  y\n```"),
        ('<div style="white-space: pre-wrap;">a\nb</div>', "a\\\nb"),
        ('<div style="white-space: pre-wrap;"><pre>a\nb</pre></div>', "```\na\nb\n```"),
        ("x<br>[a]: b", "x\\\n&#91;a]: b"),
        ("<ul><li>[ ] a</li></ul>", "- &#91; ] a"),
        ("<pre><br></pre>", ""),
        ("a<div><br></div>b", "a\n\nb"),
        ("<pre><code>\\(x\\)</code> <b>y</b></pre>", "```\n\\(x\\) y\n```"),
        ("a\\<br>b\\", "a\\\\\\\nb\\\\"),
        (r"<b><code>a</code><code>\(x^2\)</code></b>", "**`a\\(x^2\\)`**"),
        ("<code>a</code><b><code>`b</code></b><i><code>c</code></i>", "`` a`bc ``"),
        ("<samp>a</samp><code>b</code> <samp>c_*</samp>", "`ab` `c_*`"),
        ("<code>a</code><kbd>b</kbd><code> c</code>", "`a`<kbd>b</kbd> `c`"),
    ],
)
def test_what_went_wrong_once(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown
    assert not markdown or ours(markdown) == shown_text(html)


# As people write: words, code, formulas, with Anki's buttons; and with every sign that means something to Markdown.
WORDS = st.sampled_from(
    [
        *("a", "word", "x_1", "__main__", "*", "2*3", "[", "[x]", "[x]:y", "#", "-", "+", "1.", "1)", "`q`", ".5", "("),
        *("é", "日本", "&lt;b&gt;", "&amp;", "$5", "a@b.de", "::", "|", "&gt;q", "~~", "~", "==h==", "!", "---", "="),
        *("_", "&nbsp;", "[^1]", "&quot;", "//", "...", "www.x.org", "http://a.b/c", r"\(x^2\)", "{{x}}", "\\"),
    ]
)
TEXT = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
TAGS = st.sampled_from(["b", "i", "u", "em", "span", "font", "code", "sub", "kbd", "s"])
MEDIA = st.sampled_from(['<img src="a b.png">', "<img src=c.png alt='_d_ [e]'>", "[sound:f.mp3]"])
INLINE = st.recursive(
    TEXT | st.just("<br>") | MEDIA,
    lambda inner: st.builds("<{0}>{1}</{0}>".format, TAGS, st.lists(inner, max_size=3).map("".join)),
    max_leaves=6,
)
LINE = st.lists(INLINE, min_size=1, max_size=3).map(" ".join)
BLOCK = st.one_of(
    LINE,
    LINE.map("<div>{}</div>".format),
    LINE.map('<div style="white-space: pre-wrap">x\n{}</div>'.format),
    st.lists(LINE.map("<li>{}</li>".format), min_size=1, max_size=3).map(lambda items: f"<ul>{''.join(items)}</ul>"),
    TEXT.map("<pre>  {}\n\n    x</pre>".format),
    LINE.map("<blockquote>{}</blockquote>".format),
)
FIELD = st.lists(BLOCK, min_size=1, max_size=3).map("".join)


@given(FIELD)
@example(r"<b><code>a</code><code>\(x^2\)</code></b>")
@example('<pre>a<img src="a b.png"> </pre><code>b[sound:f.mp3]</code>')
def test_fields_of_any_kind(html: str) -> None:
    """At the latest without emphasis, or as words alone, the note shows what Anki shows, code blank for blank, and
    pictures and sounds where they were.
    """
    packed = PackedNote(1, "guid", 1, 1, (), ("Front", html))
    with Likeness() as likeness:
        readings = [convert(packed, BASIC, plainer) for plainer in (0, *PLAINER)]
        unlike = [
            likeness.differs(note_of("x", (), made), made.shown, without_answer=not made.shown[1]) for made in readings
        ]
    assert [] in unlike, [made.answer for made in readings]


PLAIN_WORDS = st.sampled_from(["a", "word", "x = 1", "日本", "(b)", "c, d.", "&lt;e&gt;", "f_1", "__g__"])


@given(st.lists(PLAIN_WORDS, min_size=1, max_size=6), st.lists(TAGS, min_size=6, max_size=6))
@settings(max_examples=200, deadline=None)
def test_ordinary_fields_keep_their_marks(words: list[str], tags: list[str]) -> None:
    """Words in tags, with blanks between them, need no second reading."""
    html = " ".join(f"<{tag}>{word}</{tag}>" for word, tag in zip(words, tags, strict=False))
    assert ours(to_markdown(html)) == shown_text(html)
