"""What of a text's Markdown does not come back from Anki: to write what Anki has in its place would lose it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from flashcards.deckfiles.render.macros import Macros, used_macros
from flashcards.deckfiles.text.definitions import Definition, Definitions
from flashcards.domain.card import Note
from flashcards.services.anki.converted_notes import texts_of

_LINE = r"^[ \t>]*"
_ITEM = rf"{_LINE}(?:[-+*]|\d{{1,9}}[.)])[ \t]+"
_TITLE = r"""[ \t]*\n?[ \t]*(?:"[^"]*"|'[^']*'|\([^()]*\))[ \t]*"""
_ADDRESS = r"(?:<[^<>\n]*>|[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)[ \t\n]"
_KINDS = {
    "a footnote": re.compile(r"(?<!\\)\[\^[^\]\s]+\](?!:)"),
    "a task box": re.compile(rf"{_ITEM}\[[ xX]\](?=[ \t])", re.M),
    "the alignment of a table": re.compile(
        rf"{_LINE}(?=[^\n]*-:|[^\n]*:-)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$", re.M
    ),
    "the title of a picture or link": re.compile(
        rf"\[(?:[^\[\]\\]|\\.)*\]\([ \t]*{_ADDRESS}{_TITLE}\)"
        rf"|^[ ]{{0,3}}\[[^\]\n]+\]:[ \t]*\n?[ \t]*\S+[ \t\n]{_TITLE}$",
        re.M,
    ),
    "an abbreviation": re.compile(r"<abbr\b", re.I),
    "an underlined heading": re.compile(rf"{_LINE}(?![-+*_=#|>])[^\s\n][^\n]*\n[ \t>]*(?:=+|-+)[ \t]*$", re.M),
    "a kind of quote": re.compile(r"^[ \t>]*>[ \t]*\[!\w+\]", re.M),
}


def lost(written: str, returned: str, definitions: list[Definition], macros: Macros) -> list[str]:
    """What `written` holds and `returned`, the same text after its way through Anki, does not, in words.

    `definitions` are those of its file, `macros` those of its project.
    """
    before, after = _kinds(_with(written, definitions)), _kinds(returned)
    kinds = [kind for kind in _KINDS if before[kind] > after[kind]]
    gone = {name for name, _ in used_macros(macros, [written])} - {name for name, _ in used_macros(macros, [returned])}
    return [*kinds, *(f"the macro \\{name}" for name in sorted(gone))]


def _with(text: str, definitions: list[Definition]) -> str:
    used = Definitions(definitions).used(text)
    return f"{text}\n\n{used}" if used else text


def _kinds(text: str) -> Counter[str]:
    return Counter({kind: len(pattern.findall(text)) for kind, pattern in _KINDS.items()})


def with_words_of_sounds(value: Any, ours: Note, references: Mapping[str, str]) -> Any:
    """Texts with the words that our file has for its sounds: Anki knows them by their names alone."""
    if isinstance(value, tuple):
        return tuple(with_words_of_sounds(item, ours, references) for item in value)
    if not isinstance(value, str) or "![" not in value:
        return value
    for name, reference in references.items():
        written = re.search(rf"!\[((?:[^\[\]\\]|\\.)*)\]\({re.escape(reference)}[ )]", "\n".join(texts_of(ours)))
        if written:
            value = value.replace(f"![{name.partition('.')[0]}]({reference})", f"![{written[1]}]({reference})")
    return value
