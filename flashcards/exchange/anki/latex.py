r"""Anki's own LaTeX: ``[latex]...[/latex]``, ``[$]...[/$]`` and ``[$$]...[/$$]``, of which it makes pictures.

What is maths becomes a formula. What is not (a drawing, a table, a page of text) is kept as the picture that Anki made,
where the package has it: it is named by a hash of the LaTeX.
Source: ``rslib/src/latex.rs`` of Anki 26.9, and its manual, "Math and symbols", "LaTeX".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha1
from typing import NamedTuple

from flashcards.character_references import unescape

_LATEX = re.compile(
    r"\[latex\](?P<latex>.+?)\[/latex\]|\[\$\](?P<inline>.+?)\[/\$\]|\[\$\$\](?P<display>.+?)\[/\$\$\]", re.S | re.I
)
_LINE = re.compile(r"<br(?: ?/)?>|<div>", re.I)
_TAG = re.compile(r"<[^>]*>")
_WHOLE = (
    (re.compile(r"\$\$(?P<tex>[^$]+)\$\$"), True),
    (re.compile(r"\$(?P<tex>[^$]+)\$"), False),
    (re.compile(r"\\\[(?P<tex>.+)\\\]"), True),
    (re.compile(r"\\\((?P<tex>.+)\\\)"), False),
    (re.compile(r"\\begin\{(displaymath|equation\*?)\}(?P<tex>.+)\\end\{\1\}"), True),
    (re.compile(r"\\begin\{math\}(?P<tex>.+)\\end\{math\}"), False),
    (
        re.compile(
            r"(?P<tex>\\begin\{((?:align|gather|multline|alignat)\*?|split|array|cases|[pbBvV]?matrix)\}.+\\end\{\2\})"
        ),
        True,
    ),
)
"""What is maths as a whole, and whether it stands in a line of its own."""
_EQNARRAY = re.compile(r"\\(begin|end)\{eqnarray\*?\}")
_FLALIGN = re.compile(r"\\(begin|end)\{flalign\*?\}")
_IN_TEXT = re.compile(r"\$(?P<tex>[^$]+)\$")
_COMMAND = re.compile(r"[\\{}]")


class Latex(NamedTuple):
    """A piece of LaTeX: pairs of text and the formula after it (TeX, and whether it is displayed), and the name of
    Anki's picture of it, without its ending. `maths`: there is nothing in it but a formula or plain words.
    """

    pieces: tuple[tuple[str, str, bool], ...]
    maths: bool
    picture: str


def latex_in(html: str) -> Iterator[Latex]:
    """The pieces of LaTeX in a field."""
    for match in _LATEX.finditer(html):
        yield read_latex(match["latex"], match["inline"], match["display"])


def read_latex(latex: str | None, inline: str | None = None, display: str | None = None) -> Latex:
    """One piece, from what stands between its marks; one of the three is given."""
    if latex is not None:
        body = latex
    else:
        body = f"${inline}$" if inline is not None else rf"\begin{{displaymath}}{display}\end{{displaymath}}"
    plain = unescape(_TAG.sub("", _LINE.sub("\n", body)))
    picture = f"latex-{sha1(plain.encode('utf-8', 'replace'), usedforsecurity=False).hexdigest()}"
    tex = " ".join(plain.split())
    tex = _EQNARRAY.sub(lambda m: r"\begin{array}{rcl}" if m[1] == "begin" else r"\end{array}", tex)
    tex = _FLALIGN.sub(r"\\\1{align*}", tex)
    for whole, displayed in _WHOLE:
        if match := whole.fullmatch(tex):
            return Latex((("", match["tex"].strip(), displayed),), True, picture)
    between = _IN_TEXT.split(tex)
    if len(between) > 1 and not any(_COMMAND.search(text) for text in between[::2]):
        pieces = zip(between[::2], [*between[1::2], ""], strict=True)
        return Latex(tuple((text, formula.strip(), False) for text, formula in pieces), True, picture)
    return Latex((("", tex, True),), False, picture)
