"""What the deck pages show: the tree of decks, and one deck as a document with its cards' states."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from flashcards.domain.problem import Problem
from flashcards.storage.database import Database
from flashcards.storage.deck_rows import FolderRow, MediaRow, ProseRow, Totals, problems_from_json


@dataclass(frozen=True, slots=True)
class DeckRow:
    """A deck as it is listed."""

    id: int
    key: str
    path: str
    title: str
    description: str
    tags: tuple[str, ...]
    cards: int
    author: str
    license: str
    source: str
    language: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class PageNote:
    """A note as its deck's page shows it; texts are HTML."""

    id: int
    key: str
    line: int
    position: int
    section: str | None
    kind: str
    title: str
    tags: tuple[str, ...]
    draft: bool
    typed: bool
    one_line: bool
    question_html: str
    answer_html: str
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PageCard:
    """A card with one learner's memory of it; days are epoch days, ease is in hundredths."""

    id: int
    note_id: int
    which: str
    due_on: int | None
    interval: int
    ease: int
    repetition: int
    suspended: bool
    buried_until: int | None
    lapses: int


_DECKS = (
    "SELECT id, key, path, title, description, tags, cards, author, license, source, language, problems"
    " FROM deck WHERE removed_at IS NULL"
)
_NOTES = """
    SELECT n.id, n.key, n.line, n.position, n.section, n.kind, n.title, n.tags, n.draft, n.typed, n.one_line,
           coalesce(r.question_html, ''), coalesce(r.answer_html, ''), coalesce(r.extra, '{}')
    FROM note n LEFT JOIN rendering r ON r.key = n.render_key AND r.which = 'note'
    WHERE n.deck_id = ? AND n.removed_at IS NULL ORDER BY n.position, n.id
"""
_CARDS = """
    SELECT c.id, c.note_id, c.which, s.due_on, coalesce(s.interval, 0), coalesce(s.ease, 250),
           coalesce(s.repetition, 0), coalesce(s.suspended, 0), s.buried_until, coalesce(s.lapses, 0)
    FROM note n JOIN card c ON c.note_id = n.id
    LEFT JOIN schedule s ON s.card_id = c.id AND s.learner_id = ?
    WHERE n.deck_id = ? AND n.removed_at IS NULL AND c.removed_at IS NULL ORDER BY n.position, c.ordinal
"""


class DeckPageStore:
    """Reads of the deck tables, for pages."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def decks(self) -> tuple[DeckRow, ...]:
        """Every deck whose file is there, in study order."""
        return tuple(_deck(*row) for row in self._db.all(_DECKS + " ORDER BY position, path"))

    def decks_below(self, folder: str) -> tuple[DeckRow, ...]:
        """The decks below a folder, in study order."""
        rows = self._db.all(
            _DECKS + " AND path >= ? AND path < ? ORDER BY position, path",
            (f"{folder}/", f"{folder}0"),  # "0" comes right after "/"
        )
        return tuple(_deck(*row) for row in rows)

    def errors(self) -> int:
        """How many errors there are in the files of all decks."""
        row = self._db.one(
            "SELECT count(*) FROM deck d, json_each(d.problems) p"
            " WHERE d.removed_at IS NULL AND d.problems <> '[]' AND p.value ->> 2 = 'error'"
        )
        return int(row[0]) if row else 0

    def titles(self, folders: Iterable[str]) -> dict[str, str]:
        """By path, the titles that these folders give themselves."""
        rows = self._db.all(
            "SELECT path, title FROM folder WHERE title <> '' AND path IN (SELECT value FROM json_each(?))",
            (json.dumps(list(folders)),),
        )
        return dict(rows)

    def deck(self, path: str) -> DeckRow | None:
        """The deck of the file at `path` (with its ``.md``)."""
        row = self._db.one(_DECKS + " AND path = ?", (path,))
        return None if row is None else _deck(*row)

    def version(self, path: str) -> str | None:
        """A digest of what was read from the file at `path`: of its state, its pictures and its problems."""
        row = self._db.one(
            "SELECT id, mtime_ns, size, media, problems, read_by, cards FROM deck"
            " WHERE path = ? AND removed_at IS NULL",
            (path,),
        )
        return None if row is None else hashlib.sha256(repr(row).encode()).hexdigest()[:16]

    def folders(self) -> dict[str, FolderRow]:
        """By path, the folders that say something of themselves."""
        rows = self._db.all("SELECT path, title, sort_order FROM folder")
        return {row[0]: FolderRow(*row) for row in rows}

    def prose(self, deck: int) -> tuple[ProseRow, ...]:
        """The text between a deck's cards, in order."""
        row = self._db.one("SELECT prose FROM deck WHERE id = ?", (deck,))
        return tuple(ProseRow(**block) for block in json.loads(row[0])) if row else ()

    def notes(self, deck: int) -> tuple[PageNote, ...]:
        """The notes that stand in a deck, drafts too, in order."""
        return tuple(_note(*row) for row in self._db.all(_NOTES, (deck,)))

    def cards(self, learner: int, deck: int) -> tuple[PageCard, ...]:
        """The cards of a deck's notes, with what the learner knows of them."""
        rows = self._db.all(_CARDS, (learner, deck))
        return tuple(_card(*row) for row in rows)

    def removed_notes(self, deck: int) -> int:
        """How many notes once stood in this deck and have left the files."""
        row = self._db.one("SELECT count(*) FROM note WHERE deck_id = ? AND removed_at IS NOT NULL", (deck,))
        return int(row[0]) if row else 0

    def totals(self) -> Totals:
        """How many decks, notes and cards there are to learn."""
        return read_totals(self._db)

    def media(self, name: str) -> tuple[MediaRow, ...]:
        """The files known to hold the picture or sound of this name."""
        sql = "SELECT name, path, mime, size, width, height FROM media WHERE name = ?"
        return tuple(MediaRow(*row) for row in self._db.all(sql, (name,)))


def read_totals(database: Database) -> Totals:
    """Counts decks, and the notes and cards that are neither removed nor drafts."""
    row = database.one(
        "SELECT count(*), coalesce(sum(cards), 0), (SELECT count(*) FROM note WHERE removed_at IS NULL"
        " AND draft = 0) FROM deck WHERE removed_at IS NULL"
    )
    assert row is not None
    decks, cards, notes = row
    return Totals(decks, notes, cards)


def _deck(
    id_: int, key: str, path: str, title: str, description: str, tags: str, cards: int, author: str,
    license_: str, source: str, language: str, problems: str,
) -> DeckRow:  # fmt: skip
    return DeckRow(
        id_, key, path, title, description, tuple(json.loads(tags)), cards, author, license_, source,
        language, problems_from_json(path, problems),
    )  # fmt: skip


def _note(
    id_: int, key: str, line: int, position: int, section: str | None, kind: str, title: str, tags: str,
    draft: int, typed: int, one_line: int, question_html: str, answer_html: str, extra: str,
) -> PageNote:  # fmt: skip
    shared = json.loads(extra)
    rubric, follow_ups, sources, clarify = (
        tuple(shared.get(name, ())) for name in ("rubric_html", "follow_ups_html", "sources_html", "clarify_html")
    )
    return PageNote(
        id_, key, line, position, section, kind, title, tuple(json.loads(tags)), bool(draft), bool(typed),
        bool(one_line), question_html, answer_html, rubric, follow_ups, sources, shared.get("in_full_html", ""),
        clarify,
    )  # fmt: skip


def _card(
    id_: int, note: int, which: str, due_on: int | None, interval: int, ease: int, repetition: int,
    suspended: int, buried_until: int | None, lapses: int,
) -> PageCard:  # fmt: skip
    return PageCard(
        id_, note, which, due_on, interval, ease, repetition, bool(suspended), buried_until, lapses
    )  # fmt: skip
