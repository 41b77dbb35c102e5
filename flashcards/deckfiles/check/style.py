"""Style warnings: what makes a card hard to learn, though it is no mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flashcards.deckfiles.parse.collection import Loaded
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.spans import spans
from flashcards.deckfiles.text.structure import Item, scan
from flashcards.domain.card import CORE, Basic, Note
from flashcards.domain.fronts import front_key
from flashcards.domain.problem import Problem

MAX_WORDS = 120
MAX_CORE_WORDS = 150
MAX_ITEMS = 7

_IMPERATIVES = frozenset(
    re.findall(
        r"\w+",
        """add analyse analyze apply argue arrange assess balance build calculate categorise categorize choose cite
    classify clarify code combine compare complete compute conjugate consider construct contrast convert correct
    count create debug decide decline decode decompose deduce defend define demonstrate derive describe design
    determine develop diagnose differentiate discuss distinguish divide draw encode enumerate estimate evaluate
    expand explain express extend factor fill find finish fix form formulate generalise generalize give given
    guess identify illustrate imagine implement improve indicate infer integrate interpret invert invent judge
    justify label let list locate make map mark match mention minimise minimize model multiply name negate
    normalise normalize order outline paraphrase pick place plan plot point predict prove propose provide put
    quote rank read recall recite reduce refactor relate rephrase replace restate rewrite round say select sketch
    simplify show solve sort specify spell split state subtract suggest suppose sum summarise summarize tell
    trace train transcribe transform translate transpose try use verify walk weigh write""",
    )
)
_CLAUSE = re.compile(r"(?:^|[.:;,!—–-]\s|\)\s)\s*[\W_]*(?:please\s+|then\s+|briefly\s+|and\s+)?(\w+)", re.I)
_ASKING_END = ("…", "...", ":", "=", "_", "→", "->")
_ASKING_SIGNS = "?？؟;՞፧⁇"
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_NOT_TEXT = ("fence", "indented", "comment")


def style_problems(files: Sequence[Loaded]) -> list[Problem]:
    """Return the style warnings for the files that were asked for; fronts are compared with all."""
    problems: list[Problem] = []
    for file in files:
        if file.asked:
            for note in file.parsed.deck.notes:
                problems.extend(_note_problems(file, note))
    return [*problems, *_similar_fronts(files)]


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
    count = _words(content.answer) if len(content.answer) > 2 * limit else 0
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


def _words(answer: str) -> int:
    """How many words are spoken: code, pictures and comments do not count, a formula is one word."""
    pieces: list[str] = []
    position = 0
    for span in spans(answer):
        replacement = " " if span.kind in _NOT_TEXT else " formula " if span.kind in ("math", "display") else None
        if replacement is not None:
            pieces += [answer[position : span.start], replacement]
            position = span.end
    text = _PICTURE.sub(" ", "".join([*pieces, answer[position:]]))
    return sum(1 for word in text.split() if any(character.isalnum() for character in word))


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
    return any(verb.lower() in _IMPERATIVES for verb in _CLAUSE.findall(front))


def _similar_fronts(files: Sequence[Loaded]) -> Iterator[Problem]:
    """Fronts with the same telling words, whatever their order, articles and punctuation."""
    seen: dict[tuple[str, ...], tuple[Loaded, int, str]] = {}
    notes = [(file, note) for file in files for note in file.parsed.deck.notes]
    for file, note in sorted(notes, key=lambda pair: pair[0].asked):
        if not isinstance(note.content, Basic):
            continue
        question = note.content.question
        front = front_key(question)
        first, line, other = seen.setdefault(front, (file, note.line, question))
        itself = first is file and line == note.line
        said_already = first is file and other == question  # as a duplicate question
        if front and file.asked and not itself and not said_already:
            message = f"the question is nearly that of {first.shown}:{line}; tell them apart, or delete one of them"
            yield _warning(file, note.line, 1, "style-similar-fronts", message)
