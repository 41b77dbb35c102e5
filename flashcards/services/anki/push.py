"""`push anki`: new notes are added to a running Anki, changed ones updated, moved ones moved.

A learner's own edits in Anki stay: what was pushed last is remembered, and a note that is something else there now was
edited there. Notes are known by their field Id (``deck#note``); one whose deck moved, by its note's id.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from flashcards.deckfiles.media.files import Media
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import find_decks, read_deck
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Basic, Cloze, Deck, Note
from flashcards.errors import DeckError, NotFound, Unavailable
from flashcards.exchange.anki.connect import AnkiConnect, Design, NewNote, Refused, RemoteNote
from flashcards.exchange.anki.fields import NoteTexts, deck_name, fields_of
from flashcards.exchange.anki.foreign_files import load as foreign_notes
from flashcards.exchange.anki.notetypes import CSS, DESIGN_CHANGED_AT, NOTE_TYPES, Kind
from flashcards.exchange.anki.package_writer import clean_deck_name
from flashcards.exchange.anki.source_fields import as_they_came, unedited
from flashcards.exchange.whole_file import whole_file
from flashcards.services.anki.staging import guid_in_file
from flashcards.services.export.anki_fields import addresses, media_bytes, rendering, request_for_anki, within
from flashcards.services.progress import Progress, no_progress
from flashcards.storage.exports import AnkiRendering

STATE_FILE = "anki-push.json"
_DESIGN = "design of "


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push did, or (dry run) would do; notes by their Id. `left` were edited in Anki and stay as they are there.

    `gone` are in Anki and no longer in the files: they stay. `refused` Anki did not take. `skipped` are files or
    notes with errors. `designs` are note types of ours whose templates or CSS changed; `kept_designs` those that were
    changed in Anki, and stay. `from_anki` came from there, in note types that are not ours: they are there already, and
    AnkiConnect does not say which they are.
    """

    dry_run: bool
    added: tuple[str, ...]
    updated: tuple[str, ...]
    moved: tuple[str, ...]
    left: tuple[str, ...]
    gone: tuple[str, ...]
    refused: tuple[str, ...]
    skipped: tuple[str, ...]
    from_anki: tuple[str, ...]
    unchanged: int
    media: int
    designs: tuple[str, ...] = ()
    kept_designs: tuple[str, ...] = ()


class _Local(NamedTuple):
    key: str
    deck: str
    kind: Kind
    fields: dict[str, str]
    tags: tuple[str, ...]
    media: Mapping[str, str]  # name in Anki: path in the decks folder
    modified_at: int


@dataclass(slots=True)
class _Reading:
    notes: list[_Local] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    from_anki: list[str] = field(default_factory=list)


def push(
    anki: AnkiConnect,
    root: Path,
    data: Path,
    *,
    decks: Sequence[str] = (),
    dry_run: bool = False,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> PushReport:
    """Pushes the decks below `root` (or those at the addresses `decks`); `data` is where it is remembered.

    With `overwrite`, notes that were edited in Anki are updated too. Raises Unavailable, NotFound and DeckError.
    """
    anki.check()
    reading = _read(root, decks, progress)
    return _Push(anki, root, data, dry_run, overwrite, progress).run(reading, everything=not decks)


# Ours ----------------------------------------------------------------------------------------------------


def _read(root: Path, decks: Sequence[str], progress: Progress) -> _Reading:
    found = find_decks(root)
    asked = list(addresses(decks))
    files = [file for file in found.files if not asked or within(file.path.removesuffix(".md"), asked)]
    if not files:
        raise NotFound(f"There is no deck or folder {', '.join(decks)!r} in {root}.")
    titles = {folder.path: folder.title for folder in found.folders}
    reading = _Reading()
    from_anki = foreign_notes(root)
    with RenderPool() as pool:
        for number, file in enumerate(files, 1):
            progress("Rendering decks", number, len(files))
            try:
                parsed = parse_deck(file.path, read_deck(file))
            except DeckError as error:
                reading.skipped.append(f"{file.path}: {error}")
                continue
            reading.skipped += [f"{file.path}:{n.line}: left out, see `flashcards check`" for n in parsed.broken]
            notes = []
            for note in parsed.deck.notes:
                if guid_in_file(parsed.deck.id, note) in from_anki.notes:
                    reading.from_anki.append(f"{parsed.deck.id}#{note.id}")
                elif not note.draft:
                    notes.append(note)
            requests = [(str(i), request_for_anki(note, file.path, root)) for i, note in enumerate(notes)]
            name = clean_deck_name(deck_name(file.path, parsed.deck.title, titles))
            made = dict(pool.render_all(requests))
            for i, note in enumerate(notes):
                html = rendering(note, made[str(i)])
                media = {
                    one.url.rpartition("/")[2]: one.path for _, one in requests[i][1].media if isinstance(one, Media)
                }
                guid = guid_in_file(parsed.deck.id, note)
                kept = unedited(note, from_anki.sources.get(guid, {}))
                local = _local(note, parsed.deck, name, html, kept, media, file.mtime_ns // 1_000_000_000)
                reading.notes.append(local._replace(tags=tuple(from_anki.tags_of(guid, note.tags))))
    return reading


def _local(
    note: Note,
    deck: Deck,
    name: str,
    html: AnkiRendering,
    kept: Mapping[str, str],
    media: Mapping[str, str],
    modified_at: int,
) -> _Local:
    content = note.content
    kind: Kind = "cloze" if isinstance(content, Cloze) else "basic"
    key = f"{deck.id}#{note.id}"
    lists = [str(html.extra[part]) for part in ("rubric", "follow_ups", "source")]
    texts = NoteTexts(
        kind, html.first, html.second, lists[0], lists[1], lists[2], note.section,
        isinstance(content, Basic) and content.reversed, content.typed, key,
    )  # fmt: skip
    fields = dict(zip(NOTE_TYPES[kind].field_names, as_they_came(kind, fields_of(texts), kept), strict=True))
    return _Local(key, name, kind, fields, note.tags, media, modified_at)


# The push ------------------------------------------------------------------------------------------------


class _Push:
    def __init__(
        self, anki: AnkiConnect, root: Path, data: Path, dry_run: bool, overwrite: bool, progress: Progress
    ) -> None:
        self.anki = anki
        self.root = root
        self.state_file = data / STATE_FILE
        self.dry_run = dry_run
        self.overwrite = overwrite
        self.progress = progress
        self.state = self._load()
        self.media: dict[str, str] = {}

    def run(self, reading: _Reading, *, everything: bool) -> PushReport:
        remote = self.anki.notes()
        pairs, gone = _paired(reading.notes, remote)
        new = [note for note in reading.notes if note.key not in pairs]
        changed: list[_Local] = []
        left: list[_Local] = []
        for note in reading.notes:
            if note.key in pairs and (verdict := self.verdict(note, pairs[note.key])):
                (changed if verdict == "update" else left).append(note)
        designs, kept = self.designs()
        refused: list[str] = []
        if self.dry_run:
            moved = [note for note, _ in self.moved(reading.notes, pairs)]
        else:
            moved, refused = self.write(reading.notes, new, changed, designs, pairs)
        touched = {note.key for note in (*new, *changed, *moved, *left)}
        return PushReport(
            self.dry_run,
            tuple(note.key for note in new if note.key not in refused),
            tuple(note.key for note in changed if note.key not in refused),
            tuple(note.key for note in moved),
            tuple(note.key for note in left),
            tuple(sorted(gone)) if everything else (),
            tuple(refused),
            tuple(reading.skipped),
            tuple(reading.from_anki),
            len(reading.notes) - len(touched),
            len(self.media_of([*new, *changed])),
            tuple(designs),
            kept,
        )

    def verdict(self, note: _Local, there: RemoteNote) -> str:
        """``update``, ``left`` (it was edited in Anki), or nothing to do."""
        same = _digest(there.fields) == _digest(note.fields)
        if same and set(note.tags) <= set(there.tags) and there.fields.get("Id") == note.key:
            return ""
        if same or self.overwrite:
            return "update"
        pushed = self.state.get(str(there.id))
        if pushed is not None:
            return "update" if pushed == _digest(there.fields) else "left"
        # It came by a package: as there, the newer one wins.
        return "update" if there.modified_at is not None and there.modified_at < note.modified_at else "left"

    def designs(self) -> tuple[dict[str, Design], tuple[str, ...]]:
        """How note types are to look whose design is not ours, by name; and those that were changed in Anki.

        As with a package, the newer design wins: what was changed in Anki after ours stays, unless it is what was
        pushed last.
        """
        wanted, kept = {}, []
        for name, there in self.anki.designs().items():
            ours = _our_design(name, there)
            if (ours.css, ours.templates) == (there.css, there.templates):
                continue
            older = there.modified_at is None or there.modified_at < DESIGN_CHANGED_AT
            if self.overwrite or older or self.state.get(_DESIGN + name) == _design_digest(there):
                wanted[name] = ours
            else:
                kept.append(name)
        return wanted, tuple(kept)

    def moved(self, notes: Sequence[_Local], pairs: Mapping[str, RemoteNote]) -> list[tuple[_Local, list[int]]]:
        """The notes with cards that are in another deck of Anki than they should be, and those cards."""
        known = [note for note in notes if note.key in pairs]
        in_deck = {deck: self.anki.in_deck(deck) for deck in dict.fromkeys(note.deck for note in known)}
        away = [(note, [card for card in pairs[note.key].cards if card not in in_deck[note.deck]]) for note in known]
        return [(note, cards) for note, cards in away if cards]

    def write(
        self,
        notes: Sequence[_Local],
        new: Sequence[_Local],
        changed: Sequence[_Local],
        designs: Mapping[str, Design],
        pairs: Mapping[str, RemoteNote],
    ) -> tuple[list[_Local], list[str]]:
        """Does it all; what was done is remembered even if the rest fails.

        Gives the notes whose cards were moved, and the keys of those that Anki refused.
        """
        try:
            self.anki.make_types()
            self.redesign(designs)
            for deck in dict.fromkeys(note.deck for note in new):
                self.anki.make_deck(deck)
            self.store_media([*new, *changed])
            added = self.anki.add([NewNote(n.deck, NOTE_TYPES[n.kind].name, n.fields, n.tags) for n in new])
            for note, id_ in zip(new, added, strict=True):
                if id_ is not None:
                    self.state[str(id_)] = _digest(note.fields)
            refused = [note.key for note, id_ in zip(new, added, strict=True) if id_ is None]
            refused += self.update(changed, pairs)
            # Only now: a note that was updated may have more cards than before.
            cards = self.anki.cards([pairs[note.key].id for note in changed])
            there = {key: note._replace(cards=cards.get(note.id, note.cards)) for key, note in pairs.items()}
            moved = self.moved(notes, there)
            for deck in dict.fromkeys(note.deck for note, _ in moved):
                self.anki.make_deck(deck)
            for note, away in moved:
                self.anki.move(away, note.deck)
        finally:
            self._save()
        return [note for note, _ in moved], refused

    def redesign(self, designs: Mapping[str, Design]) -> None:
        for name, design in designs.items():
            self.anki.set_design(name, design)
        for name, there in self.anki.designs().items():
            ours = _our_design(name, there)
            if (ours.css, ours.templates) == (there.css, there.templates):
                self.state[_DESIGN + name] = _design_digest(ours)

    def update(self, changed: Sequence[_Local], pairs: Mapping[str, RemoteNote]) -> list[str]:
        """Updates notes; gives the keys of those that Anki refused."""
        refused = []
        for number, note in enumerate(changed, 1):
            self.progress("Updating notes", number, len(changed))
            there = pairs[note.key]
            try:
                self.anki.update(there.id, note.fields)
                self.state[str(there.id)] = _digest(note.fields)
                if missing := [tag for tag in note.tags if tag not in there.tags]:
                    self.anki.tag(there.id, missing)
            except Refused:
                refused.append(note.key)
        return refused

    def media_of(self, notes: Iterable[_Local]) -> dict[str, str]:
        return {name: path for note in notes for name, path in note.media.items()}

    def store_media(self, notes: Iterable[_Local]) -> None:
        for name, path in self.media_of(notes).items():
            data = media_bytes(name, [path], self.root)
            if data is not None:
                self.anki.store(name, data)

    def _load(self) -> dict[str, str]:
        try:
            state = json.loads(self.state_file.read_text("utf-8"))
        except (OSError, ValueError):  # the first push, or a file that somebody damaged: then the newer one wins
            return {}
        return state if isinstance(state, dict) else {}

    def _save(self) -> None:
        try:
            self.state_file.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(self.state_file) as stream:
                stream.write(json.dumps(self.state, indent=0).encode())
        except OSError as error:
            raise Unavailable(f"{self.state_file} cannot be written: {error.strerror}.") from error


def _paired(notes: Sequence[_Local], remote: Sequence[RemoteNote]) -> tuple[dict[str, RemoteNote], set[str]]:
    """Which note in Anki each of ours is, and the Ids that are only in Anki."""
    by_id = {(there.type, there.fields.get("Id", "")): there for there in remote}
    pairs: dict[str, RemoteNote] = {}
    for note in notes:
        if there := by_id.pop((NOTE_TYPES[note.kind].name, note.key), None):
            pairs[note.key] = there
    rest = {(type_, key.rpartition("#")[2]): there for (type_, key), there in by_id.items() if key}
    counts = Counter((type_, key.rpartition("#")[2]) for type_, key in by_id)
    wanted = Counter((NOTE_TYPES[n.kind].name, n.key.rpartition("#")[2]) for n in notes if n.key not in pairs)
    for note in notes:
        name = (NOTE_TYPES[note.kind].name, note.key.rpartition("#")[2])
        if note.key not in pairs and counts[name] == wanted[name] == 1:
            pairs[note.key] = rest[name]
    used = {there.id for there in pairs.values()}
    return pairs, {there.fields.get("Id", "") for there in remote if there.id not in used}


def _our_design(name: str, there: Design) -> Design:
    """How a note type of ours is to look, as far as it has our templates there."""
    (type_,) = (type_ for type_ in NOTE_TYPES.values() if type_.name == name)
    ours = {each.name: (each.front, each.back) for each in type_.templates}
    return there._replace(css=CSS, templates={each: ours.get(each, text) for each, text in there.templates.items()})


def _design_digest(design: Design) -> str:
    return _digest({"css": design.css, **{name: "\x1f".join(sides) for name, sides in design.templates.items()}})


def _digest(fields: Mapping[str, str]) -> str:
    """Of a note's texts, as Anki keeps them."""
    text = "\x1f".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "Id")
    return blake2b(unicodedata.normalize("NFC", text).encode("utf-8", "replace"), digest_size=16).hexdigest()
