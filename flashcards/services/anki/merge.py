"""Edits made in Anki, merged into our files: matched by guid, shown as a diff, written only when asked for.

Markdown becomes HTML in Anki, and never comes back the same. So what our text would look like after that journey is
compared with what Anki has, part by part (question, answer, lists, tags, cards). A part that differs was edited there
if it is not what Anki was given, and here if it is not either; both: a conflict, which is shown and not written.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from flashcards.deckfiles.parse.find import find_decks, read_deck
from flashcards.deckfiles.parse.printing import tag_word
from flashcards.deckfiles.parse.project import read_project
from flashcards.deckfiles.text.note_lines import NoteLines
from flashcards.domain.card import Basic, Cloze, Note
from flashcards.errors import Conflict, Unavailable
from flashcards.exchange.anki.fields import REMOVED_TAG, deck_name
from flashcards.exchange.anki.guids import guid_of
from flashcards.exchange.anki.package_reader import reading_package
from flashcards.exchange.anki.package_values import Converted, Package, PackedNote
from flashcards.exchange.anki.package_writer import clean_deck_name
from flashcards.exchange.anki.to_markdown import MEDIA_REFERENCE
from flashcards.exchange.whole_file import whole_file
from flashcards.services.anki.converted_notes import note_of, read_refs
from flashcards.services.anki.file_diff import file_diff
from flashcards.services.anki.fitted_edits import fitted
from flashcards.services.anki.journey import lost, with_words_of_sounds
from flashcards.services.anki.kept_fields import Here, Renewed, fields_of_parts, renewed
from flashcards.services.anki.merge_findings import DeletedThere, FileChange, MergeConflict, MergeReport
from flashcards.services.anki.merge_ours import Absent, Ours, our_notes, refs_from, tags_from, tags_of_the_file
from flashcards.services.anki.places import Media
from flashcards.services.anki.splice import DeckText, Wanted, printed
from flashcards.services.bring.new_files import install, take_back_cut_off
from flashcards.services.export.anki_fields import digest_of
from flashcards.services.progress import Progress, no_progress
from flashcards.storage.database import Database
from flashcards.storage.merges import known_notes
from flashcards.temporary import TemporaryFolder

BASIC_PARTS = (
    "question",
    "answer",
    "reversed",
    "typed",
    "rubric",
    "follow_ups",
    "sources",
    "in_full",
    "clarify",
    "tags",
)
CLOZE_PARTS = ("answer", "typed", "rubric", "follow_ups", "sources", "in_full", "clarify", "tags")


def merge(
    file: Path,
    root: Path,
    *,
    base: Path | None = None,
    database: Database | None = None,
    progress: Progress = no_progress,
) -> MergeReport:
    """Compares the package `file` with the decks below `root`.

    What Anki was given is known from `base` (the package that was exported or imported before), or from what the
    database remembers. Raises PackageError and DeckError.
    """
    report = MergeReport(root)
    with reading_package(file) as package, TemporaryFolder() as folder:
        before = _base(base)
        known = known_notes(database) if database else {}
        theirs = {note.guid: (note, made) for note, made in zip(package.notes, package.converted, strict=True)}
        absent: list[Absent] = []
        ours = sorted(
            our_notes(root, known, set(theirs), absent, progress), key=lambda one: (one.file.path, one.note.line)
        )
        found = {one.guid for one in ours}
        report.unknown = sum(guid not in found for guid in theirs)
        merger = _Merger(package, root, Path(folder), before, report)
        for one in ours:
            merger.note(one, *theirs[one.guid])
        merger.finish()
        merger.kept()
        report.deleted = list(_deleted(root, package, before, {one.file.path for one in ours}, absent))
    return report


def apply(report: MergeReport) -> tuple[str, ...]:
    """Writes the changes; returns the paths. Raises Conflict, with nothing written, where a file has changed since."""
    found: list[FileChange | Renewed] = [*report.changes, *report.kept]
    changes = {change.path: change for change in found}
    for change in changes.values():
        if (report.folder / change.path).read_bytes() != change.before:
            raise Conflict(f"{change.path} has changed meanwhile: nothing was written. Merge again.")
    report.notices += take_back_cut_off(report.folder)
    with TemporaryFolder() as folder:
        for path, data in report.media.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(data)
        install(report.folder, {path: Path(folder) / path for path in report.media})
    for change in changes.values():
        try:
            with whole_file(report.folder / change.path) as stream:
                stream.write(change.text.encode())
        except OSError as error:
            raise Unavailable(f"{change.path} cannot be written: {error.strerror}.") from error
    return tuple(changes)


def _base(file: Path | None) -> dict[str, tuple[PackedNote, Converted]]:
    if file is None:
        return {}
    with reading_package(file) as package:
        return {note.guid: (note, made) for note, made in zip(package.notes, package.converted, strict=True)}


def _deleted(
    root: Path,
    package: Package,
    base: Mapping[str, object],
    seen: Container[str],
    absent: Iterable[Absent],
) -> Iterable[DeletedThere]:
    """Of the notes that the package has not, those that Anki had: in decks that the package is of."""
    titles = {folder.path: folder.title for folder in find_decks(root).folders}
    decks = set(package.decks.values())
    lines: dict[str, NoteLines] = {}
    for one in absent:
        given = one.guid in base or guid_of(one.note.id) is not None or bool(one.known and one.known.exports)
        path = one.file.path
        if not given or (path not in seen and clean_deck_name(deck_name(path, one.deck_title, titles)) not in decks):
            continue
        if path not in lines:
            lines[path] = NoteLines(read_deck(one.file).decode("utf-8", "replace"))
        first, last = lines[path].of(one.note)
        yield DeletedThere(path, first, last, one.note.id)


# Comparing -----------------------------------------------------------------------------------------------


class _Compared(NamedTuple):
    """A note here and in Anki, the parts that say the same, and those that are taken from there."""

    ours: Ours
    packed: PackedNote
    parts: int
    same: frozenset[str]
    taken: list[str]


class _Merger:
    def __init__(
        self,
        package: Package,
        root: Path,
        stage: Path,
        base: Mapping[str, tuple[PackedNote, Converted]],
        report: MergeReport,
    ) -> None:
        self.package = package
        self.root = root
        self.stage = stage
        self.base = base
        self.report = report
        self.edited: dict[str, list[tuple[Ours, Note, list[str]]]] = {}
        self.texts: dict[str, DeckText] = {}
        self.project = read_project(root)
        self.notes: list[_Compared] = []
        self.taken: dict[str, Note] = {}
        self.digests: dict[str, str] = {}

    def note(self, ours: Ours, packed: PackedNote, theirs: Converted) -> None:
        """Decides, part by part, what becomes of one note."""
        if not theirs.kind or theirs.kind != ours.returned.kind:
            why = "it is of another kind in Anki" if theirs.kind else theirs.notice
            self.report.notices.append(f"{ours.file.path}:{ours.note.line}: {ours.note.id}: not merged, {why}")
            return
        mine, yours = self.parts(ours, ours.returned, ours.tags), self.parts(ours, theirs, packed.tags)
        different = [
            part for part in mine if mine[part] != yours[part] and not self.written_already(ours, theirs, packed, part)
        ]
        taken: list[str] = []
        self.notes.append(_Compared(ours, packed, len(mine), frozenset(mine) - frozenset(different), taken))
        if not different:
            self.report.same += 1
            return
        conflicts = len(self.report.conflicts)
        older = False
        for part in different:
            verdict = self.verdict(ours, packed, part, mine[part], yours[part])
            if part == "tags" and verdict != "ours" and (fixed := tags_of_the_file(ours, packed)):
                others = set(tags_from(ours, packed)) != set(ours.note.tags)
                why = fixed if verdict == "theirs" or not others else verdict
                self.conflict(ours, part, mine[part], yours[part], why)
                taken += [part] if verdict == "theirs" and others else []
            elif verdict == "theirs" and (lost := self.lost(ours, part)):
                why = f"our file has {' and '.join(lost)} there, which does not come back from Anki; edit it by hand"
                self.conflict(ours, part, self.text(ours).written(ours.note, part), yours[part], why)
            elif verdict == "theirs":
                taken.append(part)
            elif verdict == "ours":
                older = older or ours.known is None or ours.known.revision > 1
            else:
                self.conflict(ours, part, mine[part], yours[part], verdict)
        if taken:
            self.take(ours, theirs, packed, taken)
        elif older:
            self.report.older += 1
        elif len(self.report.conflicts) == conflicts:
            self.report.same += 1  # the journey through HTML alone made the difference

    def parts(self, ours: Ours, made: Converted, tags: Iterable[str]) -> dict[str, Any]:
        names = CLOZE_PARTS if made.kind == "cloze" else BASIC_PARTS
        values = {name: getattr(made, name) for name in names if name != "tags"}
        return {**self.by_name(values, ours.references), "tags": tuple(sorted({*map(tag_word, tags)} - {REMOVED_TAG}))}

    def by_name(self, values: Mapping[str, Any], references: Mapping[str, str]) -> dict[str, Any]:
        """Texts with media under the names by which our file refers to them, where it does."""
        by_base = {reference.rpartition("/")[2]: reference for reference in references.values()}
        by_bytes = {name.partition(".")[0]: reference for name, reference in references.items()}

        def place(match: re.Match[str]) -> str:
            name = match[1]
            known = references.get(name) or by_base.get(name) or (by_bytes and by_bytes.get(self.digest(unquote(name))))
            return f"]({known})" if known else match[0]

        def change(value: Any) -> Any:
            if isinstance(value, str):
                return MEDIA_REFERENCE.sub(place, value)
            return tuple(map(change, value)) if isinstance(value, tuple) else value

        return {name: change(value) for name, value in values.items()}

    def digest(self, name: str) -> str:
        """What the bytes of a file in the package are called here; "" where it is not there."""
        if name not in self.digests:
            file = self.package.media.get(name)
            self.digests[name] = sha256(file.read_bytes()).hexdigest()[:32] if file else ""
        return self.digests[name]

    def verdict(self, ours: Ours, packed: PackedNote, part: str, mine: Any, yours: Any) -> str:
        """``ours``, ``theirs``, or why it is a conflict."""
        if packed.guid in self.base:
            was_packed, was = self.base[packed.guid]
            given = self.parts(ours, was, was_packed.tags).get(part)
            if yours == given:
                return "ours"
            return "theirs" if mine == given else "edited here and in Anki"
        known = ours.known
        if known is None:
            return "what Anki was given is not known: name that package with --base"
        if known.exports:
            digests = {digest for _, digest in known.exports}
            # Anki sorts tags.
            tags = ours.tags if set(ours.tags) == set(packed.tags) else packed.tags
            if digest_of(tags, packed.fields) in digests:
                return "ours"
            # Anki keeps the time that an export gave a note until somebody edits it there. The latest export tells
            # whether we have changed since; Anki had an older one where its edit is older.
            given = {modified for modified, _ in known.exports}
            if packed.modified_at in given or packed.modified_at <= min(given):
                return "ours"
            return "theirs" if ours.digest in digests else "edited here and in Anki"
        if packed.modified_at * 1000 <= known.arrived_at:
            return "ours"
        return "theirs" if known.revision == 1 else "edited here and in Anki"

    def conflict(self, ours: Ours, part: str, mine: Any, yours: Any, why: str) -> None:
        self.report.conflicts.append(
            MergeConflict(ours.file.path, ours.note.line, ours.note.id, part, _shown(mine), _shown(yours), why)
        )

    def written_already(self, ours: Ours, theirs: Converted, packed: PackedNote, part: str) -> bool:
        """Whether our file says of a part what it would if Anki's were taken: only the journey made a difference."""
        if part == "tags":
            return False
        note, _ = self.changed(ours, theirs, packed, [part])
        return printed(ours.parsed, note) == printed(ours.parsed, replace(ours.note, source=""))

    def changed(self, ours: Ours, theirs: Converted, packed: PackedNote, parts: list[str]) -> tuple[Note, Media]:
        """Our note with those parts as Anki has them, and their media; the others stay as they are written."""
        media = Media(self.package.media, self.root, self.media_folder(ours), self.stage)
        values = self.by_name({name: getattr(theirs, name) for name in parts if name != "tags"}, ours.references)
        values = {name: with_words_of_sounds(value, ours.note, ours.references) for name, value in values.items()}
        blank = Converted(theirs.kind)  # so that no media come for parts that stay
        placed = media.placed(note_of(ours.note.id, packed.tags, blank._replace(**values)), ours.file.path)
        note, content, new = ours.note, ours.note.content, placed.content
        if isinstance(content, Cloze) and isinstance(new, Cloze):
            body, numbers = (new.body, new.numbers) if "answer" in parts else (content.body, content.numbers)
            typed = new.typed if "typed" in parts else content.typed
            content = replace(content, body=body, numbers=numbers, typed=typed)
        elif isinstance(content, Basic) and isinstance(new, Basic):
            chosen = {name: getattr(new, name) for name in ("question", "answer", "reversed", "typed") if name in parts}
            content = replace(content, **chosen)
        more = ("rubric", "follow_ups", "sources", "in_full", "clarify")
        lists = {name: getattr(placed, name) for name in more if name in parts}
        for name, refs in (("rubric", "rubric_refs"), ("follow_ups", "follow_up_refs")):
            if name in parts:
                lists[refs] = refs_from(getattr(placed, name), read_refs(getattr(theirs, refs)), note, name, refs)
        tags = tags_from(ours, packed) if "tags" in parts else note.tags
        return replace(note, content=content, tags=tags, source="", **lists), media

    def lost(self, ours: Ours, part: str) -> list[str]:
        """What our file would lose if Anki's text took the place of a part."""
        returned = getattr(ours.returned, part, "")
        if isinstance(returned, bool) or part == "tags":
            return []
        if isinstance(returned, tuple):
            returned = "\n".join(f"- {item}" for item in returned)
        written = self.text(ours).written(ours.note, part)
        return lost(written, returned, [*ours.parsed.definitions], self.project.macros)

    def text(self, ours: Ours) -> DeckText:
        """The file that a note stands in."""
        if ours.file.path not in self.texts:
            self.texts[ours.file.path] = DeckText(ours.parsed)
        return self.texts[ours.file.path]

    def take(self, ours: Ours, theirs: Converted, packed: PackedNote, parts: list[str]) -> None:
        """Remembers a note to be changed."""
        note, media = self.changed(ours, theirs, packed, parts)
        self.report.media |= {path: (self.stage / path).read_bytes() for path in media.files}
        self.report.notices += media.notices
        self.edited.setdefault(ours.file.path, []).append((ours, note, parts))

    @staticmethod
    def media_folder(ours: Ours) -> str:
        folder = ours.file.path.rpartition("/")[0]
        return f"{folder}/media" if folder else "media"

    def finish(self) -> None:
        """Makes the diffs, file by file."""
        for path, notes in sorted(self.edited.items()):
            file, parsed = notes[0][0].file, notes[0][0].parsed
            before = read_deck(file)
            wanted = []
            for ours, note, parts in notes:
                if not ours.note.explicit and "question" in parts:  # its id was its question's: now it says it itself
                    note, parts = replace(note, explicit=True), [*parts, "tags"]
                wanted.append(Wanted(ours.note, note, parts, self.text(ours).edits(ours.note, note, parts)))
            made = fitted(before.decode("utf-8"), parsed, wanted, self.project, self.root)
            by_note = {ours.note.id: ours for ours, _, _ in notes}
            for one in made.refused:
                why = "our file cannot hold what Anki has; edit it by hand"
                mine, yours = printed(parsed, one.note), printed(parsed, one.new)
                self.conflict(by_note[one.note.id], "text", mine, yours, why)
            read = {note.id: note for note in made.parsed.deck.notes}
            self.taken |= {by_note[id_].guid: read[id_] for id_ in made.taken}
            if made.taken:
                lines = ((one.line, read[one.id].line) for one in parsed.deck.notes)
                diff = file_diff(path, before.decode("utf-8"), made.text, lines)
                self.report.changes.append(FileChange(path, diff, made.text, before, made.taken))

    def kept(self) -> None:
        """Renews what exports give back of these notes beside what their text says."""
        placed: list[Media] = []

        def media(folder: str) -> Media:
            placed.append(Media(self.package.media, self.root, folder, self.stage))
            return placed[-1]

        open_parts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for each in self.report.conflicts:
            open_parts[each.path, each.note].add(each.part)
        notes = []
        for one in self.notes:
            note = self.taken.get(one.ours.guid)
            alike = one.same | frozenset(one.taken) if note else one.same
            was = one.ours.note
            alike -= open_parts[one.ours.file.path, was.id]
            note = note or was
            notes.append(Here(one.packed, was, note, fields_of_parts(note, alike), len(alike) == one.parts))
        self.report.kept = renewed(self.package, self.root, notes, media, self.report.notices)
        self.report.media |= {path: (self.stage / path).read_bytes() for each in placed for path in each.files}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "\n".join(value)
