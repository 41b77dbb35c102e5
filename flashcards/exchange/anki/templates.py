"""The little of Anki's template language that tells what a note's question and answer are.

Source: docs.ankiweb.net, "Card templates": ``{{Field}}``, ``{{filter:Field}}``, ``{{#Field}}...{{/Field}}`` where
the field is not empty, ``{{^Field}}...{{/Field}}`` where it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flashcards.exchange.anki.package_values import Template

_TAG = re.compile(r"\{\{([^{}]*)\}\}")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_ANSWER_LINE = re.compile(r"<hr\b[^>]*\bid=[\"']?answer\b[^>]*>", re.I)
_TYPED = re.compile(r"\{\{\s*type:[^{}]*\}\}")
_HINT = re.compile(r"\{\{\s*hint:(?:[^{}:]*:)*([^{}:]+?)\s*\}\}")
_HIDDEN = re.compile(r"\{\{\s*(?:type|hint):[^{}]*\}\}")
_BLANK = re.compile(r"(?:\s|&nbsp;|<br\s*/?>|</?(?:div|p|span)\s*>)*", re.I)
_SPECIAL = frozenset({"Tags", "Type", "Deck", "Subdeck", "Card", "CardFlag", "FrontSide"})
_SILENT = frozenset({"tts", "tts-voices"})
_READING = re.compile(r" ?([^ >]+?)\[(?!sound:)(.+?)\]")
_RUBY = {"furigana": r"\1 (\2)", "kanji": r"\1", "kana": r"\2"}
"""What the filters for ``word[reading]`` show. Source: docs.ankiweb.net, "Field replacements", "Ruby characters"."""


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a card as HTML, and whether something is typed on it."""

    html: str
    typed: bool


def render(template: str, fields: Mapping[str, str]) -> Side:
    """The template with a note's fields filled in; what Anki itself adds (tags, deck, the front) is left out."""
    output: list[str] = []
    hidden: list[bool] = []  # for each open condition, whether it hides what it holds
    typed = False
    for text, tag in _parsed(template):
        if not any(hidden):
            output.append(text)
        if not tag:
            continue
        mark, name = tag[0], tag[1:].strip()
        if mark in "#^":
            hidden.append(is_blank(fields.get(name, "")) == (mark == "#"))
        elif mark == "/":
            if hidden:
                hidden.pop()
        elif not any(hidden):
            *filters, name = (part.strip() for part in tag.split(":"))
            typed = typed or "type" in filters
            if name not in _SPECIAL and not _SILENT.intersection(part.split(" ")[0] for part in filters):
                output.append(_filtered(fields.get(name, ""), filters))
    return Side("".join(output), typed)


def _filtered(html: str, filters: Sequence[str]) -> str:
    """A field as those filters show it that change its words; the one next to the field comes first."""
    for name in reversed(filters):
        if name in _RUBY:
            html = _READING.sub(_RUBY[name], html.replace("&nbsp;", " "))
    return html


def names_on_front(template: str, filled: Collection[str]) -> set[str]:
    """The names of the fields that the template shows to a note whose fields `filled` are not empty."""
    shown: set[str] = set()
    hidden: list[bool] = []
    for _, tag in _parsed(_COMMENT.sub("", template)):
        mark, name = tag[:1], tag[1:].strip()
        if mark and mark in "#^":
            hidden.append((name in filled) == (mark == "^"))
        elif mark == "/":
            hidden[-1:] = []
        elif not any(hidden):
            shown.add(tag.rpartition(":")[2].strip())
    return shown


def front_of(template: str, fields: Mapping[str, str]) -> Side:
    """A card's front. What is typed there is the answer, and a hint is hidden until it is asked for: so neither is a
    part of it, unless there is nothing else.
    """
    shown = render(_HIDDEN.sub("", template), fields)
    if is_blank(shown.html):
        shown = render(_TYPED.sub("", template), fields)
    return Side(shown.html, bool(_TYPED.search(template)))


def hints_of(template: str, fields: Mapping[str, str]) -> list[str]:
    """What a side shows when it is asked for."""
    names = (match[1] for match in _HINT.finditer(template))
    return [value for name in names if not is_blank(value := fields.get(name, ""))]


def back_of(template: str, fields: Mapping[str, str]) -> str:
    """What a card's back adds to its front: what stands below the line, where there is one."""
    line = _ANSWER_LINE.search(template)
    return render(template[line.end() :] if line else template.replace("{{FrontSide}}", ""), fields).html


def mirrored(question: str, answer: str, other: Template, fields: Mapping[str, str]) -> bool:
    """Whether a card of the template asks this answer and answers this question."""
    asked = front_of(other.front, fields).html
    answered = back_of(other.back, fields)
    return not is_blank(asked) and (asked.strip(), answered.strip()) == (answer.strip(), question.strip())


def is_blank(html: str) -> bool:
    """Whether Anki takes a field or a front for empty."""
    return _BLANK.fullmatch(html) is not None


@lru_cache(maxsize=512)
def _parsed(template: str) -> tuple[tuple[str, str], ...]:
    """Pairs of text and the tag after it ("" at the end)."""
    pieces = _TAG.split(template)
    pieces.append("")
    return tuple((pieces[i], pieces[i + 1].strip()) for i in range(0, len(pieces), 2))
