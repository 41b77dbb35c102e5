"""A word diff as HTML: colours and lines for the eye, words for the ear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from flashcards.domain.word_diff import Fold, Piece, folded

_WRAPPED = re.compile(r"(?<=\S)\n(?=[^\W\d_])")
"""Where a line of prose goes on: no list, table, heading or blank line begins with a letter."""
_TAGS = {"deleted": "del", "inserted": "ins"}


def diff_html(pieces: Sequence[Piece]) -> str:
    """The pieces as the inner HTML of an element that keeps line ends; long unchanged runs are left out."""
    return "".join(_fold(one) if isinstance(one, Fold) else _piece(one) for one in folded(pieces))


def _piece(piece: Piece) -> str:
    shown = piece.text if piece.code else _WRAPPED.sub(" ", piece.text)
    words = shown.rstrip() or shown
    text, blank = escape(words), shown[len(words) :]
    if piece.code:
        text = f"<code>{text}</code>"
    if piece.mark == "same":
        return text + blank
    tag = _TAGS[piece.mark]
    return f'<{tag}><span class="vh">[{piece.mark}: </span>{text}<span class="vh">]</span></{tag}>{blank}'


def _fold(fold: Fold) -> str:
    return f'<span class="fold">… {fold.words:,} words as before …</span>\n'
