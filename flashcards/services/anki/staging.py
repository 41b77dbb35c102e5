"""From an Anki package to deck files that pass `check`, laid out in a folder of their own until all is well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from flashcards.character_references import unescape
from flashcards.counted import counted
from flashcards.deckfiles.check.content import content_issues
from flashcards.deckfiles.parse.printing import print_and_read, tag_word, valid_id
from flashcards.domain.card import Cloze, Deck, Note
from flashcards.exchange.anki import foreign, guids, notetypes
from flashcards.exchange.anki.latex import Latex, latex_in
from flashcards.exchange.anki.media_tags import image
from flashcards.exchange.anki.package_values import Converted, NoteType, Package, PackedNote
from flashcards.exchange.anki.to_markdown import latex_markdown, picture
from flashcards.exchange.anki.to_notes import NO_ANSWER, PLAINER, TOO_DEEP, convert
from flashcards.services.anki.converted_notes import note_of, with_texts, without_maths
from flashcards.services.anki.likeness import Likeness
from flashcards.services.anki.places import MEDIA_FOLDER, Media, Paths, joined
from flashcards.services.progress import Progress, no_progress
from flashcards.services.sync.plan import derived_guid

_MANY, _NAMED, _SHORT = 4, 50, 30
"""From how many notes on the same is said once, how many of them are named, in how many characters."""

_READ_AGAIN = 1 << 16
"""Characters of HTML up to which a note is read again, more plainly."""

_PARTS = {
    "question": ("question",),
    "answer": ("answer",),
    "lists": ("rubric", "follow_ups", "sources", "clarify", "in_full"),
}
"""What is compared, in that order, and the fields of a `Converted` that it is made of."""


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


def guid_in_file(deck_id: str, note: Note) -> str:
    """The guid that a note's file gives it, where no database knows better."""
    return derived_guid(deck_id, note.id, "cloze" if isinstance(note.content, Cloze) else "basic")


def stage(
    package: Package, existing: Existing, root: Path, into: str, folder: Path, progress: Progress = no_progress
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
        self.paths = Paths(root, into)
        self.used_deck_ids = set(existing.deck_ids)
        self.descriptions = {package.decks.get(id_): _plain(html) for id_, html in package.descriptions.items()}
        self.came: list[foreign.Came] = []
        self.likeness = Likeness()
        self.noted: dict[str, list[PackedNote]] = {}
        self.retagged: Counter[tuple[str, str]] = Counter()

    def run(self, progress: Progress) -> Staged:
        with self.likeness:
            return self.laid_out(progress)

    def laid_out(self, progress: Progress) -> Staged:
        groups = self.grouped()
        total, done = sum(len(notes) for notes in groups.values()), 0
        for name, notes in groups.items():
            self.deck(name, notes)
            done += len(notes)
            progress("notes", done, total)
        for path, title in self.paths.folder_titles():
            self.write(path, f"title: {_quoted(title)}\n")
        self.foreign()
        self.staged.notices[len(self.package.notices) : 0] = self.notices()
        self.staged.files += self.media.files
        self.staged.media = len(self.media.files)
        self.staged.notices += self.media.notices
        return self.staged

    def foreign(self) -> None:
        """Remembers the note types of what came, and its fields as they came, for exports: in files of each import
        that brought something.
        """
        package = self.package
        texts = foreign.written(package.note_types, self.came, package.long_guids, self.media_beside, tag_word)
        number = 1
        for text in texts if self.staged.files else ():
            while (
                self.root / (path := joined(self.into, foreign.FILE.format("" if number == 1 else f"-{number}")))
            ).exists():
                number += 1
            self.write(path, text)
            number += 1
        whole = {id_: type_ for id_, type_ in self.package.note_types.items() if _goes_back_whole(type_)}
        for id_, count in Counter(came.packed.type for came in self.came if came.packed.type in whole).items():
            self.staged.notices.append(
                f"Note type {whole[id_].name!r} ({counted(count, 'note')}): an export to Anki gives these notes back as"
                " they came; what you change in them here stays here."
            )

    def media_beside(self, name: str) -> str | None:
        """Where a file of the package's media is, from the folder that is imported into."""
        shown = image(name, "")
        if shown is None or (shown.place != "file" and name not in self.package.media):
            return None
        path = self.media.place(name)
        return path.removeprefix(f"{self.into}/") if path and self.into else path

    def grouped(self) -> dict[str, list[tuple[PackedNote, Converted]]]:
        """The notes that are new, by the full name of the deck of their first card."""
        homes: dict[int, int] = {}
        for card in self.package.cards:
            homes.setdefault(card.note, card.deck)
        groups: dict[str, list[tuple[PackedNote, Converted]]] = {}
        seen: set[str] = set()
        for note, converted in zip(self.package.notes, self.package.converted, strict=True):
            if note.guid in self.existing.guids:
                self.staged.known += 1
                continue
            if note.guid in seen:
                self.leave_out(note, "another note of the package has its guid")
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
        deck = Deck(deck_id, path, _title(name), description=self.descriptions.get(name, ""), notes=tuple(made))
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
        if id_ in taken:
            id_ = guids.stand_in(note.guid)
            self.notice(note, "another note has its id: an export will not find it in Anki again")
        elif note.guid in self.package.long_guids:
            self.notice(note, "its guid is too long for a note's id: an export finds it in Anki again by _anki.json")
        return id_

    def note(self, id_: str, note: PackedNote, converted: Converted, path: str) -> Note:
        tags = [tag_word(tag) for tag in note.tags]
        self.retagged.update(pair for pair in zip(note.tags, tags, strict=True) if pair[0] != pair[1])
        return self.media.placed(self.with_pictures(self.alike(id_, tags, note, converted), note), path)

    def with_pictures(self, note: Note, packed: PackedNote) -> Note:
        """The note with Anki's pictures of its LaTeX where that is no maths."""
        pictures = {
            latex_markdown(latex): shown
            for latex in _latex_of(packed)
            if not latex.maths and (shown := self.picture_of(latex))
        }
        for markdown, shown in pictures.items():
            note = with_texts(note, lambda text: text.replace(markdown, shown))  # noqa: B023
        return note

    def picture_of(self, latex: Latex) -> str | None:
        """The Markdown of the picture that Anki made of it; None where the package has none."""
        names = (f"{latex.picture}.svg", f"{latex.picture}.png")
        return next((picture(name, "LaTeX") for name in names if name in self.package.media), None)

    def alike(self, id_: str, tags: Sequence[str], packed: PackedNote, converted: Converted) -> Note:
        """The note with the text that Anki shows, plainer than its HTML where it must be; else its difference is
        named.
        """
        note = note_of(id_, tags, converted)
        where = self.differs(note, converted)
        if not where or converted.notice == TOO_DEEP:
            return note
        if sum(map(len, packed.fields)) <= _READ_AGAIN:
            for part in where:
                converted = self.plainer(packed, converted, part)
            note = note_of(id_, tags, converted)
            where = self.differs(note, converted)
        if where:
            parts = " and its ".join(where)
            if self.differs(note, converted, pictures=False):
                self.notice(packed, f"the text of its {parts} is not quite what Anki shows: compare them")
            else:
                self.notice(packed, f"its {parts}: Anki shows a picture or sound there that a deck cannot hold")
        return note

    def plainer(self, packed: PackedNote, converted: Converted, part: str) -> Converted:
        """The note with one part of it read more plainly, as soon as that shows what Anki shows."""
        for plainer in PLAINER:
            other = convert(packed, self.package.note_types.get(packed.type), plainer)
            candidate = converted._replace(**{name: getattr(other, name) for name in _PARTS[part]})
            if other.kind == converted.kind and part not in self.differs(note_of("x", (), candidate), candidate):
                return candidate
        return converted

    def differs(self, note: Note, converted: Converted, *, pictures: bool = True) -> list[str]:
        nothing = converted.answer == NO_ANSWER and not converted.shown[1]
        return self.likeness.differs(note, converted.shown, without_answer=nothing, pictures=pictures)

    def write_sound(self, deck: Deck, origins: Mapping[str, PackedNote]) -> None:
        """Writes the deck; notes that do not pass are mended, then left out, until all that is there does."""
        for attempt in ("mend", "drop", "drop"):
            text, parsed = print_and_read(deck)
            self.write(deck.path, text, listed=False)
            wrong: dict[str, str] = {broken.id: "a deck cannot hold its text" for broken in parsed.broken}
            for owner, issue in content_issues(parsed, self.folder):
                if isinstance(owner, str):
                    wrong.setdefault(owner, issue.message)
            asked = {note.id for note in deck.notes}
            same = {note.id for note in parsed.deck.notes} - set(wrong)
            wrong |= dict.fromkeys(asked - same - set(wrong), "its text would be read as something else")
            if not wrong and len(parsed.deck.notes) == len(deck.notes):
                break
            deck = replace(deck, notes=tuple(self.mended(deck, wrong, attempt, origins)))
        if not deck.notes:
            (self.folder / deck.path).unlink()
            return
        self.came += [foreign.Came(origins[note.id], note) for note in parsed.deck.notes]
        self.staged.files.append(deck.path)
        self.staged.decks += 1
        self.staged.notes += len(deck.notes)
        self.staged.cards += sum(len(note.whiches) for note in deck.notes)

    def mended(
        self, deck: Deck, wrong: Mapping[str, str], attempt: str, origins: Mapping[str, PackedNote]
    ) -> Iterable[Note]:
        for note in deck.notes:
            if note.id not in wrong:
                yield note
            elif attempt == "mend":
                pictures = {
                    latex.pieces[0][1]: shown
                    for latex in _latex_of(origins[note.id])
                    if (shown := self.picture_of(latex))
                }
                mended = with_texts(note, partial(without_maths, refused=True, pictures=pictures))
                mended = with_texts(note, without_maths) if mended == note else mended
                if mended != note:
                    how = "the picture that Anki made" if any("![LaTeX]" in text for text in _sides(mended)) else "code"
                    self.notice(origins[note.id], f"{wrong[note.id].partition('; mend it')[0]}: kept as {how}")
                yield self.media.placed(mended, deck.path)
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
        self.noted.setdefault(what, []).append(note)

    def notices(self) -> Iterable[str]:
        """What is to be said of notes; where it is the same of many, once."""
        for what, notes in self.noted.items():
            if len(notes) < _MANY:
                yield from (
                    f"Note {note.guid}{f' ({words})' if (words := _words(note)) else ''}: {what}" for note in notes
                )
            else:
                names = [_words(note)[:_SHORT] or note.guid for note in notes[:_NAMED]]
                more = f", and {len(notes) - _NAMED} more" if len(notes) > _NAMED else ""
                yield f"{len(notes)} notes: {what}: {', '.join(names)}{more}"
        for (tag, became), count in self.retagged.items():
            yield f"Tag {tag!r} is {became!r} here ({counted(count, 'note')}): a deck cannot hold it as it was."


def _latex_of(packed: PackedNote) -> Iterable[Latex]:
    return (latex for text in packed.fields if "[" in text for latex in latex_in(text))


def _sides(note: Note) -> tuple[str, str]:
    content = note.content
    return (content.heading, content.body) if isinstance(content, Cloze) else (content.question, content.answer)


def _goes_back_whole(note_type: NoteType) -> bool:
    ours = note_type.fields in (notetypes.BASIC.field_names, notetypes.CLOZE.field_names)
    return not ours and foreign.foreign_type(note_type) is None


def _words(note: PackedNote) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(note.fields[0]) if note.fields else "").split())[:60]


def _plain(html: str) -> str:
    """The words of a deck's description, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _title(name: str) -> str:
    return name.split("::")[-1].strip() or "blank"


def _quoted(text: str) -> str:
    return '"' + "".join(c for c in text if c.isprintable()).replace("\\", "\\\\").replace('"', '\\"') + '"'
