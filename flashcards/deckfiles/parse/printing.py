"""From a `Deck` back to a Markdown file: what importers write.

What was parsed is printed as its author wrote it, so that parsing the result gives the deck back (lines
aside). What comes from elsewhere is composed, read back, and escaped where Markdown would take its text for
structure: a line ``## ...`` within an answer, say.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from operator import attrgetter
from typing import Literal

from flashcards.deckfiles.parse.attributes import FLAGS, ID, read_attributes
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.point_refs import read_end, write_ref
from flashcards.deckfiles.text.definitions import Definition, find_definitions
from flashcards.deckfiles.text.spans import spans
from flashcards.domain.card import CORE, Basic, Cloze, Deck, Note, PointRef, Prose
from flashcards.domain.points import in_step

_PLAIN_SCALAR = re.compile(r"[^\W\d_](?:[\w ,.()/+'’–—?!-]*[\w.)?!])?")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_NOT_TAG = re.compile(r"[^\w:/+.-]+")
_TOGETHER = 50
"""How many notes are read back at once."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f]")
_LISTS = (("Clarify", "clarify"), ("Rubric", "rubric"), ("Follow-ups", "follow_ups"), ("Sources", "sources"))
_SAID = attrgetter(
    *("content", "rubric", "follow_ups", "sources", "draft", "explicit", "requires"),
    *("rubric_refs", "follow_up_refs", "in_full", "clarify"),
)
"""What a note says, without what its file says of its place and form."""
_REFS = {"rubric": "rubric_refs", "follow_ups": "follow_up_refs"}


def print_deck(deck: Deck) -> str:
    """Return the deck as the text of a Markdown file, `\\n` at its line ends.

    The notes' tags are expected to begin with the deck's. A note without a question or an answer is printed
    all the same; parsing the text then says what it lacks.
    """
    return _printed(deck, _read_back_together(_unwritten(deck)))


def print_and_read(deck: Deck) -> tuple[str, Parsed]:
    """The deck as `print_deck` prints it, and as `parse_deck` reads that.

    Of a deck that was never written, the first reading is the last one where its texts need no escapes.
    """
    unwritten = _unwritten(deck)
    if len(unwritten) == len(deck.notes) and not deck.prose:
        text = _printed(deck, {place: text for place, _, text in unwritten})
        parsed = parse_deck(deck.path, text.encode("utf-8", "replace"))
        if _read_as(parsed, deck.notes):
            return text, parsed
    text = _printed(deck, _read_back_together(unwritten))
    return text, parse_deck(deck.path, text.encode("utf-8", "replace"))


def _printed(deck: Deck, composed: Mapping[int, str]) -> str:
    return "\n\n".join([_front_matter(deck), *_Printer(deck, composed).blocks(), *_definitions(deck)]) + "\n"


# Front matter --------------------------------------------------------------------------------------------


def _front_matter(deck: Deck) -> str:
    lines = [f"title: {_scalar(deck.title)}"]
    if deck.id != unicodedata.normalize("NFC", deck.path.removesuffix(".md")):
        lines.append(f"id: {_scalar(deck.id)}")
    if deck.description:
        lines.append(f"description: {_scalar(deck.description)}")
    if deck.tags:
        lines.append(f"tags: [{', '.join(_scalar(tag, in_list=True) for tag in deck.tags)}]")
    for key in ("author", "license", "source", "language"):
        value = getattr(deck, key)
        if value:
            lines.append(f"{key}: {_scalar(value)}")
    if deck.order is not None:
        lines.append(f"order: {deck.order!r}".removesuffix(".0"))
    return "\n".join(["---", *lines, "---"])


def _scalar(text: str, *, in_list: bool = False) -> str:
    """A YAML scalar: plain where nothing in it means anything, else in double quotes."""
    text = " ".join(_CONTROL.sub(" ", text).split())
    plain = _PLAIN_SCALAR.fullmatch(text) and text.lower() not in _RESERVED and text.isascii()
    if plain and not (in_list and "," in text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == " " else json.dumps(c)[1:-1] for c in quoted)


# Definitions ---------------------------------------------------------------------------------------------


def _definitions(deck: Deck) -> list[str]:
    """The definitions that notes and prose use, each once, in an order that suits all of them."""
    found: dict[str, str] = {}
    order: TopologicalSorter[str] = TopologicalSorter()
    for definitions in [note.definitions for note in deck.notes] + [prose.definitions for prose in deck.prose]:
        own = _split(definitions)
        for definition in own:
            found.setdefault(definition.label, definition.text)
        for before, after in pairwise(own):
            order.add(after.label, before.label)
    try:
        ordered = list(order.static_order())
    except CycleError:
        ordered = []
    return [found[label] for label in dict.fromkeys([*ordered, *found])]


def _split(definitions: str) -> list[Definition]:
    return find_definitions(definitions, 0, [])[0] if definitions else []


# Notes and prose -----------------------------------------------------------------------------------------


class _Printer:
    """Goes through a deck; knows in which section it is, and whether prose can stand here.

    `composed` are the texts of notes that need no further look, by place.
    """

    def __init__(self, deck: Deck, composed: Mapping[int, str]) -> None:
        self.deck = deck
        self.composed = composed
        self.section: str | None = None
        self.began = False  # something that settles what the first H1 means was printed
        self.in_prose = True
        self.after_prose = False

    def blocks(self) -> Iterator[str]:
        prose = sorted(self.deck.prose, key=lambda piece: piece.position)
        lines: list[str] = []  # one-line cards that follow each other
        for index, note in enumerate(self.deck.notes):
            here = [piece for piece in prose if piece.position == index]
            if lines and (here or not note.one_line or note.section != self.section):
                yield _lines(lines, here)
                lines = []
            yield from self.prose(here)
            yield from self.enter(note.section, "line" if note.one_line else "note")
            line = _one_line(note, _own_tags(self.deck, note)) if note.one_line else None
            if line is not None:
                lines.append(line)
            else:
                if lines:
                    yield "\n".join(lines)
                    lines = []
                self.in_prose = False
                yield self.composed.get(index) or _note(note, _own_tags(self.deck, note))
            self.began = True
            self.after_prose = False
        rest = [piece for piece in prose if piece.position >= len(self.deck.notes)]
        if lines:
            yield _lines(lines, rest)
        yield from self.prose(rest)

    def prose(self, pieces: Iterable[Prose]) -> Iterator[str]:
        for piece in pieces:
            yield from self.enter(piece.section, "prose")
            yield _prose_text(piece.text)
            self.after_prose = True

    def enter(self, section: str | None, kind: Literal["note", "line", "prose"]) -> Iterator[str]:
        """Begin a section where another one is needed, and where prose cannot go on: after a note, after prose."""
        goes_on = kind == "note" or (self.in_prose and not (kind == "prose" and self.after_prose))
        if section == self.section and goes_on:
            return
        self.after_prose = False
        heading = f"# {section}" if section else "#"
        if not self.began and section == self.deck.title:
            yield heading  # the first heading that is the deck's title is no section
        self.began = True
        self.section = section
        self.in_prose = True
        yield heading


def _own_tags(deck: Deck, note: Note) -> list[str]:
    return [tag for tag in note.tags if tag not in deck.tags]


def _attributes(note: Note, tags: Iterable[str], *, reversed_flag: bool = True) -> str:
    """The attribute list of a note, or nothing."""
    items = [f"#{note.id}"] if note.explicit else []
    items += [f".{tag_word(tag)}" for tag in tags]
    content = note.content
    if isinstance(content, Basic) and content.reversed and reversed_flag:
        items.append(".reversed")
    if content.typed:
        items.append(".typed")
    if note.draft:
        items.append(".draft")
    for deck, name in note.requires:
        target = f"{deck}#{name}" if deck else name
        if not re.search(r"[\s\"{}]", target):
            items.append(f"requires={target}")
        elif not re.search(r"[\n\"{}]", target):
            items.append(f'requires="{target}"')
    return f"{{{' '.join(items)}}}" if items else ""


def tag_word(tag: str) -> str:
    """The tag as a word of an attribute list; one that would be a flag gets an ending."""
    tag = _NOT_TAG.sub("-", tag).strip("-.:/+_") or "tag"
    if not any(character.isalpha() for character in tag):
        tag = f"tag-{tag}"
    return f"{tag}-tag" if tag in FLAGS else tag


def _one_line(note: Note, tags: Iterable[str]) -> str | None:
    """A note as a one-line card, if it can be one."""
    content = note.content
    if not isinstance(content, Basic):
        return None
    separator = ":::" if content.reversed else "::"
    line = f"- {content.question} {separator} {content.answer}"
    attributes = _attributes(note, tags, reversed_flag=False)
    line = f"{line} {attributes}" if attributes else line
    return line if "\n" not in line and _reads_back(line, note) else None


def _lines(lines: Iterable[str], after: list[Prose]) -> str:
    """One-line cards as a list, but not before indented prose, which would go on with the last item."""
    if after and after[0].text.startswith((" ", "\t")):
        lines = (line.removeprefix("- ") for line in lines)
    return "\n".join(lines)


def _note(note: Note, tags: Iterable[str]) -> str:
    """A note under a heading: as written, else composed, else composed and escaped."""
    attributes = _attributes(note, tags)
    heading, newline, body = note.source.partition("\n")
    if heading.startswith("##"):
        written = _heading(heading[2:].strip(" \t"), attributes) + newline + body
        if note.rubric_refs or note.follow_up_refs:
            written = _with_refs(written, note)
        if _reads_back(written, note):
            return written
    composed = _composed(note, attributes)
    return composed if _reads_back(composed, note) else _composed(_escaped(note), attributes)


def _unwritten(deck: Deck) -> list[tuple[int, Note, str]]:
    """The notes that were never written, with their places and composed texts."""
    return [
        (place, note, _composed(note, _attributes(note, _own_tags(deck, note))))
        for place, note in enumerate(deck.notes)
        if note.explicit and not (note.one_line or note.source or CORE in note.tags)
    ]


def _read_back_together(unwritten: Sequence[tuple[int, Note, str]]) -> dict[int, str]:
    """Those texts, by place, of groups that are read back as they are when they stand in one file. To read each alone
    takes four times as long; it is for the others.
    """
    found: dict[int, str] = {}
    for start in range(0, len(unwritten), _TOGETHER):
        group = unwritten[start : start + _TOGETHER]
        parsed = parse_deck("notes.md", "\n\n".join(text for _, _, text in group).encode("utf-8", "replace"))
        if _read_as(parsed, [note for _, note, _ in group]):
            found.update((place, text) for place, _, text in group)
    return found


def _read_as(parsed: Parsed, notes: Sequence[Note]) -> bool:
    """Whether a file holds these notes, by these ids, and nothing else."""
    return _are_alone(parsed, len(notes)) and all(
        read.id == note.id and _SAID(read) == _SAID(note) for note, read in zip(notes, parsed.deck.notes, strict=True)
    )


def _with_refs(text: str, note: Note) -> str:
    """A note's text with the references at the ends of its items, which are no part of its source."""
    ends = {name: at for place in _read(text, note).places.values() for name, at in place.item_ends.items()}
    names = {
        f"{part}.{number}": ref for part, field in _REFS.items() for number, ref in enumerate(getattr(note, field))
    }
    for name, at in sorted(ends.items(), key=lambda end: -end[1]):
        text = text[:at] + write_ref(names.get(name)) + text[at:]
    return text


def _prose_text(text: str) -> str:
    """Prose as it is, or escaped where it would be read as a card or section."""
    parsed = parse_deck("prose.md", text.encode("utf-8", "replace"))
    if not parsed.structure_lost and not parsed.deck.notes and [prose.text for prose in parsed.deck.prose] == [text]:
        return text
    return _SEPARATOR.sub(r"\\", _escape(text))


def _heading(text: str, attributes: str) -> str:
    return " ".join(part for part in ("##", text, attributes) if part)


def _composed(note: Note, attributes: str) -> str:
    content = note.content
    if isinstance(content, Cloze):
        parts = [_heading(content.heading, attributes), content.body]
    else:
        heading, question = _split_question(content.question)
        parts = [_heading(heading, attributes)]
        parts += [question, "### Answer", content.answer] if question else [content.answer]
    if note.in_full:
        parts += ["### In full", note.in_full]
    for title, name in _LISTS:
        items = getattr(note, name)
        if items:
            refs = in_step(items, getattr(note, _REFS[name]) if name in _REFS else ())
            ended = (item + write_ref(ref) for item, ref in zip(items, refs, strict=True))
            parts += [f"### {title}", "\n".join(map(_item, ended))]
    return "\n\n".join(part for part in parts if part)


def _split_question(question: str) -> tuple[str, str]:
    """What of a question becomes the heading, and what stands below it."""
    first, newline, rest = question.partition("\n")
    if not newline:
        return question, ""
    return (first, rest[1:]) if rest.startswith("\n") else ("", question)


def _item(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([f"- {first}", *(f"  {line}" if line else "" for line in rest)])


def _reads_back(text: str, note: Note) -> bool:
    """Whether a file with this text alone holds this note alone."""
    parsed = _read(text, note)
    if not _are_alone(parsed, 1):
        return False
    read = parsed.deck.notes[0]
    same_id = read.id == note.id or not note.explicit
    return same_id and _SAID(read) == _SAID(note)


def _are_alone(parsed: Parsed, count: int) -> bool:
    """Whether a file holds so many notes and nothing else."""
    return len(parsed.deck.notes) == count and not (parsed.broken or parsed.deck.prose or parsed.structure_lost)


def _read(text: str, note: Note) -> Parsed:
    """A file with this text alone. What else makes the note a core one may stand above it."""
    return parse_deck("note.md", text.encode("utf-8", "replace"), core=CORE in note.tags)


# Escaping ------------------------------------------------------------------------------------------------

_STRUCTURE = re.compile(r"^( {0,3})(?=#{1,3}(?:[ \t]|$)|(?:=+|-+)[ \t]*$|\[[^\]\n]+\]:)", re.M)
_DELETION = re.compile(r"\{(?=\{c\d+::)")
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)<!--")
_SEPARATOR = re.compile(r"(?:^|(?<=[ \t]))(?=:{2,3}(?:[ \t]|$))", re.M)
_CLOSING = re.compile(r"(?:^|(?<=[ \t]))(?=#+$)")


def _escaped(note: Note) -> Note:
    """The note with backslashes before whatever would be read as structure."""
    content = note.content
    if isinstance(content, Cloze):
        content = replace(content, heading=_escape_heading(content.heading), body=_escape(content.body))
    else:
        heading, question = _split_question(content.question)
        heading = _escape_heading(_no_deletions(heading))
        body = _escape(_no_deletions(question))
        content = replace(
            content,
            question=f"{heading}\n\n{body}" if heading and body else heading or body,
            answer=_escape(_no_deletions(content.answer)),
        )
    lists = {name: [_escape(item) for item in getattr(note, name)] for _, name in _LISTS}
    refs = {field: in_step(lists[name], getattr(note, field)) for name, field in _REFS.items()}
    return replace(
        note,
        content=content,
        in_full=_escape(note.in_full),
        sources=_written(lists["sources"]),
        clarify=_written(lists["clarify"]),
        rubric=_written(map(_escape_end, lists["rubric"])),
        follow_ups=_written(map(_escape_end, lists["follow_ups"])),
        rubric_refs=_of_written(lists["rubric"], refs["rubric_refs"]),
        follow_up_refs=_of_written(lists["follow_ups"], refs["follow_up_refs"]),
    )


def _written(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(item for item in items if item)


def _of_written(items: Iterable[str], refs: Iterable[PointRef | None]) -> tuple[PointRef | None, ...]:
    return tuple(ref for item, ref in zip(items, refs, strict=True) if item)


def _escape_end(item: str) -> str:
    """An item whose own words would be read as a reference."""
    at = read_end(item).at
    return item if at < 0 else f"{item[:at]}\\{item[at:]}"


def _escape_heading(text: str) -> str:
    text = _CLOSING.sub(r"\\", _CONTROL.sub("", " ".join(text.split())))
    text = _COMMENT.sub(r"\1\\<!--", text)
    start = read_attributes(text).start
    return f"{text[:start]}\\{text[start:]}" if start >= 0 else text


def _no_deletions(text: str) -> str:
    return _DELETION.sub(r"{\\", text)


def _escape(text: str) -> str:
    """Escape what begins headings, comments and definitions outside code; close what is open."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    pieces: list[str] = []
    position = 0
    for span in spans(text):
        if span.kind in ("fence", "indented", "code"):
            pieces += [_escape_text(text[position : span.start], position), text[span.start : span.end]]
            position = span.end
            if span.kind == "fence" and span.inner_end == span.end:
                pieces.append(_fence_end(text, span.start))
    return "".join([*pieces, _escape_text(text[position:], position)])


def _fence_end(text: str, start: int) -> str:
    """The line that closes the fence at `start`, within the same quotes and list items."""
    lead = text[text.rfind("\n", 0, start) + 1 : start]
    marks = re.match(r"`+|~+", text[start:])
    return "\n" + re.sub(r"[^>\s]", " ", lead) + (marks.group() if marks else "")


def _escape_text(text: str, position: int) -> str:
    padded = text if position == 0 else "x" + text  # the first character does not begin a line
    escaped = _COMMENT.sub(r"\1\\<!--", _STRUCTURE.sub(r"\1\\", padded))
    return escaped if position == 0 else escaped[1:]


def valid_id(text: str) -> str:
    """Return `text` as a note's id: what may not stand in one becomes ``-``; at most 64 characters."""
    made = re.sub(r"[^\w.-]+", "-", text).strip("-")[:64]
    return made if ID.fullmatch(made) else "note"
