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

from flashcards.domain.card import BACKWARD, FORWARD, Basic, Cloze, Content, Deck, Note
from flashcards.exchange.found import Converted, FoundDeck, Notice, Remembered, SourceFile, Tree, relative, stem
from flashcards.exchange.markdown_text import (
    code_lines,
    front,
    inline_references,
    lower_headings,
    mask,
    outside_code,
    with_pictures,
)
from flashcards.exchange.obsidian_marks import HIGHLIGHT, as_tag, deck_of, highlights, properties

EPOCH = date(1970, 1, 1).toordinal()
MIN_EASE, MAX_INTERVAL = 130, 36_500
NEVER_REVIEWED = date(2000, 1, 1).toordinal() - EPOCH  # what the plugin writes for a sibling that is still new
_IMAGES = ("png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "bmp")
_OTHERS = ("mp3", "ogg", "oga", "opus", "wav", "m4a", "flac", "weba", "3gp", "mp4", "webm", "mov", "pdf")
MEDIA = frozenset(_IMAGES + _OTHERS)

_TAG = re.compile(r"(?<![\w/#&])#flashcards((?:/[\w-]+)*)(?![\w/-])")
_ANY_TAG = r"#[^\s#.,;:!?()\[\]{}'\"`]+"
_TAGS_ALONE = re.compile(rf"\s*(?:{_ANY_TAG}\s*)+$")
_TAGS_FIRST = re.compile(r"\s*(?:[-*+]\s+|\d+[.)]\s+)?((?:#flashcards(?:/[\w-]+)*\s+)+)")
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


def has_tag(text: str) -> bool:
    """Whether a note is meant for the plugin: a ``#flashcards`` tag in its text or its properties."""
    return bool(_TAG.search(mask(text))) or any(deck_of(tag) is not None for tag in properties(text)[1])


def convert(file: SourceFile, tree: Tree, *, strict: bool, deck_path: str) -> Converted:
    """The decks of one note of a vault: one for each ``#flashcards/...`` tag, else one at its own path.

    `deck_path` is where its own deck goes. `strict`: other notes have a tag, so that one without counts only
    where it is plain that a card is meant.
    """
    reader = _Reader(file, tree, strict)
    reader.read()
    notes: dict[str, list[Note]] = {}
    schedules: dict[str, dict[int, dict[str, Remembered]]] = {}
    for card in reader.cards:
        path = _path_in(card.deck, deck_path)
        content = reader.finished(card, path)
        if content is None:
            continue
        tags = tuple(dict.fromkeys([*reader.tags, *card.tags]))
        note = Note(id="", explicit=False, line=card.line, content=content, source="", section=card.section, tags=tags)
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
    cards: list[_Found] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    title: str = ""
    tags: tuple[str, ...] = ()
    deck: str = ""
    more_tags: tuple[str, ...] = ()
    headings: list[tuple[int, str]] = field(default_factory=list)
    doubtful: int = 0
    doubtful_line: int = 0

    def notice(self, line: int, message: str) -> None:
        self.notices.append(Notice(self.file.path, line, message))

    def read(self) -> None:
        start, tags, title = properties(self.file.text)
        self.title = title or stem(self.file.path)
        self.tags = tuple(dict.fromkeys(as_tag(tag) for tag in tags if deck_of(tag) is None and as_tag(tag)))
        tagged = [deck for tag in tags if (deck := deck_of(tag)) is not None]
        text = inline_references(_without_comments(self.file.text))
        lines = [""] * start + text.split("\n")[start:]
        shown = mask("\n".join(lines)).split("\n")
        first = next((match for line in shown if (match := _TAG.search(line))), None)
        self.strict = self.strict and not tagged and first is None
        self.deck = tagged[0] if tagged else first[1].strip("/") if first else ""
        flags, unclosed = code_lines(lines)
        if unclosed is not None:
            self.notice(unclosed + 1, "this code fence is never closed; what follows was read as text")
        self.blocks(lines, shown, flags)
        if self.doubtful:
            self.notice(
                self.doubtful_line,
                f"{self.doubtful} lines look like cards, but the note has no #flashcards tag; left out",
            )

    def blocks(self, lines: list[str], shown: list[str], flags: list[bool]) -> None:
        """Cut at blank lines outside code."""
        start = 0
        for index in range(len(lines) + 1):
            if index == len(lines) or (not lines[index].strip() and not flags[index]):
                if index > start:
                    self.block(lines[start:index], shown[start:index], flags[start:index], start + 1)
                start = index + 1

    def block(self, lines: list[str], shown: list[str], flags: list[bool], first: int) -> None:
        """The cards of one block; `shown` is the block with code and maths masked."""
        pending: list[int] = []
        separator: int | None = None
        latest = len(self.cards)
        schedule = ("", 0)
        for index, line in enumerate(lines):
            if flags[index]:
                pending.append(index)
            elif heading := _HEADING.match(line):
                self.marked(lines, shown, pending, first, ("", 0))
                self.enter(len(heading[1]), heading[2])
                pending = []
            elif _TAGS_ALONE.fullmatch(line) and _TAG.search(shown[index]):
                self.tag(shown[index])
            elif found := _SCHEDULE.fullmatch(line.strip()):
                schedule = (found[1], first + index)
                if separator is None and len(self.cards) > latest and not pending:
                    self.cards[-1].schedule, self.cards[-1].schedule_line = schedule
                    schedule = ("", 0)
            elif separator is None and line.strip() in ("?", "??"):
                separator = index
            elif separator is None and "::" in shown[index]:
                self.marked(lines, shown, pending, first, ("", 0))
                self.single(line, shown[index], first + index, lines[index + 1 : index + 2])
                pending = []
            else:
                if not _TAGS_FIRST.match(line) and (tag := _TAG.search(shown[index])):
                    self.deck = tag[1].strip("/")
                pending.append(index)
        if separator is not None:
            self.several(lines, pending, separator, first, schedule)
        else:
            self.marked(lines, shown, pending, first, schedule)

    def enter(self, level: int, title: str) -> None:
        self.headings = [heading for heading in self.headings if heading[0] < level]
        self.headings.append((level, _TAG.sub("", title).strip()))
        if tag := _TAG.search(mask(title)):
            self.deck = tag[1].strip("/")

    def tag(self, line: str) -> None:
        decks = [match[1].strip("/") for match in _TAG.finditer(line)]
        self.deck, self.more_tags = decks[0], tuple(as_tag(deck) for deck in decks[1:] if deck)

    def add(self, card: _Found) -> None:
        """Take in a card, with the tags that stand before its text."""
        card.deck, card.tags = self.deck, self.more_tags
        own = _TAGS_FIRST.match(card.front)
        if own:
            decks = [match[1].strip("/") for match in _TAG.finditer(own[1])]
            card.deck, card.tags = decks[0], tuple(as_tag(deck) for deck in decks[1:] if deck)
            card.front = card.front[: own.start(1)] + card.front[own.end() :]
        titles = [re.sub(r"[\[\]]", "", title) for _, title in self.headings if title]
        card.section = " > ".join(titles) or None
        self.cards.append(card)

    def single(self, line: str, shown: str, number: int, following: list[str]) -> None:
        """Take in a card on one line."""
        found = re.search(r":::|::", shown)
        assert found is not None
        schedule = _SCHEDULE.search(line)
        marker = _MARKER.match(line)
        start = marker.end() if marker else 0
        end = schedule.start() if schedule else len(line)
        left, right = line[start : found.start()].strip(), line[found.end() : end].strip()
        if line.lstrip().startswith("|") or not left or not right:
            self.notice(number, f"left out: '{found.group()}' here makes no card")
            return
        scheduled = schedule is not None or bool(following and _SCHEDULE.fullmatch(following[0].strip()))
        if self.strict and _INLINE_FIELD.match(line) and not scheduled:
            self.doubt(number)
            return
        card = _Found(found.group(), number, left, right)
        if schedule:
            card.schedule, card.schedule_line = schedule[1], number
        self.add(card)

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
        self.add(_Found(lines[separator].strip(), number, text, back, "", (), None, *schedule))

    def marked(
        self, lines: list[str], shown: list[str], pending: list[int], first: int, schedule: tuple[str, int]
    ) -> None:
        """A card of a block with highlights, if it has any."""
        text = "\n".join(lines[index] for index in pending)
        if (inline := _SCHEDULE.search(text)) and not schedule[0]:
            schedule = (inline[1], first + pending[-1])
            text = text.replace(inline.group(), "").rstrip()
        if not HIGHLIGHT.search(mask(text)):
            if schedule[0]:
                self.notice(schedule[1], "left out: a schedule without a card")
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
        body, numbers = highlights(card.front)
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

        text = outside_code(_BLOCK_ID.sub("", text), _WIKI, wiki)
        return lower_headings(with_pictures(_SIZED.sub(r"\1", text), place))

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


def _without_comments(text: str) -> str:
    """The text without comments other than schedules; lines stay where they are."""
    return outside_code(text, _COMMENT, lambda match: "\n" * match.group().count("\n"))
