"""Changed parts of a note put into its deck file: all else in the file stays as its author wrote it.

Comments, and definitions of links and footnotes, are no part of a note: those within a text that is replaced stand
below the new one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from flashcards.deckfiles.parse.attributes import Attributes, read_attributes
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.note import CORE_SECTIONS, LISTS, heading_text
from flashcards.deckfiles.parse.parts import Origin, locate
from flashcards.deckfiles.parse.printing import print_deck
from flashcards.deckfiles.text.outline import Heading, read_outline
from flashcards.deckfiles.text.source_text import BOM
from flashcards.domain.card import CORE, Cloze, Note

PARTS = ("question", "answer", "reversed", "typed", "rubric", "follow_ups", "sources", "in_full", "clarify", "tags")
SECTIONS = ("in_full", "clarify", "rubric", "follow_ups", "sources")
"""Parts that stand under a heading of their own, in the order in which they are printed."""
_NAMES = {**LISTS, **{name: name.replace(" ", "_") for name in CORE_SECTIONS}}
_ATTRIBUTES = frozenset({"tags", "reversed", "typed"})
_LINE_END = re.compile(r"\r\n|\r|\n")


class Edit(NamedTuple):
    """What takes the place of a range of a file's text, whose line ends are ``\\n``."""

    start: int
    end: int
    text: str


class _Region(NamedTuple):
    """A part's place in a file: its heading (the note's own for question and answer), and where its text may stand."""

    heading: Heading
    start: int
    end: int


def printed(parsed: Parsed, note: Note) -> str:
    """A note's own lines, as they would stand in a file that holds nothing else."""
    alone = replace(parsed.deck, notes=(replace(note, section=None, definitions=""),), prose=())
    return print_deck(alone).split("\n---\n\n", 1)[1].rstrip("\n")


def with_edits(text: str, parsed: Parsed, edits: Iterable[Edit]) -> str:
    """The text of a file, its line ends and all, with edits; `parsed` is what it was read as."""
    starts = [len(BOM) if text.startswith(BOM) else 0, *(match.end() for match in _LINE_END.finditer(text))]
    newline = match.group() if (match := _LINE_END.search(text)) else "\n"

    def at(offset: int) -> int:
        line, column = parsed.lines.at(offset)
        return starts[line - 1] + column - 1

    pieces, position = [], 0
    for edit in sorted(edits):
        pieces += [text[position : at(edit.start)], edit.text.replace("\n", newline)]
        position = max(position, at(edit.end))
    return "".join([*pieces, text[position:]])


def said(note: Note, part: str) -> object:
    """What a note says in one of its parts."""
    if part in ("question", "reversed") and isinstance(note.content, Cloze):
        return ""
    if part == "answer" and isinstance(note.content, Cloze):
        return note.content.body
    return getattr(note.content if part in ("question", "answer", "reversed", "typed") else note, part)


class Wanted(NamedTuple):
    """A note of a file, what it shall say in some of its parts, and what makes the file say so.

    `edits` is None where the note's place cannot take them.
    """

    note: Note
    new: Note
    parts: Collection[str]
    edits: list[Edit] | None


def holds(before: Parsed, after: Parsed, wanted: Iterable[Wanted]) -> bool:
    """Whether a file says what is wanted in the place of those notes, and is the same in all else."""
    if after.structure_lost or _around(before) != _around(after):
        return False
    notes = after.deck.notes
    if [one.id for one in notes] != [one.id for one in before.deck.notes]:
        return False
    changed = {one.note.id: one for one in wanted}
    for old, read in zip(before.deck.notes, notes, strict=True):
        if old.id in changed:
            if not _says(after, read, changed[old.id]):
                return False
        elif replace(old, line=0) != replace(read, line=0):
            return False
    return True


def _says(after: Parsed, found: Note, wanted: Wanted) -> bool:
    note, new, parts, _ = wanted
    same = [part for part in PARTS if part not in parts]
    if type(found.content) is not type(note.content) or any(said(found, one) != said(note, one) for one in same):
        return False
    if (found.section, found.requires, found.draft) != (note.section, note.requires, note.draft):
        return False
    # What would be read as structure is escaped when it is printed: then it is the same where it prints alike.
    as_new = replace(new, source="", line=0, one_line=found.one_line)
    return all(said(found, one) == said(new, one) for one in parts) or (
        printed(after, replace(found, source="", line=0)) == printed(after, as_new)
    )


def _around(parsed: Parsed) -> object:
    """What a file holds beside its notes."""
    deck = parsed.deck
    return (
        replace(deck, notes=(), prose=()),
        [replace(prose, line=0) for prose in deck.prose],
        sorted(definition.text for definition in parsed.definitions),
        [broken.id for broken in parsed.broken],
    )


class DeckText:
    """The text of a deck file, and where its notes' parts stand in it."""

    def __init__(self, parsed: Parsed) -> None:
        self.parsed = parsed
        self.text = parsed.lines.text
        outline = read_outline(self.text)
        self.headings = outline.headings
        self._heading_starts = [heading.start for heading in outline.headings]
        self.apart = sorted([*outline.comments, *((one.start, one.end) for one in parsed.definitions)])

    def written(self, note: Note, part: str) -> str:
        """A text of the note as its author wrote it; "" where the note has none."""
        if part in ("question", "answer"):
            return str(said(note, part))
        region = None if note.one_line else self.regions(note).get(part)
        return self.own_text(region) if region else ""

    def edits(self, note: Note, new: Note, parts: Collection[str]) -> list[Edit] | None:
        """What gives the note those parts of `new`; None where its place cannot take them."""
        text = printed(self.parsed, new)
        if note.one_line:
            return self._line(note, text)
        made = DeckText(parse_deck("note.md", text.encode("utf-8", "replace"), core=CORE in new.tags))
        if len(made.parsed.deck.notes) != 1 or made.parsed.deck.notes[0].one_line:
            return None
        return self._under_heading(note, made, parts)

    def _line(self, note: Note, text: str) -> list[Edit] | None:
        """A note on one line: its marker stays."""
        start = self.parsed.lines.start(note.line)
        end = self._line_end(start)
        begin = locate(self._origin(note, "question"), 0)
        if "\n" in text or text.startswith("##") or any(a < end and start < b for a, b in self.apart):
            return None
        return [Edit(begin, start + len(self.text[start:end].rstrip()), text.removeprefix("- "))]

    def _under_heading(self, note: Note, made: DeckText, parts: Collection[str]) -> list[Edit] | None:
        mine, theirs = self.regions(note), made.regions(made.parsed.deck.notes[0])
        if not mine:
            return None
        edits: list[Edit] = []
        if _ATTRIBUTES.intersection(parts) or "question" in parts:
            head = self._head(mine["answer"].heading, made, theirs["answer"].heading, parts)
            if head is None:
                return None
            edits.append(head)
        if "question" in parts:
            edits += self._below(mine, made, theirs)
        if "answer" in parts:
            edits.append(self._filled(mine["answer"], made.own_text(theirs["answer"])))
        after = max(self.own(region)[1] for region in mine.values())
        for name in SECTIONS:
            if name not in parts:
                continue
            wanted = made.own_text(theirs[name]) if name in theirs else ""
            if name not in mine and wanted:
                edits.append(Edit(after, after, f"\n\n{made.title(theirs[name])}\n\n{wanted}"))
            elif name in mine:
                edits.append(self._filled(mine[name], wanted) if wanted else self._removed(mine[name]))
        return _joined(edits)

    # Where parts stand

    def regions(self, note: Note) -> dict[str, _Region]:
        """The parts that the note has, by name; ``below`` is what of a question stands below the heading."""
        start = self.parsed.lines.start(note.line)
        index = bisect_left(self._heading_starts, start)
        if index == len(self.headings) or self.headings[index].start != start:
            return {}
        own, inner, end = self.headings[index], list[Heading](), len(self.text)
        for heading in islice(self.headings, index + 1, None):
            if heading.level <= 2:
                end = heading.start
                break
            if heading.level == 3:
                inner.append(heading)
        found: dict[str, _Region] = {}
        for heading, following in zip(inner, [*(one.start for one in inner[1:]), end], strict=False):
            if name := self._name(heading, core=CORE in note.tags):
                found[name] = _Region(heading, heading.end, following)
        first = min((found[name].heading.start for name in SECTIONS if name in found), default=end)
        if "answer" in found:
            found["below"] = _Region(own, own.end, found["answer"].heading.start)
            found["answer"] = _Region(own, found["answer"].start, first)
        else:
            found["answer"] = _Region(own, own.end, first)
        return found

    def _name(self, heading: Heading, *, core: bool) -> str:
        title = heading_text(self.text[heading.text_start : heading.end]).lower()
        if title == "answer" or title in LISTS or (core and title in CORE_SECTIONS):
            return _NAMES.get(title, title)
        return ""

    def title(self, region: _Region) -> str:
        """The line of a region's heading."""
        return self.text[region.heading.start : region.heading.end].rstrip()

    def own(self, region: _Region) -> tuple[int, int]:
        """From where to where a region's text stands, without comments and definitions at its ends."""
        start, end = region.start, region.end
        inside = [(a, b) for a, b in self.apart if start <= a < end]
        for a, b in inside:
            if self.text[start:a].strip():
                break
            start = b
        for a, b in reversed(inside):
            if b <= start or self.text[b:end].strip():
                break
            end = a
        text = self.text[start:end]
        if not text.strip():
            return region.start, region.start
        lead = len(text) - len(text.lstrip())
        line = text.rfind("\n", 0, lead) + 1
        return start + (line if line or start == region.start else lead), start + len(text.rstrip())

    def own_text(self, region: _Region) -> str:
        return self.text[slice(*self.own(region))]

    def _origin(self, note: Note, part: str) -> Origin:
        return self.parsed.places[note.id].parts[part]

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        return end if end >= 0 else len(self.text)

    # Edits

    def _filled(self, region: _Region, text: str) -> Edit:
        """A region's text replaced."""
        start, end = self.own(region)
        if start == end:
            return Edit(start, end, f"\n\n{text}")
        beside = "\n" in text and self.text.startswith(
            "<!--", end + len(self.text[end:]) - len(self.text[end:].lstrip(" \t"))
        )
        return Edit(start, end, text + self._kept(start, end) + ("\n\n" if beside else ""))

    def _removed(self, region: _Region) -> Edit:
        """A region that is gone, with its heading; blank lines before it too."""
        start, end = self.own(region)
        begin = len(self.text[: region.heading.start].rstrip())
        return Edit(begin, max(end, region.heading.end), self._kept(start, end))

    def _kept(self, start: int, end: int) -> str:
        """The comments and definitions of a range, to stand below what takes its place."""
        return "".join(f"\n\n{self.text[a:b]}" for a, b in self.apart if start <= a < end)

    def _below(self, mine: Mapping[str, _Region], made: DeckText, theirs: Mapping[str, _Region]) -> list[Edit]:
        """What of a question stands below its heading."""
        wanted = made.own_text(theirs["below"]) if "below" in theirs else ""
        if "below" in mine:
            region = mine["below"]
            start, end = self.own(region)
            if wanted:
                return [self._filled(region, wanted)]
            return [Edit(region.start, end, self._kept(start, end))] if start < end else []
        at = mine["answer"].heading.end
        return [Edit(at, at, f"\n\n{wanted}\n\n### Answer")] if wanted else []

    def _head(self, ours: Heading, made: DeckText, theirs: Heading, parts: Collection[str]) -> Edit | None:
        """The note's heading with another title, another attribute list, or both."""
        title, attributes, words = self._cut(ours)
        new_title, new_attributes, _ = made._cut(theirs)
        if words is None:
            return None
        if "question" in parts:
            title = new_title
        if _ATTRIBUTES.intersection(parts):
            attributes = new_attributes
        end = ours.start + len(self.text[ours.start : ours.end].rstrip())
        return Edit(ours.start, end, " ".join(filter(None, ("##", title, attributes))))

    def _cut(self, heading: Heading) -> tuple[str, str, Attributes | None]:
        """A heading's title and its attribute list; None where a comment stands within it."""
        line = heading_text(self.text[heading.text_start : self._line_end(heading.start)])
        found = read_attributes(line)
        if any(heading.start <= a < self._line_end(heading.start) for a, _ in self.apart):
            return "", "", None
        if found.start < 0:
            return line, "", found
        return heading_text(line[: found.start]), line[found.start :], found


def _joined(edits: list[Edit]) -> list[Edit]:
    """Texts that go into one place, one after the other."""
    texts: dict[tuple[int, int], str] = {}
    for edit in edits:
        texts[edit.start, edit.end] = texts.get((edit.start, edit.end), "") + edit.text
    return [Edit(start, end, text) for (start, end), text in texts.items()]
