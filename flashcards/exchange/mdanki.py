"""Decks of mdanki: ``## `` begins a card, a ``%`` line splits front and back, ``[#tag]()`` lines give tags."""

from __future__ import annotations

import re
from typing import NamedTuple

from flashcards.domain.card import Basic, Cloze, Content, Deck, Note
from flashcards.exchange.anki.to_markdown import to_markdown
from flashcards.exchange.found import Converted, FoundDeck, Notice, SourceFile, Tree, relative, stem
from flashcards.exchange.markdown_text import (
    code_lines,
    footnotes_apart,
    footnotes_of,
    front,
    inline_references,
    lower_headings,
    plain_brackets,
    with_pictures,
    without_comments,
    without_html,
)
from flashcards.exchange.obsidian_marks import properties

_CARD = re.compile(r"##[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_TITLE = re.compile(r"#[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_DELETION = re.compile(r"\{\{c([1-9]\d{0,2})::")
_TAG_LINE = re.compile(r"\[#[^\]\n]+\]")
_TAG = re.compile(r"\[#([^\]\n]+)\](?:\([^()\n]*\))?")


class _Piece(NamedTuple):
    """What stands between two card headings: the index of its first line, its lines, the section."""

    start: int
    lines: list[str]
    flags: list[bool]
    section: str | None


def convert(file: SourceFile, tree: Tree, deck_path: str) -> Converted:
    """The deck of one file; its cards keep their order. `deck_path` is where the deck goes."""
    notices: list[Notice] = []

    def notice(index: int, message: str) -> None:
        notices.append(Notice(file.path, index + 1, message))

    start, own_tags, own_title = properties(file.text)
    text, footnotes = footnotes_apart(inline_references(without_comments(file.text)))
    lines = [""] * start + text.split("\n")[start:]
    flags, unclosed = code_lines(lines)
    if unclosed is not None:
        notice(unclosed, "this code fence is never closed; it was closed at the end of its card")
    title, pieces = _pieces(lines, flags)

    def place(reference: str) -> str:
        found = tree.find(reference, file.path)
        return relative(found, deck_path) if found else reference

    def finished(text: str) -> str:
        text = without_html(plain_brackets(text.strip("\n")), to_markdown)
        return lower_headings(with_pictures(text, place)).strip("\n").rstrip()

    notes: list[Note] = []
    for piece in pieces:
        sides, tags = _sides(piece)
        if sides is None:
            if any(line.strip() for line in piece.lines):
                notice(_first(piece), "left out: text that belongs to no card")
            continue
        question, answer = (finished("\n".join(side)) for side in sides)
        question = front(question)
        numbers = tuple(sorted({int(number) for number in _DELETION.findall(question)}))
        if numbers or (question and answer):
            whole = "\n\n".join(side for side in (question, answer) if side)
            content: Content = Cloze("", whole, numbers) if numbers else Basic(question, answer)
            number = _first(piece) + 1
            used = footnotes_of(content, footnotes, finished)
            notes.append(Note("", False, number, content, "", used, tags=tags, section=piece.section))
        else:
            notice(_first(piece), f"left out: the {'back' if question else 'front'} of the card is empty")
    tags = tuple(dict.fromkeys(tag for tag in map(_as_tag, own_tags) if tag))
    title = own_title or title or stem(file.path)
    deck = Deck(deck_path.removesuffix(".md"), deck_path, title, tags=tags, notes=tuple(notes))
    return Converted((FoundDeck(deck, file.path),) if notes else (), tuple(notices))


def _first(piece: _Piece) -> int:
    """The index of the first line that is not blank."""
    return piece.start + next((index for index, line in enumerate(piece.lines) if line.strip()), 0)


def _pieces(lines: list[str], flags: list[bool]) -> tuple[str, list[_Piece]]:
    """The file's title (its first H1, before any card) and its pieces; a later H1 begins a section."""
    title, section, start = "", None, 0
    pieces: list[_Piece] = []
    for index in range(len(lines) + 1):
        line = lines[index] if index < len(lines) and not flags[index] else ""
        heading = _TITLE.match(line)
        if index < len(lines) and heading is None and not _CARD.match(line):
            continue
        pieces.append(_Piece(start, lines[start:index], flags[start:index], section))
        start = index
        if heading and not title and not any(_CARD.match(piece.lines[0]) for piece in pieces if piece.lines):
            title, start = heading[1], index + 1
        elif heading:
            section, start = heading[1], index + 1
    return title, pieces


def _sides(piece: _Piece) -> tuple[tuple[list[str], list[str]] | None, tuple[str, ...]]:
    """The lines of front and back, and the tags. None for text that is no card."""
    tags: list[str] = []
    split: int | None = None
    kept: list[str] = []
    for line, code in zip(piece.lines, piece.flags, strict=True):
        if not code and line.rstrip() == "%" and split is None:
            split = len(kept)
        elif not code and _TAG_LINE.match(line):
            tags += [_as_tag(tag) for tag in _TAG.findall(line)]
        else:
            kept.append(line)
    card = _CARD.match(kept[0]) if kept else None
    if card:
        kept[0] = card[1]
    elif split is None:
        return None, ()
    if split is None:
        split = 1
    return (kept[:split], kept[split:]), tuple(dict.fromkeys(tag for tag in tags if tag))


def _as_tag(text: str) -> str:
    return re.sub(r"[^\w/+.-]+", "_", text.strip()).strip("-./+_")
