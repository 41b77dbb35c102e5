"""Files of other programs in a decks folder, recognised by what only those programs write."""

from __future__ import annotations

import re

_SIGNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\A(?:\ufeff)?#(?:separator|html|notetype|deck|tags|columns)[: ]", re.I),
        "this looks like a text file from Anki; bring it with 'flashcards import csv', or export a package there"
        " and use 'flashcards import anki'",
    ),
    (
        re.compile(r"^[ \t]*(?:- )?collapsed:: (?:true|false)\s*$|^[ \t]*- .*#card\b", re.M),
        "this looks like a page of Logseq, which cannot be imported yet; write each card as '## ' and its question",
    ),
    (
        re.compile(r"^(?:Q: .*\n(?:.*\n)*?A: |C: .*\[[^\]\n]+\])", re.M),
        "this looks like a deck of hashcards; bring it with 'flashcards import hashcards'",
    ),
    (
        re.compile(r"<!--SR:|^\?{1,2}[ \t]*$|(?:^|\s)#flashcards\b", re.M),
        "this looks like a note of Obsidian's spaced repetition; bring it with 'flashcards import obsidian'",
    ),
    (
        re.compile(r"^\*+ .*:drill:|^#\+(?:TITLE|STARTUP|OPTIONS):|^[ \t]*:PROPERTIES:[ \t]*$", re.M | re.I),
        "this looks like a file of org mode, which cannot be imported yet; write each card as '## ' and its question",
    ),
)


def foreign_format(text: str) -> str | None:
    """What to say of a file without a card of ours that another program wrote; None where none is recognised."""
    return next((message for sign, message in _SIGNS if sign.search(text)), None)
