"""From the bytes of a deck file to a `Deck`, and everything that is wrong in it.

The text is cut up once: front matter, outline (headings, code, comments), definitions; then section by
section into prose, one-line cards and notes. Ids come last, because a slug must not meet another id.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from flashcards.deckfiles.identity.slugs import SlugPool, slug
from flashcards.deckfiles.parse.find import title_of
from flashcards.deckfiles.parse.foreign_formats import foreign_format
from flashcards.deckfiles.parse.front_matter import read_front_matter
from flashcards.deckfiles.parse.note import RawNote, from_heading, from_line, heading_text
from flashcards.deckfiles.parse.one_line import read_one_line_cards
from flashcards.deckfiles.parse.parts import Cutter, Origin, Part, locate
from flashcards.deckfiles.parse.project import NO_PROJECT, Project
from flashcards.deckfiles.text.characters import character_issues, without_controls
from flashcards.deckfiles.text.conflicts import conflict_issue
from flashcards.deckfiles.text.definitions import Definition, Definitions, find_definitions
from flashcards.deckfiles.text.outline import Heading, read_outline
from flashcards.deckfiles.text.positions import Issue, Lines, error, warning
from flashcards.deckfiles.text.source_text import decode
from flashcards.domain.card import CORE, Basic, Content, Deck, Note, Prose
from flashcards.domain.problem import Problem

MAX_NAMED = 5  # of many notes with one id, so many are named


@dataclass(frozen=True, slots=True)
class BrokenNote:
    """A note with an error: its last good version stays. `id` is as the note's would be today."""

    id: str
    explicit: bool
    line: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where one note comes from: an origin for each of its texts, the offset of each `requires`.

    At `stamp_at` an id can be put in; `in_list` says whether an attribute list is there already. `item_ends` and
    `refs_at` are the ends of the items of its lists, and their references, by the names in `parts`.
    """

    parts: dict[str, Origin]
    stamp_at: int
    in_list: bool
    requires_at: tuple[int, ...] = ()
    item_ends: dict[str, int] = field(default_factory=dict)
    refs_at: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A deck file, parsed. `deck` holds the notes without an error, `broken` names the others.

    `structure_lost`: an error leaves open what the file holds; keep all that is known of it. What follows
    is for finding the way back into the file: `places` by note id, `prose_origins` in the order of the
    deck's prose, `definitions` with their offsets, the project's `macros`, `id_at` where the front matter's id stands
    (or 0).
    """

    deck: Deck
    problems: tuple[Problem, ...]
    structure_lost: bool = False
    broken: tuple[BrokenNote, ...] = ()
    lines: Lines = field(default_factory=lambda: Lines(""), compare=False, repr=False)
    places: dict[str, Place] = field(default_factory=dict, compare=False, repr=False)
    prose_origins: tuple[Origin, ...] = field(default=(), compare=False, repr=False)
    definitions: tuple[Definition, ...] = field(default=(), compare=False, repr=False)
    macros: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    id_at: int = field(default=0, compare=False, repr=False)

    def where(self, note_id: str, part: str, offset: int) -> tuple[int, int]:
        """Return the line and column, in the author's file, of an offset into a text of a note.

        `part` is ``question``, ``answer``, ``heading``, ``body``, ``in_full``, or ``rubric.N``, ``follow_ups.N``,
        ``sources.N``, ``clarify.N`` with N from 0.
        """
        return self.lines.at(locate(self.places[note_id].parts[part], offset))

    def place(self, owner: str | int, part: str, offset: int | None) -> tuple[int, int] | None:
        """As `where`, also in a piece of prose, whose index is `owner` and whose part is ``prose``; None if unknown."""
        parts = self.places[owner].parts if isinstance(owner, str) else {"prose": self.prose_origins[owner]}
        if offset is None or part not in parts:
            return None
        return self.lines.at(locate(parts[part], offset))


def parse_deck(path: str, data: bytes, project: Project = NO_PROJECT, *, core: bool = False) -> Parsed:
    """Parse the bytes of the deck file at `path` (relative to the decks folder, POSIX). Never raises.

    `project` is what the decks folder's authors agreed on: warnings that it silences are left out.
    With `core`, notes are read as core ones: for a note's own text, which does not say that it is one.
    """
    text, undecodable = decode(data)
    return _DeckReader(path, text, [] if undecodable is None else [undecodable], project, core=core).read()


class _RawProse(NamedTuple):
    line: int
    notes_before: int
    section: str | None
    part: Part


class _DeckReader:
    """What is known of the file while it is read from top to bottom."""

    def __init__(self, path: str, text: str, issues: list[Issue], project: Project, *, core: bool) -> None:
        self.path = path
        self.project = project
        self.cut = issues[0] if issues else None
        self.issues = issues
        self.written = text
        self.text = text = without_controls(text)
        self.front_matter = read_front_matter(text, project.front_matter)
        self.core = core or CORE in self.front_matter.tags
        start = self.front_matter.end
        outline = read_outline(text, start)
        self.headings = outline.headings
        self.skipped = sorted(outline.code + outline.comments) if outline.comments else outline.code
        self.definitions, definition_issues = find_definitions(text, start, self.skipped)
        self.used = Definitions(self.definitions).used
        cuts = outline.comments + [(definition.start, definition.end) for definition in self.definitions]
        self.cutter = Cutter(text, cuts)
        conflict = conflict_issue(text, self.skipped)
        self.lost = bool(issues) or self.front_matter.broken or outline.lost or conflict is not None
        self.issues += [*self.front_matter.issues, *outline.issues, *definition_issues]
        if conflict is not None:  # two versions side by side: whatever else is found wrong follows from that
            self.issues = [conflict]
            self.headings = []
        self.notes: list[RawNote] = []
        self.prose: list[_RawProse] = []
        self.title = self.front_matter.title
        self.title_seen = False
        self.section: str | None = None
        self.tags: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.line, self.line_offset = 1, 0

    def read(self) -> Parsed:
        self.sections()
        for issue in character_issues(self.written, self.skipped):
            self.assign(issue)
        self.check_duplicate_questions()
        ids = self.give_ids()
        if self.cut is not None:
            self.forget_what_the_cut_broke(self.cut)
        return self.result(ids)

    def forget_what_the_cut_broke(self, cut: Issue) -> None:
        """Bytes that are not UTF-8 end the text: what stands after its last heading was not read whole."""
        start = max((heading.start for heading in self.headings if heading.level <= 2), default=0)
        self.issues = [issue for issue in self.issues if issue is cut or issue.offset < start]
        for note in self.notes:
            note.issues = [issue for issue in note.issues if issue.offset < start]

    # From top to bottom -------------------------------------------------------------------------------

    def sections(self) -> None:
        """Go through the H1 and H2 headings; what stands before the first H2 of each section is prose."""
        headings, size = self.headings, len(self.text)
        bounds = [index for index, heading in enumerate(headings) if heading.level <= 2]
        self.read_prose(self.front_matter.end, headings[bounds[0]].start if bounds else size)
        for index, following in zip(bounds, [*bounds, len(headings)][1:], strict=True):
            heading = headings[index]
            end = headings[following].start if following < len(headings) else size
            if heading.level == 1:
                self.begin_section(heading)
                self.read_prose(heading.end, end)
            else:
                inner = headings[index + 1 : following]
                line = self.line_at(heading.start)
                self.take(from_heading(self.cutter, heading, inner, end, line, core=self.core))

    def begin_section(self, heading: Heading) -> None:
        """The first H1 before any note may be the deck's title; any other begins a section."""
        title = heading_text(self.cutter.part(heading.text_start, heading.end).text)
        if not self.notes and not self.title_seen:
            self.title_seen = True
            self.title = self.title or title
            if title == self.title:
                return
        self.section = title or None

    def read_prose(self, start: int, end: int) -> None:
        part = self.cutter.part(start, end)
        cards, issues = read_one_line_cards(part)
        self.issues.extend(issues)
        position = 0
        for card in cards:
            self.add_prose(part.slice(position, card.start))
            self.take(from_line(card, self.line_at(locate(card.line.origin, 0))))
            position = min(card.end + 1, len(part.text))
        self.add_prose(part.slice(position, len(part.text)))

    def add_prose(self, part: Part) -> None:
        part = part.stripped()
        if part.text.strip():
            line = self.line_at(locate(part.origin, 0))
            self.prose.append(_RawProse(line, len(self.notes), self.section, part))

    def take(self, note: RawNote) -> None:
        note.section = self.section
        self.notes.append(note)

    def line_at(self, offset: int) -> int:
        """The line of an offset that is not before the last one asked for."""
        self.line += self.text.count("\n", self.line_offset, offset)
        self.line_offset = offset
        return self.line

    def assign(self, issue: Issue) -> None:
        """Give the issue to the note in whose range it is, if any: an error then breaks that note.

        An error in or at the front matter leaves open what the file is.
        """
        if issue.severity == "error" and issue.offset < max(self.front_matter.end, 1):
            self.lost = True
        index = bisect_right(self.notes, issue.offset, key=lambda note: note.offset) - 1
        inside = index >= 0 and issue.offset < self.notes[index].end
        (self.notes[index].issues if inside else self.issues).append(issue)

    # Ids ----------------------------------------------------------------------------------------------

    def check_duplicate_questions(self) -> None:
        first: dict[str, int] = {}
        for note in self.notes:
            content = note.content
            if content is None:
                continue
            written = content.question if isinstance(content, Basic) else f"{content.heading}\n{content.body}"
            question = " ".join(written.split())
            line = first.setdefault(question, note.line)
            if line != note.line:
                message = f"the same question stands in line {line}; delete one or tell them apart"
                note.issues.append(warning(note.offset, "duplicate-question", message))

    def give_ids(self) -> list[str]:
        """The id of each note, in order: its own, else a slug that meets no other id of the file."""
        by_id: dict[str, list[RawNote]] = {}
        for note in self.notes:
            if note.attributes.id is not None:
                by_id.setdefault(note.attributes.id, []).append(note)
        for note_id, notes in by_id.items():
            if len(notes) > 1:
                self.refuse_duplicates(note_id, notes)
        pool = SlugPool(set(by_id))
        return [note.attributes.id or pool.give(slug(note.question, note.source)) for note in self.notes]

    def refuse_duplicates(self, note_id: str, notes: list[RawNote]) -> None:
        for note in notes:
            others = [str(other.line) for other in notes[: MAX_NAMED + 1] if other is not note][:MAX_NAMED]
            more = f" and {len(notes) - 1 - len(others)} more" if len(notes) - 1 > len(others) else ""
            where = f"line{'s' if len(others) > 1 else ''} {', '.join(others)}{more}"
            message = f"the id '{note_id}' stands in {where} too; give one of the notes another id"
            note.issues.append(error(note.offset, "duplicate-id", message))

    # The result ---------------------------------------------------------------------------------------

    def result(self, ids: list[str]) -> Parsed:
        if not self.notes and not self.lost:
            told = foreign_format(self.text) or "begin each card with '## ' and its question, or rename the file"
            message = f"the file holds no card; {told}"
            self.issues.append(warning(self.front_matter.end, "no-cards", message))
        notes: list[Note] = []
        broken: list[BrokenNote] = []
        places: dict[str, Place] = {}
        positions: list[int] = []  # for each raw note, how many good ones come before it
        for raw, note_id in zip(self.notes, ids, strict=True):
            positions.append(len(notes))
            self.issues.extend(raw.issues)
            if raw.content is None or raw.broken:
                broken.append(BrokenNote(note_id, raw.attributes.id is not None, raw.line))
            else:
                notes.append(self.note(raw, note_id, raw.content))
                in_list = raw.attributes.start >= 0
                places[note_id] = Place(raw.parts, raw.stamp_at, in_list, raw.requires_at, raw.item_ends, raw.refs_at)
        positions.append(len(notes))
        lines = Lines(self.text)
        prose = tuple(
            Prose(raw.line, raw.part.text, positions[raw.notes_before], self.used(raw.part.text), raw.section)
            for raw in self.prose
        )
        problems = sorted(filter(self.project.says, {lines.problem(self.path, issue) for issue in self.issues}))
        return Parsed(
            deck=self.deck(notes, prose),
            problems=tuple(problems),
            structure_lost=self.lost,
            broken=tuple(broken),
            lines=lines,
            places=places,
            prose_origins=tuple(raw.part.origin for raw in self.prose),
            definitions=tuple(self.definitions),
            macros=self.project.macros,
            id_at=self.front_matter.id_at,
        )

    def deck(self, notes: list[Note], prose: tuple[Prose, ...]) -> Deck:
        given = self.front_matter
        stem = self.path.removesuffix(".md")
        return Deck(
            id=given.id or unicodedata.normalize("NFC", stem),
            path=self.path,
            title=self.title or title_of(stem.rpartition("/")[2]),
            description=given.description,
            tags=given.tags,
            author=given.author,
            license=given.license,
            source=given.source,
            language=given.language,
            order=given.order,
            notes=tuple(notes),
            prose=prose,
        )

    def note(self, raw: RawNote, note_id: str, content: Content) -> Note:
        attributes, lists = raw.attributes, raw.lists
        return Note(
            id=note_id,
            explicit=attributes.id is not None,
            line=raw.line,
            content=content,
            source=raw.source,
            definitions=self.used(raw.source),
            rubric=lists.get("rubric", ()),
            follow_ups=lists.get("follow_ups", ()),
            sources=lists.get("sources", ()),
            tags=self.all_tags(attributes.tags),
            section=raw.section,
            requires=attributes.requires,
            draft="draft" in attributes.flags,
            one_line=raw.one_line,
            rubric_refs=raw.refs.get("rubric_refs", ()),
            follow_up_refs=raw.refs.get("follow_up_refs", ()),
            in_full=raw.in_full,
            clarify=lists.get("clarify", ()),
        )

    def all_tags(self, own: tuple[str, ...]) -> tuple[str, ...]:
        """The file's tags, then the note's, each once."""
        if own not in self.tags:
            self.tags[own] = tuple(dict.fromkeys(self.front_matter.tags + own))
        return self.tags[own]
