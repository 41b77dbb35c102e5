"""Notes as the fields of Anki."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.cloze.deletions import parse
from flashcards.deckfiles.media.files import Media
from flashcards.deckfiles.render.anki_html import ANKI
from flashcards.deckfiles.render.anki_tex import mathjax
from flashcards.deckfiles.render.frames import request_from_json, request_to_json
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import RenderRequest, render_key
from flashcards.domain.card import Basic, Cloze

PICTURE = Media("h", "x.png", "image/png", 1, 10, 20, "/media/0a.png")
SOUND = Media("h", "s.mp3", "audio/mpeg", 1, None, None, "/media/0b.mp3")


def basic(answer: str, **more: object) -> str:
    """The answer's field."""
    request = RenderRequest(Basic("Q?", answer), flavour="anki", **more)  # type: ignore[arg-type]
    return render(request).cards[ANKI].answer_html


def cloze(body: str, heading: str = "") -> str:
    """The text's field."""
    return render(RenderRequest(Cloze(heading, body, ()), flavour="anki")).cards[ANKI].question_html


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\argmin_w f", r"\operatorname*{arg\,min}_w f"),
        (r"x^\R", r"x^{\mathbb{R}}"),
        (r"\R^d", r"\mathbb{R}^d"),
        (r"\E\left[x\right]", r"\mathbb{E}\left[x\right]"),
        (r"\Ex", r"\Ex"),
        (r"\norm{\mathbf{w}}_2", r"\left\lVert \mathbf{w} \right\rVert_2"),
        (r"\norm\alpha", r"\left\lVert \alpha \right\rVert"),
        (r"\inner{a}{\abs{b}}", r"\left\langle a, \left\lvert b \right\rvert \right\rangle"),
        ("a % a comment\n  + b", "a + b"),
        (r"50\% of", r"50\% of"),
        ("a\n= b", "a = b"),
        (r"\begin{align}a &= b \tag{1}\\ c &= d\nonumber\end{align}",
         r"\begin{aligned}a &= b \qquad(\text{1})\\ c &= d\end{aligned}"),
        (r"\begin{pmatrix}1\end{pmatrix}", r"\begin{pmatrix}1\end{pmatrix}"),
        (r"\substack{a\\b}", r"\substack{a\\b}"),
    ],
)  # fmt: skip
def test_tex_that_mathjax_knows(tex: str, expected: str) -> None:
    assert mathjax(tex) == expected


def test_formulas_stay_tex_and_are_escaped() -> None:
    assert basic("It is $a<b \\& c$.") == r"It is \(a&lt;b \&amp; c\)."
    assert basic("$$\na > b\n$$") == r"\[a &gt; b\]"
    assert basic(r"\(x\) costs \$5, not `$5$`") == r"\(x\) costs $5, not <code>$5$</code>"


def test_pictures_and_sounds_are_named_by_content() -> None:
    html = basic("![a](x.png) ![b](s.mp3)", media=(("x.png", PICTURE), ("s.mp3", SOUND)))
    assert html == '<img src="0a.png" alt="a" width="10" height="20"> [sound:0b.mp3]'


def test_what_only_pages_need_is_left_out() -> None:
    html = basic("| a |\n|---|\n| b |\n\n```python\nx = 1\n```\n")
    assert not re.search("tabindex|role=|aria-label|loading=", html)
    assert '<div class="scroll-x"><table>' in html
    assert '<pre class="pg" dir="ltr"><code class="language-python">' in html


def test_footnotes_of_two_sides_do_not_meet() -> None:
    request = RenderRequest(Basic("Q[^1]\n\n[^1]: a", "A[^1]\n\n[^1]: b"), flavour="anki")
    card = render(request).cards[ANKI]
    ids = re.findall(r'id="([^"]+)"', card.question_html + card.answer_html)
    assert ids
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a {{c1::b}} {{c12::c::hint *x*}}", "a {{c1::b}} {{c12::c::hint <em>x</em>}}"),
        ("{{c1::a {{c2::b}} c}}", "{{c1::a {{c2::b}} c}}"),
        ("**{{c1::a}}**", "<strong>{{c1::a}}</strong>"),
        # Braces and colons within a deletion would end it, or begin a hint.
        ("{{c1::`std::vector<{a}>`}}", "{{c1::<code>std:&#58;vector&lt;{a}&gt;</code>}}"),
        ("{{c1::`{a}`}}", "{{c1::<code>{a}</code>}}"),
        (r"{{c1::a\}}}", "{{c1::a&#125;}}"),
        ("{{c1::a:::h}}", "{{c1::a:::h}}"),
        (r"{{c1::a\:::h}}", "{{c1::a&#58;::h}}"),
        (r"{{c1::std\::vector::h}}", "{{c1::std:&#58;vector::h}}"),
        ("`{{c1:` {{c1::a}} and }} `{{ x }}`",
         "<code>{&#123;c1:</code> {{c1::a}} and }&#125; <code>{&#123; x }&#125;</code>"),
        ("{{c1::$a_{b_{c}}$}}", r"{{c1::\(a_{b_{c} }\)}}"),
        ("{{c1::$a::b$}}", r"{{c1::\(a: :b\)}}"),
        (r"{{c1::$\{\{x\}\}$}}", r"{{c1::\(\{\{x\}\}\)}}"),
        # A deletion within a formula is one group, whatever Anki shows in its place.
        (r"$\frac{{{c1::TP}}}{n}$ {{c2::x}}", r"\(\frac{ { {{c1::TP}} } }{n}\) {{c2::x}}"),
        (r"$x_{{c1::i}}$", r"\(x_{ {{c1::i}} }\)"),
        (r"$\begin{aligned}{{c1::a &= b}}\\ c\end{aligned}$",
         r"\(\begin{aligned} {{c1::a &amp;= b}} \\ c\end{aligned}\)"),
        ("```python\nx = {{c1::np.dot}}(a, {{c2::b{{c3::c}}}})\n```",
         '<pre class="pg" dir="ltr"><code class="language-python">x <span class="o">=</span> '
         '{{c1::np<span class="o">.</span>dot}}(a, {{c2::b{{c3::c}}}})</code></pre>'),
    ],
)  # fmt: skip
def test_deletions_go_out_as_they_are_written(body: str, expected: str) -> None:
    assert cloze(body) == expected


def test_a_heading_with_a_deletion_is_text_and_one_without_is_not() -> None:
    assert cloze("body {{c2::b}}", "The {{c1::head}}") == "<p>The {{c1::head}}</p>\n<p>body {{c2::b}}</p>"
    request = RenderRequest(Cloze("A *topic*", "{{c1::b}}", (1,)), flavour="anki")
    card = render(request).cards[ANKI]
    assert (card.question_html, card.answer_html) == ("{{c1::b}}", "A <em>topic</em>")


def test_marks_of_an_author_are_no_marks_of_ours() -> None:
    assert "{{c" not in cloze("\ue0035\ue004x\ue006 {{c1::a}}").replace("{{c1::a}}", "")


PIECES = ["{{c1::", "{{c2::", "}}", "::", "a", " ", "$", "`", "{", "}", "**", "\\", "\n\n", "<", "x_1"]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_anki_finds_the_deletions_that_we_find(pieces: list[str]) -> None:
    """Whatever stands around them: as many as we opened, each closed."""
    text = "".join(pieces)
    found, html = parse(text).found, cloze(text)
    assert sorted(re.findall(r"\{\{c([0-9]+)::", html)) == sorted(str(deletion.number) for deletion in found)
    assert html.count("}}") == len(found)
    assert not re.search("[\ue000-\ue007]", html)


def test_the_flavour_travels_and_does_not_change_the_key() -> None:
    request = RenderRequest(Basic("Q", "A"), flavour="anki")
    assert request_from_json(request_to_json(request)) == request
    assert render_key(request) == render_key(RenderRequest(Basic("Q", "A")))
