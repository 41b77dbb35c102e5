"""The project's macros in formulas: on pages, in Anki, in what `check` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.project import project_of
from flashcards.deckfiles.render.anki_tex import mathjax
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import render_key, request_for
from flashcards.deckfiles.render.macros import macros_in_force, written_out
from flashcards.deckfiles.render.tex_to_mathml import MathError, render_math
from tests.unit.deckfiles.test_project import written

MACROS = (
    ("RR", r"\mathbb{R}"),
    ("al", r"\alpha"),
    ("vec", r"\mathbf#1"),
    ("pair", r"\left( #1, #2 \right)"),
    ("twice", "#2#1#2"),
    ("hash", r"\#"),
)


@pytest.mark.parametrize(
    ("tex", "meant"),
    [
        (r"x \in \RR", r"x \in \mathbb{R}"),
        (r"\RR^n, \RRR", r"\mathbb{R}^n, \RRR"),
        (r"x^\RR + x_ \RR", r"x^{\mathbb{R}} + x_ {\mathbb{R}}"),
        (r"\al x \al{}x", r"\alpha x \alpha{}x"),
        (r"\vec x+\vec{y}z", r"\mathbf x+\mathbf yz"),
        (r"\pair{a}{b\RR}", r"\left( a, b\mathbb{R} \right)"),
        (r"\pair ab", r"\left( a, b \right)"),
        (r"\pair{\pair{1}{2}}3", r"\left( \left( 1, 2 \right), 3 \right)"),
        (r"\twice{\al}y", r"y\alpha y"),
        (r"\hash\\RR \{\RR\}", r"\#\\RR \{\mathbb{R}\}"),
        (r"\pair{a", r"\left( a,  \right)"),
        (r"{\pair}", r"{\left( ,  \right)}"),
        (r"\text{a \RR}", r"\text{a \mathbb{R}}"),
        ("no macro", "no macro"),
    ],
)
def test_macros_are_written_out(tex: str, meant: str) -> None:
    with macros_in_force(MACROS):
        assert written_out(tex).text == meant
    assert written_out(tex).text is tex


def test_a_formula_is_shown_and_copied_as_it_was_written() -> None:
    with pytest.raises(MathError):
        render_math(r"x \in \RRR", display=False)
    with macros_in_force((("RRR", r"\mathbb{R}^3"),)):
        html = render_math(r"x \in \RRR", display=False)
    assert 'alttext="x \\in \\RRR"' in html
    assert "ℝ" in html
    with pytest.raises(MathError):  # what was rendered with macros is not remembered without
        render_math(r"x \in \RRR", display=False)


def test_the_place_of_a_mistake_is_that_of_the_author(tmp_path: Path) -> None:
    card = "## A {#a}\n\nIt is $\\RR + \\nothing$.\n\n## B {#b}\n\n$\\RR$ and $\\bad x$\n"
    root = written(tmp_path, "[macros]\n'\\RR' = '\\mathbb{R}'\n'\\bad' = '\\nothing'\n", a=card)
    found = check([], root, render=lambda pairs: [(name, render(request)) for name, request in pairs])
    assert [(problem.line, problem.column, problem.code) for problem in found] == [(3, 14, "math"), (7, 12, "math")]


def test_only_what_is_used_is_part_of_a_rendering() -> None:
    project = project_of(b"[macros]\nRR = '\\mathbb{R}'\nQQ = '\\mathbb{Q}'\n")
    other = project_of(b"[macros]\nRR = '\\mathbb{R}'\nQQ = 'q'\n")
    note = parse_deck("a.md", b"## A {#a}\n\n$\\RR$\n", project).deck.notes[0]
    plain = parse_deck("a.md", b"## A {#a}\n\n$x$\n").deck.notes[0]
    keys = [render_key(request_for(note, macros=one.macros)) for one in (project, other)]
    assert keys[0] == keys[1] != render_key(request_for(note))
    assert render_key(request_for(plain, macros=project.macros)) == render_key(request_for(plain))
    assert "ℝ" in render(request_for(note, macros=project.macros)).cards["forward"].answer_html


def test_gaps_within_the_arguments_of_a_macro() -> None:
    text = b"## A {#a}\n\n$\\pair{{{c1::a}}}{b}$ is $\\RR$\n"
    note = parse_deck("a.md", text).deck.notes[0]
    rendered = render(request_for(note, macros=MACROS))
    assert rendered.problems == ()
    assert 'class="cz' in rendered.cards["c1"].question_html


def test_anki_gets_them_written_out() -> None:
    with macros_in_force(MACROS):
        assert mathjax(r"\pair{a}{\RR}^\al") == r"\left( a, \mathbb{R} \right)^{\alpha}"
        assert mathjax("\\vec \ue0031\ue004x\ue006") == "\\mathbf\ue0031\ue004x\ue006"


def test_what_grows_is_bounded() -> None:
    with macros_in_force((("big", 1000 * "x"), ("open", r"\left(" * 8), ("d", "#1" * 500))):
        for tex in (r"\big" * 2000, r"\open" * 8, r"\d{" * 19 + "x" + "}" * 19):
            with pytest.raises(MathError):
                render_math(tex, display=False)
