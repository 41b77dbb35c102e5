"""Markdown to the HTML of cards: `render`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.in_process import render, typed_answer
from flashcards.deckfiles.render.jobs import Rendered, RenderedCard, RenderRequest, Text, render_key
from flashcards.domain.card import BACKWARD, FORWARD, Basic, Cloze

PICTURE = Media("0" * 32, "/decks/a.png", "image/png", 9, 30, 20, "/media/" + "0" * 32 + ".png")
SOUND = Media("1" * 32, "/decks/a.mp3", "audio/mpeg", 9, None, None, "/media/" + "1" * 32 + ".mp3")


def prose(text: str, definitions: str = "", **media: Media) -> Rendered:
    return render(RenderRequest(Text(text), definitions=definitions, media=tuple(media.items())))


def html(text: str, definitions: str = "") -> str:
    """The HTML of prose, without line ends between tags."""
    rendered = prose(text, definitions)
    assert rendered.problems == ()
    return re.sub(r"(?<=>)\n+(?=<)|\n(?=<[uo]l>)", "", rendered.cards["prose"].question_html)


def basic(question: str, answer: str, **more: bool) -> RenderedCard:
    return render(RenderRequest(Basic(question, answer, **more))).cards[FORWARD]


def cloze(body: str, number: int = 1, heading: str = "", *, typed: bool = False) -> RenderedCard:
    numbers = tuple(sorted({int(found) for found in re.findall(r"\{\{c(\d+)::", heading + body)}))
    return render(RenderRequest(Cloze(heading, body, numbers, typed))).cards[f"c{number}"]


# What authors know from GitHub ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, x < 5 & y > 3", "<p>plain, x &lt; 5 &amp; y &gt; 3</p>"),
        ("**a** *b* __c__ _d_ ***e***", "<p><strong>a</strong> <em>b</em> <strong>c</strong> <em>d</em> "
         "<em><strong>e</strong></em></p>"),
        ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>"),
        ("~~a~~ H~2~O", "<p><del>a</del> H~2~O</p>"),
        ("a  \nb\\\nc\nd", "<p>a<br>b<br>c\nd</p>"),
        (r"C:\new \theta \1 \\", r"<p>C:\new \theta \1 \</p>"),
        (r"\*a\* \_ \# \| \~ \< \$", "<p>*a* _ # | ~ &lt; $</p>"),
        ("&copy; &lt; AT&T", "<p>© &lt; AT&amp;T</p>"),
        ("a\n\nb", "<p>a</p><p>b</p>"),
    ],
)  # fmt: skip
def test_text(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("text\n- a", "<p>text</p><ul><li>a</li></ul>"),
        ("- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        ("- a\n    - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("1. a\n   - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("1) a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("- a\n\n  b\n- c", "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>"),
        ("- a\n  - b\n\n  - c\n- d", "<ul><li>a<ul><li><p>b</p></li><li><p>c</p></li></ul></li><li>d</li></ul>"),
        ("- a\nlazy\n- b", "<ul><li>a\nlazy</li><li>b</li></ul>"),
        ("- a\n1. b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("born in\n1986. a good year", "<p>born in\n1986. a good year</p>"),
        ("- \n- a", "<ul><li></li><li>a</li></ul>"),
        ("- \n\n  a", "<ul><li></li></ul><p>a</p>"),
        ("- [ ] a\n- [x] b", '<ul><li class="task"><span class="task-box" role="img" aria-label="to do">☐</span> a</li>'
         '<li class="task"><span class="task-box" role="img" aria-label="done">☑</span> b</li></ul>'),
    ],
)  # fmt: skip
def test_lists(text: str, expected: str) -> None:
    assert html(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> a\n> b\n\n> c", "<blockquote><p>a\nb</p></blockquote><blockquote><p>c</p></blockquote>"),
        ("> - a\n>   b\nlazy", "<blockquote><ul><li>a\nb\nlazy</li></ul></blockquote>"),
        ("- > a\n  > b", "<ul><li><blockquote><p>a\nb</p></blockquote></li></ul>"),
        ("a\n> b", "<p>a</p><blockquote><p>b</p></blockquote>"),
        ("# a\n### b ##\nc", "<h1>a</h1><h3>b</h3><p>c</p>"),
        ("#a", "<p>#a</p>"),
        ("a\n===\nb\n---", "<h1>a</h1><h2>b</h2>"),
        ("a\n\n***\nb", "<p>a</p><hr><p>b</p>"),
        ("a <!-- b --> c\n\n<!-- d\n\ne -->\n\nf", "<p>a  c</p><p>f</p>"),
        ("a <!-- b\n\n- c --> d", "<p>a \n d</p>"),
    ],
)
def test_other_blocks(text: str, expected: str) -> None:
    assert html(text) == expected


TABLE = (
    '<div class="scroll-x" tabindex="0" role="group" aria-label="table"><table><thead><tr><th>a</th>'
    '<th align="right">b</th></tr></thead><tbody><tr><td>c</td><td align="right"><code>d|e</code></td></tr>'
    "</tbody></table></div>"
)


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("| a | b |\n|---|--:|\n| c | `d\\|e` |", ("", "")),
        ("a | b\n--- | ---:\nc | `d\\|e`", ("", "")),
        ("text\n| a | b |\n|---|--:|\n| c | `d\\|e` |\n\nafter", ("<p>text</p>", "<p>after</p>")),
        ("- x\n  | a | b |\n  |---|--:|\n  | c | `d\\|e` |", ("<ul><li><p>x</p>", "</li></ul>")),
    ],
)
def test_tables_also_straight_after_text_and_in_lists(text: str, around: tuple[str, str]) -> None:
    assert html(text) == TABLE.join(around)


def test_bars_in_maths_do_not_end_a_cell() -> None:
    assert html("| a |\n|---|\n| $|x|$ and \\| |").count("<td>") == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```\na <b>\n```", "a &lt;b&gt;"),
        ("~~~\n```\n~~~", "```"),
        ("a\n```\n  b\n```", "  b"),
        ("- a\n  ```\n  b\n    c\n  ```\n- d", "b\n  c"),
        ("1. a\n\n   ```\n   b\n\n   c\n   ```", "b\n\nc"),
        ("> ```\n> a\n>   b\n> ```", "a\n  b"),
        ("    a\n      b\n\n    c", "a\n  b\n\nc"),
        ("```make\na:\n\tb\n```", "\tb"),
        ("- a\n\n  ```\n  b:\n  \tc\n  ```", "b:\n\tc"),
    ],
)
def test_code_keeps_its_indentation_in_lists_and_quotes(text: str, code: str) -> None:
    match = re.search(r"<pre class=\"pg\" dir=\"ltr\" tabindex=\"0\"><code[^>]*>(.*?)</code></pre>", html(text), re.S)
    assert match is not None
    assert re.sub(r"<[^>]*>", "", match.group(1)).endswith(code)


def test_code_is_highlighted_with_classes() -> None:
    found = html("```python\ndef f(x):\n    return 'a' * 2  # note\n```")
    assert '<code class="language-python"><span class="k">def</span> <span class="nf">f</span>(x):' in found
    assert "<span class=\"s1\">'a'</span>" in found
    assert '<span class="c1"># note</span>' in found


def test_code_in_an_unknown_language_is_shown_as_it_is() -> None:
    assert '<code class="language-nosuch">a &amp; b</code>' in html("```nosuch {1,2}\na & b\n```")


def test_code_spans() -> None:
    assert html("`a*b*` `` ` `` `<b>` `\\*`") == (
        "<p><code>a*b*</code> <code>`</code> <code>&lt;b&gt;</code> <code>\\*</code></p>"
    )


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://a.b/c_d_e.", "https://a.b/c_d_e"),
        ("<https://a.b>", "https://a.b"),
        ("www.a.b", "http://www.a.b"),
        ("[x](https://a.b/(c))", "https://a.b/(c)"),
        ("[x](<https://a.b/c d>)", "https://a.b/c d"),
        ("[x][L]", "https://d.e"),
        ("[l]", "https://d.e"),
        ("<a@b.cd>", "mailto:a@b.cd"),
    ],
)
def test_links(text: str, target: str) -> None:
    found = html(text, "[l]: https://d.e 'title'\n\n[^n]: unused")
    assert f'href="{target}"' in found
    assert 'rel="noopener noreferrer"' in found
    assert "unused" not in found


def test_definitions_in_the_text_itself_are_not_shown() -> None:
    assert html("[l] b\n\n[l]: https://d.e") == '<p><a href="https://d.e" rel="noopener noreferrer">l</a> b</p>'


def test_footnotes_have_anchors_of_their_own_on_every_card_and_side() -> None:
    request = RenderRequest(
        Basic("q[^a]", "b[^a] c[^b] d[^a] [^none]", reversed=True),
        definitions="[^b]: second\n\n[^a]: *first*\n\n    more",
        rubric=("r[^a]", "s[^a]"),
    )
    rendered = render(request)
    pages = [card.question_html + card.answer_html for card in rendered.cards.values()] + list(rendered.rubric_html)
    ids = re.findall(r'id="([^"]*)"', "".join(pages))
    assert len(ids) == len(set(ids)) == 2 * (2 + 4) + 2 * 2
    for target in re.findall(r'href="#([^"]*)"', "".join(pages)):
        assert target in ids
    answer = rendered.cards[FORWARD].answer_html
    assert answer.index("<em>first</em>") < answer.index("second")
    assert "[^none]" in answer
    other = render(RenderRequest(Basic("q[^a]", "x"), definitions="[^a]: first"))
    assert not set(ids) & set(re.findall(r'id="([^"]*)"', other.cards[FORWARD].question_html))


# Raw HTML, media, direction ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Map<K, V> <div>", "<p>Map&lt;K, V&gt; &lt;div&gt;</p>"),
        ("H<sub>2</sub>O x<sup>*2*</sup>", "<p>H<sub>2</sub>O x<sup><em>2</em></sup></p>"),
        ("<kbd>Ctrl</kbd> a<br/>b<BR>c", "<p><kbd>Ctrl</kbd> a<br>b<br>c</p>"),
        ("<mark>a</mark>", "<p><mark>a</mark></p>"),
        ('<abbr title="a &amp; b">c</abbr>', '<p><abbr title="a &amp; b">c</abbr></p>'),
        ('<sub class="x">a', "<p>&lt;sub class=\"x\"&gt;a</p>"),
        ("<sub>a", "<p><sub>a</sub></p>"),
        ("`<sub>`", "<p><code>&lt;sub&gt;</code></p>"),
        ("<details>\n<summary>**a**</summary>\n\n- b\n\n</details>\n\nc",
         "<details><summary><strong>a</strong></summary><ul><li>b</li></ul></details><p>c</p>"),
    ],
)  # fmt: skip
def test_raw_html_is_text_but_for_the_listed_tags(text: str, expected: str) -> None:
    assert html(text) == expected


def test_pictures_and_sounds() -> None:
    rendered = prose('![a "b"](a.png "t") ![](a.mp3)', **{"a.png": PICTURE, "a.mp3": SOUND})
    assert rendered.problems == ()
    assert rendered.cards["prose"].question_html == (
        f'<p><img src="{PICTURE.url}" alt="a &quot;b&quot;" width="30" height="20" title="t" loading="lazy" '
        f'decoding="async"> <audio controls preload="none" src="{SOUND.url}"></audio></p>'
    )


def test_a_picture_in_a_link_and_by_reference() -> None:
    rendered = prose("[![a](a.png)](https://b.c) ![d][l]", "[l]: a.png", **{"a.png": PICTURE})
    assert rendered.problems == ()
    assert rendered.cards["prose"].question_html.count("<img") == 2


def test_missing_media_is_shown_and_told() -> None:
    problem = MediaProblem("media-outside", "it is outside")
    rendered = render(RenderRequest(Text("a ![b](c.png) ![](<d>.png)"), media=(("c.png", problem),)))
    found = rendered.cards["prose"].question_html
    assert '<span class="media-missing">Missing file: b (c.png)</span>' in found
    assert [(item.offset, item.code) for item in rendered.problems] == [(2, "media-outside"), (14, "media-missing")]
    rendered = render(RenderRequest(Text("![b](c.png)")))
    assert [(item.part, item.offset, item.code) for item in rendered.problems] == [("prose", 0, "media-missing")]


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("a [b](javascript:alert(1))", "link-scheme", 6),
        ("[b](ftp://c)", "link-scheme", 4),
        ("[b](other.md#c)", "link-relative", 4),
        ("[b](//evil.com)", "link-relative", 4),
        ("[b](#c)", "link-relative", 4),
        ("a <javascript:b>", "link-scheme", 3),
        ("`<javascript:a>` <ftp://c.d>", "link-scheme", 18),
    ],
)
def test_links_that_may_not_be_followed(text: str, code: str, offset: int) -> None:
    rendered = prose(text)
    assert [(item.code, item.offset) for item in rendered.problems] == [(code, offset)]
    assert "href" not in rendered.cards["prose"].question_html


def test_text_from_right_to_left_finds_its_direction() -> None:
    assert html("- שלום\n\nעולם `x`") == (
        '<ul dir="auto"><li dir="auto">שלום</li></ul><p dir="auto">עולם <code>x</code></p>'
    )
    assert "dir=" not in html("hello 世界")


# Maths ------------------------------------------------------------------------------------------------


def test_maths_goes_round_markdown() -> None:
    found = html(r"$f^*(x) + g^*(x)$, $a<b>c$, \(x\\y\), $a_b$ *c* $d_e$")
    assert found.count("<math") == 5
    assert found.count("<em>") == 1


@pytest.mark.parametrize("end", [",", ".", ").", "?"])
def test_a_formula_and_the_punctuation_after_it_stay_on_one_line(end: str) -> None:
    assert re.search(
        rf'<span class="nb"><math[^>]*>(?:(?!</math>).)*</math>{re.escape(end)}</span> b', html(f"$x${end} b")
    )
    assert '"nb"' not in html("$x$ b, and $y$ c")
    assert '"nb"' not in html("$$x$$.")
    marked = cloze("The rate {{c1::$x$}}" + end).answer_html
    assert re.search(rf'<span class="nb"><span class="cz[^>]*>.*</span>{re.escape(end)}</span></p>', marked)


def test_display_maths_scrolls_inside_itself() -> None:
    found = html("so\n$$\na\n- b\n$$\nthen")
    assert '<span class="scroll-x" tabindex="0" role="group" aria-label="formula"><math' in found
    assert found.startswith("<p>so\n<span")
    assert "<li>" not in found


def test_maths_in_a_quote_loses_the_marks_of_the_quote() -> None:
    assert "&gt;" not in html("> $$\n> a\n> $$")


def test_a_refused_formula_shows_its_source_and_tells_where() -> None:
    rendered = prose("a $b$ and $c \\nosuch < d$")
    assert '<code class="math-error">c \\nosuch &lt; d</code>' in rendered.cards["prose"].question_html
    assert [(item.code, item.offset) for item in rendered.problems] == [("math", 13)]


# Notes ------------------------------------------------------------------------------------------------


def test_a_reversed_note_asks_both_ways() -> None:
    rendered = render(RenderRequest(Basic("TPR", "*recall*", reversed=True)))
    forward, backward = rendered.cards[FORWARD], rendered.cards[BACKWARD]
    assert (forward.question_html, forward.answer_html) == ("<p>TPR</p>", "<p><em>recall</em></p>")
    assert (backward.question_html, backward.answer_html) == (forward.answer_html, forward.question_html)
    assert backward.plain_question == "recall"


@pytest.mark.parametrize("question", ["1. What?", "- or +?", "# of rows?", "> 0?", "| a |", "    x", "--- a"])
def test_a_heading_is_inline_whatever_it_begins_with(question: str) -> None:
    assert re.fullmatch(r"<p>[^<]*</p>", basic(question, "a").question_html)
    one_line = render(RenderRequest(Basic("q", question.strip()), one_line=True)).cards[FORWARD]
    assert re.fullmatch(r"<p>[^<]*</p>", one_line.answer_html)


def test_code_below_the_heading_belongs_to_the_question() -> None:
    card = basic("What does it print?\n\n```python\nprint(1)\n```", "1")
    assert card.question_html.startswith("<p>What does it print?</p>\n<pre")
    assert card.plain_question == "What does it print? print(1)"


def test_problems_are_told_by_part_and_offset() -> None:
    request = RenderRequest(
        Basic("q $\\bad$\n\nmore $\\bad$", "a [x](y:z)"),
        rubric=("fine", "$\\bad$"),
        sources=("![a](b.png)",),
        definitions="[^1]: $\\bad$",
    )
    found = [(item.part, item.offset, item.code) for item in render(request).problems]
    assert found == [
        ("question", 3, "math"),
        ("question", 16, "math"),
        ("answer", 6, "link-scheme"),
        ("rubric.1", 1, "math"),
        ("sources.0", 0, "media-missing"),
    ]
    used = render(RenderRequest(Basic("q[^1]", "a"), definitions="x\n\n[^1]: $\\bad$"))
    assert [(item.part, item.offset) for item in used.problems] == [("definitions", 10)]


def test_lists_of_a_note_are_inline() -> None:
    rendered = render(RenderRequest(Basic("q", "a"), rubric=("a *b*", "1. c"), follow_ups=("`d`?",), sources=("e",)))
    assert rendered.rubric_html == ("a <em>b</em>", "1. c")
    assert rendered.follow_ups_html == ("<code>d</code>?",)
    assert rendered.sources_html == ("e",)


def test_a_long_form_has_blocks_and_what_to_clarify_has_lines() -> None:
    request = RenderRequest(Basic("q", "a"), in_full="#### x\n\n- $y$ [^n]", clarify=("1. *z*",), definitions="[^n]: w")
    rendered = render(request)
    assert rendered.in_full_html.startswith("<h4>x</h4>")
    assert "<math" in rendered.in_full_html
    assert rendered.clarify_html == ("1. <em>z</em>",)
    anchors = re.findall(r'id="([^"]+)"', rendered.in_full_html)
    assert anchors
    assert len(set(anchors)) == len(anchors)
    refused = render(RenderRequest(Basic("q", "a"), in_full="a\n\n$\\bad$", clarify=("$\\bad$",)))
    assert {problem.part for problem in refused.problems} == {"in_full", "clarify.0"}


def test_the_plain_question_is_short_and_on_one_line() -> None:
    card = basic("A **bold** `x < y` [link](https://a.b) $\\lambda$ ![alt](a.png) &amp;\n\n- b\n- c", "d")
    assert card.plain_question == "A bold x < y link \\lambda alt & b c"
    assert len(basic("word " * 100, "a").plain_question) <= 200


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("(2, 3)", "(2, 3)"),
        (" **a** `b*c` ", "a b*c"),
        ("```python\na = 1\n  b\n```", "a = 1\n  b"),
        ("$x^2$", "x^2"),
        ("cafe\u0301", "caf\u00e9"),
        ("a &lt; b", "a < b"),
    ],
)
def test_the_typed_answer_is_plain_text(answer: str, expected: str) -> None:
    assert typed_answer(Basic("q", answer, typed=True)) == expected
    assert basic("q", answer, typed=True).typed_answer == expected
    assert basic("q", answer).typed_answer is None


def test_the_typed_answers_of_other_cards() -> None:
    assert typed_answer(Basic("**q**", "a", typed=True, reversed=True), BACKWARD) == "q"
    assert cloze("a {{c1::*b*}} {{c2::c}} `{{c1::d}}`", typed=True).typed_answer == "b, d"
    assert typed_answer(Cloze("", "{{c1::a {{c2::b}}}}", (1, 2)), "c1") == "a b"


# Cloze ------------------------------------------------------------------------------------------------

GAP = '<span class="cz" role="img" aria-label="gap">[…]</span>'


def test_a_gap_and_its_answer_in_text() -> None:
    card = cloze("a {{c1::**b**}} {{c2::c::d}}", heading="Title")
    assert card.question_html == f'<p class="context">Title</p>\n<p>a {GAP} c</p>'
    assert card.answer_html == '<p class="context">Title</p>\n<p>a <span class="cz"><strong>b</strong></span> c</p>'
    assert card.plain_question == "Title: a […] c"
    other = cloze("a {{c1::**b**}} {{c2::c::d}}", 2)
    assert '<span class="cz" role="img" aria-label="gap, hint: d">[d]</span>' in other.question_html
    assert "<strong>b</strong>" in other.question_html


def test_a_heading_with_a_deletion_is_part_of_the_text() -> None:
    assert cloze("more", heading="a {{c1::b}}").question_html == f"<p>a {GAP}</p>\n<p>more</p>"
    assert "context" not in cloze("{{c1::a}}").question_html


def test_a_gap_and_its_answer_in_maths() -> None:
    card = cloze("$a = {{c1::b^2}} + {{c2::c}}$")
    assert '<mrow class="cz"><mrow class="boxed"><mtext>[…]</mtext></mrow></mrow>' in card.question_html
    assert '<mrow class="cz"><msup><mi>b</mi><mn>2</mn></msup></mrow>' in card.answer_html
    assert 'alttext="a = b^2 + c"' in card.answer_html
    assert "b^2" not in card.question_html


def test_an_answer_that_cannot_be_marked_is_shown_unmarked() -> None:
    card = cloze(r"$$\begin{aligned} a &{{c1::= b \\ c &= d}} \end{aligned}$$")
    assert "<mtable" in card.answer_html
    assert 'class="cz"' not in card.answer_html


def test_a_gap_that_breaks_the_formula_is_told() -> None:
    text = r"a $\left( {{c1::b \right)}} c$"
    rendered = render(RenderRequest(Cloze("", text, (1,))))
    assert [(item.code, item.offset) for item in rendered.problems] == [("math-gap", text.index("{{"))]
    assert "<math" in rendered.cards["c1"].answer_html


def test_an_error_beside_a_deletion_is_found_in_the_author_s_text() -> None:
    text = r"a {{c1::b}} ${{c2::c}} \nosuch$"
    rendered = render(RenderRequest(Cloze("", text, (1, 2))))
    assert {item.offset for item in rendered.problems if item.code == "math"} == {text.index("\\nosuch")}


def test_a_gap_and_its_answer_in_code() -> None:
    text = "```python\nx = {{c1::f('a', \\{1\\})}}  # c\n```\n`a {{c1::b}}` {{c2::`c`}}"
    card = cloze(text)
    assert f'<span class="o">=</span> {GAP}  <span class="c1"># c</span>' in card.question_html
    assert f"<code>a {GAP}</code> <code>c</code>" in card.question_html
    assert '<span class="cz">f(<span class="s1">&#x27;' in card.answer_html.replace("'", "&#x27;")
    assert "{<span" in card.answer_html
    assert "\\" not in card.answer_html
    assert '<code>a <span class="cz">b</span></code>' in card.answer_html


def test_a_deletion_across_tokens_and_lines_of_code() -> None:
    card = cloze("```python\ndef {{c1::f(x):\n    return x}}\n```")
    assert f'<span class="k">def</span> {GAP}</code>' in card.question_html
    assert re.sub(r"<[^>]*>", "", card.answer_html) == "def f(x):\n    return x"


def test_nested_deletions() -> None:
    text = "{{c1::a {{c2::b}} c}}"
    assert cloze(text).question_html == f"<p>{GAP}</p>"
    assert cloze(text, 2).question_html == f"<p>a {GAP} c</p>"
    assert cloze(text, 2).answer_html == '<p>a <span class="cz">b</span> c</p>'


@pytest.mark.parametrize(
    "body",
    [
        "{{c1::SECRET}}",
        "[a](https://b.c/{{c1::SECRET}})",
        "[a](https://b.c '{{c1::SECRET}}')",
        "![{{c1::SECRET}}](a.png)",
        "![a](a.png '{{c1::SECRET}}')",
        "<https://b.c/{{c1::SECRET}}>",
        "${{c1::SECRET}}$",
        "$\\bad {{c1::SECRET}}$",
        "`{{c1::SECRET}}`",
        "```{{c1::x}}\n{{c1::SECRET}}\n```",
        "| a |\n|---|\n| {{c1::SECRET}} |",
        "- {{c1::SECRET {{c2::SECRET}} }}",
        '<abbr title="{{c1::SECRET}}">b</abbr>',
        "{{c1::`SECRET`}} {{c1::$SECRET$}} {{c1::![SECRET](SECRET.png)}}",
    ],
)
def test_what_is_asked_for_is_nowhere_in_the_question(body: str) -> None:
    card = cloze(body)
    assert "SECRET" not in card.question_html + card.plain_question


# Keys -------------------------------------------------------------------------------------------------


def test_the_key_depends_on_all_that_is_shown() -> None:
    request = RenderRequest(Basic("q", "a"))
    others = [
        RenderRequest(Basic("q", "b")),
        RenderRequest(Basic("q", "a", reversed=True)),
        RenderRequest(Basic("q", "a", typed=True)),
        RenderRequest(Cloze("q", "a", ())),
        RenderRequest(Text("q")),
        RenderRequest(Basic("q", "a"), one_line=True),
        RenderRequest(Basic("q", "a"), definitions="d"),
        RenderRequest(Basic("q", "a"), rubric=("r",)),
        RenderRequest(Basic("q", "a"), follow_ups=("r",)),
        RenderRequest(Basic("q", "a"), clarify=("r",)),
        RenderRequest(Basic("q", "a"), in_full="r"),
        RenderRequest(Basic("q", "a"), media=(("a.png", PICTURE),)),
        RenderRequest(Basic("q", "a"), media=(("a.png", MediaProblem("media-missing", "x")),)),
    ]
    keys = [render_key(item) for item in (request, *others)]
    assert len(set(keys)) == len(keys)
    assert render_key(RenderRequest(Basic("q", "a"))) == keys[0]


# The page ---------------------------------------------------------------------------------------------


def test_the_style_sheet_knows_every_class_of_a_formula_and_a_card() -> None:
    """Inline styles are not allowed, so a class without a rule is a formula drawn wrong."""
    from flashcards.deckfiles.render import tex_to_mathml

    css = (Path(__file__).parents[3] / "flashcards" / "web" / "static" / "cards.css").read_text(encoding="utf-8")
    names = {name for name in (*tex_to_mathml._CLASSES.values(), *tex_to_mathml._ENCLOSURES.values()) if name}
    names |= {f"n{width}" for width in tex_to_mathml._NEGATIVE}
    names |= {
        "context",
        "cz",
        "footnotes",
        "math-error",
        "media-missing",
        "note-ref",
        "pg",
        "scroll-x",
        "task",
        "task-box",
    }
    assert sorted(name for name in names if not re.search(rf"\.{name}(?![\w-])", css)) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{} `c`", "� <code>c</code>"),
        ("- {} $x$", "�"),
        ('[a](https://e.org "{}") `c`', 'title="�"'),
        ("[a](https://e.org/{}) `c`", 'href="https://e.org/�"'),
        ('[a][b] `c`\n\n[b]: https://e.org "{}"', 'title="�"'),
        ('<abbr title="{}">a</abbr> `c`', 'title="�"'),
        ("a[^1] `c`\n\n[^1]: {}", "<p>� "),
        ("`{}`", "<code>&amp;#xe000;0&amp;#57345;</code>"),
    ],
)
def test_our_marks_written_by_their_numbers_are_no_marks(text: str, shown: str) -> None:
    rendered = render(RenderRequest(Text(text.format("&#xe000;0&#57345;"))))
    assert shown.replace("�", "\ufffd0\ufffd") in rendered.cards["prose"].question_html
    assert rendered.problems == ()
