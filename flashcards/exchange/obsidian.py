"""Notes of Obsidian's Spaced Repetition plugin: its cards, tags, links, pictures and schedules.

Cards are ``front::back``, ``front:::back``, blocks with a ``?`` or ``??`` line, and blocks with ``==highlights==``.
A block ends at a blank line outside code. Where a note has no ``#flashcards`` tag but others of the vault have,
what may be ordinary text (``key:: value``, highlights) counts only if a schedule follows.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial

from flashcards.domain.card import BACKWARD, FORWARD, Basic, Cloze, Content, Deck, Note
from flashcards.exchange.anki.to_markdown import to_markdown
from flashcards.exchange.found import Converted, FoundDeck, Notice, Remembered, SourceFile, Tree, relative, stem
from flashcards.exchange.markdown_text import (
    code_lines,
    footnotes_apart,
    footnotes_of,
    front,
    inline_references,
    lower_headings,
    mask,
    outside_code,
    plain_brackets,
    with_pictures,
    without_html,
)
from flashcards.exchange.obsidian_marks import as_tag, deck_of, gap_pattern, highlights, properties, unmarked
from flashcards.exchange.obsidian_settings import Settings

DEFAULT = Settings()
EPOCH = date(1970, 1, 1).toordinal()
MIN_EASE, MAX_INTERVAL = 130, 36_500
NEVER_REVIEWED = date(2000, 1, 1).toordinal() - EPOCH  # what the plugin writes for a sibling that is still new
_IMAGES = ("png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp")
_OTHERS = ("mp3", "ogg", "oga", "opus", "wav", "m4a", "flac", "weba", "3gp", "mp4", "webm", "mov", "pdf")
MEDIA = frozenset(_IMAGES + _OTHERS)

_ANY_TAG = r"#[^\s#.,;:!?()\[\]{}'\"`]+"
_TAGS_ALONE = re.compile(rf"\s*(?:{_ANY_TAG}\s*)+$")
_SCHEDULE = re.compile(r"<!--\s*SR:(!?[^>]*?)-->")
_ENTRY = re.compile(r"(\d{4})-(\d\d?)-(\d\d?),(\d+(?:\.\d+)?),(\d+)")
_COMMENT = re.compile(r"<!--(?!\s*SR:).*?(?:-->|\Z)|%%.*?%%", re.S)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_MARKER = re.compile(r"\s*(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_INLINE_FIELD = re.compile(r"\s*(?:[-*+]\s+)?[\w][\w /-]*::(?!:)(?:\s|$)")
_WIKI = re.compile(r"(!?)\[\[([^\[\]|#\n]*)((?:#[^\[\]|\n]*)?)(?:\\?\|([^\[\]\n]*))?\]\]")
_SIZE = re.compile(r"\d+(?:x\d+)?")
_SIZED = re.compile(r"(!\[[^\[\]|]*)\|\s*\d+(?:x\d+)?(?=\])")
_BLOCK_ID = re.compile(r"(?<=\S)[ \t]+\^[A-Za-z0-9-]+[ \t]*$", re.M)


@cache
def _tag(names: tuple[str, ...]) -> re.Pattern[str]:
    """What finds the vault's tags for cards, with the deck that they name."""
    either = "|".join(map(re.escape, names))
    return re.compile(rf"(?<![\w/#&])#(?:{either})((?:/[\w-]+)*)(?![\w/-])")


@cache
def _tags_first(names: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, names))
    return re.compile(rf"\s*(?:[-*+]\s+|\d+[.)]\s+)?((?:#(?:{either})(?:/[\w-]+)*\s+)+)")


def has_tag(text: str, settings: Settings = DEFAULT) -> bool:
    """Whether a note is meant for the plugin: a tag of the vault's (``#flashcards``) in its text or its properties."""
    tags = properties(text)[1]
    return bool(_tag(settings.tags).search(mask(text))) or any(deck_of(it, settings.tags) is not None for it in tags)


def convert(file: SourceFile, tree: Tree, *, strict: bool, deck_path: str, settings: Settings = DEFAULT) -> Converted:
    """The decks of one note of a vault: one for each ``#flashcards/...`` tag, else one at its own path.

    `deck_path` is where its own deck goes. `strict`: other notes have a tag, so that one without counts only
    where it is plain that a card is meant.
    """
    reader = _Reader(file, tree, strict, settings)
    reader.read()
    notes: dict[str, list[Note]] = {}
    schedules: dict[str, dict[int, dict[str, Remembered]]] = {}
    for card in reader.cards:
        path = _path_in(card.deck, deck_path)
        content = reader.finished(card, path)
        if content is None:
            continue
        tags = tuple(dict.fromkeys([*reader.tags, *card.tags]))
        used = footnotes_of(content, reader.footnotes, partial(reader.text, line=card.line, deck_path=path))
        note = Note("", False, card.line, content, "", used, section=card.section, tags=tags)
        if remembered := reader.schedule(card, note):
            schedules.setdefault(path, {})[len(notes.get(path, ()))] = remembered
        notes.setdefault(path, []).append(note)
    decks = (
        Deck(id=path.removesuffix(".md"), path=path, title=reader.title, tags=reader.tags, notes=tuple(found))
        for path, found in notes.items()
    )
    found = tuple(FoundDeck(deck, file.path, schedules.get(deck.path, {})) for deck in decks)
    return Converted(found, tuple(reader.notices))


def _path_in(deck: str, own: str) -> str:
    """Where cards of a deck go: into the folder that the tag names, else beside their note."""
    return f"{deck.strip('/')}/{posixpath.basename(own)}" if deck.strip("/") else own


# Lines to cards ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """A card as it stands in the note; `kind` is ``::``, ``:::``, ``?``, ``??`` or ``==``."""

    kind: str
    line: int
    front: str
    back: str = ""
    deck: str = ""
    tags: tuple[str, ...] = ()
    section: str | None = None
    schedule: str = ""
    schedule_line: int = 0


@dataclass(slots=True)
class _Reader:
    """Goes through a note; knows the deck and the headings that the next card stands under."""

    file: SourceFile
    tree: Tree
    strict: bool
    settings: Settings = DEFAULT
    cards: list[_Found] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    title: str = ""
    tags: tuple[str, ...] = ()
    deck: str = ""
    more_tags: tuple[str, ...] = ()
    headings: list[tuple[int, str]] = field(default_factory=list)
    doubtful: int = 0
    doubtful_line: int = 0

    footnotes: dict[str, str] = field(default_factory=dict)

    @property
    def tagged(self) -> re.Pattern[str]:
        """What finds a tag of the vault's."""
        return _tag(self.settings.tags)

    @property
    def gaps(self) -> re.Pattern[str] | None:
        """What finds a deletion of the vault's."""
        return gap_pattern(self.settings.gaps)

    def deck_of(self, tag: str) -> str | None:
        return deck_of(tag, self.settings.tags)

    def notice(self, line: int, message: str) -> None:
        self.notices.append(Notice(self.file.path, line, message))

    def read(self) -> None:
        start, tags, title = properties(self.file.text)
        self.title = title or stem(self.file.path)
        self.tags = tuple(dict.fromkeys(as_tag(tag) for tag in tags if self.deck_of(tag) is None and as_tag(tag)))
        tagged = [deck for tag in tags if (deck := self.deck_of(tag)) is not None]
        text, self.footnotes = footnotes_apart(inline_references(_without_comments(self.file.text)))
        lines = [""] * start + text.split("\n")[start:]
        shown = mask("\n".join(lines)).split("\n")
        first = next((match for line in shown if (match := self.tagged.search(line))), None)
        self.strict = self.strict and not tagged and first is None
        self.deck = tagged[0] if tagged else first[1].strip("/") if first else ""
        flags, unclosed = code_lines(lines)
        if unclosed is not None:
            self.notice(unclosed + 1, "this code fence is never closed; what follows was read as text")
        self.blocks(lines, shown, flags)
        if self.doubtful:
            self.notice(
                self.doubtful_line,
                f"{self.doubtful} lines look like cards, but the note has no #{self.settings.tags[0]} tag; left out",
            )

    @property
    def separators(self) -> re.Pattern[str]:
        """What parts the sides of a card on one line; the longer mark first."""
        marks = sorted({self.settings.single, self.settings.single_reversed} - {""}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, marks)))

    def blocks(self, lines: list[str], shown: list[str], flags: list[bool]) -> None:
        """Cut at blank lines outside code; a card of several lines goes on to the vault's end mark, if it has one."""
        start, end = 0, self.settings.end
        separators = (self.settings.several, self.settings.several_reversed)
        for index in range(len(lines) + 1):
            line = lines[index].strip() if index < len(lines) else ""
            held = end and index < len(lines) and any(it.strip() in separators for it in lines[start:index])
            if index == len(lines) or (not flags[index] and (line == end if held else not line)):
                if index > start:
                    self.block(lines[start:index], shown[start:index], flags[start:index], start + 1)
                start = index + 1

    def block(self, lines: list[str], shown: list[str], flags: list[bool], first: int) -> None:
        """The cards of one block; `shown` is the block with code and maths masked."""
        _Block(self, lines, shown, flags, first, len(self.cards)).read()

    def leave(self, line: str) -> re.Match[str]:
        """Takes back that a heading was entered, which turns out to be the front of a card; gives it."""
        self.headings.pop()
        heading = _HEADING.match(line)
        assert heading is not None
        return heading

    def enter(self, level: int, title: str) -> None:
        self.headings = [heading for heading in self.headings if heading[0] < level]
        self.headings.append((level, self.tagged.sub("", title).strip()))
        if tag := self.tagged.search(mask(title)):
            self.deck = tag[1].strip("/")

    def tag(self, line: str) -> None:
        decks = [match[1].strip("/") for match in self.tagged.finditer(line)]
        self.deck, self.more_tags = decks[0], tuple(as_tag(deck) for deck in decks[1:] if deck)

    def add(self, card: _Found) -> None:
        """Take in a card, with the tags that stand before its text."""
        card.deck, card.tags = self.deck, self.more_tags
        own = _tags_first(self.settings.tags).match(card.front)
        if own:
            decks = [match[1].strip("/") for match in self.tagged.finditer(own[1])]
            card.deck, card.tags = decks[0], tuple(as_tag(deck) for deck in decks[1:] if deck)
            card.front = card.front[: own.start(1)] + card.front[own.end() :]
        titles = [re.sub(r"[\[\]]", "", title) for _, title in self.headings if title]
        card.section = " > ".join(titles) or None
        self.cards.append(card)

    def single(self, line: str, shown: str, number: int, following: list[str]) -> str:
        """Take in a card on one line; gives its front, as far as it is one."""
        found = self.separators.search(shown)
        assert found is not None
        schedule = _SCHEDULE.search(line)
        marker = _MARKER.match(line)
        start = marker.end() if marker else 0
        end = schedule.start() if schedule else len(line)
        left, right = line[start : found.start()].strip(), line[found.end() : end].strip()
        if line.lstrip().startswith("|") or not left or not right:
            self.notice(number, f"left out: '{found.group()}' here makes no card")
            return line.strip()
        scheduled = schedule is not None or bool(following and _SCHEDULE.fullmatch(following[0].strip()))
        if self.strict and _INLINE_FIELD.match(line) and not scheduled:
            self.doubt(number)
            return left
        kind = ":::" if found.group() == self.settings.single_reversed else "::"
        card = _Found(kind, number, left, right)
        if schedule:
            card.schedule, card.schedule_line = schedule[1], number
        self.add(card)
        return left

    def several(
        self, lines: list[str], pending: list[int], separator: int, first: int, schedule: tuple[str, int]
    ) -> None:
        """A card whose sides are lines above and below a separator."""
        above = [index for index in pending if index < separator]
        below = [index for index in pending if index > separator]
        number = first + (above[0] if above else separator)
        back = "\n".join(lines[index] for index in below)
        if (inline := _SCHEDULE.search(back)) and not schedule[0]:
            schedule = (inline[1], first + below[-1])
            back = back.replace(inline.group(), "").rstrip()
        if not above or not back.strip():
            self.notice(number, f"left out: a side of the '{lines[separator].strip()}' card is empty")
            return
        text = "\n".join(lines[index] for index in above)
        kind = "??" if lines[separator].strip() == self.settings.several_reversed else "?"
        self.add(_Found(kind, number, text, back, "", (), None, *schedule))

    def marked(
        self, lines: list[str], shown: list[str], pending: list[int], first: int, schedule: tuple[str, int]
    ) -> None:
        """A card of a block with highlights, if it has any."""
        text = "\n".join(lines[index] for index in pending)
        if (inline := _SCHEDULE.search(text)) and not schedule[0]:
            schedule = (inline[1], first + pending[-1])
            text = text.replace(inline.group(), "").rstrip()
        if self.gaps is None or not self.gaps.search(mask(text)):
            if schedule[0]:
                told = "left out: a schedule without a card; if this vault parts front and back otherwise, name"
                self.notice(schedule[1], f"{told} how with --separator")
            return
        if self.strict and not schedule[0]:
            self.doubt(first + pending[0])
            return
        self.add(_Found("==", first + pending[0], text, "", "", (), None, *schedule))

    def doubt(self, line: int) -> None:
        self.doubtful += 1
        self.doubtful_line = self.doubtful_line or line

    # Cards to notes -----------------------------------------------------------------------------------

    def finished(self, card: _Found, deck_path: str) -> Content | None:
        """The content of a card, its links and pictures as ours."""
        if card.kind != "==":
            question, answer = (self.text(text, card.line, deck_path) for text in (card.front, card.back))
            return Basic(front(question), answer.strip("\n"), reversed=card.kind in (":::", "??"))
        body, numbers = highlights(card.front, self.gaps)
        if not numbers:
            return None
        if len(numbers) > 50 or max(numbers) > 499:
            self.notice(card.line, f"left out: {len(numbers)} cards of one text; at most 50 are possible")
            return None
        return Cloze("", self.text(body, card.line, deck_path).strip("\n"), numbers)

    def text(self, text: str, line: int, deck_path: str) -> str:
        def place(reference: str) -> str:
            found = self.tree.find(reference, self.file.path, anywhere=True)
            return relative(found, deck_path) if found else reference

        def wiki(match: re.Match[str]) -> str:
            return self.wiki(match, line)

        text = plain_brackets(_BLOCK_ID.sub("", text))
        if _SIZED.search(text) or any(_SIZE.fullmatch((match[4] or "").strip()) for match in _WIKI.finditer(text)):
            self.notice(line, "the size of a picture was left out")
        text = outside_code(text, _WIKI, wiki)
        text = without_html(_SIZED.sub(r"\1", text), to_markdown)
        return lower_headings(with_pictures(text, place))

    def wiki(self, match: re.Match[str], line: int) -> str:
        """A ``[[link]]`` as its words, an ``![[embed]]`` as a picture or sound."""
        embedded, target, heading, alias = match[1], match[2].strip(), match[3][1:].strip(), (match[4] or "").strip()
        heading = " > ".join(part.strip() for part in heading.split("#") if part.strip() and part[:1] != "^")
        name = " > ".join(part for part in (target, heading) if part)
        if not embedded:
            return alias or name
        if posixpath.splitext(target)[1][1:].lower() in MEDIA:
            words = alias if alias and not _SIZE.fullmatch(alias) else stem(target)
            return f"![{words}](<{target}>)"
        self.notice(line, f"the embedded note [[{name}]] is shown by its name only")
        return name

    def schedule(self, card: _Found, note: Note) -> dict[str, Remembered]:
        """What the plugin's comment says of the note's cards, in their order."""
        if not card.schedule:
            return {}
        content = note.content
        entries = list(_ENTRY.finditer(card.schedule))
        if isinstance(content, Cloze):
            whiches = [f"c{number}" for number in content.numbers]
        else:
            whiches = [FORWARD, BACKWARD] if content.reversed else [FORWARD]
        if len(entries) != len(whiches):
            counts = f"entries: {len(entries)}, cards: {len(whiches)}"
            self.notice(card.schedule_line, f"the schedule does not fit: {counts}; the rest of the cards are new")
        remembered: dict[str, Remembered] = {}
        for which, entry in zip(whiches, entries, strict=False):
            try:
                due = date(int(entry[1]), int(entry[2]), int(entry[3])).toordinal() - EPOCH
            except ValueError:
                self.notice(card.schedule_line, f"{entry.group().split(',')[0]} is no date; the card is new")
                continue
            if due != NEVER_REVIEWED:
                interval = min(max(round(float(entry[4])), 1), MAX_INTERVAL)
                remembered[which] = Remembered(due, interval, max(int(entry[5]), MIN_EASE))
        return remembered


@dataclass(slots=True)
class _Block:
    """The lines of a block, read one by one: those that may be text of its card, and what was found among them."""

    reader: _Reader
    lines: list[str]
    shown: list[str]
    flags: list[bool]
    first: int
    cards_before: int
    pending: list[int] = field(default_factory=list)
    separator: int | None = None
    schedule: tuple[str, int] = ("", 0)
    front: int = -1
    """The heading that stands right above, and is the front where a separator follows."""
    after: list[re.Match[str]] = field(default_factory=list)
    """Headings that are text of a card: they are one for what comes below it."""

    def read(self) -> None:
        for index, line in enumerate(self.lines):
            above, self.front = self.front, -1
            self.line(index, line, above)
        if self.separator is not None:
            self.reader.several(self.lines, self.pending, self.separator, self.first, self.schedule)
        else:
            self.reader.marked(self.lines, self.shown, self.pending, self.first, self.schedule)
        for heading in self.after:
            self.reader.enter(len(heading[1]), unmarked(heading[2], self.reader.gaps))

    def line(self, index: int, line: str, above: int) -> None:
        """What one line is; `above` is the heading right above it, or -1."""
        settings, text = self.reader.settings, line.strip()
        if self.flags[index]:
            self.pending.append(index)
        elif heading := _HEADING.match(line):
            self.heading(index, heading)
        elif _TAGS_ALONE.fullmatch(line) and self.reader.tagged.search(self.shown[index]):
            self.reader.tag(self.shown[index])
        elif found := _SCHEDULE.fullmatch(text):
            self.scheduled(found[1], self.first + index)
        elif self.separator is None and text in (settings.several, settings.several_reversed):
            self.separator = index
            if above >= 0 and not self.pending:
                self.pending.append(above)
                self.after.append(self.reader.leave(self.lines[above]))
        elif self.separator is None and self.reader.separators.search(self.shown[index]):
            self.end_of_marked()
            self.single(index, line, self.shown[index])
        else:
            self.prose(index, line)

    def heading(self, index: int, heading: re.Match[str]) -> None:
        """A heading ends what stood above it, unless it belongs to a card; it may be a card itself."""
        level, title, reader = len(heading[1]), heading[2], self.reader
        if self.separator is not None:
            self.pending.append(index)
            self.after.append(heading)
            return
        self.end_of_marked()
        reader.headings = [it for it in reader.headings if it[0] < level]
        if reader.separators.search(self.shown[index]):
            shown = self.shown[index][heading.start(2) : heading.end(2)]
            reader.enter(level, self.single(index, title, shown))
        elif reader.gaps is not None and reader.gaps.search(mask(title)):
            self.pending.append(index)
            self.after.append(heading)
        else:
            reader.enter(level, title)
            self.front = index

    def scheduled(self, schedule: str, number: int) -> None:
        """A schedule on a line of its own: of the card of one line right above it, or of this block's."""
        if self.separator is None and len(self.reader.cards) > self.cards_before and not self.pending:
            self.reader.cards[-1].schedule, self.reader.cards[-1].schedule_line = schedule, number
            self.schedule = ("", 0)
        else:
            self.schedule = (schedule, number)

    def end_of_marked(self) -> None:
        """What stood above is a card by itself, if it has deletions."""
        self.reader.marked(self.lines, self.shown, self.pending, self.first, ("", 0))
        self.pending = []

    def single(self, index: int, line: str, shown: str) -> str:
        return self.reader.single(line, shown, self.first + index, self.lines[index + 1 : index + 2])

    def prose(self, index: int, line: str) -> None:
        """Text, which may name the deck of what follows."""
        reader = self.reader
        if not _tags_first(reader.settings.tags).match(line) and (tag := reader.tagged.search(self.shown[index])):
            reader.deck = tag[1].strip("/")
        self.pending.append(index)


def _without_comments(text: str) -> str:
    """The text without comments other than schedules; lines stay where they are."""
    return outside_code(text, _COMMENT, lambda match: "\n" * match.group().count("\n"))
