"""A formula in a card, with its deletions marked or hidden."""

from __future__ import annotations

import re
from html import escape
from typing import NamedTuple

from flashcards.deckfiles.cloze.deletions import MATH_GAP
from flashcards.deckfiles.render.stand_ins import PATTERN, StandIns
from flashcards.deckfiles.render.tex_to_mathml import MathError, highlighted, render_math

_MARKED_BEFORE, _MARKED_AFTER = highlighted("\0").split("\0")


class Formula(NamedTuple):
    """A formula's stand-in, and what is wrong with it: offset into its TeX, code, message."""

    mark: str
    problem: tuple[int, str, str] | None


def formula(tex: str, display: bool, stand_ins: StandIns) -> Formula:
    """Render a formula; where that fails, its source is shown as code."""
    plain = _plain(tex, stand_ins)
    problem = None
    try:
        html = _best(tex, plain, display, stand_ins)
    except MathError as error:
        html = f'<code class="math-error">{escape(plain)}</code>'
        problem = _problem(error, tex, plain, display, stand_ins)
    if display:
        html = f'<span class="scroll-x" tabindex="0" role="group" aria-label="formula">{html}</span>'
    return Formula(stand_ins.add("math", html, plain=plain, source=stand_ins.source(tex)), problem)


def _best(tex: str, plain: str, display: bool, stand_ins: StandIns) -> str:
    """The formula with marks if it can be shown so, else without."""
    if tex != plain:
        try:
            return render_math(_marked(tex, stand_ins), display=display, alternative=plain)
        except MathError:
            pass
    return render_math(plain, display=display)


def _problem(error: MathError, tex: str, plain: str, display: bool, stand_ins: StandIns) -> tuple[int, str, str]:
    """Say where in `tex` (with its stand-ins) the error is."""
    gaps = [match for match in PATTERN.finditer(tex) if stand_ins.of(match).kind == "gap"]
    if gaps:
        return (
            gaps[0].start(),
            "math-gap",
            f"the formula cannot be shown with this gap ({error.message}); let the deletion hold a whole part of it",
        )
    offset = error.offset
    for match in PATTERN.finditer(tex):
        if match.start() <= offset:
            offset += len(match.group())
    return min(offset, len(tex)), "math", error.refusal


def _plain(tex: str, stand_ins: StandIns) -> str:
    return PATTERN.sub(lambda match: MATH_GAP if stand_ins.of(match).kind == "gap" else "", tex)


def _marked(tex: str, stand_ins: StandIns) -> str:
    def replace(match: re.Match[str]) -> str:
        kind = stand_ins.of(match).kind
        if kind == "gap":
            return highlighted(MATH_GAP)
        return {"open": _MARKED_BEFORE, "close": _MARKED_AFTER}.get(kind, "")

    return PATTERN.sub(replace, tex)
