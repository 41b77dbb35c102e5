"""A cloze card in one piece: its text with every gap in place, to be filled where it stands."""

from __future__ import annotations

import re

_TAG = re.compile(r"<span\b[^>]*>|</span>")
_GAP = '<span class="cz">'
_ASKED = re.compile(r'<span class="cz" role="img" aria-label="([^"]*)">\[(.*?)\]</span>', re.DOTALL)
_FORMULA_GAP = '<mrow class="cz">'
_OPEN_FORMULA = '<mrow class="cz gap open">'
_SPOKEN = re.compile(r'(?<= alttext=")[^"]*(?=")')
_SHORT = 12
"""Answers up to so many letters share one width, which does not tell their length."""


def in_place(question: str, answer: str) -> str:
    """The HTML of both sides as one: the gaps hold their answers, hidden until the class ``open`` is taken away.

    The words keep their place, so that nothing moves when they are shown. "" where the two sides are no such pair.
    """
    asked = _ASKED.findall(question)
    if len(asked) != answer.count(_GAP) or not (asked or _FORMULA_GAP in answer):
        return ""
    between, gaps, rest = [], [], answer
    for label, hint in asked:
        before, _, after = rest.partition(_GAP)
        end = _end_of_span(after)
        between.append(before)
        gaps.append(_gap(label, hint, after[:end]))
        rest = after[end + len("</span>") :]
    between.append(rest)
    spoken = _SPOKEN.findall(question)
    if sum(len(_SPOKEN.findall(piece)) for piece in between) != len(spoken):
        return ""
    words = iter(spoken)
    around = [_SPOKEN.sub(lambda _: next(words), piece).replace(_FORMULA_GAP, _OPEN_FORMULA) for piece in between]
    return "".join(piece for pair in zip(around, [*gaps, ""], strict=True) for piece in pair)


def _end_of_span(html: str) -> int:
    """Where the span ends in which `html` begins."""
    depth = 1
    for tag in _TAG.finditer(html):
        depth += -1 if tag[0] == "</span>" else 1
        if depth == 0:
            return tag.start()
    return len(html)


def _gap(label: str, hint: str, words: str) -> str:
    short = " short" if len(re.sub(r"<[^>]*>", "", words)) <= _SHORT else ""
    shown = "" if hint == "…" else f'<span class="hint" aria-hidden="true">[{hint}]</span>'
    kind = " hinted" if shown else short
    return (
        f'<span class="cz gap{kind} open" role="img" aria-label="{label}">'
        f'<span class="words" aria-hidden="true">{words}</span>{shown}</span>'
    )
