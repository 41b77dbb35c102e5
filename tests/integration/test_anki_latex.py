"""Anki's own LaTeX: maths becomes a formula, anything else stays the picture that Anki made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.domain.card import Basic
from flashcards.exchange.anki.latex import latex_in
from flashcards.exchange.anki.to_markdown import to_markdown
from flashcards.services.anki.importing import import_decks, read_decks
from tests.integration.anki_packages import add, collection, export, png

TIKZ = r"[latex]\begin{tikzpicture}<br>\draw (0,0) -- (1,1);<br>\end{tikzpicture}[/latex]"
ODD = r"[$]\nosuchcommand{x}[/$]"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            r"[latex]\begin{align*}a&amp;=b\\<br>c&amp;=d\end{align*}[/latex]",
            r"$$\begin{align*}a&=b\\ c&=d\end{align*}$$",
        ),
        (r"[latex]\begin{displaymath}x\end{displaymath}[/latex]", "$$x$$"),
        (r"[latex]\begin{equation*}x\end{equation*}[/latex]", "$$x$$"),
        (r"[latex]\begin{math}x\end{math}[/latex]", "$x$"),
        (r"[latex]\begin{eqnarray*}a&amp;=&amp;b\end{eqnarray*}[/latex]", r"$$\begin{array}{rcl}a&=&b\end{array}$$"),
        (r"[latex]\begin{flalign*}a&amp;=b\end{flalign*}[/latex]", r"$$\begin{align*}a&=b\end{align*}$$"),
        (r"[latex]\[x\][/latex]", "$$x$$"),
        (r"[latex]\(x\)[/latex]", "$x$"),
        ("[latex]$x$ and $y$ are *two*[/latex]", "$x$ and $y$ are \\*two*"),
        ("[$]x[/$]2 [$$]y[/$$]", r"\(x\)2 $$y$$"),
    ],
)
def test_maths_is_a_formula(html: str, markdown: str) -> None:
    assert to_markdown(html) == markdown


def test_pictures_are_named_as_anki_names_them(tmp_path: Path) -> None:
    html = "[latex]a<br>b &amp; c<div>d</div>[/latex] [$]x &lt; 1[/$] [$$]y[/$$]"
    with collection(tmp_path) as opened:
        found = opened._backend.extract_latex(text=html, svg=False, expand_clozes=False)
    assert [f"{latex.picture}.png" for latex in latex_in(html)] == [each.filename for each in found.latex]


def test_what_is_no_maths_stays_a_picture(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        for html in (TIKZ, ODD):
            (latex,) = latex_in(html)
            file = tmp_path / f"{latex.picture}.png"
            file.write_bytes(png())
            opened.media.add_file(str(file))
        add(opened, "Basic", "D", "drawn", f"see {TIKZ} here")
        add(opened, "Basic", "D", "odd", f"so {ODD} it is")
        add(opened, "Basic", "D", "without a picture", r"[latex]\begin{tikzpicture}x\end{tikzpicture}[/latex]")
        package = export(opened, tmp_path / "latex.apkg", legacy=True)
    report = import_decks(package, tmp_path / "decks")
    (deck,) = read_decks(tmp_path / "decks")
    answers = {note.content.question: note.content.answer for note in deck.notes if isinstance(note.content, Basic)}
    for question in ("drawn", "odd"):
        assert "![LaTeX](media/latex-" in answers[question]
        assert "begin" not in answers[question]
    assert answers["without a picture"] == r"`\begin{tikzpicture}x\end{tikzpicture}`"
    assert len(list((tmp_path / "decks" / "media").glob("latex-*.png"))) == 2
    assert any("kept as the picture that Anki made" in notice for notice in report.notices)
    assert any("kept as code" in notice for notice in report.notices)
