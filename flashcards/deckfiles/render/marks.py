"""What in a text is not text, and the stand-ins for it: code, maths, pictures, links, tags, footnotes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from flashcards.character_references import unescape
from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.block_html import Block, Mark
from flashcards.deckfiles.render.cloze_in_math import formula
from flashcards.deckfiles.render.code_html import code_block, code_span, lines_of_fence, lines_of_indented
from flashcards.deckfiles.render.jobs import RenderProblem
from flashcards.deckfiles.render.sanitise import link_problem, refused_autolinks
from flashcards.deckfiles.render.stand_ins import PREFIX, StandIns
from flashcards.deckfiles.text.inline import InlineSpan
from flashcards.deckfiles.text.links import Link, links
from flashcards.deckfiles.text.media_references import Picture, pictures
from flashcards.deckfiles.text.positions import Ranges, address_in_short
from flashcards.deckfiles.text.quote_marks import Marks, quote_marks, unquoted, written_at
from flashcards.deckfiles.text.reserved import without_reserved_numbers
from flashcards.deckfiles.text.structure import Row, Structure


@dataclass(slots=True)
class Context:
    """What the texts of a note share."""

    definitions: str
    media: Mapping[str, Media | MediaProblem]
    stand_ins: Callable[[], StandIns] = StandIns
    problems: list[RenderProblem] = field(default_factory=list)


class Source(NamedTuple):
    """A text with stand-ins for its deletions; `offset` maps back to where an author wrote it."""

    text: str
    part: str
    stand_ins: StandIns
    offset: Callable[[int], int] = lambda offset: offset


@dataclass(slots=True)
class Footnotes:
    """The footnotes that a text may use, by label in lower case, and the numbers of those that it uses."""

    notes: dict[str, Block] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)

    def learn(self, text: str) -> None:
        """Note which labels a text defines."""
        self.labels.update(match.group(1).lower() for match in _NOTE_DEFINITION.finditer(text))

    def use(self, label: str) -> tuple[int, bool] | None:
        """The number of a note, by its first use, and whether this is that; None where it is not defined."""
        if label not in self.labels:
            return None
        first = label not in self.numbers
        return self.numbers.setdefault(label, len(self.numbers) + 1), first


class _Opening(NamedTuple):
    link: Link


class _Closing(NamedTuple):
    link: Link


class _Tag(NamedTuple):
    html: str


class _Raw(NamedTuple):
    """Something in the text that a stand-in shall replace."""

    start: int
    end: int
    what: InlineSpan | Picture | re.Match[str] | _Opening | _Closing | _Tag


_TAGS = re.compile(
    r"(?<!\\)<(/?)(sub|sup|kbd|br|mark|details|summary|abbr(?=\s*>))\s*/?>"
    r"|(?<!\\)<abbr\s+title=(\"[^\"<>]*\"|'[^'<>]*')\s*>",
    re.I,
)
# Addresses in angle brackets, as CommonMark has them.
_ADDRESS = re.compile(
    r"<((?:https?|mailto):[^\s<>\x00-\x1f]+)>|<([\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)>",
    re.I,
)
# What follows an angle bracket and yet is no address is no bare link either; versions of pymdown differ in it.
_NO_ADDRESS = re.compile(r"(?<=<)(?:https?(?=://)|www(?=\.))", re.I)
# ``==marked text==``, apart from comparisons in prose.
_MARKED = re.compile(r"(?<![\w=\\])==(?=[^\s=])((?:(?!\n[ \t]*\n)[^=]|=(?!=))*?)(?<=[^\s=\\])==(?![\w=])")
_NOTE = re.compile(r"\[\^([^\]\s]+)\]")
_NOTE_DEFINITION = re.compile(r"^[ \t>]*\[\^([^\]\s]+)\]:", re.M)
# What Python-Markdown would make a link within the text of a link.
_BARE = re.compile(r"://|(?i:www)\.|@|(?i:mailto):")


def marks_of(
    source: Source, structure: Structure, context: Context, defined: dict[str, tuple[str, str]], footnotes: Footnotes
) -> list[Mark]:
    """Stand-ins for all in `source` that is not text, in order; of two that overlap the first one counts.

    `defined` holds the targets and titles of link labels. What is wrong goes to the problems of `context`.
    """
    text = source.text
    raws = _raws(text, structure, defined)
    if "](" in text or (defined and "[" in text):
        skip = [(raw.start, raw.end) for raw in raws]
        for link in links(text, structure.stretches, skip, defined):
            raws += _link_raws(text, link)
        raws = _without_overlaps(raws)
    marker = _Marker(source, structure, context, footnotes)
    for problem in refused_autolinks(text, Ranges((raw.start, raw.end) for raw in raws).hold):
        marker.problem(*problem)
    found = (marker.mark(raw) for raw in raws)
    return [mark for mark in found if mark is not None]


def _raws(text: str, structure: Structure, defined: dict[str, tuple[str, str]]) -> list[_Raw]:
    raws = [_Raw(span.start, span.end, span) for span in structure.spans]
    if "![" in text:
        raws += [_Raw(item.start, item.end, item) for item in pictures(text, structure.spans, defined)]
    if "<" in text:
        raws += [_Raw(*match.span(), match) for match in _TAGS.finditer(text)]
        raws += [_Raw(*match.span(), match) for match in _ADDRESS.finditer(text)]
        raws += [_Raw(*match.span(), match) for match in _NO_ADDRESS.finditer(text)]
    if "[^" in text:
        raws += [_Raw(*match.span(), match) for match in _NOTE.finditer(text)]
    if "==" in text:
        raws += _marked_raws(text, structure)
    return _without_overlaps(raws)


def _marked_raws(text: str, structure: Structure) -> Iterator[_Raw]:
    """Where marked text begins and ends: within one paragraph, and not by signs that stand in code or maths."""
    hidden = Ranges((span.start, span.end) for span in structure.spans)
    for start, end in structure.stretches:
        for match in _MARKED.finditer(text, start, end):
            if not hidden.hold(match.start()) and not hidden.hold(match.end() - 1):
                yield _Raw(match.start(), match.start() + 2, _Tag("<mark>"))
                yield _Raw(match.end() - 2, match.end(), _Tag("</mark>"))


def _link_raws(text: str, link: Link) -> Iterator[_Raw]:
    yield _Raw(link.start, link.start + 1, _Opening(link))
    for match in _BARE.finditer(text, link.start + 1, link.close):
        yield _Raw(*match.span(), match)
    yield _Raw(link.close, link.end, _Closing(link))


def _without_overlaps(raws: list[_Raw]) -> list[_Raw]:
    raws.sort(key=lambda raw: (raw.start, -raw.end))
    kept: list[_Raw] = []
    end = 0
    for raw in raws:
        if raw.start >= end:
            kept.append(raw)
            end = raw.end
    return kept


class _Marker:
    """Makes the stand-ins for one text."""

    def __init__(self, source: Source, structure: Structure, context: Context, footnotes: Footnotes) -> None:
        self.source = source
        self.text = source.text
        self.stand_ins = source.stand_ins
        self.context = context
        self.footnotes = footnotes
        self.rows = structure.rows
        self.row_starts = [row.start for row in self.rows]

    def mark(self, raw: _Raw) -> Mark | None:
        what = raw.what
        if isinstance(what, InlineSpan):
            return self.span(what)
        if isinstance(what, Picture):
            return Mark(raw.start, raw.end, self.picture(what))
        if isinstance(what, _Opening):
            return Mark(raw.start, raw.end, self.link(what.link))
        if isinstance(what, _Closing):
            closing = "" if self.refused(what.link) else self.stand_ins.add("tag", "</a>")
            return Mark(raw.start, raw.end, closing)
        if isinstance(what, _Tag):
            return Mark(raw.start, raw.end, self.stand_ins.add("tag", what.html, source="=="))
        if what.re is _NOTE:
            return self.note_reference(what)
        if what.re in (_BARE, _NO_ADDRESS):
            words = what.group()
            return Mark(raw.start, raw.end, self.stand_ins.add("other", words, plain=words, source=words))
        return Mark(raw.start, raw.end, self.address(what) if what.re is _ADDRESS else self.tag(what))

    def address(self, match: re.Match[str]) -> str:
        whole, mail = match.groups()
        shown = self.stand_ins.source(whole or mail)
        target = shown if whole else f"mailto:{shown}"
        add = self.stand_ins.add
        words = add("other", escape(shown), plain=shown, source=shown)
        return add("tag", f'<a href="{escape(target)}">') + words + add("tag", "</a>")

    def row_index(self, offset: int) -> int:
        return bisect_right(self.row_starts, offset) - 1

    def row_at(self, offset: int) -> Row | None:
        return self.rows[self.row_index(offset)] if self.rows else None

    def span(self, span: InlineSpan) -> Mark:
        inner = self.text[span.inner_start : span.inner_end]
        if span.kind == "comment":
            return Mark(span.start, span.end, "")
        if span.kind in ("fence", "indented"):
            return Mark(span.start, span.end, self.block(span), block=True)
        marks = quote_marks(inner, self.row_at(span.start)) if "\n" in inner else ()
        if span.kind == "code":
            shown = code_span(unquoted(inner, marks), self.stand_ins, self.text[span.start : span.end])
            return Mark(span.start, span.end, shown)
        return Mark(span.start, span.end, self.formula(span, inner, marks))

    def block(self, span: InlineSpan) -> str:
        if span.kind == "indented":
            rows = list(self.rows_until(self.row_index(span.start), span.end))
            return code_block(lines_of_indented(self.text, rows), "", self.stand_ins)
        first = self.row_index(span.start)
        info = self.text[span.start : self.rows[first].end].lstrip("`~")
        rows = list(self.rows_until(first + 1, span.inner_end))
        return code_block(lines_of_fence(self.text, self.rows[first], rows), info, self.stand_ins)

    def rows_until(self, index: int, end: int) -> Iterator[Row]:
        while index < len(self.rows) and self.rows[index].start < end:
            yield self.rows[index]
            index += 1

    def formula(self, span: InlineSpan, inner: str, marks: Marks) -> str:
        result = formula(unquoted(inner, marks), span.kind == "display", self.stand_ins)
        if result.problem is not None:
            offset, code, message = result.problem
            self.problem(span.inner_start + written_at(offset, marks), code, message)
        return result.mark

    def tag(self, match: re.Match[str]) -> str:
        closing, name, title = match.groups()
        source = match.group()
        if title:
            html = f'<abbr title="{escape(unescape(without_reserved_numbers(title[1:-1])))}">'
            return self.stand_ins.add("tag", html, source=source)
        return self.stand_ins.add("tag", f"<{closing}{name.lower()}>", source=source)

    def refused(self, link: Link) -> tuple[str, str] | None:
        return link_problem(self.stand_ins.source(link.target))

    def link(self, link: Link) -> str:
        refused = self.refused(link)
        if refused is not None:
            self.problem(link.target_at, *refused)
            return ""
        target, title = self.stand_ins.source(link.target), self.stand_ins.plain(link.title)
        named = f' title="{escape(title)}"' if title else ""
        return self.stand_ins.add("tag", f'<a href="{escape(target)}"{named}>')

    def note_reference(self, match: re.Match[str]) -> Mark | None:
        label = match.group(1).lower()
        row = self.row_at(match.start())
        if row is not None and match.end() <= row.content:
            return None  # the definition itself
        used = self.footnotes.use(label)
        if used is None:
            return None
        number, first = used
        anchor = f' id="{PREFIX}ref{number}"' if first else ""
        link = f'<a{anchor} href="#{PREFIX}note{number}" aria-label="footnote {number}">{number}</a>'
        html = f'<sup class="note-ref">{link}</sup>'
        return Mark(*match.span(), self.stand_ins.add("other", html, source=match.group()))

    def picture(self, picture: Picture) -> str:
        source = self.text[picture.start : picture.end]
        alt = " ".join(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", self.stand_ins.plain(picture.alt)).split())
        media = self.context.media.get(picture.reference)
        if isinstance(media, Media):
            html = _media_html(media, alt, self.stand_ins.plain(picture.title))
            return self.stand_ins.add("picture", html, plain=alt, source=source)
        named = address_in_short(picture.reference)
        problem = media or MediaProblem("media-missing", f"{named} is not there; check the path")
        self.problem(picture.start, problem.code, problem.message)
        words = f"{alt} ({picture.reference})" if alt else picture.reference
        html = f'<span class="media-missing">Missing file: {escape(self.stand_ins.source(words))}</span>'
        return self.stand_ins.add("picture", html, plain=alt, source=source)

    def problem(self, offset: int, code: str, message: str) -> None:
        offset = self.source.offset(offset)
        self.context.problems.append(RenderProblem(self.source.part, offset, code, message))


def _media_html(media: Media, alt: str, title: str) -> str:
    named = f' title="{escape(title)}"' if title else ""
    if media.mime.startswith("audio/"):
        label = f' aria-label="{escape(alt)}"' if alt else ""
        return f'<audio controls preload="none" src="{escape(media.url)}"{label}{named}></audio>'
    size = f' width="{media.width}" height="{media.height}"' if media.width and media.height else ""
    return f'<img src="{escape(media.url)}" alt="{escape(alt)}"{size}{named} loading="lazy" decoding="async">'
