"""One-line cards: ``front :: back`` and ``front ::: back`` in the prose before a section's notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flashcards.deckfiles.parse.attributes import Attributes, read_attributes
from flashcards.deckfiles.parse.parts import Part, locate
from flashcards.deckfiles.text.characters import INVISIBLE, unseen
from flashcards.deckfiles.text.positions import Issue, Ranges, in_short, warning
from flashcards.deckfiles.text.structure import Quote, Row, scan

_SEPARATOR = re.compile(r"(?:^|(?<=[ \t])):{2,3}(?=[ \t]|$)")
_HIDING = re.compile(rf"(?![\u061c\u200e\u200f]){INVISIBLE.pattern}")  # marks of direction belong to some scripts
_HIDDEN_SEPARATOR = re.compile(rf"(?<=[ \t]|{_HIDING.pattern}):{{2,3}}(?=[ \t]|{_HIDING.pattern})")
_TASK = re.compile(r"\[[ xX]\](?:[ \t]+|$)")
_DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_LINKS = re.compile(r"\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])|<[A-Za-z/][^<>]*>")
_DELETION = re.compile(r"\{\{c\d+::")


@dataclass(frozen=True, slots=True)
class OneLine:
    """A one-line card: its sides, its attribute list, and where its line is within the prose.

    `line` is that line without markers and blanks at its end; the attributes' offsets are into it.
    """

    front: Part
    back: Part
    both_ways: bool
    attributes: Attributes
    line: Part
    start: int
    end: int


def read_one_line_cards(prose: Part) -> tuple[list[OneLine], list[Issue]]:
    """Return the one-line cards in a stretch of prose, and warnings about lines that nearly are cards."""
    if "::" not in prose.text:
        return [], []
    structure = scan(prose.text)
    kept_apart = Ranges((span.start, span.end) for span in structure.spans)
    cards: list[OneLine] = []
    issues: list[Issue] = []
    for row in _candidates(prose.text, structure.rows):
        line = prose.slice(row.content, row.end)
        separator = _separator(_SEPARATOR, line.text, row.content, kept_apart)
        if separator is None:
            issues.extend(_hidden_separator(line, row.content, kept_apart))
        else:
            card = _card(line, separator, row, issues)
            if card is not None:
                cards.append(card)
    return cards, issues


def _candidates(text: str, rows: list[Row]) -> list[Row]:
    """The lines of text outside quotes, tables and underlined headings that hold ``::``."""
    found: list[Row] = []
    paragraph: list[Row] = []
    in_table = False
    for row in rows:
        if row.kind != "text":
            if row.kind != "setext":
                found.extend(paragraph)
            paragraph, in_table = [], False
            continue
        line = text[row.content : row.end]
        if "|" in line and paragraph and _DELIMITER_ROW.fullmatch(line):
            found.extend(paragraph[:-1])
            paragraph, in_table = [], True
        elif row.opened < len(row.containers):
            found.extend(paragraph)
            paragraph, in_table = [row], False
        elif not in_table:
            paragraph.append(row)
    found.extend(paragraph)
    return [row for row in found if "::" in text[row.content : row.end] and not _quoted(row)]


def _quoted(row: Row) -> bool:
    return any(isinstance(container, Quote) for container in row.containers)


def _hidden_separator(line: Part, offset: int, kept_apart: Ranges) -> Iterator[Issue]:
    """A warning of a ``::`` that would stand free if it had blanks for the characters that nobody sees beside it."""
    if line.text.isascii() or not (match := _separator(_HIDDEN_SEPARATOR, line.text, offset, kept_apart)):
        return
    beside = [at for at in (match.start() - 1, match.end()) if _HIDING.match(line.text, at)]
    message = f"{unseen(line.text[beside[0]])} stands beside '{match.group()}', so this is no card; write a blank there"
    yield warning(locate(line.origin, beside[0]), "invisible-character", message)


def _separator(pattern: re.Pattern[str], line: str, offset: int, kept_apart: Ranges) -> re.Match[str] | None:
    """The first ``::`` or ``:::`` that stands free; `offset` is where the line stands in the prose."""
    links = Ranges(link.span() for link in _LINKS.finditer(line))
    for match in pattern.finditer(line):
        if not links.hold(match.start()) and not kept_apart.hold(offset + match.start()):
            return match
    return None


def _card(line: Part, separator: re.Match[str], row: Row, issues: list[Issue]) -> OneLine | None:
    task = _TASK.match(line.text)
    start = task.end() if task else 0
    line = line.slice(start, max(start, len(line.text.rstrip(" \t"))))
    left, right = max(separator.start() - start, 0), max(separator.end() - start, 0)
    attributes = read_attributes(line.text)
    end = attributes.start if attributes.start >= 0 else len(line.text)
    front, back = _trimmed(line, 0, left), _trimmed(line, right, end)
    if not front.text or not back.text:
        side = "left" if not front.text else "right"
        message = f"nothing stands to the {side} of '{separator.group()}', so this is no card; write that side"
        issues.append(warning(locate(line.origin, left), "one-line-empty", message))
        return None
    if attributes.id is None and front.text.endswith("}") and (early := read_attributes(front.text)).id is not None:
        written = in_short(front.text[early.start : early.end])
        message = f"{written} looks like an attribute list but is shown as text; move it to the end of the line"
        issues.append(warning(locate(front.origin, early.start), "attributes-not-read", message))
    if deletion := _DELETION.search(line.text):
        message = "a deletion on a one-line card is shown as plain text; write a '## ' note with the deletion"
        issues.append(warning(locate(line.origin, deletion.start()), "one-line-cloze", message))
    return OneLine(front, back, separator.group() == ":::", attributes, line, row.start, row.end)


def _trimmed(line: Part, start: int, end: int) -> Part:
    text = line.text[start:end]
    start += len(text) - len(text.lstrip(" \t"))
    return line.slice(start, max(start, start + len(text.strip(" \t"))))
