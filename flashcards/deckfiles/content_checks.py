"""What is wrong inside the texts of a deck: formulas, pictures and sounds, links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from flashcards.deckfiles.cloze import find_deletions
from flashcards.deckfiles.inline import InlineSpan
from flashcards.deckfiles.mathml import MathError, render_math
from flashcards.deckfiles.media import MediaProblem, references, resolve
from flashcards.deckfiles.parse import Parsed
from flashcards.deckfiles.parts import Origin, locate
from flashcards.deckfiles.positions import Issue, Ranges, error
from flashcards.deckfiles.spans import spans

SCHEMES = ("http", "https", "mailto")

_LINK = re.compile(
    r"(?<!!)\[(?:[^\[\]\\]|\\.|\[[^\[\]]*\])*\]\(\s*<?(?P<target>[^\s()<>]+)"
    r"|<(?P<bare>(?:javascript|vbscript|data|file|ftp|sftp|ssh|git|tel|sms|blob|about|ws|wss):[^\s<>]*)>",
    re.I,
)
_DEFINED = re.compile(r" *(\[)(?!\^)[^\]\n]+\]:[ \t]*<?([^\s<>]+)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_IGNORED = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\ufeff]")
_MATH_SIGNS = ("$", "\\(", "\\[")


class Text(NamedTuple):
    """A text of a deck, where in the file it comes from, and the definitions that go with it.

    `owner` is the id of its note, the index of a piece of prose, or None for a definition.
    """

    owner: str | int | None
    text: str
    origin: Origin
    definitions: str = ""


def content_issues(parsed: Parsed, root: Path) -> list[tuple[str | int | None, Issue]]:
    """Return what is wrong with the formulas, media and links of a file below `root`, with each its owner."""
    path = parsed.deck.path
    issues = [(text.owner, issue) for text in texts_of(parsed) for issue in _text_issues(text, path, root)]
    for definition in parsed.definitions:
        text = Text(None, definition.text, ((0, definition.start),))
        issues.extend((None, issue) for issue in _text_issues(text, path, root))
        issues.extend((None, issue) for issue in _definition_issues(definition.text, definition.start))
    return issues


def texts_of(parsed: Parsed) -> Iterator[Text]:
    """The texts of a deck's notes and prose."""
    for note in parsed.deck.notes:
        for name, origin in parsed.places[note.id].parts.items():
            field, _, number = name.partition(".")
            text = getattr(note, field)[int(number)] if number else getattr(note.content, field)
            yield Text(note.id, text, origin, note.definitions)
    for index, (prose, origin) in enumerate(zip(parsed.deck.prose, parsed.prose_origins, strict=True)):
        yield Text(index, prose.text, origin, prose.definitions)


def _text_issues(text: Text, path: str, root: Path) -> Iterator[Issue]:
    source = text.text
    if "![" in source:
        for offset, reference, _alt in references(source, text.definitions):
            found = resolve(reference, path, root)
            if isinstance(found, MediaProblem):
                yield error(locate(text.origin, offset), found.code, found.message)
    maths = any(sign in source for sign in _MATH_SIGNS)
    links = "](" in source or ("<" in source and ":" in source)
    if not maths and not links:
        return
    inside = spans(source)
    if maths:
        yield from _math_issues(text, inside)
    if links:
        yield from _link_issues(text, inside)


# Formulas ------------------------------------------------------------------------------------------------


def _math_issues(text: Text, inside: Sequence[InlineSpan]) -> Iterator[Issue]:
    for span in inside:
        if span.kind not in ("math", "display"):
            continue
        tex, offsets = _shown_formula(text.text, span)
        try:
            render_math(tex, display=span.kind == "display")
        except MathError as failure:
            offset = offsets[min(failure.offset, len(offsets) - 1)]
            message = f"the formula is refused: {failure.message}; mend it, or write the text in backticks"
            yield error(locate(text.origin, offset), "math", message)


def _shown_formula(text: str, span: InlineSpan) -> tuple[str, list[int]]:
    """A formula without the marks of deletions, and where each of its characters stands in the text."""
    start, end = span.inner_start, span.inner_end
    kept = range(start, end + 1)
    if "{{c" in text[start:end]:
        marks: set[int] = set()
        for deletion in find_deletions(text)[0]:
            marks.update(range(deletion.start, deletion.text_start), range(deletion.text_end, deletion.end))
        offsets = [offset for offset in kept if offset not in marks]
    else:
        offsets = list(kept)
    return "".join(text[offset] for offset in offsets[:-1]), offsets


# Links ---------------------------------------------------------------------------------------------------


def _link_issues(text: Text, inside: Sequence[InlineSpan]) -> Iterator[Issue]:
    hidden = Ranges((span.start, span.end) for span in inside)
    for match in _LINK.finditer(text.text):
        if hidden.hold(match.start()):
            continue
        target = match["target"] or match["bare"]
        issue = _target_issue(target, locate(text.origin, match.start()), relative=match["target"] is not None)
        if issue:
            yield issue


def _definition_issues(text: str, start: int) -> Iterator[Issue]:
    """A link reference's scheme. Its target may be relative, since a picture may use it."""
    match = _DEFINED.match(text)
    if match:
        issue = _target_issue(match[2], start + match.start(1), relative=False)
        if issue:
            yield issue


def _target_issue(target: str, offset: int, *, relative: bool) -> Issue | None:
    """An issue if a card does not follow a link to `target`; `relative`: nor one without a scheme."""
    scheme = _SCHEME.match(_IGNORED.sub("", html.unescape(target)))
    if scheme is None:
        if not relative:
            return None
        message = f"the link {target[:80]} leads nowhere from a card; write the whole address, with https://"
        return error(offset, "link-relative", message)
    if scheme[1].lower() in SCHEMES:
        return None
    message = f"a link may not lead to '{scheme[1]}:'; use http, https or mailto, or write it as text"
    return error(offset, "link-scheme", message)
