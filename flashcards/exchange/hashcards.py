"""hashcards decks: ``Q:`` and ``A:``, ``C:`` with ``[deletions]``, TOML front matter, ``macros.tex``.

A tag counts at the start of a line, outside fenced code; a card goes on until the next tag or a ``---`` line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from flashcards.domain.card import Basic, Cloze, Content, Deck, Note
from flashcards.exchange.anki.to_markdown import to_markdown
from flashcards.exchange.found import Converted, FoundDeck, Notice, Remembered, SourceFile, Tree, relative, stem
from flashcards.exchange.hashcards_memory import Collection
from flashcards.exchange.hashcards_names import Name, names
from flashcards.exchange.markdown_text import (
    closed_deletion,
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
from flashcards.exchange.obsidian_marks import as_tag

Macros = Mapping[str, str]
"""TeX macros by name (with the backslash): what they stand for, with ``#1`` to ``#9`` for arguments."""

MAX_DEPTH = 20
MAX_FORMULA = 20_000
_MACRO = re.compile(r"\s*(\\(?:[A-Za-z]+|[^A-Za-z\s]))\s+(\S.*?)\s*$")
_TAG_BEFORE = re.compile(r"[QAC]:[ \t]*")
_FORMULA = re.compile(r"(?<![\\$])(\$\$?)(?!\$)((?:\\.|[^$\\])+?)\1(?!\$)", re.S)


def read_macros(file: SourceFile) -> tuple[Macros, list[Notice]]:
    """The macros of a ``macros.tex``: one a line, ``\\name definition``; ``%`` begins a comment line."""
    macros: dict[str, str] = {}
    notices = []
    for number, line in enumerate(file.text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("%"):
            continue
        match = _MACRO.fullmatch(line)
        if match:
            macros[match[1]] = match[2]
        else:
            notices.append(Notice(file.path, number, "this is no macro; a line holds '\\name definition'"))
    return macros, notices


def convert(
    file: SourceFile, tree: Tree, macros: Macros, deck_path: str, collection: Collection | None = None
) -> Converted:
    """The deck of one file; its cards keep their order. `deck_path` is where the deck goes.

    With a `collection`, what hashcards remembers of the cards comes with them.
    """
    reader = _Reader(file)
    head, start = reader.front_matter()
    reader.read(start)
    named = names(file.text.split("\n"), start) if collection is not None else {}
    notes: list[Note] = []
    schedules: dict[int, dict[str, Remembered]] = {}
    finished = partial(_finished, file.path, tree, macros, deck_path)
    for card in reader.cards:
        content = card.content(reader.notices, file.path)
        if content is not None:
            content = _mapped(content, finished)
            used = footnotes_of(content, reader.footnotes, finished)
            note = Note(id="", explicit=False, line=card.line, content=content, source="", definitions=used)
            if collection is not None:
                schedules[len(notes)] = _remembered(collection, note, named.get(card.line, ()))
            notes.append(note)
    reader.count(start)
    deck = Deck(
        id=deck_path.removesuffix(".md"), path=deck_path, title=head.name or stem(file.path), notes=tuple(notes),
        tags=head.tags, order=head.order,
    )  # fmt: skip
    return Converted((FoundDeck(deck, file.path, schedules),) if notes else (), tuple(reader.notices))


def _remembered(collection: Collection, note: Note, named: Sequence[Name]) -> dict[str, Remembered]:
    """What is remembered of a note's cards; nothing where hashcards reads other cards in its text."""
    if len(named) != len(note.whiches):
        return {}
    found = ((which, collection.take(name)) for which, name in zip(note.whiches, named, strict=True))
    return {which: it for which, it in found if it is not None}


def _mapped(content: Content, change: Callable[[str], str]) -> Content:
    if isinstance(content, Cloze):
        return Cloze(content.heading, change(content.body), content.numbers)
    return Basic(front(change(content.question)), change(content.answer))


def _finished(path: str, tree: Tree, macros: Macros, deck_path: str, text: str) -> str:
    def place(reference: str) -> str:
        found = tree.find(reference, path)
        return relative(found, deck_path) if found else reference

    text = without_html(plain_brackets(text), to_markdown)
    return expand(lower_headings(with_pictures(text, place)), macros)


# Lines to cards ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Head:
    """What the front matter says of the deck."""

    name: str = ""
    tags: tuple[str, ...] = ()
    order: float | None = None


@dataclass(slots=True)
class _Card:
    tag: str
    line: int
    text: list[str]
    answer: list[str] | None = None

    def content(self, notices: list[Notice], path: str) -> Content | None:
        text = "\n".join(self.text).strip()
        if self.tag == "C":
            body, count = deletions(text)
            if not count:
                notices.append(Notice(path, self.line, "left out: a 'C:' card without a [deletion]"))
                return None
            return Cloze("", body, tuple(range(1, count + 1)))
        answer = "\n".join(self.answer or []).strip()
        if not text or not answer:
            what = "a question" if text else "an answer"
            missing = "an answer" if text else "a question"
            notices.append(Notice(path, self.line, f"left out: {what} without {missing}"))
            return None
        return Basic(text, answer)


class _Reader:
    """Goes through the lines of a file."""

    def __init__(self, file: SourceFile) -> None:
        self.path = file.path
        text, self.footnotes = footnotes_apart(inline_references(without_comments(file.text)))
        self.lines = text.split("\n")
        self.cards: list[_Card] = []
        self.notices: list[Notice] = []
        self.card: _Card | None = None

    def notice(self, index: int, message: str) -> None:
        self.notices.append(Notice(self.path, index + 1, message))

    def count(self, start: int) -> None:
        """Says how many lines begin a card in hashcards, where not as many became one because they stand in code."""
        tags = [line[:2] for line in self.lines[start:] if line[:2] in ("Q:", "C:")]
        if len(tags) != len(self.cards):
            held = len(tags) - len(self.cards)
            self.notice(start, f"{len(tags)} lines begin with Q: or C:, {held} of them in code and so no cards")

    def front_matter(self) -> tuple[_Head, int]:
        """What the front matter says, and the index of the first line after it."""
        if self.lines[0].strip() != "---":
            return _Head(), 0
        end = next((i for i, line in enumerate(self.lines[1:], start=1) if line.strip() == "---"), None)
        if end is None:
            self.notice(0, "the front matter is not closed; it was read as a separator")
            return _Head(), 1
        block = "\n".join(self.lines[1:end])
        try:
            given = tomllib.loads(block)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            if not re.search(r"^(?:Q|A|C):", block, re.M):
                self.notice(0, f"the front matter is not TOML and was left out ({' '.join(str(error).split())})")
                return _Head(), end + 1
            return _Head(), 1  # two separators with cards between them
        for key in given:
            if key not in ("name", "tags", "order"):
                self.notice(0, f"the front matter's {key!r} has no place in a deck")
        name, tags, order = given.get("name", ""), given.get("tags", []), given.get("order")
        texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        head = _Head(
            name.strip() if isinstance(name, str) else "",
            tuple(dict.fromkeys(tag for tag in map(as_tag, texts) if tag)),
            float(order) if isinstance(order, int | float) and not isinstance(order, bool) else None,
        )
        return head, end + 1

    def read(self, start: int) -> None:
        flags, unclosed = code_lines(self.lines, _TAG_BEFORE)
        if unclosed is not None:
            self.notice(unclosed, "this code fence is never closed; it was closed at the end of its card")
        outside = -1
        for index in range(start, len(self.lines)):
            line = self.lines[index]
            tag = line[0] if not flags[index] and line[:2] in ("Q:", "A:", "C:") else ""
            if tag:
                self.tag(tag, line[2:].strip(), index)
            elif not flags[index] and line.strip() == "---":
                self.card = None
            elif self.card is not None:
                (self.card.text if self.card.answer is None else self.card.answer).append(line)
            elif line.strip() and outside < 0:
                outside = index
        if outside >= 0:
            self.notice(outside, "left out: text that belongs to no card, here and perhaps below")

    def tag(self, tag: str, text: str, index: int) -> None:
        if tag != "A":
            self.card = _Card(tag, index + 1, [text])
            self.cards.append(self.card)
        elif self.card is None or self.card.tag == "C":
            self.notice(index, "left out: an answer without a question")
            self.card = None
        elif self.card.answer is None:
            self.card.answer = [text]
        else:
            self.notice(index, "a second answer to one question; both were put into one")
            self.card.answer += ["", text]


# Deletions -----------------------------------------------------------------------------------------------


def deletions(text: str) -> tuple[str, int]:
    """The text with ``[deletions]`` as ours, numbered from 1, and their number.

    As hashcards reads it: ``\\[`` and ``\\]`` are brackets, those of a picture's words stay, the innermost
    bracket opens a deletion.
    """
    out: list[str] = []
    count = 0
    start: int | None = None
    picture = False
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and text[position + 1 : position + 2] in ("[", "]"):
            out.append(text[position + 1])
            position += 1
        elif character == "!" and text[position + 1 : position + 2] == "[" and not picture:
            picture = True
            out.append(character)
        elif character == "[" and not picture:
            start = len(out)
        elif character == "]" and picture:
            picture = False
            out.append(character)
        elif character == "]":
            if start is not None and "".join(out[start:]).strip():
                count += 1
                out[start:] = [closed_deletion(count, "".join(out[start:]))]
            start = None
        else:
            out.append(character)
        position += 1
    return "".join(out), count


# Macros --------------------------------------------------------------------------------------------------


def expand(text: str, macros: Macros) -> str:
    """The text with the macros in its formulas replaced by what they stand for."""
    if not macros or "$" not in text:
        return text
    return _FORMULA.sub(lambda match: f"{match[1]}{_expanded(match[2], macros)}{match[1]}", text)


def _expanded(tex: str, macros: Macros) -> str:
    pattern = re.compile(r"\\(?:[A-Za-z]+|[^A-Za-z])")
    for _ in range(MAX_DEPTH):
        pieces: list[str] = []
        position, changed = 0, False
        while match := pattern.search(tex, position):
            pieces.append(tex[position : match.start()])
            definition = macros.get(match.group())
            position = match.end()
            if definition is None:
                pieces.append(match.group())
                continue
            changed = True
            count = max((int(number) for number in re.findall(r"#([1-9])", definition)), default=0)
            arguments, position = _arguments(tex, position, count)
            for number, argument in enumerate(arguments, start=1):
                definition = definition.replace(f"#{number}", argument)
            pieces.append(f"{{{definition}}}")
        pieces.append(tex[position:])
        expanded = "".join(pieces)
        if not changed:
            break
        if len(expanded) > MAX_FORMULA:
            return tex
        tex = expanded
    return tex


def _arguments(tex: str, position: int, count: int) -> tuple[list[str], int]:
    """The arguments of a macro: groups in braces, commands, or single characters."""
    found: list[str] = []
    for _ in range(count):
        while tex[position : position + 1].isspace():
            position += 1
        if tex[position : position + 1] == "{":
            end, depth = position, 0
            while end < len(tex):
                depth += {"{": 1, "}": -1}.get(tex[end], 0)
                end += 2 if tex[end] == "\\" else 1
                if depth == 0:
                    break
            found.append(tex[position + 1 : end - 1])
        else:
            match = re.compile(r"\\[A-Za-z]+|\\?.|").match(tex, position)
            end = match.end() if match else position
            found.append(tex[position:end])
        position = end
    return found, position
