"""What in a piece of Markdown source is code, maths or an HTML comment, and so not text."""

from __future__ import annotations

from flashcards.deckfiles.text.inline import InlineKind as SpanKind
from flashcards.deckfiles.text.inline import InlineSpan as Span
from flashcards.deckfiles.text.structure import scan

__all__ = ["Span", "SpanKind", "spans"]

_INDENTED = ("    ", "\t")
_SIGNS = ("`", "$", "~~~", "\\(", "\\[", "<!--", *_INDENTED)


def spans(text: str) -> tuple[Span, ...]:
    """Return what is code, maths or a comment in Markdown source with ``\\n`` line ends.

    The spans are in order and do not overlap. `start` and `end` are offsets into `text`, delimiters
    included; `inner_start` and `inner_end` leave them out:

    - ``fence``: from the opening marks to the end of the closing line; inside are the lines between, still
      with the indentation and ``>`` of what holds them. Never closed, or only by the end of its
      quote or list item: `inner_end` equals `end`.
    - ``indented``: from the first mark of the first line to the end of the last; inside is the same.
    - ``code``: a code span. ``math``: ``$..$`` or ``\\(..\\)``. ``display``: ``$$..$$`` or ``\\[..\\]``.
    - ``comment``: ``<!-- -->``, blank lines and headings within it included. Never closed: `inner_end`
      equals `end`, which is the end of the text.
    """
    if not any(sign in text for sign in _SIGNS):
        return ()
    return tuple(scan(text).spans)
