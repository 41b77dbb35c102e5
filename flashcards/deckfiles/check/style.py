"""Style warnings: what makes a card hard to learn, though it is no mistake."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from flashcards.deckfiles.check.between_files import ids_in
from flashcards.deckfiles.check.cloze_style import cloze_issues
from flashcards.deckfiles.check.dated import dated_issues
from flashcards.deckfiles.check.near_duplicates import near_duplicates
from flashcards.deckfiles.check.practice_style import practice_issues
from flashcards.deckfiles.check.verbs import IMPERATIVES
from flashcards.deckfiles.parse.collection import Loaded
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.positions import Issue
from flashcards.deckfiles.text.structure import Item, scan
from flashcards.deckfiles.text.words import spoken_words
from flashcards.domain.card import CORE, Basic, Cloze, Note
from flashcards.domain.prerequisites import Key
from flashcards.domain.problem import Problem

MAX_WORDS = 120
MAX_CORE_WORDS = 150
MAX_ITEMS = 7

_CLAUSE = re.compile(r"(?:^|[.:;,!—–-]\s|\)\s)\s*[\W_]*(?:please\s+|then\s+|briefly\s+|and\s+)?(\w+)", re.I)
_ASKING_END = ("…", "...", ":", "=", "_", "→", "->")
_ASKING_SIGNS = "?？؟;՞፧⁇"


def style_problems(files: Sequence[Loaded], today: date | None = None) -> list[Problem]:
    """Return the style warnings for the files that were asked for; fronts and references are compared with all.

    Facts that were checked too long before `today` are named where it is given.
    """
    problems: list[Problem] = []
    known = {(file.parsed.deck.id, note) for file in files for note in ids_in(file.parsed)}
    for file in files:
        if file.asked:
            for note in file.parsed.deck.notes:
                problems.extend(_note_problems(file, note))
                issues = _issues(file.parsed, note, known, today)
                problems.extend(file.parsed.lines.problem(file.shown, issue) for issue in issues)
    return [*problems, *near_duplicates(files)]


def _issues(parsed: Parsed, note: Note, known: Collection[Key], today: date | None) -> Iterator[Issue]:
    """What the neighbours of this module find."""
    place = parsed.places[note.id]
    if isinstance(note.content, Cloze):
        yield from cloze_issues(note.content, place)
    if note.rubric or note.follow_ups:
        yield from practice_issues(note, place, parsed.deck.id, known)
    if note.sources and today is not None:
        yield from dated_issues(note, place, today)


def _warning(file: Loaded, line: int, column: int, code: str, message: str) -> Problem:
    return Problem(file.shown, line, column, "warning", code, message)


def _note_problems(file: Loaded, note: Note) -> Iterator[Problem]:
    if not note.explicit:
        message = f"the note has no id of its own; write {{#{note.id}}} after it, or run 'flashcards ids --write'"
        yield _warning(file, note.line, 1, "style-no-id", message)
    content = note.content
    if not isinstance(content, Basic):
        return
    limit = MAX_CORE_WORDS if CORE in note.tags else MAX_WORDS
    count = spoken_words(content.answer) if len(content.answer) > 2 * limit else 0
    if count > limit:
        line, column = file.parsed.where(note.id, "answer", 0)
        message = f"the answer has {count} words; shorten it to {limit}, or split the note"
        yield _warning(file, line, column, "style-long-answer", message)
    for part, text in (("question", content.question), ("answer", content.answer)):
        if text.count("\n") >= MAX_ITEMS:
            yield from _long_lists(file, note, part, text)
    if not note.one_line and not _asks(content.question, file.parsed):
        message = "the question does not ask; end it with '?', or begin it with a verb such as 'Name' or 'Explain'"
        yield _warning(file, note.line, 1, "style-no-question", message)


def _long_lists(file: Loaded, note: Note, part: str, text: str) -> Iterator[Problem]:
    for offset, count in list_sizes(text):
        if count > MAX_ITEMS:
            line, column = file.parsed.lines.at(locate(file.parsed.places[note.id].parts[part], offset))
            message = f"the list has {count} items; ask for at most {MAX_ITEMS} at once, or use deletions"
            yield _warning(file, line, column, "style-long-list", message)


def list_sizes(text: str) -> Iterator[tuple[int, int]]:
    """The offset and the number of items of each list in a Markdown text."""
    open_lists: dict[int, tuple[tuple[object, ...], int, int]] = {}  # by depth: what holds it, offset, items
    for row in scan(text).rows:
        if row.kind == "blank":
            continue
        for depth in [depth for depth in open_lists if depth >= len(row.containers)]:
            yield open_lists.pop(depth)[1:]
        for depth in range(row.opened, len(row.containers)):
            item = row.containers[depth]
            if not isinstance(item, Item) or item.marker.startswith("["):
                continue
            held_by = row.containers[:depth]
            known = open_lists.get(depth)
            if known and known[0] == held_by:
                open_lists[depth] = (held_by, known[1], known[2] + 1)
                continue
            if known:
                yield known[1:]
            open_lists[depth] = (held_by, item.start, 1)
    for known in open_lists.values():
        yield known[1:]


def _asks(question: str, parsed: Parsed) -> bool:
    """Whether a front reads as a question or a request. Other languages get the benefit of the doubt."""
    language = parsed.deck.language
    front = question.partition("\n")[0].strip()
    if language and not language.lower().startswith("en"):
        return True
    if any(sign in question for sign in _ASKING_SIGNS) or front.endswith(_ASKING_END) or "__" in front:
        return True
    if not front.isascii() and any(ord(letter) > 0x24F and letter.isalpha() for letter in front.split()[0]):
        return True
    return any(verb.lower() in IMPERATIVES for verb in _CLAUSE.findall(front))
