"""The text that a reader sees of HTML: by it, what Anki shows and what we show are compared.

Blocks and breaks end a line, empty lines say nothing, and blanks are one blank, but in code, where each counts. Marks
of emphasis are no text; a formula is one sign, whatever its TeX, and so is a picture or sound. What stands above a word
(``rt``) is shown behind it, in brackets, as our Markdown has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from flashcards.character_references import unescape
from flashcards.exchange.anki.latex import read_latex
from flashcards.exchange.anki.media_tags import NO_TEXT, PLAYERS, Shown, image_of, played_by

MATHS = re.compile(
    r"\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]"
    r"|\[\$\](?P<inline2>.+?)\[/\$\]|\[\$\$\](?P<display2>.+?)\[/\$\$\]|\[latex\](?P<latex>.+?)\[/latex\]"
    r"|<anki-mathjax(?P<attributes>[^>]*)>(?P<mathjax>.*?)</anki-mathjax>",
    re.S | re.I,
)
"""A formula as Anki's fields hold it."""
_MAY_HOLD_FORMULA = re.compile(r"\\[(\[]|\[(?:\$|[lL])|<[aA]")
_CODE = re.compile(r"<(pre|code)\b.*?</\1\s*>", re.S | re.I)
SOUND = re.compile(r"\[sound:([^\[\]]+)\]")

BLOCK_TAGS = frozenset(
    [
        *("address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("hr", "li", "ol", "p", "pre", "section", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)
UNSEEN_TAGS = frozenset(
    ("script", "style", "iframe", "object", "embed", "button", "head", "title", "template", "noscript")
)
KEEPS_LINES = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.I)
"""A style in which a line's end in the source is one on the screen."""

FORMULA = "\ue010"
"""What stands for a formula in a text that is shown."""
MEDIUM = "\ue015"
"""What stands there for a picture or sound."""

_CODE_BEGINS, _IN_CODE = "\ue014", "\ue013"  # where code begins, and before each further line of it
_BLANK, _TAB = "\ue011", "\ue012"  # blanks that count
_KEPT = str.maketrans({" ": _BLANK, "\xa0": _BLANK, "\t": _TAB, "\r": "\n"})
_ENDS_LINE = BLOCK_TAGS | {"br", "details", "summary", "figure", "figcaption", "dialog", "caption"}
_TOKEN = re.compile(
    r"<!--.*?(?:-->|$)|<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)(?P<rest>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.S
)
_STYLED = re.compile(r"\bstyle\s*=\s*(\"[^\"]*\"|'[^']*')", re.I)
_PLAIN_BLANKS = re.compile(r"[ \t\n\r\f]+")
_BROKEN = re.compile(r"<(?:br|div|p)\b[^>]*>", re.I)
_PICTURED = re.compile(r"<(?=img\b)", re.I)
_ANY_TAG = re.compile(r"<[^>]*>")
_CODE_BLOCK = "code of several lines"
_NEAR = 2000  # characters behind a tag within which it says what it plays
_VOID = frozenset(("br", "hr", "img", "input", "wbr", "col", "source", "embed", "link", "meta"))


def with_formulas(html: str, made: Callable[[re.Match[str]], str]) -> str:
    """The HTML with what `made` gives in the place of formulas. In code there are none: neither for Anki nor for us."""
    if not _MAY_HOLD_FORMULA.search(html):
        return html
    pieces, position = [], 0
    for code in _CODE.finditer(html):
        pieces += [MATHS.sub(made, html[position : code.start()]), code[0]]
        position = code.end()
    return "".join([*pieces, MATHS.sub(made, html[position:])])


def shown_text(html: str) -> str:
    """The text, a line for each that is shown."""
    if "<" not in html and "&" not in html and "\\" not in html and "[" not in html:
        return " ".join(html.split())
    html = with_formulas(html, _as_signs)
    if "[" in html:
        html = SOUND.sub(MEDIUM, html)
    pieces: list[str] = []
    open_: list[tuple[str, str]] = []  # tags that change how text is shown, and how
    position = 0
    for token in _TOKEN.finditer(html):
        pieces.append(_text(html[position : token.start()], open_))
        position = token.end()
        name = (token["name"] or "").lower()
        if name:
            pieces.append(_tag(name, token, open_))
    pieces.append(_text(html[position:], open_))
    return _lines("".join(pieces))


def _as_signs(match: re.Match[str]) -> str:
    if not match["latex"]:
        return FORMULA
    return "".join(escape(text) + (FORMULA if tex else "") for text, tex, _ in read_latex(match["latex"]).pieces)


def _tag(name: str, token: re.Match[str], open_: list[tuple[str, str]]) -> str:
    unseen = bool(open_) and any(how == "unseen" for _, how in open_)
    shown = ""
    if name in _ENDS_LINE:
        shown = "\n"
    elif name == "rt":
        shown = ")" if token["end"] else " ("
    if token["end"]:
        for place in range(len(open_) - 1, -1, -1):
            if open_[place][0] == name:
                shown = "\n" if open_.pop(place)[1] == _CODE_BLOCK else shown
                break
    elif name == "img":
        shown = _medium(image_of(token["rest"]))
    elif name not in _VOID:
        how = _how(name, token)
        if how or any(name == other for other, _ in open_):  # one within another: its end is not the outer one's
            open_.append((name, how))
        shown = "\n" if how == _CODE_BLOCK else shown
        shown += _CODE_BEGINS if how == "code" else ""
        if name in PLAYERS:
            shown = _medium(_played(name, token))
    if name in NO_TEXT and not token["end"]:
        shown = MEDIUM
    return "" if unseen else shown


def _medium(shown: Shown | None) -> str:
    """The sign for what is shown; a deck has a link in the place of what lies on a web page."""
    if shown is None:
        return ""
    return shown.words if shown.place == "web" else MEDIUM


def _played(name: str, token: re.Match[str]) -> Shown | None:
    return played_by(name, token["rest"], token.string[token.end() : token.end() + _NEAR])


def _how(name: str, token: re.Match[str]) -> str:
    if name in UNSEEN_TAGS or name == "rp":
        return "unseen"
    if name in PLAYERS:  # what stands within is for browsers that cannot play it
        played = _played(name, token)
        return "unseen" if played and played.place != "elsewhere" else ""
    if name == "pre":
        return "code"
    if name == "code":  # of several lines; else it is a word among others
        inner = token.string[token.end() :].partition("</code")[0]
        inner = _PICTURED.sub(f"{MEDIUM}<", inner)
        lines = [line for line in _BROKEN.split(inner) if unescape(_ANY_TAG.sub("", line)).strip()]
        return _CODE_BLOCK if len(lines) > 1 else ""
    styled = _STYLED.search(token["rest"]) if token["rest"] else None
    return "lines" if styled and KEEPS_LINES.search(styled[1]) else ""


def _text(text: str, open_: list[tuple[str, str]]) -> str:
    if not text:
        return ""
    ways = {how for _, how in open_} if open_ else ()
    if "unseen" in ways:
        return ""
    text = unescape(text)
    if "code" in ways:
        return text.translate(_KEPT).replace("\n", f"\n{_IN_CODE}")
    if _CODE_BLOCK in ways:
        return _PLAIN_BLANKS.sub(" ", text).replace("\xa0", _BLANK)
    if "lines" in ways:
        return text
    return text.replace("\n", " ")


def _lines(text: str) -> str:
    shown: list[str] = []
    empty: list[str] = []  # lines of code of which it is not known yet whether more follows
    within = False  # whether code has begun to show something
    for line in text.split("\n"):
        begins, goes_on = _CODE_BEGINS in line, _IN_CODE in line
        line = " ".join(line.replace(_CODE_BEGINS, "").replace(_IN_CODE, "").split())
        line = line.rstrip(f" {_BLANK}{_TAB}").replace(_BLANK, " ").replace(_TAB, "\t")
        if begins or not goes_on:
            within, empty = False, []
        if line.strip():
            shown += [*empty, line]
            within, empty = begins or goes_on, []
        elif within:
            empty.append("")
    return "\n".join(shown)
