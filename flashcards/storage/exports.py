"""What an export reads, deck by deck, and what it remembers of itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from flashcards.domain.card import Basic, Cloze, Content, Note
from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.schedule import Schedule
from flashcards.domain.study_day import Day
from flashcards.storage.by_hand import ByHand
from flashcards.storage.database import Database
from flashcards.storage.deck_rows import refs_from_json
from flashcards.storage.schedules import COLUMNS, schedule_of


@dataclass(frozen=True, slots=True)
class ExportDeck:
    """A deck that stands in a file, in study order."""

    id: DeckId
    key: str
    path: str
    title: str
    description: str

    @property
    def address(self) -> str:
        """The path without ``.md``."""
        return self.path.removesuffix(".md")


@dataclass(frozen=True, slots=True)
class Unrendered:
    """A note whose fields for Anki are not stored yet, as it was written."""

    id: NoteId
    render_key: str
    deck_path: str
    note: Note


class AnkiRendering(NamedTuple):
    """A note's fields for Anki as they are stored: HTML, and the names of its media.

    `first` is the question, or a cloze note's text; `second` the answer, or a cloze note's heading.
    """

    first: str
    second: str
    extra: dict[str, object]


_PARTS = ("rubric", "follow_ups", "source")


def _packed(fields: AnkiRendering) -> str:
    """All fields but the first, in one column: none holds the separator."""
    return "\x1f".join([fields.second, *(str(fields.extra[part]) for part in _PARTS)])


def _media(fields: AnkiRendering) -> str:
    names = fields.extra["media"]
    return "\x1f".join(names) if isinstance(names, list) else ""


Exported = tuple[str, int, int, bytes, int]
"""What the last export to Anki said of a note: its guid and id, its `mod` in epoch seconds, a digest of its tags and
fields, whether it was exported as removed (0 or 1). A plain tuple: the garbage collector walks over named ones again
and again, which cost a sixth of a first export of 100,000 notes."""


class ExportNote(NamedTuple):
    """A note with its fields for Anki. `created_at` and `modified_at` are in epoch ms.

    `first` is None where the fields are not stored yet; `rest` is the second text, rubric, follow-ups and sources as
    HTML, between U+001F. `last_modified`, `last_digest` and `last_removed` are what the last export said of it, or
    None.
    """

    id: NoteId
    guid: str
    kind: str
    key: str
    section: str | None
    tags: str
    typed: int
    reversed: int
    created_at: int
    modified_at: int
    first: str | None
    rest: str
    media_names: str
    last_modified: int | None
    last_digest: bytes | None
    last_removed: int | None

    @property
    def media(self) -> list[str]:
        """The names of the pictures and sounds that the note refers to."""
        return self.media_names.split("\x1f") if self.media_names else []


class ExportCard(NamedTuple):
    """A card of a note; `schedule` is None where the learner never had one. `flag` is theirs, 0 to 7."""

    id: CardId
    note_id: NoteId
    which: str
    schedule: Schedule | None
    lapses: int
    flag: int


class ExportReview(NamedTuple):
    """A row of a learner's log that stands, as far as other programs have a place for it; the last four are what
    Anki knew of one that came from there.
    """

    card_id: CardId
    at: int
    study_day: Day
    kind: str
    verb: str | None
    quality: int | None
    before_interval: int
    after_interval: int
    after_ease: int
    took_ms: int | None
    type: int | None
    interval: int | None
    last_interval: int | None
    factor: int | None


@dataclass(frozen=True, slots=True)
class RemovedNote:
    """A note that was exported and has left the files, or changed its kind and so has another guid now."""

    guid: str
    deck_title: str
    deck_path: str
    title: str
    changed_kind: bool


_WRITTEN = (
    "n.id, n.render_key, d.path, n.key, n.line, n.kind, n.question, n.answer, n.reversed, n.typed, n.one_line,"
    " n.definitions, n.rubric, n.follow_ups, n.sources, n.section, n.rubric_refs, n.follow_up_refs, n.in_full,"
    " n.clarify, n.tags"
)
_SHOWN = "n.removed_at IS NULL AND n.draft = 0"
# Its own text, or that of a note that is gone: both are exported.
# ?1 is the deck, ?2 whose last export is looked up (0: nobody's), ?3 the version of the fields.
_NOTE = """
    SELECT n.id, n.guid, n.kind, n.key, n.section, n.tags, n.typed, n.reversed,
           f.created_at, {greatest}(n.modified_at, coalesce(n.removed_at, 0)), f.first, f.rest, f.media,
           x.modified, x.digest, x.removed
    FROM note n
    LEFT JOIN anki_fields f ON f.note_id = n.id AND f.render_key = n.render_key AND f.version = ?3
    LEFT JOIN anki_export x ON coalesce(x.learner_id, 0) = ?2 AND x.note_id = n.id AND x.guid = n.guid
"""
_CARD = f"""
    SELECT c.id, c.note_id, c.which, coalesce(s.lapses, 0), coalesce(f.flag, 0),
           {", ".join(f"s.{column}" for column in COLUMNS)}
    FROM note n JOIN card c ON c.note_id = n.id
    LEFT JOIN schedule s ON s.card_id = c.id AND s.learner_id = ?2
    LEFT JOIN card_flag f ON f.card_id = c.id AND f.learner_id = ?2
"""
_NOTES = {
    False: ByHand(f"{_NOTE} WHERE n.deck_id = ?1 AND {_SHOWN} ORDER BY n.position, n.id"),
    True: ByHand(f"{_NOTE} WHERE n.deck_id = ?1 AND n.removed_at IS NOT NULL AND x.removed = 0 ORDER BY n.id"),
}
"""Whether of those that have gone."""
_CARDS = {
    gone: ByHand(
        f"{_CARD} WHERE n.deck_id = ?1 AND {which} AND c.removed_at IS NULL ORDER BY n.position, c.note_id, c.ordinal"
    )
    for gone, which in ((False, _SHOWN), (True, "n.removed_at IS NOT NULL"))
}
_LOGS = {
    gone: ByHand(
        "SELECT v.card_id, v.at, v.study_day, v.kind, v.verb, v.quality, v.before_interval, v.after_interval,"
        " v.after_ease, v.took_ms, i.type, i.interval, i.last_interval, i.factor"
        " FROM note n JOIN card c ON c.note_id = n.id JOIN review v{by review_card}"
        " ON v.card_id = c.id AND v.learner_id = ?1"
        " LEFT JOIN imported_review i ON i.learner_id = v.learner_id AND i.seq = v.seq"
        f" WHERE n.deck_id = ?2 AND n.removed_at IS {is_gone} AND v.undone = 0 AND v.kind <> 'flag'"
        " ORDER BY v.card_id, v.at, v.seq"
    )
    for gone, is_gone in ((False, "NULL"), (True, "NOT NULL"))
}
_UNRENDERED = ByHand(
    f"SELECT {_WRITTEN} FROM note n JOIN deck d ON d.id = n.deck_id WHERE n.deck_id {{among ?1}} AND n.draft = 0"
    " AND n.render_key IS NOT NULL"
    " AND (n.removed_at IS NULL OR n.id IN (SELECT note_id FROM anki_export WHERE removed = 0))"
    " AND NOT EXISTS (SELECT 1 FROM anki_fields f WHERE f.note_id = n.id AND f.render_key = n.render_key"
    " AND f.version = ?2)"
)
_AS_WRITTEN = ByHand(f"SELECT n.guid, {_WRITTEN} FROM note n JOIN deck d ON d.id = n.deck_id WHERE n.guid {{among ?}}")
_KEEP = ByHand(
    "INSERT INTO anki_fields(note_id, render_key, version, created_at, first, rest, media)"
    " SELECT n.id, ?2, ?3, coalesce(r.at, n.modified_at), ?4, ?5, ?6"
    " FROM note n LEFT JOIN revision r ON r.note_id = n.id AND r.number = 1 WHERE n.id = ?1"
    " ON CONFLICT(note_id) DO UPDATE SET render_key = excluded.render_key, version = excluded.version,"
    " created_at = excluded.created_at, first = excluded.first, rest = excluded.rest, media = excluded.media"
)
_GONE = (
    "SELECT x.guid, d.title, d.path, n.title, n.guid <> x.guid FROM anki_export x"
    " JOIN note n ON n.id = x.note_id JOIN deck d ON d.id = n.deck_id"
    " WHERE coalesce(x.learner_id, 0) = ?1 AND x.removed = 0"
    " AND (n.removed_at IS NOT NULL OR n.guid <> x.guid){} ORDER BY d.path, n.position, n.id"
)
_GONE_OF_ALL, _GONE_OF_DECKS = ByHand(_GONE.format("")), ByHand(_GONE.format(" AND n.deck_id {among ?2}"))


class ExportStore:
    """Reads for exports; every method within one `read()` sees the same state."""

    def __init__(self, database: Database, version: int) -> None:
        self._db = self.database = database
        self._version = version

    def read(self) -> AbstractContextManager[None]:
        """A consistent read of however much."""
        return self._db.long_read()

    def decks(self) -> tuple[ExportDeck, ...]:
        """The decks whose files are there, in study order."""
        rows = self._db.all(
            "SELECT id, key, path, title, description FROM deck WHERE removed_at IS NULL ORDER BY position, path"
        )
        return tuple(ExportDeck(*row) for row in rows)

    def folder_titles(self) -> dict[str, str]:
        """The titles of the folders that give themselves one, by path."""
        return dict(self._db.all("SELECT path, title FROM folder WHERE title IS NOT NULL"))

    # --- fields -------------------------------------------------------------------------------------

    def unrendered(self, decks: Sequence[DeckId]) -> list[Unrendered]:
        """The notes, removed ones that were exported too, whose fields are not stored in this version."""
        return [_unrendered(*row) for row in _UNRENDERED.all(self._db, decks, self._version)]

    def as_written(self, guids: Iterable[str]) -> Iterator[tuple[str, Note]]:
        """The notes with these guids, as their files say, removed ones too."""
        for guid, *values in _AS_WRITTEN.run(self._db, list(guids)):
            yield guid, _unrendered(*values).note

    def keep_renderings(self, rendered: Iterable[tuple[Unrendered, AnkiRendering]]) -> None:
        """Stores fields, in a transaction of its own."""
        with self._db.write():
            _KEEP.many(
                self._db,
                [
                    (note.id, note.render_key, self._version, fields.first, _packed(fields), _media(fields))
                    for note, fields in rendered
                ],
            )

    # --- notes, cards, log --------------------------------------------------------------------------

    def notes(self, deck: DeckId, learner: LearnerId) -> Iterator[ExportNote]:
        """A deck's notes in order, drafts left out; `learner` is whose last export is looked up (0: nobody's)."""
        return self._notes(_NOTES[False], deck, learner)

    def removed_notes(self, deck: DeckId, learner: LearnerId) -> Iterator[ExportNote]:
        """The notes that once stood in a deck, were exported for the learner, and have gone since."""
        return self._notes(_NOTES[True], deck, learner)

    def _notes(self, query: ByHand, deck: DeckId, learner: LearnerId) -> Iterator[ExportNote]:
        rows = query.run(self._db, deck, learner, self._version)
        return map(partial(tuple.__new__, ExportNote), rows)  # `_make`, but without Python

    def cards(self, deck: DeckId, learner: LearnerId, *, removed: bool = False) -> dict[NoteId, list[ExportCard]]:
        """By note, the cards of a deck's notes, with the learner's schedules; or of those that have gone."""
        cards: dict[NoteId, list[ExportCard]] = {}
        for id_, note, which, lapses, flag, *columns in _CARDS[removed].run(self._db, deck, learner):
            schedule = None if columns[0] is None else schedule_of(*columns)
            cards.setdefault(note, []).append(ExportCard(id_, note, which, schedule, lapses, flag))
        return cards

    def log(self, deck: DeckId, learner: LearnerId, *, removed: bool = False) -> dict[int, list[ExportReview]]:
        """By card, the learner's log in the order of its instants, undone rows left out; of a deck's notes, or of
        those that have gone.
        """
        log: dict[int, list[ExportReview]] = {}
        for row in _LOGS[removed].run(self._db, learner, deck):
            log.setdefault(row[0], []).append(ExportReview(*row))
        return log

    def media_paths(self, name: str) -> tuple[str, ...]:
        """The files, relative to the decks folder, that are known to hold the picture or sound."""
        return tuple(path for (path,) in self._db.all("SELECT path FROM media WHERE name = ?", (name,)))

    # --- what Anki was told -------------------------------------------------------------------------

    def gone(self, decks: Sequence[DeckId] | None, learner: LearnerId) -> tuple[RemovedNote, ...]:
        """Of the notes exported for the learner, those that have gone or changed their kind since.

        `decks` are the ids of decks to look at, None for all, those whose files have gone included.
        """
        rows = _GONE_OF_ALL.all(self._db, learner) if decks is None else _GONE_OF_DECKS.all(self._db, learner, decks)
        return tuple(RemovedNote(guid, deck, path, title, bool(kind)) for guid, deck, path, title, kind in rows)

    def decks_of_removed(self, learner: LearnerId) -> tuple[ExportDeck, ...]:
        """The decks whose files have gone and from which notes were exported for the learner."""
        rows = self._db.all(
            "SELECT DISTINCT d.id, d.key, d.path, d.title, d.description FROM anki_export x"
            " JOIN note n ON n.id = x.note_id JOIN deck d ON d.id = n.deck_id"
            " WHERE coalesce(x.learner_id, 0) = ? AND x.removed = 0 AND d.removed_at IS NOT NULL ORDER BY d.path",
            (learner,),
        )
        return tuple(ExportDeck(*row) for row in rows)

    def remember(self, learner: LearnerId | None, exported: Sequence[Exported], listed: Sequence[str]) -> None:
        """Stores what an export said of notes, and the guids of those that it listed as gone."""
        if not exported and not listed:
            return
        with self._db.write():
            self._db.executemany(
                "UPDATE anki_export SET removed = 1 WHERE coalesce(learner_id, 0) = ? AND guid = ?",
                [(learner or 0, guid) for guid in listed],
            )
            # In the order of the index, the rows as they are (the learner stands in the statement): a third faster.
            whose = "NULL" if learner is None else str(int(learner))
            self._db.executemany(
                "INSERT INTO anki_export(learner_id, guid, note_id, modified, digest, removed)"
                f" VALUES ({whose}, ?, ?, ?, ?, ?) ON CONFLICT(coalesce(learner_id, 0), note_id, guid) DO UPDATE SET"
                " modified = excluded.modified, digest = excluded.digest,"
                " removed = excluded.removed",
                sorted(exported, key=itemgetter(1)),
            )


def _unrendered(
    id_: NoteId, render_key: str, deck_path: str, key: str, line: int, kind: str, question: str, answer: str,
    is_reversed: int, typed: int, one_line: int, definitions: str, rubric: str, follow_ups: str, sources: str,
    section: str | None, rubric_refs: str, follow_up_refs: str, in_full: str, clarify: str,
    tags: str,
) -> Unrendered:  # fmt: skip
    content: Content
    if kind == "cloze":
        content = Cloze(question, answer, (), bool(typed))
    else:
        content = Basic(question, answer, bool(is_reversed), bool(typed))
    note = Note(
        id=key,
        explicit=True,
        line=line,
        content=content,
        source="",
        definitions=definitions,
        rubric=tuple(json.loads(rubric)),
        follow_ups=tuple(json.loads(follow_ups)),
        sources=tuple(json.loads(sources)),
        tags=tuple(json.loads(tags)),
        one_line=bool(one_line),
        section=section,
        rubric_refs=refs_from_json(rubric_refs),
        follow_up_refs=refs_from_json(follow_up_refs),
        in_full=in_full,
        clarify=tuple(json.loads(clarify)),
    )
    return Unrendered(id_, render_key, deck_path, note)
