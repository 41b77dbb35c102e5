"""From an Anki package to deck files that pass `check`, laid out in a folder of their own until all is well."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote

from flashcards.deckfiles.content_checks import content_issues
from flashcards.deckfiles.find import title_of
from flashcards.deckfiles.media import MediaProblem, resolve
from flashcards.deckfiles.parse import parse_deck
from flashcards.deckfiles.printing import print_deck, valid_id
from flashcards.deckfiles.slugs import slug
from flashcards.deckfiles.spans import spans
from flashcards.domain.card import Basic, Cloze, Content, Deck, Note
from flashcards.exchange.anki import foreign, guids, notetypes
from flashcards.exchange.anki.package_values import Converted, Package, PackedNote
from flashcards.exchange.anki.to_markdown import MEDIA_REFERENCE
from flashcards.services.sync_plan import derived_guid

Progress = Callable[[str, int, int], None]

MEDIA_FOLDER = "media"
_CLOZE_NUMBER = re.compile(r"\{\{c([1-9][0-9]{0,2})::")
_PICTURE = re.compile(rf"!\[((?:[^\[\]\\]|\\.)*){MEDIA_REFERENCE.pattern}")
_NOT_NAME = re.compile(r"[^\w.-]+")


@dataclass(slots=True)
class Staged:
    """What was laid out: `files` are relative to the decks folder, `notices` say what could not be carried.

    `known` counts notes whose guid a deck has already.
    """

    files: list[str] = field(default_factory=list)
    decks: int = 0
    notes: int = 0
    cards: int = 0
    media: int = 0
    known: int = 0
    left_out: int = 0
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Existing:
    """What the decks folder holds already: deck ids, and the guids of notes."""

    deck_ids: frozenset[str]
    guids: frozenset[str]


def quiet(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def guid_in_file(deck_id: str, note: Note) -> str:
    """The guid that a note's file gives it, where no database knows better."""
    return derived_guid(deck_id, note.id, "cloze" if isinstance(note.content, Cloze) else "basic")


def stage(
    package: Package, existing: Existing, root: Path, into: str, folder: Path, progress: Progress = quiet
) -> Staged:
    """Lays out in `folder` what of the package is new, as it will stand in the decks folder `root` below `into`.

    Every file that is named in the result passes `check`; nothing is written outside of `folder`.
    """
    return _Stage(package, existing, root, into, folder).run(progress)


class _Stage:
    def __init__(self, package: Package, existing: Existing, root: Path, into: str, folder: Path) -> None:
        self.package = package
        self.existing = existing
        self.root = root
        self.into = into
        self.folder = folder
        self.staged = Staged(notices=list(package.notices))
        self.media = Media(package.media, root, f"{into}/{MEDIA_FOLDER}" if into else MEDIA_FOLDER, folder)
        self.paths = _Paths(root, into)
        self.used_deck_ids = set(existing.deck_ids)

    def run(self, progress: Progress) -> Staged:
        groups = self.grouped()
        total, done = sum(len(notes) for notes in groups.values()), 0
        for name, notes in groups.items():
            self.deck(name, notes)
            done += len(notes)
            progress("notes", done, total)
        for path, title in self.paths.folder_titles():
            self.write(path, f"title: {_quoted(title)}\n")
        self.foreign(groups)
        self.staged.files += self.media.files
        self.staged.media = len(self.media.files)
        self.staged.notices += self.media.notices
        return self.staged

    def foreign(self, groups: Mapping[str, list[tuple[PackedNote, Converted]]]) -> None:
        """Remembers the note types of what came, for exports: in one file for each import that brought something."""
        ours = (notetypes.BASIC.field_names, notetypes.CLOZE.field_names)
        types = {id_: type_ for id_, type_ in self.package.note_types.items() if type_.fields not in ours}
        text = foreign.written(types, (note for notes in groups.values() for note, _ in notes))
        if text is None or not self.staged.files:
            return
        number = 1
        while (
            self.root / (path := _join(self.into, foreign.FILE.format("" if number == 1 else f"-{number}")))
        ).exists():
            number += 1
        self.write(path, text)

    def grouped(self) -> dict[str, list[tuple[PackedNote, Converted]]]:
        """The notes that are new, by the full name of the deck of their first card."""
        homes: dict[int, int] = {}
        for card in self.package.cards:
            homes.setdefault(card.note, card.deck)
        groups: dict[str, list[tuple[PackedNote, Converted]]] = {}
        seen = set(self.existing.guids)
        for note, converted in zip(self.package.notes, self.package.converted, strict=True):
            if note.guid in seen:
                self.staged.known += 1
                continue
            seen.add(note.guid)
            if not converted.kind:
                self.leave_out(note, converted.notice)
                continue
            if note.id not in homes:
                self.leave_out(note, "it has no card")
                continue
            if converted.notice:
                self.notice(note, converted.notice)
            name = self.package.decks.get(homes[note.id]) or "Default"
            groups.setdefault(name, []).append((note, converted))
        return dict(sorted(groups.items()))

    def deck(self, name: str, notes: list[tuple[PackedNote, Converted]]) -> None:
        path = self.paths.of(name)
        own_id = self.own_deck_id(notes)
        deck_id = own_id or path.removesuffix(".md")
        self.used_deck_ids.add(deck_id)
        made: list[Note] = []
        origins: dict[str, PackedNote] = {}
        for note, converted in notes:
            id_ = self.note_id(note, converted, own_id, origins)
            origins[id_] = note
            made.append(self.note(id_, note, converted, path))
        deck = Deck(id=deck_id, path=path, title=_title(name), notes=tuple(made))
        self.write_sound(deck, origins)

    def own_deck_id(self, notes: list[tuple[PackedNote, Converted]]) -> str | None:
        """The deck id of notes that we exported once, if no other file has it."""
        ids = Counter(
            deck for note, converted in notes for deck, _, own in [converted.own_id.rpartition("#")]
            if deck and own and derived_guid(deck, own, converted.kind) == note.guid
        )  # fmt: skip
        wanted = ids.most_common(1)[0][0] if ids else None
        return None if wanted in self.used_deck_ids else wanted

    def note_id(self, note: PackedNote, converted: Converted, deck_id: str | None, taken: Mapping[str, object]) -> str:
        """An id from which the guid can be had again."""
        deck, _, own = converted.own_id.rpartition("#")
        if deck and deck == deck_id and own == valid_id(own) and derived_guid(deck, own, converted.kind) == note.guid:
            return own
        id_ = guids.note_id(note.guid)
        if id_ is None or id_ in taken:
            id_ = "anki-" + hashlib.sha256(note.guid.encode("utf-8", "replace")).hexdigest()[:16]
            self.notice(note, "its guid is too long for a note's id: an export will not find it in Anki again")
        return id_

    def note(self, id_: str, note: PackedNote, converted: Converted, path: str) -> Note:
        return self.media.placed(note_of(id_, note.tags, converted), path)

    def write_sound(self, deck: Deck, origins: Mapping[str, PackedNote]) -> None:
        """Writes the deck; notes that do not pass are mended, then left out, until all that is there does."""
        for attempt in ("mend", "drop", "drop"):
            text = print_deck(deck)
            self.write(deck.path, text, listed=False)
            parsed = parse_deck(deck.path, text.encode())
            wrong: dict[str, str] = {broken.id: "a deck cannot hold its text" for broken in parsed.broken}
            for owner, issue in content_issues(parsed, self.folder):
                if isinstance(owner, str):
                    wrong.setdefault(owner, issue.message)
            asked = {note.id for note in deck.notes}
            same = {note.id for note in parsed.deck.notes} - set(wrong)
            wrong |= dict.fromkeys(asked - same - set(wrong), "its text would be read as something else")
            if not wrong and len(parsed.deck.notes) == len(deck.notes):
                break
            deck = replace(deck, notes=tuple(self.mended(deck.notes, wrong, attempt, origins)))
        if not deck.notes:
            (self.folder / deck.path).unlink()
            return
        self.staged.files.append(deck.path)
        self.staged.decks += 1
        self.staged.notes += len(deck.notes)
        self.staged.cards += sum(len(note.whiches) for note in deck.notes)

    def mended(
        self, notes: Iterable[Note], wrong: Mapping[str, str], attempt: str, origins: Mapping[str, PackedNote]
    ) -> Iterable[Note]:
        for note in notes:
            if note.id not in wrong:
                yield note
            elif attempt == "mend":
                self.notice(origins[note.id], f"{wrong[note.id]} (its formulas were kept as code)")
                yield _with_texts(note, _without_maths)
            else:
                self.leave_out(origins[note.id], wrong[note.id])

    def write(self, path: str, text: str, *, listed: bool = True) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        if listed:
            self.staged.files.append(path)

    def leave_out(self, note: PackedNote, why: str) -> None:
        self.staged.left_out += 1
        self.notice(note, f"left out: {why}")

    def notice(self, note: PackedNote, what: str) -> None:
        words = " ".join(re.sub(r"<[^>]*>", " ", note.fields[0] if note.fields else "").split())
        self.staged.notices.append(f"Note {note.guid} ({words[:60]}): {what}")


# Notes ---------------------------------------------------------------------------------------------------


def note_of(id_: str, tags: Iterable[str], converted: Converted) -> Note:
    """A converted note as a note of ours; media stand in it by the names that Anki knows."""
    return Note(
        id=id_,
        explicit=True,
        line=1,
        content=_content(converted),
        source="",
        rubric=converted.rubric,
        follow_ups=converted.follow_ups,
        sources=converted.sources,
        tags=tuple(dict.fromkeys(tags)),
        section=converted.context or None,
    )


def _content(converted: Converted) -> Content:
    if converted.kind == "cloze":
        found = _CLOZE_NUMBER.findall(f"{converted.question}\n{converted.answer}")
        numbers = tuple(sorted({int(number) for number in found}))
        return Cloze(converted.question, converted.answer, numbers, converted.typed)
    return Basic(converted.question, converted.answer, converted.reversed, converted.typed)


def _with_texts(note: Note, change: Callable[[str], str]) -> Note:
    """The note with each of its texts changed."""
    content = note.content
    if isinstance(content, Cloze):
        content = replace(content, heading=change(content.heading), body=change(content.body))
    else:
        content = replace(content, question=change(content.question), answer=change(content.answer))
    return replace(
        note,
        content=content,
        rubric=tuple(map(change, note.rubric)),
        follow_ups=tuple(map(change, note.follow_ups)),
        sources=tuple(map(change, note.sources)),
    )


def _without_maths(text: str) -> str:
    """Formulas as code, for those that are refused."""
    pieces, position = [], 0
    for span in spans(text):
        if span.kind in ("math", "display") and span.start >= position:
            inner = text[span.inner_start : span.inner_end].strip().replace("`", "'")
            pieces += [text[position : span.start], f"`{inner}`"]
            position = span.end
    return "".join([*pieces, text[position:]])


# Paths ---------------------------------------------------------------------------------------------------


class _Paths:
    """Where each deck of Anki goes: subdecks into folders, names that any system can hold."""

    def __init__(self, root: Path, into: str) -> None:
        self.root = root
        self.into = into
        self.parts: dict[tuple[str, str], str] = {}  # by the folder's path and the name as Anki has it
        self.taken: set[str] = set()
        self.titles: dict[str, str] = {}

    def of(self, name: str) -> str:
        """A path, relative to the decks folder, that no file has."""
        *parents, last = [part.strip() or "blank" for part in name.split("::")]
        folder = self.into
        for parent in parents:
            folder = self.folder(folder, parent)
        stem = _join(folder, _file_name(last))
        number, path = 1, f"{stem}.md"
        while path.casefold() in self.taken or (self.root / path).exists():
            number += 1
            path = f"{stem}-{number}.md"
        self.taken.add(path.casefold())
        return path

    def folder(self, above: str, name: str) -> str:
        if (above, name) not in self.parts:
            plain, number = _join(above, _file_name(name)), 1
            path = plain
            while path.casefold() in self.titles:
                number += 1
                path = f"{plain}-{number}"
            self.titles[path.casefold()] = name
            self.parts[above, name] = path
        return self.parts[above, name]

    def folder_titles(self) -> Iterable[tuple[str, str]]:
        """The `_folder.yml` files that are needed for folders to be called as in Anki."""
        for (_, name), path in self.parts.items():
            file = f"{path}/_folder.yml"
            if title_of(path.rpartition("/")[2]) != name and not (self.root / file).exists():
                yield file, name


def _title(name: str) -> str:
    return name.split("::")[-1].strip() or "blank"


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _file_name(name: str) -> str:
    made = slug(name, name).strip("_.") or "deck"
    return f"{made}-deck" if made in {"readme", MEDIA_FOLDER} else made


def _quoted(text: str) -> str:
    return '"' + "".join(c for c in text if c.isprintable()).replace("\\", "\\\\").replace('"', '\\"') + '"'


# Media ---------------------------------------------------------------------------------------------------


class Media:
    """Puts the media that notes use beside their decks, under names that any system can hold."""

    def __init__(self, files: Mapping[str, Path], root: Path, folder: str, stage_folder: Path) -> None:
        self.packed = files
        self.root = root
        self.folder = folder
        self.stage = stage_folder
        self.files: list[str] = []
        self.notices: list[str] = []
        self.places: dict[str, str | None] = {}

    def placed(self, note: Note, deck_path: str) -> Note:
        """The note with the paths of its media in place of the names that Anki knows."""
        depth = deck_path.count("/")

        def place(match: re.Match[str]) -> str:
            name = unquote(match[2])
            path = self.place(name)
            if path is None:
                return match[1] or name.translate({ord(c): "_" for c in "[]()*`<>\\$"})
            return f"![{match[1]}]({quote(_relative(path, deck_path, depth))})"

        return _with_texts(note, lambda text: _PICTURE.sub(place, text) if "](" in text else text)

    def place(self, name: str) -> str | None:
        """The path of a file in the decks folder; None where a deck cannot hold it."""
        if name not in self.places:
            self.places[name] = self._place(name)
        return self.places[name]

    def _place(self, name: str) -> str | None:
        source = self.packed.get(name)
        if source is None:
            self.notices.append(f"{name[:80]!r}: notes use it, but it is not in the package.")
            return None
        path = self._path(name, source)
        target = self.stage / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        found = resolve("/" + quote(path), "deck.md", self.stage)
        if isinstance(found, MediaProblem):
            target.unlink()
            why = found.message.removeprefix("/" + quote(path)).strip()
            self.notices.append(f"{name[:80]!r} was left out: the file {why}.")
            return None
        if not (self.root / path).exists():
            self.files.append(path)
        return path

    def _path(self, name: str, source: Path) -> str:
        """Its own name if it is free, or holds the same bytes; else one with a hash of them."""
        stem, dot, extension = name.rpartition(".")
        plain = (_NOT_NAME.sub("-", stem).strip("-._") or "file")[:80]
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        for path in (
            f"{self.folder}/{plain}{dot}{extension.lower()}",
            f"{self.folder}/{plain}-{digest}{dot}{extension.lower()}",
        ):
            for there in (self.root / path, self.stage / path):
                if there.exists() and hashlib.sha256(there.read_bytes()).hexdigest()[:12] != digest:
                    break
            else:
                return path
        return f"{self.folder}/{digest}{dot}{extension.lower()}"


def _relative(path: str, deck_path: str, depth: int) -> str:
    """`path` from the folder of a deck: both are relative to the decks folder."""
    above = deck_path.split("/")[:-1]
    parts = path.split("/")
    while above and len(parts) > 1 and above[0] == parts[0]:
        above, parts = above[1:], parts[1:]
    return "../" * len(above) + "/".join(parts)
