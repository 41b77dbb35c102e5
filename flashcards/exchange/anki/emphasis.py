"""Emphasis in Markdown, where Markdown can have it.

HTML may begin a bold word anywhere; Markdown only where its marks are next to the right signs (CommonMark,
"left-flanking" and "right-flanking delimiter run"). So a converter writes marks of its own, and `with_marks` puts
asterisks in their place at the end, when what stands beside them is known; where they would be read as text, the words
stay plain.
"""

from __future__ import annotations

import re
import unicodedata

_OPEN, _CLOSE = "\ue002", "\ue003"
BREAK = "\ue007"
"""Stands for the backslash of a line break."""

_STAND_INS = "\ue000\ue001`$<>[]()!&\\*~_"
_KINDS = {"**": "\ue004", "*": "\ue005", "~~": "\ue006"}
_SIGNS = {sign: kind for kind, sign in _KINDS.items()}
_MARK = re.compile(f"[{_OPEN}{_CLOSE}][{''.join(_SIGNS)}]")
_RUN = re.compile(f"(?:{_MARK.pattern})+")
_REJOINED = [(re.compile(f"{_CLOSE}{sign}([ \t]*){_OPEN}{sign}"), r"\1") for sign in _SIGNS]
_EDGES = re.compile(r"(?P<before>[\s\xa0\ue007]*)(?P<text>.*?)(?P<after>[\s\xa0\ue007]*)", re.S)
_BLOCK = re.compile(r"[ \t]*(?:[-+>|#]|\d{1,9}[.)](?:\s|$)|```|~~~|\\?\$\$)")


def marked(text: str, kind: str) -> str:
    """The text between marks of `kind`; blanks and breaks at its edges stay outside, and blocks have none."""
    parts = _EDGES.fullmatch(text)
    if parts is None or not parts["text"]:
        return text
    sign = _KINDS[kind]
    paragraphs = parts["text"].split("\n\n")
    if any("```" in paragraph for paragraph in paragraphs):
        return text
    inner = "\n\n".join(
        one if not one.strip() or _BLOCK.match(one) else f"{_OPEN}{sign}{one}{_CLOSE}{sign}" for one in paragraphs
    )
    return f"{parts['before']}{inner}{parts['after']}"


def with_marks(text: str, *, wanted: bool = True) -> str:
    """The text with asterisks and tildes for marks, where they are read as such; without `wanted` nowhere."""
    if _OPEN not in text:
        return text
    if not wanted:
        return _MARK.sub("", text)
    for again, blanks in _REJOINED:
        text = again.sub(blanks, text)
    return _MARK.sub(lambda match: _SIGNS[match[0][1]], _possible(text))


def _possible(text: str) -> str:
    """The text without the pairs of marks that could not be read."""
    pairs: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []
    good: dict[int, bool] = {}
    for run in _RUN.finditer(text):
        before, after = text[max(0, run.start() - 1) : run.start()], text[run.end() : run.end() + 1]
        kinds = {text[place] for place in range(run.start(), run.end(), 2)}
        for place in range(run.start(), run.end(), 2):
            opens = text[place] == _OPEN
            good[place] = len(kinds) == 1 and (_flanks(before, after) if opens else _flanks(after, before))
            if opens:
                opened.append((text[place + 1], place))
            elif opened and opened[-1][0] == text[place + 1]:
                pairs.append((opened.pop()[1], place))
    kept = {place for pair in pairs if good[pair[0]] and good[pair[1]] for place in pair}
    return _MARK.sub(lambda match: match[0] if match.start() in kept else "", text)


def _flanks(outside: str, inside: str) -> bool:
    """Whether a mark with these signs beside it is one: what is inside begins with no blank, and with no
    punctuation unless a blank or punctuation is outside, too.

    What stands for something else when emphasis is looked for (code, formulas, links, tags) is taken for a hindrance.
    """
    if _blank(inside):
        return False
    return not (_special(inside) or _punctuation(inside)) or _blank(outside) or _punctuation(outside)


def _blank(sign: str) -> bool:
    return not sign or sign.isspace() or sign == BREAK


def _special(sign: str) -> bool:
    return sign in _STAND_INS


def _punctuation(sign: str) -> bool:
    return not _special(sign) and unicodedata.category(sign)[0] in "PS"
