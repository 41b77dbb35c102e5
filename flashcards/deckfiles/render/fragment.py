"""One text of a card, from Markdown to HTML.

Code, maths, pictures, links and allowed tags become stand-ins; blocks and inline Markdown become HTML; that
is sanitised; then the stand-ins become HTML of our own making.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from flashcards.character_references import unescape
from flashcards.deckfiles.render.block_html import Block, Mark, Tree, html_of, stand_ins_in_tables, tree_of
from flashcards.deckfiles.render.inline_html import inline_html, is_emphasised, is_plain
from flashcards.deckfiles.render.jobs import RenderProblem
from flashcards.deckfiles.render.marks import Context, Footnotes, Source, marks_of
from flashcards.deckfiles.render.quick_html import plain_structure, quick_html, with_emphasis
from flashcards.deckfiles.render.sanitise import check_links, link_problem, sanitise
from flashcards.deckfiles.render.stand_ins import MARKUP, PATTERN, PREFIX
from flashcards.deckfiles.text.inline import inline_spans
from flashcards.deckfiles.text.link_definitions import link_definitions, without_definitions
from flashcards.deckfiles.text.reserved import without_reserved_numbers
from flashcards.deckfiles.text.structure import Row, Structure, scan

__all__ = ["Context", "Fragment", "Source", "convert", "has_right_to_left"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A text as HTML and as plain text. `PREFIX` in the HTML stands for what makes its anchors unique."""

    html: str
    plain: str


_BEFORE_BLOCK = re.compile(r"<p>(?=</?(?:details|summary)>)")
_AFTER_BLOCK = re.compile(r"(</?details>|</summary>)</p>")
_CALLOUT = re.compile(r"\[!([A-Za-z][A-Za-z-]{1,30})\][+-]?(?:[ \t]+(.*))?\s*$")
_EMPHASIS = re.compile(r"[*_~]")
_LINK_MARK = re.compile("\ue003([0-9]+)\ue004")
_EMPTY = re.compile(r"<p>\s*</p>\n?")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_DIRECTED = re.compile(r"<(p|li|ul|ol|h[1-6]|blockquote|table|th|td|summary|div)(?=[ >])")
_BLOCK_END = re.compile(r"<br>|</(?:p|li|h[1-6]|tr|pre|blockquote|summary)>")
_CELL_END = re.compile(r"</t[hd]>")
_FORMULA = r"<math(?![^>]*display=)[^>]*>(?:(?!</math>).)*</math>"
_PUNCTUATED = re.compile(rf"(?:<span[^>]*>{_FORMULA}</span>|{_FORMULA})[,.;:!?)\]’”]+", re.DOTALL)


def has_right_to_left(text: str) -> bool:
    """Whether a text holds letters that are written from right to left."""
    return not text.isascii() and _RTL.search(text) is not None


def convert(source: Source, context: Context, *, inline: bool = False) -> Fragment:
    """Return a text as HTML: as blocks, or (`inline`) as what stands within one paragraph."""
    quick = quick_html(source.text, inline=inline)
    if quick is not None and not source.stand_ins.items:
        return Fragment(_directed(quick), _trimmed(_plain(quick)))
    return _Conversion(source, context).run(inline, quick)


def _directed(html: str) -> str:
    return _DIRECTED.sub(r'<\1 dir="auto"', html) if has_right_to_left(html) else html


def _plain(html: str) -> str:
    """The text alone of HTML, in which stand-ins stay."""
    if "<" in html:
        html = MARKUP.sub("", _CELL_END.sub(" ", _BLOCK_END.sub("\n", html)))
    return unescape(html)


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()).strip()


class _Conversion:
    def __init__(self, source: Source, context: Context) -> None:
        self.source = source
        self.text = source.text
        self.stand_ins = source.stand_ins
        self.context = context
        self.sanitised = False
        self.balanced = False  # there is one stretch of text alone, so that tags in it are as they were written
        self.links: dict[str, tuple[str, str]] = {}
        self.footnotes = Footnotes()

    def run(self, inline: bool, quick: str | None) -> Fragment:
        if "]" in self.text:
            self.define()
        if quick is not None:
            html = quick
            self.balanced = "<" not in quick.removeprefix("<p>").removesuffix("</p>")
        elif inline:
            size = len(self.text)
            structure = Structure([], inline_spans(self.text, 0, size), [(0, size)])
            html = self.inline_text(self.with_marks(self.marks(self.source, structure)))
        else:
            html = self.blocks()
        html = self.clean(html)
        plain = self.plain(html)
        html = self.finish(html)
        if self.footnotes.numbers:
            html += self.notes()
        return Fragment(html, plain)

    # Stand-ins ----------------------------------------------------------------------------------------

    def define(self) -> None:
        """Learn the links and footnotes that the text may use."""
        definitions = self.context.definitions
        if "]:" in self.text or "]:" in definitions:
            self.links = link_definitions(self.text, definitions)
        if "[^" in self.text:
            self.footnotes.learn(self.text)
            if "[^" in definitions:
                source = Source(definitions, "definitions", self.stand_ins)
                structure = scan(definitions)
                self.footnotes.notes = self.tree(source, structure.rows, self.marks(source, structure)).notes
                self.footnotes.learn(definitions)

    def tree(self, source: Source, rows: Sequence[Row], marks: list[Mark]) -> Tree:
        tree = tree_of(source.text, rows, marks)
        if self.links:
            _drop_definitions(tree.root)
        if "[!" in source.text:
            _entitle_callouts(tree.root)
        if "\\|" in source.text:
            for number in stand_ins_in_tables(tree.root):
                item = self.stand_ins.items[number]
                if item.kind == "code":
                    item.html, item.plain = item.html.replace("\\|", "|"), item.plain.replace("\\|", "|")
        return tree

    def marks(self, source: Source, structure: Structure) -> list[Mark]:
        return marks_of(source, structure, self.context, self.links, self.footnotes)

    def with_marks(self, marks: list[Mark]) -> str:
        pieces: list[str] = []
        position = 0
        for mark in marks:
            pieces += [self.text[position : mark.start], mark.text]
            position = mark.end
        return "".join([*pieces, self.text[position:]])

    # HTML ---------------------------------------------------------------------------------------------

    def blocks(self) -> str:
        """The whole text as blocks: in one pass where these are plain, else by way of a tree."""
        plain = None if self.links else plain_structure(self.text)
        structure = plain or scan(self.text)
        marks = self.marks(self.source, structure)
        if plain and not any("\n" in self.text[mark.start : mark.end] for mark in marks):
            quick = quick_html(self.with_marks(marks), inline=False)
            if quick is not None:
                return quick
        tree = self.tree(self.source, scan(self.text).rows if plain else structure.rows, marks)
        self.footnotes.notes.update(tree.notes)
        return html_of(tree.root, self.inline_text, self.task)

    def inline_text(self, text: str) -> str:
        if is_plain(text):
            return escape(text, quote=False)
        if (
            "\xa0" not in self.text
            and is_emphasised(text)
            and (emphasised := with_emphasis(escape(text, quote=False))) is not None
        ):
            return emphasised
        self.sanitised = True
        apart, links = self.links_apart(text)
        html = inline_html(apart)
        return _LINK_MARK.sub(lambda mark: links[int(mark[1])], html) if links else html

    def links_apart(self, text: str) -> tuple[str, list[str]]:
        """Take out the links whose text holds emphasis, as that ends with them; return them as HTML, too."""
        links: list[str] = []
        pieces: list[str] = []
        position, opening = 0, None
        for mark in PATTERN.finditer(text) if _EMPHASIS.search(text) else ():
            html = self.stand_ins.of(mark).html
            if html.startswith("<a "):
                opening = mark
            elif html == "</a>" and opening is not None:
                words = text[opening.end() : mark.start()]
                if _EMPHASIS.search(words):
                    pieces += [text[position : opening.start()], f"\ue003{len(links)}\ue004"]
                    links.append(opening.group() + inline_html(words) + mark.group())
                    position = mark.end()
                opening = None
        return "".join([*pieces, text[position:]]), links

    def task(self, done: bool) -> str:
        box, label = ("☑", "done") if done else ("☐", "to do")
        html = f'<span class="task-box" role="img" aria-label="{label}">{box}</span>'
        return self.stand_ins.add("other", html, plain=f"[{'x' if done else ' '}]")

    def clean(self, html: str) -> str:
        """Put the early tags in and sanitise, where there is anything but text and our own blocks."""
        html = without_reserved_numbers(html)
        with_tags = self.stand_ins.put_early(html)
        if self.balanced or (not self.sanitised and with_tags == html):
            return with_tags
        html, refused = check_links(with_tags)
        for target in refused:
            self.refuse_link(target)
        if "<details>" in html or "<summary>" in html:
            html = _AFTER_BLOCK.sub(r"\1", _BEFORE_BLOCK.sub("", html))
        return _EMPTY.sub("", sanitise(html))

    def refuse_link(self, target: str) -> None:
        """An address between angle brackets; other links were looked at before."""
        found = self.text.find(target)
        offset = self.source.offset(found) if found >= 0 else None
        if problem := link_problem(target):
            self.context.problems.append(RenderProblem(self.source.part, offset, *problem))

    def finish(self, html: str) -> str:
        html = self.stand_ins.put_late(html)
        if "<table>" in html:
            html = html.replace("<table>", '<div class="scroll-x" tabindex="0" role="group" aria-label="table"><table>')
            html = html.replace("</table>", "</table></div>")
        if "<math" in html:  # browsers break lines on either side of a formula, even before a comma
            html = _PUNCTUATED.sub(r'<span class="nb">\g<0></span>', html)
        return _directed(html)

    def plain(self, html: str) -> str:
        """The text alone of HTML in which the late stand-ins still stand."""
        return _trimmed(self.stand_ins.plain(_plain(html)))

    def notes(self) -> str:
        """The footnotes that the text uses, in the order of their numbers."""
        items = "".join(map(self.note, sorted(self.footnotes.numbers.items(), key=lambda item: item[1])))
        return f'\n<div class="footnotes"><ol>{items}</ol></div>'

    def note(self, entry: tuple[str, int]) -> str:
        label, number = entry
        block = self.footnotes.notes.get(label, Block("note"))
        html = self.finish(self.clean(html_of(block, self.inline_text, self.task)))
        back = f'<a href="#{PREFIX}ref{number}" aria-label="back to the text">↩</a>'
        html = html[:-4] + f" {back}</p>" if html.endswith("</p>") else html + back
        return f'<li id="{PREFIX}note{number}">{html}</li>'


def _drop_definitions(block: Block) -> None:
    """Take away the lines that define links, at the beginning of paragraphs."""
    for child in block.children:
        if child.tag == "p":
            child.lines[:] = without_definitions(child.lines)
        _drop_definitions(child)


def _entitle_callouts(block: Block) -> None:
    """A quote that begins with ``[!note] Title``, a callout, gets its title as a bold first line."""
    for child in block.children:
        first = child.children[0] if child.tag == "blockquote" and child.children else None
        if first is not None and first.tag == "p" and (match := _CALLOUT.match(first.lines[0] if first.lines else "")):
            title = (match[2] or "").strip() or match[1].replace("-", " ").capitalize()
            words, first.lines[:] = Block("p", lines=[f"**{title}**"]), first.lines[1:]
            child.children[:] = [words, *(part for part in child.children if part is not first or part.lines)]
        _entitle_callouts(child)
