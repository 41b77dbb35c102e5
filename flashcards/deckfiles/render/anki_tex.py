r"""Formulas as Anki shows them: TeX for its MathJax, between ``\(`` and ``\)`` or ``\[`` and ``\]``.

What `mathml` adds to LaTeX is written out: our macros, and environments that cannot stand within ``\[ \]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcards.deckfiles.render.macros import written_out
from flashcards.deckfiles.render.tex_to_mathml import ENVIRONMENTS, MACROS

# A deletion within a formula: OPEN, its number, OPENED, its text, CLOSE. Texts from outside hold none of them.
OPEN, OPENED, HINT, CLOSE = "\ue003", "\ue004", "\ue005", "\ue006"

# What MathJax knows itself, so that the TeX stays as its author wrote it.
_IN_MATHJAX = frozenset({"mbox", "substack", "pmb", "smash", "strut", "mathnormal"})
# What math_core knows and MathJax does not: each was tried with both.
_CAPITALS = "Alpha Α Beta Β Chi Χ Epsilon Ε Eta Η Iota Ι Kappa Κ Mu Μ Nu Ν Omicron Ο Rho Ρ Tau Τ Zeta Ζ"
_SETS = "R R N N Z Z Reals R reals R natnums N cnums C Complex C"
_SYMBOLS = (
    "thetasym ϑ real ℜ image ℑ weierp ℘ alef ℵ alefsym ℵ"
    " Darr ⇓ Harr ⇔ Larr ⇐ Lrarr ⇔ Rarr ⇒ Uarr ⇑ dArr ⇓ hArr ⇔ lArr ⇐ lrArr ⇔ rArr ⇒ uArr ⇑"
    " darr ↓ harr ↔ larr ← lrarr ↔ rarr → uarr ↑ lightning ↯ imageof ⊷ origof ⊶ kernelcontraction ∻"
    " VDash ⊫ Yleft ⤙ Yright ⤚ arceq ≘ botdoteq ⩦ eqdef ≝ measeq ≞ questeq ≟ stareq ≛ veeeq ≚ wedgeq ≙"
    " nequiv ≢ ngtrless ≹ ngtrsim ≵ nlessgt ≸ nlesssim ≴ notni ∌ nsubset ⊄ nsupset ⊅ sub ⊂ sube ⊆ supe ⊇"
    " isin ∈ exist ∃ infin ∞ empty ∅ bull ∙ plusmn ± minuso ⦵ fcmp ⨾ ratio ∶ vcentcolon ∶ dashcolon ∹"
    " dotsminusdots ∺ bigcupdot ⨃ bigsqcap ⨅ bigdoublevee ⨈ bigdoublewedge ⨇ awint ⨑ cirfnint ⨐ fint ⨏"
    " intBar ⨎ intbar ⨍ intclockwise ∱ oiint ∯ oiiint ∰ ointctrclockwise ∳ varointclockwise ∲ sumint ⨋"
    " lAngle ⟪ rAngle ⟫ lBrace ⦃ rBrace ⦄ lang ⟨ rang ⟩ llangle ⦉ rrangle ⦊ llbracket ⟦ rrbracket ⟧"
    " llparenthesis ⦇ rrparenthesis ⦈ lq ‘ rq ’ Dagger ‡ dag † ddag ‡ copyright © sect § pounds £"
    " mathsterling £ clubs ♣ diamonds ♢ hearts ♡ spades ♠ ascnode ☊ iddots ⋰"
)
_OPERATORS = ("arcctg", "arctg", "ch", "cosec", "cotg", "ctg", "cth", "erf", "erfc", "sh", "tg", "th")
_COLONS = {
    "Colondash": "::-", "Dashcolon": "-::", "Simcolon": "\\sim::", "approxcolon": "\\approx:",
    "approxcoloncolon": "\\approx::", "coloncolon": "::", "coloncolonapprox": "::\\approx",
    "coloncolonequals": "::=", "coloncolonminus": "::-", "coloncolonsim": "::\\sim", "colondash": ":-",
    "colonequals": ":=", "colonminus": ":-", "equalscolon": "=:", "equalscoloncolon": "=::", "minuscolon": "-:",
    "minuscoloncolon": "-::", "simcolon": "\\sim:", "simcoloncolon": "\\sim::",
}  # fmt: skip


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    split = iter(words.split())
    return zip(split, split, strict=True)


_EXPANSIONS = {
    **{name: body for name, body in MACROS.items() if name not in _IN_MATHJAX},
    **{name: rf"\mathrm{{{letter}}}" for name, letter in _pairs(_CAPITALS)},
    **{name: rf"\mathbb{{{letter}}}" for name, letter in _pairs(_SETS)},
    **dict(_pairs(_SYMBOLS)),
    **{name: rf"\operatorname{{{name}}}" for name in _OPERATORS},
    **{name: rf"\mathrel{{{signs}}}" for name, signs in _COLONS.items()},
    "argmax": r"\operatorname*{arg\,max}",
    "argmin": r"\operatorname*{arg\,min}",
    "plim": r"\operatorname*{plim}",
    "bm": r"\boldsymbol{#1}",
    "bold": r"\boldsymbol{#1}",
    "emph": r"\textit{#1}",
    "textsc": r"\text{#1}",
    "underbar": r"\underline{#1}",
    "utilde": r"\underset{\sim}{#1}",
    "widecheck": r"\check{#1}",
    "slashed": r"\not{#1}",
    "angln": r"\left. n \right\rceil",
    "overgroup": r"\overbrace{#1}",
    "undergroup": r"\underbrace{#1}",
    "overleftharpoon": r"\overset{\leftharpoonup}{#1}",
    "overrightharpoon": r"\overset{\rightharpoonup}{#1}",
    "Overrightarrow": r"\overset{\Rightarrow}{#1}",
    "medspace": r"\:",
    "thickspace": r"\;",
    "rupee": r"\text{₹}",
    "relax": "",
}
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.S)
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{([a-z]+\*?)\}")
_NUMBER = re.compile(r"\\(?:tag\*?\{([^{}]*)\}|label\{[^{}]*\}|(?:notag|nonumber)(?![A-Za-z]))")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*|$)")
_SCRIPT = re.compile(r"[\^_]\s*$")
_MAX_EXPANSIONS = 2000


def mathjax(tex: str) -> str:
    """The TeX on one line, without comments, with our macros and environments written out."""
    tex = written_out(_COMMENT.sub(r"\1", tex)).text
    if "\\begin" in tex:
        tex = _without_numbers(tex)
    return " ".join(_expanded(tex).split())


def _without_numbers(tex: str) -> str:
    r"""Environments that number lines cannot stand within ``\[ \]``: their inner forms can, without numbers."""
    if not any(match.group(1) in ENVIRONMENTS for match in _ENVIRONMENT.finditer(tex)):
        return tex
    tex = _ENVIRONMENT.sub(lambda match: match.group().replace(match.group(1), _inner(match.group(1))), tex)
    return _NUMBER.sub(lambda match: rf"\qquad(\text{{{match.group(1)}}})" if match.group(1) else "", tex)


def _inner(name: str) -> str:
    return name if name == "smallmatrix" else ENVIRONMENTS.get(name, name)


def _expanded(tex: str) -> str:
    """`tex` with each macro of ours replaced by what it stands for; what that holds is expanded again."""
    pieces: list[str] = []
    position = budget = 0
    while match := _COMMAND.search(tex, position):
        body = _EXPANSIONS.get(match.group(1))
        if body is None or budget >= _MAX_EXPANSIONS:
            pieces.append(tex[position : match.end()])
            position = match.end()
            continue
        budget += 1
        before = tex[position : match.start()]
        arguments, end = _arguments(tex, match.end(), body.count("#"))
        for number, argument in enumerate(arguments, 1):
            body = body.replace(f"#{number}", argument)
        # A script takes one token: what was one command has become several.
        tail = pieces[-1] if pieces and not before else before
        if _SCRIPT.search(tail):
            body = f"{{{body}}}"
        elif body[-1:].isalpha() and tex[end : end + 1].isalpha():
            body += " "
        pieces.append(before)
        tex, position = body + tex[end:], 0
    return "".join([*pieces, tex[position:]])


def _arguments(tex: str, position: int, count: int) -> tuple[list[str], int]:
    """The next `count` arguments of a macro, without their braces, and where they end."""
    arguments: list[str] = []
    for _ in range(count):
        while position < len(tex) and tex[position].isspace():
            position += 1
        end = _end_of_token(tex, position)
        token = tex[position:end]
        arguments.append(token[1:-1] if token[:1] == "{" and token[-1:] == "}" else token)
        position = end
    return arguments, position


def _end_of_token(tex: str, position: int) -> int:
    """Where a group, a command or a single character ends."""
    if position >= len(tex):
        return position
    if tex[position] == OPEN:
        return tex.find(CLOSE, position) + 1 or len(tex)
    if tex[position] == "\\":
        match = _COMMAND.match(tex, position)
        return match.end() if match else len(tex)
    if tex[position] != "{":
        return position + 1
    depth = 0
    while position < len(tex):
        character = tex[position]
        if character == "\\":
            position += 1
        depth += (character == "{") - (character == "}")
        position += 1
        if not depth:
            break
    return min(position, len(tex))
