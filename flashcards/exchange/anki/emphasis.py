"""Emphasis in Markdown, where Markdown can have it.

HTML may begin a bold word anywhere; Markdown only where its marks are next to the right signs (CommonMark,
"left-flanking" and "right-flanking delimiter run"). So a converter writes marks of its own, and `with_marks` puts
asterisks in their place at the end, when what stands beside them is known; where they would be read as text, the words
stay plain.
"""

from __future__ import annotations

import re
import unicodedata

from flashcards.exchange.anki.code_spans import CLOSE as CODE_ENDS
from flashcards.exchange.anki.code_spans import OPEN as CODE_BEGINS

_OPEN, _CLOSE = "\ue002", "\ue003"
BREAK = "\ue007"
"""Stands for the backslash of a line break."""

_STAND_INS = f"\ue000\ue001{CODE_BEGINS}{CODE_ENDS}`$<>[]()!&\\*~_"
_KINDS = {"**": "\ue004", "*": "\ue005", "~~": "\ue006"}
_SIGNS = {sign: kind for kind, sign in _KINDS.items()}
_MARK = re.compile(f"[{_OPEN}{_CLOSE}][{''.join(_SIGNS)}]")
_RUN = re.compile(f"(?:{_MARK.pattern})+")
_REJOINS = [re.compile(f"{_CLOSE}{sign}([ \t]*){_OPEN}{sign}") for sign in _SIGNS]
"""Where a kind ends and begins again, kind by kind: without the marks of one, those of the next may meet."""
_ANY_REJOIN = re.compile(f"{_CLOSE}([{''.join(_SIGNS)}])[ \t]*{_OPEN}\\1")
_EDGES = re.compile(r"(?P<before>[\s\xa0\ue007]*)(?P<text>.*?)(?P<after>[\s\xa0\ue007]*)", re.S)
_BLOCK = re.compile(r"[ \t]*(?:[-+>|#]|\d{1,9}[.)](?:\s|$)|```|~~~|\\?\$\$)")


def marked(text: str, kind: str) -> str:
    """The text between marks of `kind`; blanks and breaks at its edges stay outside, and blocks have none."""
    before, shown, after = _edges(text)
    if not shown:
        return text
    sign = _KINDS[kind]
    paragraphs = shown.split("\n\n")
    if any("```" in paragraph for paragraph in paragraphs):
        return text
    inner = "\n\n".join(
        one if not one.strip() or _BLOCK.match(one) else f"{_OPEN}{sign}{one}{_CLOSE}{sign}" for one in paragraphs
    )
    return f"{before}{inner}{after}"


def _edges(text: str) -> tuple[str, str, str]:
    """The text between the blanks and breaks at its edges."""
    if text and not (_blank(text[0]) or _blank(text[-1])):
        return "", text, ""
    parts = _EDGES.fullmatch(text)
    return (parts["before"], parts["text"], parts["after"]) if parts else ("", "", "")


def with_marks(text: str, *, wanted: bool = True) -> str:
    """The text with asterisks and tildes for marks, where they are read as such; without `wanted` nowhere."""
    if _OPEN not in text:
        return text
    if not wanted:
        return _MARK.sub("", text)
    if _ANY_REJOIN.search(text):
        for rejoin in _REJOINS:
            text = rejoin.sub(r"\1", text)
    kept = _possible(text)
    return _MARK.sub(lambda match: _SIGNS[match[0][1]] if match.start() in kept else "", text)


def _possible(text: str) -> set[int]:
    """Where the pairs of marks are that can be read."""
    kept: set[int] = set()
    opened: list[tuple[str, int, bool]] = []  # of which kind, where, and whether it is read as a mark
    for run in _RUN.finditer(text):
        start, end = run.span()
        before, after = text[max(0, start - 1) : start], text[end : end + 1]
        signs = run[0][::2]
        good = signs == signs[0] * len(signs) and (
            _flanks(before, after) if signs[0] == _OPEN else _flanks(after, before)
        )
        for place in range(start, end, 2):
            kind = text[place + 1]
            if text[place] == _OPEN:
                opened.append((kind, place, good))
            elif opened and opened[-1][0] == kind:
                _, begin, begins = opened.pop()
                if begins and good:
                    kept |= {begin, place}
    return kept


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
