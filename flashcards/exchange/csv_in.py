"""CSV and TSV as Anki reads it: ``#separator``, ``#html``, ``#tags column`` and the other headers of its text files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote

from flashcards.domain.card import Basic, Cloze, Content, Deck, Note
from flashcards.exchange.anki.to_markdown import MEDIA_REFERENCE, as_text, escape, to_markdown
from flashcards.exchange.csv_rows import Row
from flashcards.exchange.csv_rows import rows as read_rows
from flashcards.exchange.found import Converted, FoundDeck, Notice, SourceFile, Tree, relative, stem
from flashcards.exchange.markdown_text import front, lower_headings, with_pictures, wrapped

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "pipe": "|", "colon": ":"}

_HEADER = re.compile(r"#([a-z][a-z ]*):(.*)$", re.I)
_HTML = re.compile(
    r"</?(?:b|i|u|em|strong|br|div|p|span|img|ul|ol|li|a|code|pre|sub|sup|font|table|h[1-6])\b[^>]*>|&\w+;", re.I
)
_DELETION = re.compile(r"\{\{c([1-9]\d{0,2})::")
_QUOTED = re.compile(r'(?:^|(?<=[\t,;|]))"[^"]*+(?:""[^"]*+)*+" *(?=[\t,;|]|$)|&#?\w+;', re.M)
_SOUND = re.compile(r"\[sound:([^\[\]\n]+)\]")
# What people call columns; the first of each that a header names is taken.
_FRONTS = ("front", "question", "text", "term", "word", "prompt", "expression", "vocabulary", "phrase")
_BACKS = ("back", "answer", "definition", "meaning", "translation", "response", "explanation")
_OTHERS = ("extra", "example", "examples", "note", "notes", "hint", "pronunciation", "reading", "source", "comment")
_NAMED = {"tags": "tags", "tag": "tags", "deck": "deck"}
_ABOUT = ("category", "topic", "level", "type", "part of speech", "english", "sentence", "sentences")
# What a program notes of a card for itself: no text.
_NOT_TEXT = ("id", "cardid", "card id", "card_id", "guid", "uuid", "status", "created_at", "updated_at", "created_by")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_IN_NAMES = re.compile(r"[/\\<>:\"|?*]+")
_LONGEST_NAME = 200  # bytes
_SIMPLE = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,2}")
_MADE_UP = re.compile(r"[a-z]+(?:_[a-z]+)+")


@dataclass(slots=True)
class _Headers:
    """What the lines before the first row say. Columns count from 1, 0 is none."""

    separator: str = ""
    html: bool | None = None
    tags: tuple[str, ...] = ()
    deck: str = ""
    notetype: str = ""
    columns: dict[str, int] = field(default_factory=dict)
    names: tuple[str, ...] = ()


Own = Callable[[str, Sequence[str], Sequence[str], Callable[[str], str]], Note | str | None]
"""From a note type, its fields as HTML, tags and what puts pictures in place: the note, if the type is ours, or why it
gives none.
"""


def convert(
    file: SourceFile, tree: Tree, deck_path: str, *, header: bool | None = None, own: Own = lambda *_: None
) -> Converted:
    """The decks of one file: one, or one for each value of the deck column. Rows keep their order.

    `header` says whether the first row names the columns; None: as it looks. `own` reads rows of our note types.
    """
    return _Reader(file, tree, deck_path, header, own).read()


class _Reader:
    def __init__(self, file: SourceFile, tree: Tree, deck_path: str, header: bool | None, own: Own) -> None:
        self.file, self.tree, self.deck_path, self.header_row, self.own = file, tree, deck_path, header, own
        self.order: list[int] = []  # the columns of front and back, from 1, where a header names them
        self.notices: list[Notice] = []
        self.headers = _Headers()
        self.html = False
        self.titles: dict[str, str] = {}  # of decks that rows name, by path
        self.unread = 0

    def notice(self, line: int, message: str) -> None:
        self.notices.append(Notice(self.file.path, line, message))

    def read(self) -> Converted:
        lines = self.file.text.split("\n")
        start = self.read_headers(lines)
        separator = self.headers.separator or _guess(lines[start:], self.file.path)
        if not separator:
            self.notice(1, "left out: this reads as prose, with no tab, semicolon or bar between columns")
            return Converted((), tuple(self.notices))
        rows = list(self.rows(lines, start, separator))
        if rows and (_names_columns(rows[0].fields) if self.header_row is None else self.header_row):
            self.take_names(rows[0])
            del rows[0]
        given = self.headers.html
        self.html = any(_HTML.search(field) for row in rows for field in row.fields) if given is None else given
        decks: dict[str, list[Note]] = {}
        for row in rows:
            path = self.path_of(row)
            note = self.note(row, path)
            if note is not None:
                decks.setdefault(path, []).append(note)
        found = tuple(self.deck(path, notes) for path, notes in decks.items())
        return Converted(found, tuple(self.notices), self.unread)

    def deck(self, path: str, notes: list[Note]) -> FoundDeck:
        tags = self.headers.tags
        title = stem(self.file.path) if path == self.deck_path else self.titles[path]
        return FoundDeck(Deck(path.removesuffix(".md"), path, title, tags=tags, notes=tuple(notes)), self.file.path)

    def take_names(self, row: Row) -> None:
        """The first row names the columns: front and back are found by their names, tags and deck, too."""
        names = [name.strip().casefold() for name in row.fields]
        self.notice(row.line, "left out: the first row names the columns")
        for column, name in enumerate(names, start=1):
            if name in _NAMED:
                self.headers.columns.setdefault(_NAMED[name], column)
            elif name in _NOT_TEXT:
                self.headers.columns.setdefault(name, column)
        self.order = [
            next(names.index(name) + 1 for name in known if name in names)
            for known in (_FRONTS, _BACKS)
            if any(name in names for name in known)
        ]

    # Headers and rows ---------------------------------------------------------------------------------

    def read_headers(self, lines: list[str]) -> int:
        for index, line in enumerate(lines):
            if not line.startswith("#"):
                return index
            match = _HEADER.match(line)
            if match:
                self.header(match[1].strip().lower(), match[2].strip(), index + 1)
        return len(lines)

    def header(self, name: str, value: str, line: int) -> None:
        headers = self.headers
        if name == "separator":
            character = value if len(value) == 1 and value != '"' else ""
            headers.separator = SEPARATORS.get(value.lower(), character)
            if value and not headers.separator:
                known = ", ".join(name.capitalize() for name in SEPARATORS)
                self.notice(line, f"the separator '{value[:40]}' is none of {known} or one character; it was guessed")
        elif name == "html":
            headers.html = value.lower() == "true"
        elif name == "tags":
            headers.tags = tuple(dict.fromkeys(tag for tag in map(_as_tag, value.split()) if tag))
        elif name == "columns":
            headers.names = tuple(re.split(re.escape(headers.separator or ","), value))
        elif name == "deck":
            headers.deck = value
        elif name == "notetype":
            headers.notetype = value
        elif name in ("tags column", "deck column", "notetype column", "guid column") and value.isdecimal():
            headers.columns[name.removesuffix(" column")] = int(value)
        else:
            self.notice(line, f"the header '#{name}:{value[:40]}' has no meaning here")

    def rows(self, lines: list[str], start: int, separator: str) -> Iterator[Row]:
        for row in read_rows(lines, start, separator, self.notice):
            if isinstance(row, Row):
                yield row
            else:
                self.unread += 1
                self.notice(row.line, row.message)

    # Rows to notes ------------------------------------------------------------------------------------

    def value(self, row: Row, name: str) -> str:
        column = self.headers.columns.get(name, 0)
        return row.fields[column - 1].strip() if 0 < column <= len(row.fields) else ""

    def path_of(self, row: Row) -> str:
        """Where a row's deck goes; what it is called is remembered, as a file may need another name."""
        deck = self.value(row, "deck") or self.headers.deck
        named = [(" ".join(part.split()), _file_name(part)) for part in _UNSEEN.sub(" ", deck).split("::")]
        parts = [name for _, name in named if name]
        if not parts:
            return self.deck_path
        path = "/".join(parts) + ".md"
        self.titles.setdefault(path, next(title for title, name in reversed(named) if name))
        return path

    def note(self, row: Row, path: str) -> Note | None:
        special = set(self.headers.columns.values())
        columns = [*self.order, *(it for it in range(1, len(row.fields) + 1) if it not in self.order)]
        fields = [row.fields[it - 1] for it in columns if it not in special and it <= len(row.fields)]
        tags = tuple(dict.fromkeys(filter(None, map(_as_tag, self.value(row, "tags").split()))))
        place = partial(self.placed, deck_path=path)
        note = self.own(self.note_type(row), fields, tags, place) if self.html else None
        if isinstance(note, str):
            self.notice(row.line, f"left out: {note}")
            return None
        if note is None:
            content = self.content([self.text(value, row.line, path) for value in fields], row)
            if content is None:
                return None
            note = Note("", False, row.line, content, "", tags=tags)
        return replace(note, line=row.line, tags=tuple(dict.fromkeys([*self.headers.tags, *note.tags])))

    def note_type(self, row: Row) -> str:
        return self.value(row, "notetype") or self.headers.notetype

    def content(self, texts: list[str], row: Row) -> Content | None:
        first, rest = (texts[0] if texts else ""), [text for text in texts[1:] if text]
        kind = self.note_type(row).casefold()
        numbers = tuple(sorted({int(number) for number in _DELETION.findall(first)}))
        if numbers:
            return Cloze("", "\n\n".join([first, *rest]), numbers)
        if not first or not rest:
            missing = "back" if first else "front"
            self.notice(row.line, f"left out: the row has no {missing}")
            return None
        if len(rest) > 1 and "reversed" in kind and "optional" not in kind:
            self.notice(row.line, "the columns after the second were put below the answer")
        return Basic(front(first), "\n\n".join(rest), reversed="reversed" in kind, typed="type in" in kind)

    def text(self, value: str, line: int, deck_path: str) -> str:
        if self.html:
            try:
                text = to_markdown(value)
            except RecursionError:
                self.notice(line, "the HTML is nested too deeply; only its words were kept")
                text = as_text(value)
        elif self.headers.html is False:
            text = "\\\n".join(escape(part) for part in value.strip().split("\n"))
        else:
            text = value.strip()
        text = _SOUND.sub(lambda match: f"![]({wrapped(match[1].strip())})", text)
        return lower_headings(self.placed(text, deck_path)).strip()

    def placed(self, text: str, deck_path: str) -> str:
        """The text with pictures and sounds as the deck names them."""
        text = MEDIA_REFERENCE.sub(lambda match: f"](<{unquote(match[1])}>)", text) if self.html else text

        def place(reference: str) -> str:
            found = self.tree.find(reference, self.file.path, anywhere=True)
            return relative(found, deck_path) if found else reference

        return with_pictures(text, place)


def _names_columns(fields: list[str]) -> bool:
    """Whether a row looks like the names of columns: all of them simple words, two such as only a header has."""
    names = [field.strip().casefold() for field in fields if field.strip()]
    known = {*_FRONTS, *_BACKS, *_OTHERS, *_NAMED, *_ABOUT, *_NOT_TEXT}
    telling = {name for name in names if name in known or _MADE_UP.fullmatch(name)}
    return len(telling) > 1 and all(name in telling or _SIMPLE.fullmatch(name) for name in names)


def _guess(lines: list[str], path: str) -> str:
    """The separator of a file that does not name it: by its name, else what the first rows hold most of.

    "" for a text file that is prose: commas alone make no table of it.
    """
    if path.lower().endswith((".tsv", ".tab")) and any("\t" in line for line in lines):  # some have other ones inside
        return "\t"
    sample = _QUOTED.sub("", "\n".join(lines[:50])).split("\n")

    def fits(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in sample if separator in line]
        return len(counts), -len(set(counts))

    prose = path.lower().endswith(".txt")
    best = max(("\t", ";", "|") if prose else ("\t", ",", ";", "|"), key=fits)
    written = sum(bool(line.strip()) for line in sample)
    return "" if prose and fits(best)[0] * 2 < written else best


def _file_name(deck: str) -> str:
    """A deck's name as any system takes it, short enough for a number and an ending behind it."""
    name = _NOT_IN_NAMES.sub("-", deck).encode()[:_LONGEST_NAME].decode("utf-8", "ignore")
    return name.strip(" .-")


def _as_tag(text: str) -> str:
    return re.sub(r"[^\w:/+.-]+", "-", text).strip("-.:/+_")
