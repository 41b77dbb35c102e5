"""Makes a deck from elsewhere pass `check`: what a deck of ours cannot hold is replaced or left out, and named."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from flashcards.deckfiles.check.content import content_issues
from flashcards.deckfiles.cloze.plain_text import reveal
from flashcards.deckfiles.identity.slugs import SlugPool, slug
from flashcards.deckfiles.media.files import Media, resolve
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.deckfiles.parse.printing import print_and_read, print_deck
from flashcards.deckfiles.render.sanitise import link_problem
from flashcards.deckfiles.render.tex_to_mathml import MathError, render_math
from flashcards.deckfiles.text.link_definitions import link_definitions
from flashcards.deckfiles.text.links import links
from flashcards.deckfiles.text.media_references import pictures, references
from flashcards.deckfiles.text.spans import spans
from flashcards.deckfiles.text.structure import scan
from flashcards.domain.card import Basic, Content, Deck, Note
from flashcards.exchange.found import FoundDeck, Notice, Remembered
from flashcards.services.anki.converted_notes import texts_of, with_texts

Say = Callable[[str], None]
"""Says what was lost of the text in hand."""


@dataclass(slots=True)
class Fitted:
    """A deck that passes `check`: its file's bytes; its pictures and sounds, by path below the source."""

    deck: Deck
    data: bytes
    media: dict[str, Path] = field(default_factory=dict)
    schedules: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


def fit(found: FoundDeck, root: Path) -> Fitted:
    """Bring the notes of a deck into a form that `check` accepts; media are looked for below `root`.

    Every note gets an explicit id, its own where it has one. The lines of its notices are those of the source.
    """
    notices: list[Notice] = []
    pool = SlugPool(set())
    notes: list[Note] = []
    schedules: dict[tuple[str, str], Remembered] = {}
    for index, note in enumerate(found.deck.notes):
        note = _mended(note, found, root, notices)
        identity = pool.give(note.id if note.explicit else _slug(note.content))
        notes.append(replace(note, id=identity, explicit=True))
        for which, remembered in found.schedules.get(index, {}).items():
            schedules[identity, which] = remembered
    deck = replace(found.deck, notes=tuple(notes))
    deck, data = _sound(deck, found.source, root, notices)
    kept = {note.id for note in deck.notes}
    return Fitted(
        deck=deck,
        data=data,
        media=_media(deck, root),
        schedules={key: value for key, value in schedules.items() if key[0] in kept},
        notices=notices,
    )


def _slug(content: Content) -> str:
    text = content.question if isinstance(content, Basic) else reveal(content.heading or content.body)
    first = next((line for line in text.split("\n") if line.strip()), "")
    return slug(first, text)


def _mended(note: Note, found: FoundDeck, root: Path, notices: list[Notice]) -> Note:
    def say(message: str) -> None:
        notices.append(Notice(found.source, note.line, message))

    def mend(text: str) -> str:
        return _without_links(_without_maths(_without_media(text, found.deck.path, root, say), say), say)

    return replace(with_texts(note, mend), definitions=mend(note.definitions))


_SOUND = re.compile(r"\.(?:mp3|ogg|oga|opus|wav|m4a|aac|flac)$", re.I)


# Texts ---------------------------------------------------------------------------------------------------


def _without_media(text: str, path: str, root: Path, say: Say) -> str:
    """Pictures that are not there become links, or their words."""
    if "![" not in text:
        return text
    for picture in reversed([*pictures(text, scan(text).spans, link_definitions(text))]):
        found = resolve(picture.reference, path, root)
        if isinstance(found, Media):
            continue
        words = picture.alt.strip() or picture.reference.rpartition("/")[2].strip() or "picture"
        what = "sound" if _SOUND.search(picture.reference) else "picture"
        if re.match(r"https?://", picture.reference):
            shown = f"[{words}](<{picture.reference}>)"
            say(f"the {what} {picture.reference} is a link now: {what}s are kept beside their deck")
        else:
            shown = f"*{words}*"
            say(f"the {what} was left out: {found.message}")
        text = text[: picture.start] + shown + text[picture.end :]
    return text


_LETTER_SIZE = re.compile(r"\\(?:tiny|scriptsize|footnotesize|small|normalsize|[lL]arge|LARGE|[hH]uge)(?![A-Za-z])[ ]*")


def _without_maths(text: str, say: Say) -> str:
    """Formulas that the renderer refuses are shown as code; what only sets the size of letters is left out first."""
    if not any(sign in text for sign in ("$", "\\(", "\\[")):
        return text
    for span in reversed(spans(text)):
        inner = text[span.inner_start : span.inner_end]
        if span.kind not in ("math", "display") or "{{c" in inner:
            continue
        plain = _LETTER_SIZE.sub("", inner)
        failure = _math_fault(inner, span.kind)
        if failure is None:
            continue
        if plain != inner and _math_fault(plain, span.kind) is None:
            say("the size of a formula's letters was left out")
            text = f"{text[: span.inner_start]}{plain}{text[span.inner_end :]}"
        else:
            say(f"a formula is shown as code: {failure}")
            text = f"{text[: span.start]}`` {' '.join(inner.split())} ``{text[span.end :]}"
    return text


def _math_fault(tex: str, kind: str) -> str | None:
    """Why the renderer refuses a formula; None where it does not."""
    try:
        render_math(tex, display=kind == "display")
    except MathError as failure:
        return failure.message
    return None


_ANGLE = re.compile(r"<([A-Za-z][\w+.-]*:[^<>\s]*)>")


def _without_links(text: str, say: Say) -> str:
    """Links that lead nowhere from a card become their words."""
    if "](" not in text and not _ANGLE.search(text):
        return text
    structure = scan(text)
    defined = link_definitions(text)
    hidden = [(span.start, span.end) for span in structure.spans]
    skip = sorted(hidden + [(found.start, found.end) for found in pictures(text, structure.spans, defined)])
    edits: list[tuple[int, int, str, str]] = []
    for link in links(text, structure.stretches, skip, defined):
        hidden.append((link.start, link.end))
        words = text[link.start + 1 : link.close].strip() or f"`{link.target}`"
        edits.append((link.start, link.end, link.target, words))
    for match in _ANGLE.finditer(text):
        if not any(start <= match.start() < end for start, end in hidden):
            edits.append((match.start(), match.end(), match[1], f"`{match[1]}`"))
    for start, end, target, words in sorted(edits, reverse=True):
        if link_problem(target):
            say(f"the link {target[:200]} is shown as text: only whole addresses of pages can be followed")
            text = text[:start] + words + text[end:]
    return text


# The whole deck ------------------------------------------------------------------------------------------


def _sound(deck: Deck, source: str, root: Path, notices: list[Notice]) -> tuple[Deck, bytes]:
    """Leave out the notes that do not pass, until the rest does."""
    text, message = _printed(deck, root)
    if message:
        good: list[Note] = []
        for note in deck.notes:
            _, message = _printed(replace(deck, notes=(note,)), root)
            if message:
                notices.append(Notice(source, note.line, f"left out: {message}"))
            else:
                good.append(note)
        deck = replace(deck, notes=tuple(good))
        text = print_deck(deck)
    return deck, text.encode("utf-8", "replace")


def _printed(deck: Deck, root: Path) -> tuple[str, str]:
    """The deck as text, and what is wrong with that, in words; "" if it holds just these notes and passes."""
    text, parsed = print_and_read(deck)
    errors = [problem.message for problem in parsed.problems if problem.severity == "error"]
    if errors:
        return text, errors[0]
    if _outline(parsed) != [(note.id, note.whiches) for note in deck.notes]:
        return text, "a deck cannot hold its text as one note"
    return text, next((issue.message for _, issue in content_issues(parsed, root) if issue.severity == "error"), "")


def _outline(parsed: Parsed) -> list[tuple[str, tuple[str, ...]]]:
    return [(note.id, note.whiches) for note in parsed.deck.notes]


def _media(deck: Deck, root: Path) -> dict[str, Path]:
    """The files that the notes refer to, by path below `root`."""
    base = root.resolve()
    found: dict[str, Path] = {}
    for note in deck.notes:
        for text in (*texts_of(note), note.definitions):
            for _, reference, _ in references(text, note.definitions):
                media = resolve(reference, deck.path, root)
                if isinstance(media, Media):
                    path = Path(media.path)
                    found[path.relative_to(base).as_posix()] = path
    return found
