"""What deck files say, and what their cards look like. Nothing is stored here."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from flashcards.deckfiles.check.content import definition_issues
from flashcards.deckfiles.media.files import Media, MediaProblem, resolve
from flashcards.deckfiles.parse.deck import BrokenNote, Parsed, parse_deck
from flashcards.deckfiles.parse.find import DeckFile, read_deck
from flashcards.deckfiles.parse.project import NO_PROJECT, Project
from flashcards.deckfiles.render.jobs import (
    PROSE,
    WHOLE,
    Rendered,
    RenderProblem,
    RenderRequest,
    note_references,
    prose_references,
    render_key,
    request_for,
    request_for_prose,
)
from flashcards.domain.card import Cloze, Note
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError
from flashcards.services.sync.looking import UNREAD, stamp_found, stamp_of
from flashcards.services.sync.match import FreshDeck
from flashcards.services.sync.plan import ReadDeck
from flashcards.storage.deck_rows import (
    MediaRow,
    ProseRow,
    RenderedNote,
    RenderingRow,
    Stamp,
)


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file that was parsed, and what has to be rendered for it: keys go with notes and prose in order."""

    file: DeckFile
    root: Path
    parsed: Parsed
    requests: Mapping[str, RenderRequest]
    note_keys: tuple[str, ...]
    prose_keys: tuple[str, ...]
    media: tuple[Stamp, ...]
    media_rows: tuple[MediaRow, ...]

    @property
    def deck_id(self) -> str:
        return self.parsed.deck.id


@dataclass(frozen=True, slots=True)
class LostFile:
    """A file that says nothing usable today: its last good version stays."""

    file: DeckFile
    problems: tuple[Problem, ...]
    unread: bool = False

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.file.path, UNREAD if self.unread else self.file.size, self.file.mtime_ns)


def read_file(file: DeckFile, root: Path, project: Project = NO_PROJECT) -> SoundFile | LostFile | None:
    """Reads and parses a file; None where it changed or vanished meanwhile (the next sync sees to it)."""
    try:
        data = read_deck(file)
    except DeckError as failure:
        if stamp_of(file.absolute, file.path) != stamp_found(file):
            return None
        problem = Problem(file.path, failure.line, failure.column, "error", failure.code, str(failure))
        return LostFile(file, (problem,), unread=failure.code == "file-unreadable")
    if stamp_of(file.absolute, file.path) != stamp_found(file):
        return None
    parsed = parse_deck(file.path, data, project)
    if parsed.structure_lost:
        return LostFile(file, parsed.problems)
    return sound_file(file, parsed, root)


# A sound file ----------------------------------------------------------------------------------------------


def sound_file(file: DeckFile, parsed: Parsed, root: Path) -> SoundFile:
    """What a parsed file whose structure is known needs to be rendered; pictures are looked up below `root`."""
    deck = parsed.deck
    names = {name for note in deck.notes for name in note_references(note)}
    names |= {name for prose in deck.prose for name in prose_references(prose)}
    media: dict[str, Media | MediaProblem] = {}
    stamps: list[Stamp] = []
    for name in sorted(names):
        media[name], found = _resolve(name, file.path, root)
        stamps += found
    notes = [request_for(note, media, parsed.macros) for note in deck.notes]
    prose_requests = [request_for_prose(prose, media, parsed.macros) for prose in deck.prose]
    note_keys = tuple(render_key(request) for request in notes)
    prose_keys = tuple(render_key(request) for request in prose_requests)
    requests = dict(zip(note_keys + prose_keys, notes + prose_requests, strict=True))
    rows = tuple(_media_row(item, root) for item in media.values() if isinstance(item, Media))
    return SoundFile(file, root, parsed, requests, note_keys, prose_keys, tuple(dict.fromkeys(stamps)), rows)


def _resolve(name: str, deck_path: str, root: Path) -> tuple[Media | MediaProblem, list[Stamp]]:
    """What a reference gives, and by which files it could give something else at the next sync."""
    found = resolve(name, deck_path, root)
    if isinstance(found, MediaProblem):
        return found, _candidates(name, deck_path, root)
    # Stamped first and resolved once more (from a cache, if all is as it was): a file that changes in
    # between is seen to have changed by the next sync.
    stamp = stamp_of(Path(found.path), _relative(found, root))
    return resolve(name, deck_path, root), [stamp]


def _candidates(name: str, deck_path: str, root: Path) -> list[Stamp]:
    folder = "" if name.startswith("/") else deck_path.rpartition("/")[0] + "/"
    stamps = []
    for spelling in dict.fromkeys((name, unquote(name))):
        path = os.path.normpath(folder.lstrip("/") + spelling.lstrip("/"))
        if path != ".." and not path.startswith("../"):
            stamps.append(stamp_of(root / path, path))
    return stamps


def _relative(media: Media, root: Path) -> str:
    return os.path.relpath(media.path, os.path.realpath(root))


def _media_row(media: Media, root: Path) -> MediaRow:
    name = media.url.rpartition("/")[2]
    return MediaRow(name, _relative(media, root), media.mime, media.size, media.width, media.height)


# What rendering gave ---------------------------------------------------------------------------------------


def rendering_rows(key: str, note: Note, rendered: Rendered) -> Iterator[RenderingRow]:
    """The stored form of a note's rendering: one row for each card, one for what they share."""
    for which, card in rendered.cards.items():
        if which != WHOLE:
            typed = {} if card.typed_answer is None else {"typed_answer": card.typed_answer}
            yield RenderingRow(key, which, card.question_html, card.answer_html, typed)
    first = rendered.cards[note.whiches[0]]
    whole = rendered.cards.get(WHOLE, first)
    question_html = "" if isinstance(note.content, Cloze) else first.question_html
    extra = {
        "rubric_html": rendered.rubric_html,
        "follow_ups_html": rendered.follow_ups_html,
        "sources_html": rendered.sources_html,
        **({"in_full_html": rendered.in_full_html} if rendered.in_full_html else {}),
        **({"clarify_html": rendered.clarify_html} if rendered.clarify_html else {}),
        "title": first.plain_question,
        "problems": [[p.part, p.offset, p.code, p.message] for p in rendered.problems],
    }
    yield RenderingRow(key, WHOLE, question_html, whole.answer_html, extra)


def rendered_note(note: Note, rendered: Rendered) -> RenderedNote:
    """What a plan has to know of a note's rendering."""
    title = rendered.cards[note.whiches[0]].plain_question
    return RenderedNote(title, tuple((p.part, p.offset, p.code, p.message) for p in rendered.problems))


def read_deck_of(
    sound: SoundFile,
    known: Mapping[str, RenderedNote],
    prose_html: Mapping[str, str],
    new: Mapping[str, Rendered],
    stay: Collection[str] = (),
) -> ReadDeck:
    """Puts a parsed file and its rendering together.

    A note that could not be rendered counts as broken, and so do those whose ids are in `stay`: see `sync_good`.
    """
    parsed = sound.parsed
    problems = set(parsed.problems)
    in_definitions: dict[tuple[str, str], tuple[int, int]] | None = None

    def located(owner: str | int, line: int, problem: RenderProblem) -> Problem:
        """In the author's file: as exact as the renderer says, in a definition, or at the first line of its owner."""
        nonlocal in_definitions
        place = parsed.place(owner, problem.part, problem.offset)
        if place is None:
            if in_definitions is None:
                in_definitions = _places_in_definitions(sound)
            place = in_definitions.get((problem.code, problem.message), (line, 1))
        return Problem(parsed.deck.path, *place, "error", problem.code, problem.message)

    notes, titles, keys, broken = [], [], [], list(parsed.broken)
    for note, key in zip(parsed.deck.notes, sound.note_keys, strict=True):
        if key in known and note.id not in stay:
            notes.append(note)
            titles.append(known[key].title)
            keys.append(key)
        else:
            broken.append(BrokenNote(note.id, note.explicit, note.line))
        found = [RenderProblem(*one) for one in known[key].problems] if key in known else list(new[key].problems)
        problems.update(located(note.id, note.line, problem) for problem in found)
    blocks = []
    for index, (prose, key) in enumerate(zip(parsed.deck.prose, sound.prose_keys, strict=True)):
        html = prose_html.get(key, "")
        found = list(new[key].problems) if key in new else []
        # Prose with problems is rendered again whenever its file is read: they are not stored with it.
        stored_key = "" if found else key
        blocks.append(ProseRow(prose.position, prose.line, prose.section, stored_key, html))
        problems.update(located(index, prose.line, problem) for problem in found)
    deck = replace(parsed.deck, notes=tuple(notes))
    stamp = stamp_found(sound.file)
    return ReadDeck(
        fresh=FreshDeck(deck, tuple(broken)),
        stamp=stamp,
        media=sound.media,
        problems=tuple(sorted(problems)),
        prose=tuple(blocks),
        titles=tuple(titles),
        render_keys=tuple(keys),
    )


def prose_html_of(rendered: Rendered) -> str:
    """The HTML of prose; empty where it could not be rendered."""
    return rendered.cards[PROSE].question_html if PROSE in rendered.cards else ""


def _places_in_definitions(sound: SoundFile) -> dict[tuple[str, str], tuple[int, int]]:
    """Where each fault stands in footnotes and link references, which belong to no note: the first of its kind."""
    issues = definition_issues(sound.parsed, sound.root)
    return {(issue.code, issue.message): sound.parsed.lines.at(issue.offset) for issue in reversed(issues)}
