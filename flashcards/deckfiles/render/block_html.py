"""Blocks of Markdown to HTML: the lines that `structure` found, as a tree, as GitHub would draw it.

Texts within blocks hold stand-ins for code, maths and pictures; `inline` turns them into HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flashcards.deckfiles.render.stand_ins import PATTERN
from flashcards.deckfiles.text.structure import Container, Item, Quote, Row

Inline = Callable[[str], str]


class Mark(NamedTuple):
    """A stretch of source that a stand-in replaces; a `block` stands in a paragraph of its own."""

    start: int
    end: int
    text: str
    block: bool = False


@dataclass(slots=True)
class Block:
    """A node of the tree. What its fields hold depends on `tag`.

    ``p``, ``h1`` ...: `lines`. ``ul``, ``ol``: `start`, `loose`, and `marker`, the kind of its items' marks.
    ``block``: a stand-in in `lines`. ``note``: a footnote, its label in `marker`. ``break``: nothing to show.
    """

    tag: str
    children: list[Block] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    marker: str = ""
    start: int = 1
    loose: bool = False


@dataclass(slots=True)
class Tree:
    """The blocks of a text, and apart from them its footnotes by label."""

    root: Block
    notes: dict[str, Block]


_DELIMITER_CELL = re.compile(r"\s*:?-+:?\s*")
_CELLS = re.compile(r"((?:\\.|[^\\|])*+)(\||$)", re.S)
_ALIGNMENTS = {(True, True): "center", (True, False): "left", (False, True): "right"}
_TASK = re.compile(r"\[([ xX])\] +(?=\S)")
_CLOSING_HASHES = re.compile(r"(?:^|[ \t]+)#+[ \t]*$")


def tree_of(text: str, rows: Sequence[Row], marks: Sequence[Mark]) -> Tree:
    """Build the tree of blocks; `marks` are in order and do not overlap."""
    return _Builder(text, marks).build(rows)


class _Builder:
    def __init__(self, text: str, marks: Sequence[Mark]) -> None:
        self.text = text
        self.marks = marks
        self.next_mark = 0
        self.done_until = 0  # what stands before this offset was replaced by a stand-in
        self.tree = Tree(Block("root"), {})
        self.stack: list[Block] = [self.tree.root]
        self.paragraph: Block | None = None
        self.blank = False

    def build(self, rows: Sequence[Row]) -> Tree:
        for row in rows:
            self.row(row)
        return self.tree

    def row(self, row: Row) -> None:
        inside_mark = self.done_until > row.content or self.done_until > row.start
        if inside_mark and self.done_until >= row.end:
            return
        if row.kind == "blank" and row.opened == len(row.containers):
            self.paragraph, self.blank = None, True
            return
        if not inside_mark:
            self.enter(row)
        text, block = self.replaced(row)
        if block:
            return
        if inside_mark and self.paragraph is not None and self.paragraph.lines:
            self.paragraph.lines[-1] += text
        else:
            self.leaf(row, text)

    def enter(self, row: Row) -> None:
        """Close the containers that this line leaves, open those that begin on it."""
        if len(row.containers) > row.opened or len(self.stack) - 1 != row.opened:
            self.paragraph = None
        del self.stack[row.opened + 1 :]
        for container in row.containers[row.opened :]:
            self.open(container)
        if self.blank and len(row.containers) == row.opened:
            self.loosen(row.opened)
        self.blank = False

    def loosen(self, depth: int) -> None:
        """A blank line stands before a block in the item at `depth`: its list is loose."""
        if depth and self.stack[depth].tag == "li" and self.stack[depth].children:
            self.stack[depth].loose = True

    def open(self, container: Container) -> None:
        parent = self.stack[-1]
        if isinstance(container, Quote):
            self.add_loose(parent)
            self.stack.append(self.child(parent, Block("blockquote")))
        elif container.marker.startswith("[^"):
            note = self.tree.notes.setdefault(container.marker[2:-2].lower(), Block("note"))
            self.child(parent, Block("break"))
            self.stack.append(note)
        else:
            self.stack.append(self.item(parent, container))

    def add_loose(self, parent: Block) -> None:
        if self.blank and parent.tag == "li" and parent.children:
            parent.loose = True
        self.blank = False

    def item(self, parent: Block, item: Item) -> Block:
        """A new item, in the list before it if that has the same kind of marks."""
        kind = item.marker[-1]
        last = parent.children[-1] if parent.children else None
        if last is not None and last.tag in ("ul", "ol") and last.marker == kind:
            last.loose = last.loose or self.blank
            self.blank = False
            return self.child(last, Block("li"))
        self.add_loose(parent)
        number = item.marker[:-1]
        new = Block("ol", marker=kind, start=int(number)) if number else Block("ul", marker=kind)
        return self.child(self.child(parent, new), Block("li"))

    def child(self, parent: Block, block: Block) -> Block:
        parent.children.append(block)
        return block

    def replaced(self, row: Row) -> tuple[str, bool]:
        """The line's text with its marks replaced; or whether a block of its own took its place."""
        position = max(row.content, self.done_until)
        pieces: list[str] = []
        while self.next_mark < len(self.marks) and self.marks[self.next_mark].start < row.end:
            mark = self.marks[self.next_mark]
            self.next_mark += 1
            self.done_until = mark.end
            if mark.block:
                self.paragraph = None
                self.child(self.stack[-1], Block("block", lines=[mark.text]))
                return "", True
            pieces += [self.text[position : mark.start], mark.text]
            position = mark.end
        pieces.append(self.text[position : row.end])
        return "".join(pieces), False

    def leaf(self, row: Row, text: str) -> None:
        if row.kind == "text" or (row.kind == "comment" and text.strip()):
            if self.paragraph is None:
                self.paragraph = self.child(self.stack[-1], Block("p"))
            self.paragraph.lines.append(text)
            return
        if row.kind == "setext" and self.paragraph is not None:
            self.paragraph.tag = "h1" if text.startswith("=") else "h2"
        elif row.kind == "heading":
            level = len(text) - len(text.lstrip("#"))
            words = _CLOSING_HASHES.sub("", text[level:].strip())
            self.child(self.stack[-1], Block(f"h{level}", lines=[words]))
        elif row.kind == "rule":
            self.child(self.stack[-1], Block("hr"))
        elif row.kind == "comment":
            self.child(self.stack[-1], Block("break"))
        self.paragraph = None


def html_of(block: Block, inline: Inline, task: Callable[[bool], str]) -> str:
    """Return a block and what it holds as HTML; `task` gives the mark of a task that is done or not."""
    return "\n".join(_html(block, _Writer(inline, task)))


class _Writer(NamedTuple):
    inline: Inline
    task: Callable[[bool], str]

    def text(self, lines: Sequence[str]) -> str:
        return self.inline("\n".join(lines).strip(" \t"))


def _html(block: Block, write: _Writer) -> Iterator[str]:
    if block.tag == "p":
        yield from _paragraph(block, write)
    elif block.tag == "block":
        yield block.lines[0]
    elif block.tag in ("ul", "ol"):
        yield _list(block, write)
    elif block.tag == "hr":
        yield "<hr>"
    elif block.lines:
        yield f"<{block.tag}>{write.text(block.lines)}</{block.tag}>"
    else:
        inner = "\n".join(html for child in block.children for html in _html(child, write))
        yield f"<blockquote>{inner}</blockquote>" if block.tag == "blockquote" else inner


def _list(block: Block, write: _Writer) -> str:
    loose = block.loose or any(item.loose for item in block.children)
    items = "\n".join(_item(item, loose, write) for item in block.children)
    start = f' start="{block.start}"' if block.tag == "ol" and block.start != 1 else ""
    return f"<{block.tag}{start}>\n{items}\n</{block.tag}>"


def _item(item: Block, loose: bool, write: _Writer) -> str:
    first = item.children[0] if item.children else None
    done = _TASK.match(first.lines[0]) if first is not None and first.tag == "p" else None
    if done and first is not None:
        first.lines[0] = write.task(done.group(1) != " ") + " " + first.lines[0][done.end() :]
    parts: list[str] = []
    for child in item.children:
        if child.tag == "p" and not loose and _table_at(child.lines) < 0:
            parts.append(write.text(child.lines))
        else:
            parts.extend(_html(child, write))
    inner = "\n".join(parts)
    return f'<li class="task">{inner}</li>' if done else f"<li>{inner}</li>"


def _paragraph(block: Block, write: _Writer) -> Iterator[str]:
    """A paragraph, or a table with the text before it."""
    table = _table_at(block.lines)
    before = block.lines if table < 0 else block.lines[:table]
    text = write.text(before) if before else ""
    if text:
        yield f"<p>{text}</p>"
    if table >= 0:
        yield _table(block.lines[table:], write)


def _table_at(lines: Sequence[str]) -> int:
    """The index of a table's head: the line before one of dashes with as many cells; or -1."""
    for index in range(1, len(lines)):
        line = lines[index]
        if "-" in line and ("|" in line or "|" in lines[index - 1]):
            cells = _cells(line)
            if all(map(_DELIMITER_CELL.fullmatch, cells)) and len(cells) == len(_cells(lines[index - 1])):
                return index - 1
    return -1


def _table(lines: Sequence[str], write: _Writer) -> str:
    alignments = [
        _ALIGNMENTS.get((cell.strip().startswith(":"), cell.strip().endswith(":")), "") for cell in _cells(lines[1])
    ]
    head = _table_row("th", _cells(lines[0]), alignments, write)
    body = "\n".join(_table_row("td", _cells(line), alignments, write) for line in lines[2:])
    tail = f"<tbody>\n{body}\n</tbody>\n" if body else ""
    return f"<table>\n<thead>\n{head}\n</thead>\n{tail}</table>"


def _table_row(tag: str, cells: list[str], alignments: list[str], write: _Writer) -> str:
    cells = (cells + [""] * len(alignments))[: len(alignments)]
    return "<tr>" + "".join(map(_cell, [tag] * len(cells), cells, alignments, [write] * len(cells))) + "</tr>"


def _cell(tag: str, text: str, alignment: str, write: _Writer) -> str:
    align = f' align="{alignment}"' if alignment else ""
    return f"<{tag}{align}>{write.inline(text.strip())}</{tag}>"


def _cells(line: str) -> list[str]:
    """The cells of a table's line; ``\\|`` is a bar within one."""
    line = line.strip()
    cells = [match.group(1) for match in _CELLS.finditer(line.removeprefix("|")) if match.group(2) or match.group(1)]
    return cells or [""]


def stand_ins_in_tables(tree: Block) -> Iterator[int]:
    """The numbers of the stand-ins that stand in tables, where a bar in code is written ``\\|``."""
    for child in tree.children:
        table = _table_at(child.lines) if child.tag == "p" else -1
        if table >= 0:
            yield from (int(number) for line in child.lines[table:] for number in PATTERN.findall(line))
        yield from stand_ins_in_tables(child)
