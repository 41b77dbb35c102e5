"""One note: from its heading and body, or its line, to content, lists and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from flashcards.deckfiles.cloze.deletions import MAX_CARDS
from flashcards.deckfiles.cloze.plain_text import find_numbers
from flashcards.deckfiles.parse.attributes import NONE, Attributes, read_attributes
from flashcards.deckfiles.parse.item_lists import ListItem, read_items
from flashcards.deckfiles.parse.one_line import OneLine
from flashcards.deckfiles.parse.parts import Cutter, Origin, Part, locate, offset_in
from flashcards.deckfiles.parse.point_refs import read_end
from flashcards.deckfiles.text.nearest import within_one_edit
from flashcards.deckfiles.text.outline import Heading
from flashcards.deckfiles.text.positions import Issue, error, in_short, warning
from flashcards.deckfiles.text.structure import scan
from flashcards.domain.card import CORE, Basic, Cloze, Content, PointRef

MAX_NOTE_BYTES = 64 * 1024
LISTS = {"rubric": "rubric", "follow-ups": "follow_ups", "sources": "sources"}
CLARIFY, IN_FULL = "clarify", "in full"
CORE_SECTIONS = (CLARIFY, IN_FULL)
"""Closing sections of `.core` notes alone: a list, and the long form of the answer."""
_CLOSING = {**LISTS, CLARIFY: "clarify", IN_FULL: "in_full"}
_WITH_REFS = {"rubric": "rubric_refs", "follow_ups": "follow_up_refs"}

_CLOSING_MARKS = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")
_LETTERS = re.compile(r"[^a-z]")


@dataclass(slots=True)
class RawNote:
    """A note that has no id yet unless it gives one itself. `content` is None where an error left none.

    `offset` and `end` are its range in the file; `parts` maps its texts to where they stand there. Of the items of its
    lists, `item_ends` says where each ends there, and `refs_at` where its reference stands, by the names in `parts`.
    """

    offset: int
    end: int
    line: int
    question: str
    attributes: Attributes
    stamp_at: int
    source: str = ""
    content: Content | None = None
    parts: dict[str, Origin] = field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    refs: dict[str, tuple[PointRef | None, ...]] = field(default_factory=dict)
    in_full: str = ""
    item_ends: dict[str, int] = field(default_factory=dict)
    refs_at: dict[str, int] = field(default_factory=dict)
    section: str | None = None
    one_line: bool = False
    requires_at: tuple[int, ...] = ()
    issues: list[Issue] = field(default_factory=list)

    @property
    def broken(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)

    def take_attributes(self, line: Origin, lead: int) -> None:
        """Turn the attributes' offsets (into a line after `lead` blanks) into offsets into the file."""
        if self.attributes.requires_at or self.attributes.issues:
            self.requires_at = tuple(locate(line, lead + offset) for offset in self.attributes.requires_at)
            for issue in self.attributes.issues:
                self.issues.append(issue._replace(offset=locate(line, lead + issue.offset)))


def heading_text(written: str) -> str:
    """The text of an ATX heading: without blanks around it and without closing ``#`` marks."""
    text = written.strip(" \t")
    return _CLOSING_MARKS.sub("", text) if text.endswith("#") else text


# A note with a heading -----------------------------------------------------------------------------------


def from_heading(
    cutter: Cutter, heading: Heading, inner: Sequence[Heading], end: int, line: int, *, core: bool
) -> RawNote:
    """Read the note that begins with `heading` and ends before `end`; `inner` are the headings within it.

    `core`: it is a core note, whatever its own attributes say.
    """
    title = cutter.part(heading.text_start, heading.end)
    written = heading_text(title.text)
    lead = len(title.text) - len(title.text.lstrip(" \t"))
    attributes = read_attributes(written) if "{" in written else NONE
    text = written
    if attributes.start >= 0:
        text = heading_text(written[: attributes.start])
    question = title.slice(lead, lead + len(text))
    stamp_at = _stamp_at(title, lead, attributes, heading.text_start)
    note = RawNote(heading.start, end, line, text, attributes, stamp_at)
    note.take_attributes(title.origin, lead)
    _Body(note, cutter, question, heading, inner, core=core or CORE in attributes.tags).read()
    return note


def _stamp_at(line: Part, lead: int, attributes: Attributes, empty: int) -> int:
    """Where ``{#id}`` goes, or ``#id`` if there is a list: after the last mark, or after its brace. -1: it is there."""
    if attributes.id is not None:
        return -1
    if attributes.start >= 0:
        return locate(line.origin, lead + attributes.start) + 1
    size = len(line.text.rstrip(" \t"))
    return locate(line.origin, size - 1) + 1 if size else empty


class _Body:
    """Cuts a note's body at its H3 headings and makes its content."""

    def __init__(
        self, note: RawNote, cutter: Cutter, question: Part, heading: Heading, inner: Sequence[Heading], *, core: bool
    ) -> None:
        self.note = note
        self.cutter = cutter
        self.question = question
        self.heading = heading
        self.core = core
        self.answer_heading: Heading | None = None
        self.closing: list[tuple[str, Heading]] = []
        self.h3_starts: list[int] = []
        if inner:
            self.look_at_headings(inner)

    def read(self) -> None:
        note, end = self.note, self.note.end
        whole = self.cutter.stripped(self.heading.end, end)
        note.source = f"## {self.question.text}\n\n{whole.text}" if whole.text else f"## {self.question.text}"
        if len(note.source) * 4 > MAX_NOTE_BYTES and len(note.source.encode()) > MAX_NOTE_BYTES:
            message = f"the note is over {MAX_NOTE_BYTES // 1024} KiB; split it"
            self.error(self.heading.start, "note-too-large", message)
            return
        main = whole
        if self.closing:
            main = self.cutter.stripped(self.heading.end, self.closing[0][1].start)
            self.read_closing()
            if note.refs_at:
                note.source = f"## {self.question.text}\n\n{self.without_refs(whole)}"
        if "{{c" in note.source and self.cloze(main):
            return
        self.basic(main)

    # Headings within the note

    def look_at_headings(self, inner: Sequence[Heading]) -> None:
        for heading in inner:
            if heading.level != 3:
                continue
            self.h3_starts.append(heading.start)
            title = heading_text(self.cutter.part(heading.text_start, heading.end).text)
            name = title.lower()
            if name == "answer" or name in LISTS or (self.core and name in CORE_SECTIONS):
                self.special(name, title, heading)
            elif self.closing:
                self.after_closing(title, heading)
            elif name in CORE_SECTIONS:
                message = (
                    f"'### {in_short(title)}' is part of the answer here: only .core notes have that section; "
                    "tag the note .core if it is meant, or choose another heading"
                )
                self.note.issues.append(warning(heading.start, "section-not-core", message))
            elif meant := _meant(name, core=self.core):
                message = f"'### {in_short(title)}' is part of the answer; write '### {meant}' if that is meant"
                self.note.issues.append(warning(heading.start, "misspelt-section", message))

    def special(self, name: str, title: str, heading: Heading) -> None:
        seen = [known for known, _ in self.closing]
        if name in seen or (name == "answer" and self.answer_heading):
            self.error(heading.start, "section-twice", f"a second '### {in_short(title)}'; put both into one")
        elif name != "answer":
            self.closing.append((name, heading))
        elif self.closing:
            message = "'### Answer' stands after a list of the note; move it before the lists"
            self.error(heading.start, "heading-after-lists", message)
        else:
            self.answer_heading = heading

    def after_closing(self, title: str, heading: Heading) -> None:
        message = f"'### {in_short(title)}' stands after a list of the note; move it before the lists"
        if self.closing[-1][0] == IN_FULL:
            message = (
                f"'### {in_short(title)}' ends the long form of the answer; write '#### {in_short(title)}' within it"
            )
        elif title.lower() in CORE_SECTIONS:
            message = f"only .core notes have '### {in_short(title)}'; tag the note .core, or move it before the lists"
        self.error(heading.start, "heading-after-lists", message)

    def read_closing(self) -> None:
        for name, heading in self.closing:
            end = min((start for start in self.h3_starts if start > heading.start), default=self.note.end)
            if name == IN_FULL:
                self.read_in_full(heading, end)
            else:
                self.read_list(name, heading, self.cutter.part(heading.end, end))

    def read_in_full(self, heading: Heading, end: int) -> None:
        part = self.cutter.stripped(heading.end, end)
        if not part.text:
            message = "'### In full' has no text; write some or delete it"
            self.note.issues.append(warning(heading.start, "empty-list", message))
            return
        self.note.in_full = part.text
        self.note.parts["in_full"] = part.origin

    def read_list(self, name: str, heading: Heading, part: Part) -> None:
        items, other = read_items(part)
        if other >= 0:
            message = f"only list items may stand under '### {name.capitalize()}'; begin the line with '- '"
            self.error(locate(part.origin, other), "not-a-list", message)
        elif not items:
            message = f"'### {name.capitalize()}' has no items; add some or delete it"
            self.note.issues.append(warning(heading.start, "empty-list", message))
        key = _CLOSING[name]
        for number, item in enumerate(items):
            self.note.parts[f"{key}.{number}"] = item.origin
            self.note.item_ends[f"{key}.{number}"] = item.end
        if key in _WITH_REFS and "{" in part.text:
            items = self.take_refs(key, items)
        self.note.lists[key] = tuple(item.text for item in items)

    def take_refs(self, key: str, items: Sequence[ListItem]) -> list[ListItem]:
        """The items without what ends them, which is kept beside them."""
        ends = [read_end(item.text) for item in items]
        for number, (item, end) in enumerate(zip(items, ends, strict=True)):
            for issue in end.issues:
                self.note.issues.append(issue._replace(offset=locate(item.origin, issue.offset)))
            if end.ref is not None:
                self.note.refs_at[f"{key}.{number}"] = locate(item.origin, end.at)
        if any(end.ref for end in ends):
            self.note.refs[_WITH_REFS[key]] = tuple(end.ref for end in ends)
        return [item._replace(text=end.text) for item, end in zip(items, ends, strict=True)]

    def without_refs(self, whole: Part) -> str:
        """The body as it would be if its items had no references."""
        text, position = "", 0
        for name, at in sorted(self.note.refs_at.items(), key=lambda one: one[1]):
            text += whole.text[position : offset_in(whole.origin, at)].rstrip()
            position = offset_in(whole.origin, self.note.item_ends[name])
        return text + whole.text[position:]

    # Content

    def cloze(self, body: Part) -> bool:
        """Make the note's content if it holds deletions, right or wrong; otherwise return False."""
        note = self.note
        numbers: set[int] = set()
        problems: list[Issue] = []
        for part in (self.question, body):
            found, wrong = find_numbers(part.text)
            numbers |= found
            problems.extend(issue._replace(offset=locate(part.origin, issue.offset)) for issue in wrong)
        if not numbers and not problems:
            return False
        note.issues.extend(problems)
        if len(numbers) > MAX_CARDS and all(problem.code != "cloze-too-many" for problem in problems):
            message = f"the note gives {len(numbers)} cards; split it so that each gives at most {MAX_CARDS}"
            self.error(self.heading.start, "cloze-too-many", message)
        if self.answer_heading:
            message = "a note with deletions has no '### Answer': its text is the answer; delete that heading"
            self.error(self.answer_heading.start, "cloze-answer", message)
        if "reversed" in note.attributes.flags:
            message = "a note with deletions cannot be .reversed; delete the flag or the deletions"
            self.error(self.heading.start, "cloze-reversed", message)
        if numbers:
            typed = "typed" in note.attributes.flags
            note.content = Cloze(self.question.text, body.text, tuple(sorted(numbers)), typed)
            note.parts["heading"], note.parts["body"] = self.question.origin, body.origin
        return True

    def basic(self, main: Part) -> None:
        note, question, answer = self.note, self.question, main
        if self.answer_heading:
            lists_start = self.closing[0][1].start if self.closing else note.end
            before = self.cutter.stripped(self.heading.end, self.answer_heading.start)
            answer = self.cutter.stripped(self.answer_heading.end, lists_start)
            question = question.joined("\n\n", before)
        if not question.text.strip():
            message = "the note has no question; write it after '## '"
            self.error(self.heading.start, "empty-question", message)
        if not answer.text.strip():
            message = "the question has no answer; write it below the heading, or put the note in <!-- -->"
            self.error(self.heading.start, "no-answer", message)
        flags = note.attributes.flags
        note.content = Basic(question.text, answer.text, "reversed" in flags, "typed" in flags)
        note.parts["question"], note.parts["answer"] = question.origin, answer.origin
        if "typed" in flags and _several_blocks(answer.text):
            message = "the answer to type has several blocks; make it one line, or drop .typed"
            note.issues.append(warning(locate(answer.origin, 0), "typed-blocks", message))

    def error(self, offset: int, code: str, message: str) -> None:
        self.note.issues.append(error(offset, code, message))


def _meant(name: str, *, core: bool) -> str | None:
    """The name of a special section that a heading nearly is."""
    letters = _LETTERS.sub("", name)
    if len(letters) > 10:
        return None
    names = ["Answer", "Rubric", "Follow-ups", "Sources", *(["In full", "Clarify"] if core else [])]
    for known in names:
        if within_one_edit(letters, known.replace("-", "").replace(" ", "")):
            return known
    return None


def _several_blocks(answer: str) -> bool:
    """Whether the text has more than one block: paragraphs, list items, code."""
    if "\n" not in answer:
        return False
    blocks, previous = 0, "blank"
    for row in scan(answer).rows:
        item = row.opened < len(row.containers)
        if row.kind != "blank" and (item or previous == "blank" or row.kind != previous) and row.kind != "setext":
            blocks += not (previous == row.kind == "fence")
        previous = row.kind
    return blocks > 1


# A note on one line --------------------------------------------------------------------------------------


def from_line(card: OneLine, line: int) -> RawNote:
    """Make a note of a one-line card."""
    attributes = card.attributes
    offset = locate(card.line.origin, 0)
    flags = attributes.flags
    note = RawNote(
        offset,
        locate(card.line.origin, len(card.line.text) - 1) + 1,
        line,
        card.front.text,
        attributes,
        _stamp_at(card.line, 0, attributes, offset),
        one_line=True,
    )
    note.source = f"{card.front.text} :: {card.back.text}"
    both_ways = card.both_ways or "reversed" in flags
    note.content = Basic(card.front.text, card.back.text, both_ways, "typed" in flags)
    note.parts = {"question": card.front.origin, "answer": card.back.origin}
    note.take_attributes(card.line.origin, 0)
    return note
