"""Notes of which it is certain, without rendering them, that rendering finds nothing wrong.

`check` renders what is left over. A tame note is short, nests little, and holds none of what can be refused but
formulas, which are tried, and links to web pages. Its code is in a language whose lexer was measured: text made to
be slow takes it a hundredth of what a note may take. Whoever teaches the renderer a new problem looks here, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flashcards.deckfiles.render.highlight import language_of
from flashcards.deckfiles.render.jobs import RenderRequest
from flashcards.deckfiles.render.stand_ins import without_reserved
from flashcards.deckfiles.render.tex_to_mathml import MathError, render_math
from flashcards.deckfiles.text.inline import InlineSpan, inline_spans
from flashcards.deckfiles.text.structure import scan
from flashcards.domain.card import Basic, Cloze

MAX_SIZE = 4000
MAX_EMPHASIS = 100
MAX_DELETIONS = 40
LANGUAGES = frozenset({"", "text", "python", "py", "bash", "sh", "sql", "json", "yaml", "javascript", "js"})

# Tags and addresses in angle brackets, pictures, footnotes, definitions, links to anything but web pages, deep nesting.
_WILD = re.compile(
    r"<[A-Za-z/!?]|!\[|\[\^|\]:|\t|(?i:ftps?://)|\]\((?!https?://[\w.~/#%?=&+,;:-]*\))|^[ >*+\-0-9.)]{25}", re.M
)
# Of these a deletion may hold a part, so that its gap or its text makes another whole.
_WILD_IN_CLOZE = re.compile(r"[$`~\\<\[@\t]|/[^/]*/|^[ >*+\-0-9.)]{25}", re.M)
_EMPHASIS = re.compile(r"[*_~]")


def is_tame(request: RenderRequest) -> bool:
    """Whether rendering a note or a piece of prose for our pages is sure to find no problem."""
    content = request.content
    if request.definitions or request.media or request.macros:
        return False
    lists = (*request.rubric, *request.follow_ups, *request.sources, *request.clarify)
    if isinstance(content, Cloze):
        sides: tuple[str, ...] = (content.heading, content.body)
    else:
        sides = (content.question, content.answer) if isinstance(content, Basic) else (content.text,)
    texts = (*sides, *lists, request.in_full)
    whole = "\n".join(texts)
    if len(whole) > MAX_SIZE or len(_EMPHASIS.findall(whole)) > MAX_EMPHASIS or without_reserved(whole) is not whole:
        return False
    if isinstance(content, Cloze):
        if whole.count("{{c") > MAX_DELETIONS or _WILD_IN_CLOZE.search(content.heading + "\n" + content.body):
            return False
        return all(_is_tame_line(text) for text in lists) and _is_tame_block(request.in_full)
    if isinstance(content, Basic):
        heading, _, rest = content.question.partition("\n")
        lines, blocks = [heading, *lists], [rest, request.in_full]
        (lines if request.one_line else blocks).append(content.answer)
    else:
        lines, blocks = [*lists], [content.text]
    return all(map(_is_tame_line, lines)) and all(map(_is_tame_block, blocks))


def _is_tame_line(text: str) -> bool:
    spans = inline_spans(text, 0, len(text)) if _SPANS.search(text) else ()
    return _are_tame(text, spans)


def _is_tame_block(text: str) -> bool:
    return _are_tame(text, scan(text).spans if _SPANS.search(text) else ())


_SPANS = re.compile(r"[`$]|~~~|\\[(\[]|<!--|^    ", re.M)


def _are_tame(text: str, spans: Sequence[InlineSpan]) -> bool:
    """Whether a text is tame of which `spans` are code, formulas and comments."""
    if not all(_is_tame_span(text, span) for span in spans):
        return False
    outside = "".join(_outside(text, spans)) if spans else text
    return _WILD.search(outside) is None


def _is_tame_span(text: str, span: InlineSpan) -> bool:
    if span.kind == "fence":
        first_line = text[span.start : span.end].partition("\n")[0]
        return language_of(first_line.lstrip("`~")) in LANGUAGES
    if span.kind not in ("math", "display"):
        return True
    tex = text[span.inner_start : span.inner_end]
    if "\n" in tex and ">" in tex:  # perhaps the marks of a quote, which are no part of it
        return False
    try:
        render_math(tex, display=span.kind == "display")
    except MathError:
        return False
    return True


def _outside(text: str, spans: Sequence[InlineSpan]) -> Iterator[str]:
    """The text, with a mark in the place of each span, as the renderer has one there."""
    position = 0
    for span in spans:
        yield text[position : span.start]
        yield "\ue000"
        position = span.end
    yield text[position:]
