"""What a vault says of its cards: the settings of Obsidian's Spaced Repetition plugin, from its ``data.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PATH = ".obsidian/plugins/obsidian-spaced-repetition/data.json"
"""Where the plugin keeps its settings, below the vault's folder."""

_ANSWER = re.compile(r"^(?P<open>.*?)(?:\[[^\[\]]*\])?answer(?:\[[^\[\]]*\])?(?P<close>.*)$")


@dataclass(frozen=True, slots=True)
class Settings:
    """How cards are marked in a vault. `gaps` are the marks around a cloze deletion, opening and closing.

    `single` and `single_reversed` part the sides of a card on one line; `several` and `several_reversed` are lines
    that part sides of several lines; `end` is a line that ends such a card ("": a blank line does).
    """

    tags: tuple[str, ...] = ("flashcards",)
    folders_are_decks: bool = False
    single: str = "::"
    single_reversed: str = ":::"
    several: str = "?"
    several_reversed: str = "??"
    end: str = ""
    gaps: tuple[tuple[str, str], ...] = (("==", "=="),)


def read_settings(text: str) -> Settings | None:
    """The settings in the plugin's file; None where it cannot be read. What is not there is the plugin's default."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    given = given.get("settings", given) if isinstance(given, dict) else None
    return _settings(given) if isinstance(given, dict) else None


def _settings(given: Mapping[str, Any]) -> Settings:
    default = Settings()

    def word(name: str, otherwise: str) -> str:
        value = given.get(name)
        return value.strip() if isinstance(value, str) and (value.strip() or not otherwise) else otherwise

    tags = given.get("flashcardTags")
    names = [tag.strip().lstrip("#") for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Settings(
        tags=tuple(dict.fromkeys(name for name in names if name)) or default.tags,
        folders_are_decks=given.get("convertFoldersToDecks") is True,
        single=word("singleLineCardSeparator", default.single),
        single_reversed=word("singleLineReversedCardSeparator", default.single_reversed),
        several=word("multilineCardSeparator", default.several),
        several_reversed=word("multilineReversedCardSeparator", default.several_reversed),
        end=word("multilineCardEndMarker", ""),
        gaps=_gaps(given),
    )


def _gaps(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The marks around deletions: as patterns (``==[123;;]answer[;;hint]==``), or as the older switches."""
    patterns = given.get("clozePatterns")
    if isinstance(patterns, list):
        found = [_ANSWER.match(pattern) for pattern in patterns if isinstance(pattern, str)]
        return tuple(
            (match["open"].strip(), match["close"].strip())
            for match in found
            if match and match["open"].strip() and match["close"].strip()
        )
    gaps = []
    for name, marks, default in (
        ("convertHighlightsToClozes", ("==", "=="), True),
        ("convertBoldTextToClozes", ("**", "**"), False),
        ("convertCurlyBracketsToClozes", ("{{", "}}"), False),
    ):
        if given.get(name, default) is True:
            gaps.append(marks)
    return tuple(gaps)
