"""The block structure of Markdown, as far as one must know it to tell code from text.

One pass over the lines, after CommonMark's block phase: quotes and list items are containers, and within
them stand paragraphs, headings, fences, indented code and comments. Two rules are ours. An HTML comment
may hold anything, blank lines and headings included. A display formula (``$$`` or ``\\[``) that is closed
before the next blank line keeps its lines, even where one of them looks like a list item.

Every line costs a bounded number of steps, so that hostile text takes linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from flashcards.deckfiles.text.inline import InlineSpan, inline_spans, open_display, unprotected_comment

TAB = 4
MAX_DEPTH = 100

BlockKind = Literal["blank", "text", "heading", "setext", "rule", "fence", "indented", "comment"]


class Quote(NamedTuple):
    """A block quote."""

    marker: str = ">"


class Item(NamedTuple):
    """A list item, or a footnote's definition, whose `marker` is then ``[^label]:``.

    Its content stands `width` columns right of where its parent's content stands.
    """

    marker: str
    width: int
    start: int


Container = Quote | Item


class Row(NamedTuple):
    """One line: where it begins and ends, where its content begins, and what holds it.

    `indent` is in columns, from the content edge of the innermost container. `opened` is the number of
    `containers` that were there before this line; those after it begin on it.
    """

    start: int
    end: int
    content: int
    indent: int
    kind: BlockKind
    containers: tuple[Container, ...]
    opened: int


@dataclass(frozen=True, slots=True)
class Structure:
    """What `scan` found: the lines, the spans of code, maths and comments, and the stretches of text.

    A stretch of text is a paragraph or heading (or what a comment leaves of one): nothing inline crosses
    its borders. All three are in order.
    """

    rows: list[Row]
    spans: list[InlineSpan]
    stretches: list[tuple[int, int]]


_FENCE = re.compile(r"(`{3,})[^`\n]*$|(~{3,})[^\n]*$", re.M)
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$", re.M)
_SETEXT = re.compile(r"(?:=+|-+)[ \t]*$", re.M)
_HEADING = re.compile(r"#{1,6}(?=[ \t]|$)", re.M)
_MARKER = re.compile(r"(?:[-+*]|(\d{1,9})[.)])(?=[ \t]|$)", re.M)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")
_BLANK_LINE = re.compile(r"\n[ \t>]*(?=\n|\Z)")
_STARTS = frozenset(">-+*_#=`~<[0123456789")


def scan(text: str) -> Structure:
    """Return the lines and spans of Markdown source whose line ends are ``\\n``."""
    scanner = _Scanner(text)
    scanner.run()
    return Structure(scanner.rows, scanner.spans, scanner.stretches)


def _indentation(text: str, position: int, end: int, column: int) -> tuple[int, int]:
    """Skip blanks from `position`: where they end, and in which column."""
    while position < end:
        character = text[position]
        if character == " ":
            column += 1
        elif character == "\t":
            column += TAB - column % TAB
        else:
            break
        position += 1
    return position, column


class _Scanner:
    """The state between two lines: the open containers and what is open in the innermost."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows: list[Row] = []
        self.spans: list[InlineSpan] = []
        self.stretches: list[tuple[int, int]] = []
        self.stack: tuple[Container, ...] = ()
        self.paragraph = -1  # where the open paragraph begins, -1 for none
        self.paragraph_end = -1
        self.fence: re.Pattern[str] | None = None  # what closes the open fence
        self.fence_start = self.fence_inner = 0
        self.code_start = -1  # where open indented code begins, -1 for none
        self.code_end = -1
        self.raw_until = -1  # lines that begin before it are inside a display formula
        self.closes: dict[str, int] = {}  # closing sign -> where it next stands
        self.blank = -1  # the next line end before a blank line
        self.has_display = "$$" in text or "\\[" in text
        self.has_comment = "<!--" in text

    def run(self) -> None:
        text, size = self.text, len(self.text)
        start = 0
        while start <= size:
            end = text.find("\n", start)
            if end < 0:
                end = size
            start = self.line(start, end) + 1
        self.close_leaf(size)

    # One line -----------------------------------------------------------------------------------------

    def line(self, start: int, end: int) -> int:
        """Take in one line; return where it really ended (a comment may take more lines with it)."""
        matched, content, column, base = self.match_containers(start, end)
        if start < self.raw_until:
            self.paragraph_end = end
            self.add(start, end, content, column - base, "text", len(self.stack))
            return end
        if self.fence is not None:
            if matched == len(self.stack):
                return self.fence_line(start, end, content, column - base)
            self.close_fence(start - 1, start - 1)
        if content == end:
            return self.blank_line(start, end, matched)
        if self.code_start >= 0:
            if matched == len(self.stack) and column - base >= TAB:
                self.code_end = end
                self.add(start, end, content, column - base, "indented", matched)
                return end
            self.close_code()
        return self.open_blocks(start, end, matched, content, column, base)

    def match_containers(self, start: int, end: int) -> tuple[int, int, int, int]:
        """How many open containers the line continues, its first mark, that mark's column, the edge."""
        text = self.text
        content, column = _indentation(text, start, end, 0)
        base = matched = 0
        for container in self.stack:
            if isinstance(container, Quote):
                if column - base >= TAB or content >= end or text[content] != ">":
                    break
                content, column, base = self.after_quote(content, end, column)
            elif content < end:
                if column - base < container.width:
                    break
                base += container.width
            matched += 1
        return matched, content, column, base

    def after_quote(self, content: int, end: int, column: int) -> tuple[int, int, int]:
        """Step over ``>`` and one blank: the next mark, its column, and the quote's content edge."""
        base = column + 1
        content, column = _indentation(self.text, content + 1, end, base)
        return content, column, base + 1 if column > base else base

    def blank_line(self, start: int, end: int, matched: int) -> int:
        self.close_paragraph()
        if matched < len(self.stack) and isinstance(self.stack[matched], Quote):
            self.close_code()
            self.stack = self.stack[:matched]
        elif self.rows and self.rows[-1].opened < len(self.rows[-1].containers) and self.rows[-1].kind == "blank":
            self.stack = self.stack[:-1]  # an item whose first line is empty ends with the next empty one
        self.add(start, end, end, 0, "blank", len(self.stack))
        return end

    def open_blocks(self, start: int, end: int, matched: int, content: int, column: int, base: int) -> int:
        """Open the containers that begin on this line, then what stands in the innermost."""
        text = self.text
        stack = self.stack[:matched]
        opened = matched
        inside = matched == len(self.stack)  # the open paragraph, if any, stands in the current container
        while content < end and column - base < TAB and len(stack) < MAX_DEPTH:
            character = text[content]
            if character == ">":
                content, column, base = self.after_quote(content, end, column)
                stack += (Quote(),)
            elif item := self.item_at(content, end, column, base, inside and len(stack) == matched):
                stack += (item,)
                base += item.width
                content, column = _indentation(text, content + len(item.marker), end, column + len(item.marker))
                if item.marker.startswith("["):
                    column = base  # a footnote's text begins where its label ends, however long that is
            else:
                break
        continues = self.paragraph >= 0 and len(stack) == matched
        if content >= end:  # an empty item or quote
            self.enter(stack)
            self.add(start, end, end, 0, "blank", opened)
            return end
        indent = column - base
        if continues and (indent >= TAB or text[content] not in _STARTS):
            return self.paragraph_line(start, end, content, indent, len(self.stack))
        if not continues:
            self.enter(stack)
            if indent >= TAB:
                self.code_start, self.code_end = content, end
                self.add(start, end, content, indent, "indented", opened)
                return end
        return self.leaf(start, end, content, indent, stack, opened, continues, inside)

    def leaf(
        self,
        start: int,
        end: int,
        content: int,
        indent: int,
        stack: tuple[Container, ...],
        opened: int,
        continues: bool,
        inside: bool,
    ) -> int:
        """A line that may begin a block other than a paragraph."""
        text = self.text
        if continues and inside and _SETEXT.match(text, content, end):
            self.close_paragraph()
            kind: BlockKind = "setext"
        elif _RULE.match(text, content, end):
            self.enter(stack)
            kind = "rule"
        elif _HEADING.match(text, content, end):
            self.enter(stack)
            return self.heading_line(start, end, content, indent, opened)
        elif fence := _FENCE.match(text, content, end):
            self.enter(stack)
            self.open_fence(fence.group(1) or fence.group(2), content, end)
            kind = "fence"
        elif text.startswith("<!--", content, end):
            self.enter(stack)
            return self.comment_line(start, end, content, indent, opened)
        else:
            if not continues:
                self.enter(stack)
            return self.paragraph_line(start, end, content, indent, opened if not continues else len(self.stack))
        self.add(start, end, content, indent, kind, opened)
        return end

    def item_at(self, content: int, end: int, column: int, base: int, interrupts: bool) -> Item | None:
        """The list item that begins here. To interrupt a paragraph it needs text, and 1 if it is numbered."""
        text = self.text
        if text[content] == "[":
            footnote = _FOOTNOTE.match(text, content, end)
            return Item(footnote.group(), column + TAB - base, content) if footnote else None
        marker = _MARKER.match(text, content, end)
        if marker is None or _RULE.match(text, content, end):
            return None
        after, edge = marker.end(), column + marker.end() - content
        position, next_column = _indentation(text, after, end, edge)
        if interrupts and self.paragraph >= 0:
            if position >= end or marker.group(1) not in (None, "1"):
                return None
            if _SETEXT.match(text, content, end):
                return None
        blanks = next_column - edge
        if position >= end or blanks > TAB:
            blanks = 1
        return Item(marker.group(), edge + blanks - base, content)

    # Leaves -------------------------------------------------------------------------------------------

    def paragraph_line(self, start: int, end: int, content: int, indent: int, opened: int) -> int:
        if self.paragraph < 0:
            self.paragraph = content
        self.paragraph_end = end
        comment = unprotected_comment(self.text, content, end) if self.has_comment else -1
        if comment >= 0:
            self.add(start, comment, content, indent, "text", opened)
            self.paragraph_end = comment
            self.close_paragraph()
            return self.skip_comment(comment)
        self.add(start, end, content, indent, "text", opened)
        if self.has_display:
            self.look_for_display(content, end)
        return end

    def heading_line(self, start: int, end: int, content: int, indent: int, opened: int) -> int:
        comment = unprotected_comment(self.text, content, end) if self.has_comment else -1
        edge = end if comment < 0 else comment
        self.add(start, edge, content, indent, "heading", opened)
        self.inline(content, edge)
        return end if comment < 0 else self.skip_comment(comment)

    def comment_line(self, start: int, end: int, content: int, indent: int, opened: int) -> int:
        """A comment that begins at `content`; what stands after its end is text again."""
        self.add(start, end, content, indent, "comment", opened)
        return self.skip_comment(content)

    def skip_comment(self, comment: int) -> int:
        """Take in the comment that begins at `comment`, and the rest of the line on which it ends."""
        stop = self.add_comment(comment)
        end = self.text.find("\n", stop)
        end = len(self.text) if end < 0 else end
        if not self.text[stop:end].strip(" \t"):
            return end
        return self.paragraph_line(stop, end, stop, 0, len(self.stack))

    def add_comment(self, start: int) -> int:
        """Note the comment that begins at `start`; return where it ends (the text's end if never)."""
        close = self.text.find("-->", start + 2)
        end = close + 3 if close >= 0 else len(self.text)
        inner_end = max(start + 4, close) if close >= 0 else end
        self.spans.append(InlineSpan("comment", start, end, min(start + 4, inner_end), min(inner_end, end)))
        return end

    def look_for_display(self, content: int, end: int) -> None:
        """If a display formula stays open at the line's end, find where it closes before a blank line."""
        close = open_display(self.text, content, end)
        if not close:
            return
        position = self.next_close(close, end)
        if position < self.next_blank(end):
            self.raw_until = position + 1

    def next_close(self, close: str, start: int) -> int:
        """Where the sign next stands at or after `start` (past the text's end if nowhere)."""
        if self.closes.get(close, -1) < start:
            position = self.text.find(close, start)
            self.closes[close] = position if position >= 0 else len(self.text) + 1
        return self.closes[close]

    def next_blank(self, start: int) -> int:
        """Where the next line end before a blank line stands, or the text's end."""
        if self.blank < start:
            blank = _BLANK_LINE.search(self.text, start)
            self.blank = blank.start() if blank else len(self.text)
        return self.blank

    def open_fence(self, mark: str, content: int, end: int) -> None:
        self.fence = re.compile(re.escape(mark[0]) + "{" + str(len(mark)) + r",}[ \t]*$", re.M)
        self.fence_start, self.fence_inner = content, min(end + 1, len(self.text))

    def fence_line(self, start: int, end: int, content: int, indent: int) -> int:
        self.add(start, end, content, indent, "fence", len(self.stack))
        if self.fence is not None and indent < TAB and self.fence.match(self.text, content, end):
            self.close_fence(start, end)
        return end

    def close_fence(self, inner_end: int, end: int) -> None:
        if self.fence is not None:
            inner = min(self.fence_inner, end)
            self.spans.append(InlineSpan("fence", self.fence_start, end, inner, max(inner, inner_end)))
            self.fence = None

    def close_code(self) -> None:
        if self.code_start >= 0:
            start, end = self.code_start, self.code_end
            self.spans.append(InlineSpan("indented", start, end, start, end))
            self.code_start = -1

    def close_paragraph(self) -> None:
        if self.paragraph >= 0:
            self.inline(self.paragraph, self.paragraph_end)
            self.paragraph = -1

    def close_leaf(self, end: int) -> None:
        self.close_fence(end, end)
        self.close_code()
        self.close_paragraph()

    # Helpers ------------------------------------------------------------------------------------------

    def enter(self, stack: tuple[Container, ...]) -> None:
        """End what is open and go on in the containers of `stack`."""
        self.close_paragraph()
        self.close_code()
        self.stack = stack

    def inline(self, start: int, end: int) -> None:
        self.stretches.append((start, end))
        self.spans.extend(inline_spans(self.text, start, end))

    def add(self, start: int, end: int, content: int, indent: int, kind: BlockKind, opened: int) -> None:
        self.rows.append(Row(start, end, content, indent, kind, self.stack, opened))
