"""TeX to MathML: `render_math`."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from math_core import LatexError, LatexToMathML

from flashcards.deckfiles.render.tex_to_mathml import MACROS, MathError, highlighted, render_math

FORMULAS = [
    r"\hat{\theta} = \argmin_\theta \sum_{i=1}^n \ell(y_i, f_\theta(x_i)) + \lambda \norm{\theta}_2^2",
    r"\frac{1}{(2\pi)^{d/2}\lvert\Sigma\rvert^{1/2}} e^{-\frac12 (x-\mu)^\top\Sigma^{-1}(x-\mu)}",
    r"\KL(p \,\|\, q) = \E_{x \sim p}\left[\log \frac{p(x)}{q(x)}\right]",
    r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\begin{align} a &= b \\ c &= d \end{align}",
    r"\begin{align*} a &= b \tag{1} \\ c &= d \end{align*}",
    r"\begin{array}{|c:r|} \hline a & b \\ \hdashline c & d \end{array}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}^{-1}",
    r"\textcolor{red}{x} + \color{blue} y",
    r"\boxed{x} \cancel{y} \bcancel{z} \xcancel{w}",
    r"X \indep Y \mid Z, \quad \substack{i \\ j}, \hspace{-2em} a \! b",
    r"\begin{multline} a \\ b \\ c \end{multline}",
    r"\underbrace{x + y}_{n} \overline{ab} \widehat{xy} \widetilde{xy} \sqrt[3]{x}",
    r"\mathbin{x} \mathrel{y} \mathop{z} \mathord{w} \cramped{x^2}",
    r"\operatorname*{TP} \text{a \textbf{b} \texttt{c}}",
    r"[0, 1) \cup (2, 3]",
]


@pytest.mark.parametrize("tex", FORMULAS)
@pytest.mark.parametrize("display", [False, True])
def test_formulas_come_out_without_inline_styles(tex: str, display: bool) -> None:
    mathml = render_math(tex, display=display)
    assert mathml.startswith("<math alttext=")
    assert mathml.endswith("</math>")
    assert ('display="block"' in mathml) is display
    rest = re.sub(r'alttext="[^"]*"', "", mathml)
    assert not re.search(r"\bstyle=|menclose|\bid=|\bon\w+=|href", rest)


def test_styles_become_classes_and_colours_attributes() -> None:
    aligned = render_math(r"\begin{aligned} a &= b \end{aligned}", display=True)
    assert '<mtd class="tr pr0">' in aligned
    assert '<mtd class="tl pl0">' in aligned
    assert 'mathcolor="#FF0000"' in render_math(r"\textcolor{red}{x}", display=False)
    assert '<mrow class="boxed">' in render_math(r"\boxed{x}", display=False)
    assert '<mspace class="n3"/>' in render_math(r"a \! b", display=False)
    assert '<mrow class="cz">' in render_math(highlighted("x"), display=False)


def test_the_source_can_be_copied() -> None:
    assert 'alttext="a &lt; b &quot;c&quot;"' in render_math('a < b\n"c"', display=False)
    assert 'alttext="x"' in render_math(highlighted("x"), display=False, alternative="x")


@pytest.mark.parametrize(
    ("tex", "offset", "message"),
    [
        (r"a \foo b", 2, r'unknown command "\foo"'),
        (r"é中𝔞 \foo", 4, "unknown command"),
        (r"\frac{1}", 8, "expected argument"),
        (r"\begin{align} a \\ b \foo \end{align}", 21, "unknown command"),
        (r"\begin{split} a \end{split} \foo", 28, "unknown command"),
        (r"\left( x", 8, "closing token"),
        (r"a \def\x{y}", 2, r"\def is not allowed"),
        (r"\newcommand{\x}{y}", 0, "not allowed"),
        ("{" * 101, 99, "nests groups deeper"),
        (r"\sin(" * 13, 64, "brackets are open"),
        ("a" * 8193, 8192, "longer than"),
    ],
)
def test_what_is_refused_is_told_with_its_offset(tex: str, offset: int, message: str) -> None:
    with pytest.raises(MathError, match=re.escape(message)) as caught:
        render_math(tex, display=True)
    assert caught.value.offset == offset
    assert "\x1b" not in caught.value.message
    assert "\n" not in caught.value.message


HOSTILE = [
    "(",
    r"\sin(",
    r"\exp(\log(",
    r"\{",
    r"\bigl(",
    r"\lVert",
    "{",
    "x^{",
    r"\left(",
    r"\frac",
    r"\sqrt",
    r"\not",
]


@pytest.mark.parametrize("piece", [*HOSTILE, r"\begin{matrix}", r"\def\a{(}\a", r"\color{red}("])
def test_formulas_that_would_hang_or_crash_the_library_end_at_once(piece: str) -> None:
    """Without our bounds, 24 open brackets take 8 s and 100 never end; the others end the process."""
    with pytest.raises(MathError):
        render_math(piece * (8000 // len(piece)), display=True)


def test_many_closed_brackets_are_fine() -> None:
    assert render_math("f(x) + [0, 1) + " * 200 + "1", display=True)


@pytest.mark.parametrize("name", sorted(MACROS))
def test_macros_only_add_what_the_library_lacks(name: str) -> None:
    arguments = "".join("{a}" for number in (1, 2) if f"#{number}" in MACROS[name])
    bare = LatexToMathML(fancy_error=False, allow_unreliable_rendering=True)
    with pytest.raises(LatexError, match="Unknown command"):
        bare.convert_with_local_state(f"\\{name}{arguments}", displaystyle=False)
    assert render_math(f"\\{name}{arguments}", display=False)


def test_numbers_of_equations_are_not_shown_but_tags_are() -> None:
    assert "(1)" not in render_math(r"\begin{align} a &= b \end{align}", display=True).split(">", 1)[1]
    assert "(7)" in render_math(r"\begin{align} a &= b \tag{7} \end{align}", display=True).split(">", 1)[1]


PIECES = st.sampled_from(
    [
        r"\frac{a}{b}",
        r"\text{",
        r"}",
        r"{",
        r"^",
        r"_",
        r"x",
        r"1",
        r"\sum",
        r"&",
        r"\\",
        r"\begin{aligned}",
        r"\end{aligned}",
        r"\left(",
        r"\right)",
        r"(",
        r")",
        r"\color{red}",
        r"<",
        r">",
        r"\"",
        r"'",
        r"&lt;",
        r"\label{a}",
        r"\tag{1}",
        r"\boxed{",
        r"\begin{array}{l|c}",
        r"\end{array}",
        r"\hline",
        r"\hspace{-1em}",
        r"\mathbin{x}",
        r"\E",
        r"é",
        r"%",
        r"#",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_tex_gives_safe_markup_or_an_error(tex: str) -> None:
    try:
        mathml = render_math(tex, display=True)
    except MathError as error:
        offset, mathml = error.offset, ""
        assert 0 <= offset <= len(tex)
    attributes = re.findall(r"<[a-z]+((?: [a-z]+=\"[^\"]*\")*)/?>", mathml)
    assert not any(re.search(r" (?:style|id|href|on[a-z]+)=", attribute) for attribute in attributes)
    assert "<script" not in mathml
