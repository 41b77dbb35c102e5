"""No text of an author, however hostile, becomes a script, a style or a foreign address."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.media.files import Media
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderRequest, Text
from flashcards.domain.card import Basic, Cloze

MEDIA = Media("0" * 32, "/decks/a.png", "image/png", 9, 30, 20, "/media/" + "0" * 32 + ".png")

MATHML = (
    "math merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle "
    "msub msubsup msup mtable mtd mtext mtr munder munderover"
)
HTML = (
    "p ul ol li blockquote h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td details summary a em strong del br sub sup "
    "kbd mark abbr span div pre code img audio b i u s"
)
TAGS = frozenset(f"{MATHML} {HTML}".split())
NAMES = (
    "href title rel start align class dir tabindex role aria-label id src alt width height loading decoding controls "
    "preload alttext display mathcolor displaystyle scriptlevel accent accentunder stretchy lspace rspace minsize "
    "maxsize form linethickness voffset mathvariant movablelimits symmetric largeop separator"
)
ATTRIBUTES = frozenset(NAMES.split())


class Wall(HTMLParser):
    """Refuses every tag, attribute and address that a card may not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, (tag, name)
            if name == "href":
                assert (value or "").startswith(("http://", "https://", "mailto:", "#f")), value
            if name == "src":
                assert value == MEDIA.url

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def check(rendered: Rendered) -> None:
    for card in rendered.cards.values():
        for html in (card.question_html, card.answer_html):
            wall = Wall()
            wall.feed(html)
            wall.close()
            assert "\ue000" not in html
            assert "\ue002" not in html


PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.y/z.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'/>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    "<math href='javascript:alert(1)'>x</math>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<object data='data:text/html,x'></object>",
    "<embed src=x>",
    "<base href='//x.y/'>",
    "<meta http-equiv=refresh content='0;url=//x.y'>",
    "<link rel=stylesheet href=//x.y>",
    "<style>*{display:none}</style>",
    "<p style='position:fixed'>x</p>",
    "<form action=//x.y><button>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<details open ontoggle=alert(1)>x</details>",
    "<kbd onclick=alert(1)>x</kbd>",
    "<sub/onclick=alert(1)>x",
    "<abbr title='x' onclick='alert(1)'>x</abbr>",
    "<abbr title='\"><script>alert(1)</script>'>x</abbr>",
    '<abbr title="&quot; onclick=&quot;alert(1)">x</abbr>',
    "<br onclick=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<!DOCTYPE html><html onload=alert(1)>",
    "<?php echo 1 ?>",
    "<!-- x --!><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//x.y)",
    "[x](https://a.b/'onclick='alert(1))",
    '[x](https://a.b/"onclick="alert(1))',
    "[x](https://a.b '\"onclick=\"alert(1)')",
    "[x](https://a.b/`\"onclick=\"alert(1)`)",
    "[x](https://a.b/$\"><script>$)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<https://a.b/\"onclick=\"x>",
    "https://a.b/\"onclick=\"alert(1)",
    "![x](javascript:alert(1))",
    "![x\" onerror=\"alert(1)](a.png)",
    "![x](a.png '\" onerror=\"alert(1)')",
    "![`<script>`](a.png)",
    "`<script>alert(1)</script>`",
    "```\"><script>alert(1)</script>\nx\n```",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "$<script>alert(1)</script>$",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\style{x}{y} \\class{a\" onclick=\"x}{y}$",
    "$\\begin{align}x\\label{\"onclick=x}\\end{align}$",
    "$\\nosuch\" onclick=\"x$",
    "| a |\n|--\" onclick=\"x--|\n| <script> |",
    "[^x\"><script>]\n\n[^x\"><script>]: y",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "- [ ] <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    "> <script>alert(1)</script>",
    "{{c1::<script>alert(1)</script>}}",
    "{{c1::x::\"><script>alert(1)</script>}}",
    "{{c1::[x](javascript:alert(1))::<img src=x onerror=alert(1)>}}",
    "${{c1::\\text{<script>}}}$ `{{c1::<script>}}`",
    "\ue0000\ue001<script>\ue002\x02wzxhzdk:0\x03\x02klzzwxh:0000\x03",
    "\ue000999\ue001 $x$ \ue0000\ue001",
    "<sub\ue0000\ue001 onclick=x>$x$",
    "a\x00<script>b",
    "<\u017fcript>alert(1)</\u017fcript>",
    "\uff1cscript\uff1ealert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    f"x &#{'9' * 5000}; [x](https://a.b/?q=&#{'9' * 5000};)",
    f'<abbr title="&#{"0" * 5000}60;">x</abbr>',
    f"[x]: https://a.b/&#{'9' * 5000};\n\n[x]",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_text_stays_text(payload: str) -> None:
    media = (("a.png", MEDIA),)
    check(render(RenderRequest(Text(payload), media=media)))
    check(render(RenderRequest(Basic(payload, payload, reversed=True), media=media, rubric=(payload,))))
    check(render(RenderRequest(Cloze(payload, f"{payload} {{{{c1::{payload}}}}}", (1,)), media=media)))
    check(render(RenderRequest(Text("[^n] [d]"), definitions=f"[^n]: {payload}\n\n[d]: {payload}", media=media)))


# fmt: off
PIECES = st.sampled_from([
    "<", ">", "</", "/>", "script", "sub", "</sub>", "<kbd>", "<details>", "</details>", "<summary>", '<abbr title="',
    '"', "'", "=", " onclick=x", "[", "](", ")", "![", "a.png", "javascript:", "https://a.b", "`", "```\n", "$", "$$",
    "\\", "\\text{", "}", "{", "{{c1::", "}}", "::", "*", "**", "_", "~~", "|", "|-|\n", "\n", "\n\n", "- ", "1. ",
    "> ", "# ", "    ", "[^1]", "[^1]: ", "[x]: ", "<!--", "-->", "&", "&lt;", "&#x3c;", "\ue000", "\ue001", "\ue002",
    "0", "1", "\x02", "\x03", "a", " ", "\u05d0", "  \n",
])
# fmt: on


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_mixture_of_marks_stays_within_the_wall(text: str) -> None:
    media = (("a.png", MEDIA),)
    check(render(RenderRequest(Text(text), definitions="[^1]: note\n\n[x]: https://a.b", media=media)))
    check(render(RenderRequest(Cloze(text, text, (1,)), media=media)))
    check(render(RenderRequest(Basic(text, text), one_line=True, sources=(text,))))
