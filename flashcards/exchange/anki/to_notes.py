"""From a note of a package to the content of one of ours: which text asks, which answers, which cards it gives.

Basic, reversed (optionally), typed and cloze notes come over exactly, and our own note types with all that they
hold. Any other type comes over as its first template shows it.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial

from flashcards.character_references import unescape
from flashcards.exchange.anki import notetypes
from flashcards.exchange.anki.fields import parts_of_context
from flashcards.exchange.anki.package_values import Converted, NoteType, PackedNote
from flashcards.exchange.anki.practice_parts import items_with_references, parts_of_source
from flashcards.exchange.anki.shown_text import shown_text
from flashcards.exchange.anki.templates import back_of, front_of, hints_of, is_blank, mirrored
from flashcards.exchange.anki.to_markdown import PICTURE, as_lines, as_text, one_line, to_markdown

IMAGE_OCCLUSION = 6
_OCCLUSION = re.compile(r"\{\{c\d+::image-occlusion:")
_DELETION = re.compile(r"\{\{c(\d+)::")
_CLOZE_FIELD = re.compile(r"\{\{\s*(?:[\w-]+:)*cloze:(?:[\w-]+:)*([^{}:]+?)\s*\}\}")
_OPENING = re.compile(r"\{\{c([0-9]+(?:,[0-9]+)*)::")
_UNUSUAL = re.compile(r"\{\{c(?:0|[0-9]+,)")
_TOKEN = re.compile(rf"{_OPENING.pattern}|\}}\}}")
_BRACE = re.compile(r"[{}]")
_BLOCK_END = re.compile(r"\n(?:\n|[ ]*(?:[-+>|#]|\d+[.)] ))")
NO_ANSWER = "(The answer is empty in Anki.)"
_SECONDS_A_NOTE = 3.0


TOO_DEEP = "its HTML is nested too deeply, or too slow to read: only its text was kept"

_READERS: tuple[tuple[Callable[[str], str], Callable[[str], str]], ...] = (
    (to_markdown, one_line),
    (partial(to_markdown, emphasis=False), partial(one_line, emphasis=False)),
    (as_lines, as_text),
)
"""From all that Markdown has to words alone; each for texts that may have blocks, and for those that may not."""
PLAINER = range(1, len(_READERS))
"""How much plainer than usual a note can be read."""


def convert(note: PackedNote, note_type: NoteType | None, plainer: int = 0) -> Converted:
    """The note as Markdown; never raises for what a note holds.

    `plainer` (one of `PLAINER`) leaves out emphasis, then all but words, for notes whose text would change otherwise.
    """
    with _alarm() as is_bounded:
        return _converted(note, note_type, plainer, is_bounded)


def convert_all(notes: Iterable[PackedNote], types: Mapping[int, NoteType]) -> list[Converted]:
    """Many notes by their types, as `convert` makes them."""
    with _alarm() as is_bounded:
        return [_converted(note, types.get(note.type), 0, is_bounded) for note in notes]


def _converted(note: PackedNote, note_type: NoteType | None, plainer: int, is_bounded: bool) -> Converted:
    if note_type is None:
        return Converted("", notice="its note type is not in the package")
    fields = dict(zip(note_type.fields, note.fields, strict=False))
    try:
        with _bounded() if is_bounded else nullcontext():
            return _read(note_type, fields, *_READERS[plainer])
    except (RecursionError, _TooSlow):
        return _convert(note_type, fields, as_text)._replace(notice=TOO_DEEP)


def _read(
    note_type: NoteType, fields: Mapping[str, str], read: Callable[[str], str], read_line: Callable[[str], str]
) -> Converted:
    converted = _convert(note_type, fields, read)
    crossing = converted.kind == "cloze" and crosses_blocks(converted.answer)
    return _convert(note_type, fields, read_line) if crossing else converted


def _shown(*texts: str) -> tuple[str, ...]:
    """What Anki shows of these: of the question (or heading), of the answer (or text), and of the rest."""
    return tuple(map(shown_text, texts))


def crosses_blocks(text: str) -> bool:
    """Whether a deletion goes over the end of a paragraph, list item or table row."""
    for match in _DELETION.finditer(text):
        depth, position = 2, match.end()
        while depth and (brace := _BRACE.search(text, position)):
            depth += 1 if brace[0] == "{" else -1
            position = brace.end()
        if _BLOCK_END.search(text, match.end(), position):
            return True
    return False


def plain_deletions(text: str) -> str:
    """Deletions of one number each: Anki's ``{{c1,2::text}}``, a gap on either card, is one within another here."""
    if not _UNUSUAL.search(text):
        return text
    pieces: list[str] = []
    opened: list[tuple[int, str]] = []  # for each: how many there are of it here, and its hint
    position = 0
    for match in _TOKEN.finditer(text):
        between, position = text[position : match.start()], match.end()
        pieces.append(between)
        if opened and "::" in between:
            opened[-1] = (opened[-1][0], "::" + between.partition("::")[2])
        if match[1]:
            numbers = list(dict.fromkeys(number.lstrip("0") or "0" for number in match[1].split(",")))
            opened.append((len(numbers), ""))
            pieces += [f"{{{{c{number}::" for number in numbers]
        elif opened:
            count, hint = opened.pop()
            pieces.append("}}" + f"{hint}}}}}" * (count - 1))
        else:
            pieces.append(match[0])
    return "".join([*pieces, text[position:]])


def _convert(note_type: NoteType, fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    if note_type.fields == notetypes.BASIC.field_names:
        return _our_basic(fields, read)
    if note_type.fields == notetypes.CLOZE.field_names:
        return _our_cloze(fields, read)
    if note_type.stock == IMAGE_OCCLUSION or any(_OCCLUSION.search(text) for text in fields.values()):
        return Converted("", notice="image occlusion has no counterpart here")
    if not note_type.templates:
        return Converted("", notice="its note type has no template")
    return (_cloze if note_type.cloze else _basic)(note_type, fields, read)


# Ours ----------------------------------------------------------------------------------------------------


def _our_basic(fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    question = _question(fields["Question"], read)
    if not question:
        return Converted("", notice="its question is empty")
    converted = Converted(
        "basic",
        question,
        read(fields["Answer"]) or NO_ANSWER,
        reversed=not is_blank(fields["Reverse"]),
        typed=not is_blank(fields["Typed"]),
        shown=_shown(fields["Question"], fields["Answer"]),
    )
    return _with_shared(converted, fields, read)


def _our_cloze(fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    html = plain_deletions(fields["Text"])
    text = read(html)
    if not _DELETION.search(text):
        return Converted("", notice="its text has no deletion")
    section, heading = parts_of_context(fields["Context"])
    typed = not is_blank(fields["Typed"])
    converted = Converted("cloze", one_line(heading), text, typed=typed, shown=_shown(heading, html))
    return _with_shared(converted, {**fields, "Context": section}, read)


def _with_shared(converted: Converted, fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    """What both of our types hold beside the question and the answer."""
    source = parts_of_source(fields["Source"])
    rubric, rubric_refs = items_with_references(fields["Rubric"], lambda html: _items(read(html)))
    follow_ups, follow_up_refs = items_with_references(fields["FollowUps"], lambda html: _items(read(html)))
    below = (fields["Rubric"], fields["FollowUps"], source.sources, source.clarify, source.in_full)
    return converted._replace(
        rubric=rubric,
        follow_ups=follow_ups,
        sources=_items(read(source.sources)),
        context=" ".join(PICTURE.sub("", as_text(fields["Context"])).split()),
        own_id=unescape(fields["Id"]).strip(),
        shown=(*converted.shown, shown_text("<br>".join(filter(None, below)))),
        rubric_refs=rubric_refs,
        follow_up_refs=follow_up_refs,
        in_full=read(source.in_full),
        clarify=_items(read(source.clarify)),
    )


def _items(markdown: str) -> tuple[str, ...]:
    """The items of a Markdown list; text that is no list is one item."""
    if not markdown:
        return ()
    items: list[list[str]] = []
    for line in markdown.split("\n"):
        if line.startswith("- ") or not items:
            items.append([line.removeprefix("- ")])
        else:
            items[-1].append(line.removeprefix("  "))
    return tuple(text for item in items if (text := "\n".join(item).strip()))


# Others --------------------------------------------------------------------------------------------------


def _basic(note_type: NoteType, fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    first, *others = note_type.templates
    front, back = front_of(first.front, fields), back_of(first.back, fields)
    if is_blank(front.html):
        return Converted("", notice="its first card has nothing on its front, so Anki does not show it")
    is_reversed = False
    left_out = 0
    for other in others:
        other_front = front_of(other.front, fields).html
        if is_blank(other_front):
            continue
        if other is others[0] and mirrored(front.html, back, other, fields):
            is_reversed = True
        else:
            left_out += 1
    which = "a further card was" if left_out == 1 else f"{left_out} further cards were"
    notice = f"{which} left out: only the first template is carried" if left_out else ""
    hints = [hint for hint in hints_of(first.front, fields) if hint not in f"{front.html}{back}"]
    below = "<br>".join([*hints, back])
    answer = read(below)
    question = _question(front.html, read)
    if not question:
        return Converted("", notice="its question is empty without what a deck cannot hold")
    return Converted(
        "basic",
        question,
        answer or NO_ANSWER,
        reversed=is_reversed and bool(answer),
        typed=front.typed,
        notice=notice if answer else notice or "its answer is empty in Anki",
        shown=_shown(front.html, below, ""),
    )


def _cloze(note_type: NoteType, fields: Mapping[str, str], read: Callable[[str], str]) -> Converted:
    template = note_type.templates[0]
    found = dict.fromkeys(name for name in _CLOZE_FIELD.findall(template.front) if name in fields)
    texts = [*found] or [note_type.fields[0]]
    html = plain_deletions("<br>".join(value for name in texts if not is_blank(value := fields.get(name, ""))))
    text = read(html)
    if not _DELETION.search(text):
        return Converted("", notice="its text has no deletion, so it gives no card")
    others = {name: value for name, value in fields.items() if name not in texts}
    above = front_of(_CLOZE_FIELD.sub("", template.front), others).html
    below = back_of(_CLOZE_FIELD.sub("", template.back), {n: v for n, v in others.items() if v not in above})
    extra = read(below)
    return Converted(
        "cloze",
        one_line(above) if not is_blank(above) else "",
        text,
        typed="type:cloze" in template.front.replace(" ", ""),
        sources=(extra,) if extra else (),
        shown=_shown(above, html, below),
    )


def _question(html: str, read: Callable[[str], str]) -> str:
    """A question becomes a heading: line breaks within it stay in the line."""
    text = read(html)
    first = text.split("\n\n", 1)
    return "\n\n".join([first[0].replace("\\\n", "<br>"), *first[1:]])


# Bounds --------------------------------------------------------------------------------------------------


class _TooSlow(Exception):
    pass


def _stop(*_: object) -> None:
    raise _TooSlow


@contextmanager
def _alarm() -> Iterator[bool]:
    """Whether what takes too long can be stopped: in the main thread, which the reader's child process gives it.

    Elsewhere only HTML of our own is read.
    """
    if threading.current_thread() is not threading.main_thread():
        yield False
        return
    previous = signal.signal(signal.SIGALRM, _stop)
    try:
        yield True
    finally:
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def _bounded() -> Iterator[None]:
    """Stops what takes too long, within `_alarm`."""
    signal.setitimer(signal.ITIMER_REAL, _SECONDS_A_NOTE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
