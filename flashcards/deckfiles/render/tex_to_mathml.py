r"""TeX to MathML, through `math_core`, in the form that our pages allow.

`math_core` writes inline styles; a page of ours may hold none, so each becomes a class (listed in `_CLASSES`;
the style sheet gives them their meaning) or an attribute. What comes out is checked against an exact list
of tags and attributes, since it goes into the page without passing the sanitiser.

Measured with math_core 0.9.0: brackets that are opened and not closed cost time exponential in their number
(24 of them 8 s), and about 8,000 nested groups end in a segmentation fault. So both are bounded here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from math_core import LatexError, LatexToMathML

from flashcards.deckfiles.render.macros import written_out

MAX_LENGTH = 8192
MAX_DEPTH = 100
MAX_UNCLOSED = 12

# What machine-learning texts write and LaTeX lacks. `math_core` itself has \argmin, \argmax, \R, \erf.
MACROS = {
    "E": r"\mathbb{E}",
    "Q": r"\mathbb{Q}",
    "C": r"\mathbb{C}",
    "mathds": r"\mathbb{#1}",
    "mathbbm": r"\mathbb{#1}",
    "ind": r"\mathbb{1}",
    "Var": r"\operatorname{Var}",
    "Cov": r"\operatorname{Cov}",
    "Corr": r"\operatorname{Corr}",
    "Bias": r"\operatorname{Bias}",
    "KL": r"\operatorname{KL}",
    "softmax": r"\operatorname{softmax}",
    "sigmoid": r"\operatorname{sigmoid}",
    "ReLU": r"\operatorname{ReLU}",
    "logit": r"\operatorname{logit}",
    "sign": r"\operatorname{sign}",
    "sgn": r"\operatorname{sgn}",
    "tr": r"\operatorname{tr}",
    "Tr": r"\operatorname{Tr}",
    "rank": r"\operatorname{rank}",
    "diag": r"\operatorname{diag}",
    "norm": r"\left\lVert #1 \right\rVert",
    "abs": r"\left\lvert #1 \right\rvert",
    "floor": r"\left\lfloor #1 \right\rfloor",
    "ceil": r"\left\lceil #1 \right\rceil",
    "inner": r"\left\langle #1, #2 \right\rangle",
    "indep": r"\mathrel{\perp\!\!\!\perp}",
    "iid": r"\overset{\text{iid}}{\sim}",
    "given": r"\mid",
    "dd": r"\mathrm{d}",
    # LaTeX, but not in math_core.
    "mbox": r"\text{#1}",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "pmb": r"\boldsymbol{#1}",
    "mathnormal": r"#1",
    "smash": r"#1",
    "strut": r"\vphantom{(}",
}

# Environments that number their lines, or that math_core lacks, and the one that shows the same without.
ENVIRONMENTS = {
    "align": "aligned",
    "align*": "aligned",
    "alignat": "alignedat",
    "alignat*": "alignedat",
    "split": "aligned",
    "gather": "gathered",
    "gather*": "gathered",
    "multline": "gathered",
    "multline*": "gathered",
    "equation": "gathered",
    "equation*": "gathered",
    "smallmatrix": "matrix",
}
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{([a-z]+\*?)\}")
_NUMBERED = re.compile(r"\\(?:tag|label|eqref|notag|nonumber)(?![A-Za-z])")
_DEFINITION = re.compile(r"\\(?:def|edef|gdef|xdef|let|(?:new|renew|provide)command|global)(?![A-Za-z])")

# A colour that stands for "mark this", see `highlighted`.
_MARK_RGB = "193,12,46"
_MARK_COLOUR = "color:#C10C2E"

_BRACKET = re.compile(r"\\([A-Za-z]+|.)|[{}()\[\]]", re.S)
_OPENERS = re.compile(
    r"[({\[]|lparen|lbrack|lbrace|langle|lfloor|lceil|lvert|lVert|lgroup|lmoustache|ulcorner|llcorner|llbracket"
    r"|lAngle|lBrace|lBrack|llparenthesis|lvertneqq|\|?[bB]igg?l|Vert|bra|Bra"
)
_CLOSERS = re.compile(
    r"[)}\]]|rparen|rbrack|rbrace|rangle|rfloor|rceil|rvert|rVert|rgroup|rmoustache|urcorner|lrcorner|rrbracket"
    r"|rAngle|rBrace|rBrack|rrparenthesis|[bB]igg?r"
)

_TAG = re.compile(r"<[^<>]*>")
_STYLE = re.compile(r' style="([^"<>]*)"')
_ID = re.compile(r' id="[^"<>]*"')
_EMPTY_STRIKES = re.compile(r'<mrow class="menclose-[a-z]+"></mrow>')
_ENCLOSURES = {
    "box": "boxed",
    "updiagonalstrike": "cancel",
    "downdiagonalstrike": "bcancel",
    "updiagonalstrike downdiagonalstrike": "xcancel",
    "actuarial": "actuarial",
    "phasorangle": "phasor",
}
_CLASSES = {
    "text-align:left": "tl",
    "text-align:right": "tr",
    "justify-items:start": "",
    "justify-items:end": "",
    "padding-left:0": "pl0",
    "padding-right:0": "pr0",
    "padding-left:1em": "pl1",
    "padding-left:0.1em": "pl01",
    "padding-right:0.1em": "pr01",
    "padding-top:0": "pt0",
    "padding-bottom:0": "pb0",
    "padding-top:0.1667em": "pt3",
    "padding-left:0.1667em": "pl3",
    "padding-right:0.1667em": "pr3",
    "padding-left:0.2222em": "pl4",
    "padding-right:0.2222em": "pr4",
    "padding-left:0.2778em": "pl5",
    "padding-right:0.2778em": "pr5",
    "border-top:0.05em solid currentcolor": "bt",
    "border-top:0.05em dashed currentcolor": "btd",
    "border-left:0.05em solid currentcolor": "bl",
    "border-left:0.05em dashed currentcolor": "bld",
    "border-right:0.05em solid currentcolor": "br",
    "border-right:0.05em dashed currentcolor": "brd",
    "width:100%": "w100",
    "width:50%": "w50",
    "width:7.5%": "w7",
    "math-shift:compact": "cramped",
    "font-variant-caps:small-caps": "sc",
    _MARK_COLOUR: "cz",
}
_MARGIN = re.compile(r"margin-left:-([0-9.]+)em")
_COLOUR = re.compile(r"color:(#[0-9A-Fa-f]{6})")
_NEGATIVE = (1, 2, 3, 4, 5, 6, 9, 12, 18, 27, 36)  # widths for which there is a class, in mu

_TAGS = (
    "math|merror|mfrac|mi|mmultiscripts|mn|mo|mover|mpadded|mphantom|mprescripts|mroot|mrow|ms|mspace|msqrt"
    "|mstyle|msub|msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover|b|i|em|code|span|s|u"
)
_ATTRIBUTES = (
    "accent|accentunder|class|columnalign|depth|display|displaystyle|form|height|largeop|linethickness|lspace"
    "|mathcolor|mathvariant|maxsize|minsize|movablelimits|rspace|scriptlevel|separator|stretchy|symmetric"
    "|voffset|width"
)
_SAFE = re.compile(rf'(?:[^<>]++|</?(?:{_TAGS})(?: (?:{_ATTRIBUTES})="[^"<>]*+")*+/?>)*+')


class MathError(Exception):
    """A formula that cannot be shown: `offset` into its TeX, and a message for people."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message

    @property
    def refusal(self) -> str:
        """What is said to an author."""
        return f"the formula is refused: {self.message}; mend it, or write the text in backticks"

    def __reduce__(self) -> tuple[type[MathError], tuple[int, str]]:
        return MathError, (self.offset, self.message)


_converter = LatexToMathML(macros=MACROS, fancy_error=False, allow_unreliable_rendering=True)


def render_math(tex: str, *, display: bool, alternative: str | None = None) -> str:
    """Return a formula as a ``<math>`` element without inline styles.

    Its TeX (or `alternative`, where marks of ours were added to it) is in ``alttext``, for those who copy
    it. Raises `MathError` for what TeX or we do not allow, with the offset into `tex`.
    """
    mathml = _converted(tex, display)
    text = " ".join((tex if alternative is None else alternative).split())
    return f'<math alttext="{escape(text, quote=True)}"{mathml[5:]}'


def _converted(tex: str, display: bool) -> str:
    """The MathML of a formula, with the macros of the project written out."""
    full = written_out(tex)
    if full.text is tex:
        return _convert(tex, display)
    if full.too_long:
        raise MathError(0, "the formula is too long with its macros written out; split it")
    try:
        return _convert(full.text, display)
    except MathError as error:
        raise MathError(min(full.source(error.offset), len(tex)), error.message) from None


@lru_cache(maxsize=4096)
def _convert(tex: str, display: bool) -> str:
    _check_bounds(tex)
    source, offsets = _translate(tex)
    try:
        mathml = _converter.convert_with_local_state(source, displaystyle=display)
    except LatexError as error:
        raise _math_error(str(error), offsets, len(tex)) from None
    mathml = _without_styles(mathml)
    if not _SAFE.fullmatch(mathml):
        raise MathError(0, "the formula cannot be shown safely; write it in another way")
    return mathml


def highlighted(tex: str) -> str:
    """Return TeX that shows `tex` marked: the element round it has the class ``cz``."""
    return rf"{{\color[RGB]{{{_MARK_RGB}}} {tex}}}"


def _check_bounds(tex: str) -> None:
    """Refuse what would take `math_core` too long or too deep."""
    if len(tex) > MAX_LENGTH:
        raise MathError(MAX_LENGTH, f"the formula is longer than {MAX_LENGTH} characters; split it")
    if definition := _DEFINITION.search(tex):
        raise MathError(
            definition.start(), f"{definition.group()} is not allowed in a formula; write what it stands for"
        )
    if sum(map(tex.count, "\\{([")) <= MAX_UNCLOSED:
        return
    groups = [0]  # brackets that are open in each group
    unclosed = 0
    for token in _BRACKET.finditer(tex):
        mark = token.group()
        if mark in ("{", "\\begin", "\\left"):
            groups.append(0)
            if len(groups) > MAX_DEPTH:
                raise MathError(token.start(), f"the formula nests groups deeper than {MAX_DEPTH}; split it")
        elif mark in ("}", "\\end", "\\right"):
            if len(groups) > 1:
                groups.pop()
        elif _OPENERS.fullmatch(token.group(1) or mark):
            groups[-1] += 1
            unclosed += 1
        elif _CLOSERS.fullmatch(token.group(1) or mark) and groups[-1]:
            groups[-1] -= 1
            unclosed -= 1
        if unclosed > MAX_UNCLOSED:
            raise MathError(
                token.start(),
                f"more than {MAX_UNCLOSED} brackets are open here; close them or split the formula",
            )


def _translate(tex: str) -> tuple[str, list[tuple[int, int]]]:
    """Replace environments by those that we use for them.

    The second value maps offsets back: from each offset in the new text on, the old one is that much less.
    """
    if "\\begin" not in tex:
        return tex, []
    numbered = _NUMBERED.search(tex) is not None
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    position = grown = 0
    for match in _ENVIRONMENT.finditer(tex):
        name = match.group(1)
        new = _numbered_name(name) if numbered else ENVIRONMENTS.get(name, name)
        if new != name:
            pieces += [tex[position : match.start(1)], new]
            position = match.end(1)
            grown += len(new) - len(name)
            offsets.append((match.end(1) + grown, grown))
    return "".join([*pieces, tex[position:]]), offsets


def _numbered_name(name: str) -> str:
    """Where lines have tags, keep what allows them, but number no others."""
    if name in ("align", "gather", "multline", "equation"):
        return name + "*"
    return name if name.endswith("*") else ENVIRONMENTS.get(name, name)


def _math_error(report: str, offsets: list[tuple[int, int]], size: int) -> MathError:
    """Turn ``offset: message`` of `math_core` into an error in the author's own text."""
    number, _, message = report.partition(": ")
    offset = int(number) if number.isdigit() else 0
    shift = max((entry for entry in offsets if entry[0] <= offset), default=(0, 0))[1]
    message = " ".join(message.split()).rstrip(".") or "the formula is not understood"
    return MathError(min(max(offset - shift, 0), size), message[0].lower() + message[1:])


def _without_styles(mathml: str) -> str:
    """Turn styles into classes and attributes, enclosures (which Chromium lacks) into rows with a class."""
    if "menclose" in mathml:
        mathml = _EMPTY_STRIKES.sub("", mathml).replace("</menclose>", "</mrow>")
    elif " style=" not in mathml and " id=" not in mathml:
        return mathml
    return _TAG.sub(_restyle, mathml)


def _restyle(tag: re.Match[str]) -> str:
    text = tag.group()
    if text.startswith("<menclose"):
        notation = text.partition('notation="')[2].partition('"')[0]
        return f'<mrow class="{_ENCLOSURES.get(notation, "boxed")}">'
    text = _ID.sub("", text)
    return _STYLE.sub(lambda style: _attributes(style.group(1)), text)


def _attributes(style: str) -> str:
    """The attributes that say what an inline style says; an unknown declaration is left out."""
    classes: list[str] = []
    colour = ""
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        rule = f"{name.strip()}:{value.strip()}"
        if rule in _CLASSES:
            classes.append(_CLASSES[rule])
        elif margin := _MARGIN.fullmatch(rule):
            # Negative space, in eighteenths of an em (TeX's mu): the nearest class of n1 to n36.
            width = float(margin.group(1)) * 18
            classes.append(f"n{min(_NEGATIVE, key=lambda known: abs(known - width))}")
        elif match := _COLOUR.fullmatch(rule):
            colour = f' mathcolor="{match.group(1)}"'
    names = " ".join(name for name in classes if name)
    return (f' class="{names}"' if names else "") + colour
