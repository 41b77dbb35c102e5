"""Texts of which it is plain what they are: words, bold and italic ones among them, in paragraphs and one-level lists.

They become HTML in one pass, and exactly the HTML that `fragment` makes of them by the long way. Two texts of three in
a collection are of this kind. Deletions stand in them as stand-ins, and stay. Most of the others are of this kind but
for code, maths and links among the words: `plain_structure` finds these, and with stand-ins for them it is.
"""

from __future__ import annotations

import re

from flashcards.deckfiles.text.inline import inline_spans, open_display
from flashcards.deckfiles.text.structure import Structure

# What may mean something to Markdown, to maths or to the sanitiser. An asterisk is looked at below.
_SPECIAL = re.compile(
    r"[\\`$<>&\[\]_~@|=#!{}\t\r\f\v\xa0\x00-\x08\x0e-\x1f\x85\u2028\u2029]|://|www\.|[ ]\n|(?i:mailto:)"
)
_LINE_START = re.compile(r"^(?![^\W\d_]|[\ue000\"'(“‘])", re.M)
"""A line that begins with anything but a letter, a deletion or a mark before words may begin a block."""
_BREAK = re.compile(r"(?<=[^\W_]|[.,;:!?)\ue001])\\\n(?=[^\W_]|\ue000)")
"""A backslash that ends a line, away from all else that means something."""
_NOT_PLAIN = re.compile(r"```|<!--|\[\^|\]:")
"""A fence, a comment, a footnote or a definition: what the text around it means depends on it."""
_LINE_START_MARKED = re.compile(r"^(?![^\W\d_]|[\ue000\"'(“‘`$\[]|\\[(\[]|\*\*?[^\W_])", re.M)
"""As `_LINE_START`, where code, maths, links and emphasis may begin a line, too."""
_EMPHASISED = re.compile(r"(?<![^\s(])(\*\*?)(?=[^\W_])([^*\n]*[^\W_])\1(?![^\s.,;:?!)])")
_TAGS = {"*": "em", "**": "strong"}


def quick_html(text: str, *, inline: bool) -> str | None:
    """The HTML of a text, with its stand-ins; None where it has to be looked at more closely.

    `inline`: the text stands within one paragraph, whatever it begins with.
    """
    if _SPECIAL.search(_BREAK.sub(" ", text) if "\\\n" in text else text):
        return None
    if "*" in text:
        emphasised = with_emphasis(text)
        if emphasised is None:
            return None
        text = emphasised
    html = text if inline else _blocks(text)
    return html.replace("\\\n", "<br>") if html else html


def plain_structure(text: str) -> Structure | None:
    """The structure that `scan` finds, where it is plain: paragraphs and flat lists; None for any other text.

    Its rows are left out, as they say nothing of such a text.
    """
    if _NOT_PLAIN.search(text):
        return None
    stretches = _stretches(text)
    if stretches is None or _has_open_display(text):
        return None
    return Structure([], [span for start, end in stretches for span in inline_spans(text, start, end)], stretches)


def _stretches(text: str) -> list[tuple[int, int]] | None:
    """The paragraphs and the items of flat lists, cut as by `_blocks`."""
    stretches: list[tuple[int, int]] = []
    position = 0
    was_list = False
    for block in text.split("\n\n"):
        is_list = block.startswith("- ")
        lines = block[2:].split("\n- ") if is_list else [block]
        if (is_list and was_list) or any(map(_LINE_START_MARKED.search, lines)):
            return None
        start = position + 2 if is_list else position
        for line in lines:
            stretches.append((start, start + len(line)))
            start += len(line) + 3
        position += len(block) + 2
        was_list = is_list
    return stretches


def _has_open_display(text: str) -> bool:
    """Whether a display formula goes over several lines, which then are its own whatever they begin with."""
    if "$$" not in text and "\\[" not in text:
        return False
    ends = [match.start() for match in re.finditer(r"\n|\Z", text)]
    return any(open_display(text, start, end) for start, end in zip([0, *ends], ends, strict=False))


def with_emphasis(text: str) -> str | None:
    """A text without other markup with tags for its asterisks; None where one of them may mean something else."""
    if text != text.strip():
        return None
    text = _EMPHASISED.sub(_tagged, text)
    return None if "*" in text else text


def _tagged(match: re.Match[str]) -> str:
    tag = _TAGS[match[1]]
    return f"<{tag}>{match[2]}</{tag}>"


def _blocks(text: str) -> str | None:
    """Paragraphs and flat lists between single empty lines; two lists in a row would be one."""
    blocks: list[str] = []
    was_list = False
    for block in text.split("\n\n"):
        is_list = block.startswith("- ")
        lines = block[2:].split("\n- ") if is_list else [block]
        if (is_list and was_list) or not all(map(_is_text, lines)):
            return None
        if is_list:
            items = "\n".join(f"<li>{line}</li>" for line in lines)
            blocks.append(f"<ul>\n{items}\n</ul>")
        else:
            blocks.append(f"<p>{block}</p>")
        was_list = is_list
    return "\n".join(blocks)


def _is_text(lines: str) -> bool:
    """Whether none of the lines begins a block, or ends in a blank."""
    return not lines.endswith(" ") and _LINE_START.search(lines.replace("<strong>", "").replace("<em>", "")) is None
