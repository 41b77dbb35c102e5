"""Which stored deck and which stored note each file and note of today is. Pure.

The rules for notes are in `deckfiles/identity/matching.py`; this module sets out who has gone and who is new, and
finds the stored deck that a file continues: the one with its deck id, else the one at its path, else the one
that most of its notes come from (a rename), else one that was removed and is back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.deckfiles.identity.matching import FreshNote, KnownNote, pair
from flashcards.deckfiles.parse.deck import BrokenNote
from flashcards.domain.card import Deck, Note
from flashcards.domain.ids import DeckId
from flashcards.storage.deck_rows import StoredDeck, StoredNote

Place = tuple[str, int]
"""A note of today: its file's path, and its index among the file's sound notes."""


@dataclass(frozen=True, slots=True)
class FreshDeck:
    """What a file says today. `broken` notes keep their last good version."""

    deck: Deck
    broken: tuple[BrokenNote, ...] = ()

    @property
    def path(self) -> str:
        return self.deck.path


@dataclass(frozen=True, slots=True)
class Kept:
    """A note that is broken in its file today, and what is stored of it."""

    note: StoredNote
    line: int


@dataclass(frozen=True, slots=True)
class Match:
    """`rows` says which stored deck a file continues (files that continue none are not in it).

    `adopted` notes take the place of a copy in a file that was not read: `(note, copy)`; see `sync_twins`.
    """

    rows: Mapping[str, StoredDeck]
    notes: Mapping[Place, StoredNote]
    kept: Mapping[str, tuple[Kept, ...]]
    removed_decks: tuple[StoredDeck, ...]
    removed_notes: tuple[StoredNote, ...]
    adopted: tuple[tuple[StoredNote, StoredNote], ...] = ()


def match(
    fresh: Sequence[FreshDeck],
    touched: Sequence[StoredDeck],
    notes: Sequence[StoredNote],
    removed_notes: Callable[[], Sequence[StoredNote]],
    removed_decks: Callable[[], Mapping[str, StoredDeck]],
) -> Match:
    """Pairs the decks and notes that were read with those that are stored.

    `touched` are the stored decks whose file was read or has gone, `notes` the notes that stand in them. The
    two callables give what was removed by earlier syncs; they are called only where something is new.
    """
    rows = _same_id_or_path(fresh, touched)
    matched = _MatchedNotes(notes, {row.id: path for path, row in rows.items()})
    for deck in fresh:
        if deck.path in rows:
            matched.keep_known(deck, rows[deck.path].id)
    matched.pair_rest(fresh, removed_notes)
    sizes = Counter(note.values.deck_id for note in notes)
    _renamed(rows, [deck.path for deck in fresh], touched, matched.pairs, sizes)
    _returned(rows, fresh, removed_decks)
    for deck in fresh:
        if deck.path in rows:
            matched.keep_broken(deck, rows[deck.path].id)
    continued = {row.id for row in rows.values()}
    gone = tuple(row for row in touched if row.id not in continued)
    return Match(rows, matched.pairs, matched.kept, gone, tuple(matched.unpaired()))


def _same_id_or_path(fresh: Iterable[FreshDeck], touched: Iterable[StoredDeck]) -> dict[str, StoredDeck]:
    """The stored decks with the same deck id; for files left over, those at the same path."""
    by_key = {row.key: row for row in touched}
    by_path = {row.path: row for row in touched}
    rows = {deck.path: by_key[deck.deck.id] for deck in fresh if deck.deck.id in by_key}
    claimed = {row.id for row in rows.values()}
    for deck in fresh:
        row = by_path.get(deck.path)
        if deck.path not in rows and row is not None and row.id not in claimed:
            rows[deck.path] = row
    return rows


def _renamed(
    rows: dict[str, StoredDeck],
    paths: Iterable[str],
    touched: Iterable[StoredDeck],
    pairs: Mapping[Place, StoredNote],
    sizes: Mapping[DeckId, int],
) -> None:
    """Adds to `rows` the new file that most notes of a deck moved to whose own file has gone."""
    claimed = {row.id for row in rows.values()}
    free = {row.id: row for row in touched if row.id not in claimed}
    new = {path for path in paths if path not in rows}
    moves = Counter(
        (note.values.deck_id, path) for (path, _), note in pairs.items()
        if path in new and not note.removed and note.values.deck_id in free
    )  # fmt: skip
    for (deck_id, path), count in sorted(moves.items(), key=lambda move: (-move[1], move[0])):
        if deck_id in free and path in new and 2 * count > sizes[deck_id]:
            rows[path] = free.pop(deck_id)
            new.discard(path)


def _returned(
    rows: dict[str, StoredDeck],
    fresh: Iterable[FreshDeck],
    removed_decks: Callable[[], Mapping[str, StoredDeck]],
) -> None:
    """Adds to `rows` the removed decks whose deck id is in use again: a learner's settings of it return."""
    new = [deck for deck in fresh if deck.path not in rows]
    if new:
        removed = removed_decks()
        rows.update({deck.path: removed[deck.deck.id] for deck in new if deck.deck.id in removed})


class _MatchedNotes:
    """Collects which stored note each note of today is."""

    def __init__(self, notes: Sequence[StoredNote], paths: Mapping[int, str]) -> None:
        self.pairs: dict[Place, StoredNote] = {}
        self.kept: dict[str, tuple[Kept, ...]] = {}
        self._paths = paths  # of stored decks, by id: the file that continues each
        self._free: dict[int, dict[str, StoredNote]] = {}  # by deck and key: not spoken for yet
        for note in notes:
            self._free.setdefault(note.values.deck_id, {})[note.values.key] = note

    def keep_known(self, deck: FreshDeck, row: DeckId) -> None:
        """The plain cases, without looking at other decks: the same id with the same text or explicit."""
        known = self._free.get(row, {})
        for index, note in enumerate(deck.deck.notes):
            stored = known.get(note.id)
            if stored is not None and _surely_same(note, stored):
                self.pairs[deck.path, index] = known.pop(note.id)
        self.keep_broken(deck, row)

    def keep_broken(self, deck: FreshDeck, row: DeckId) -> None:
        """A broken note's stored version must not be taken for another note, nor be removed."""
        known = self._free.get(row, {})
        ids = {note.id for note in deck.deck.notes}
        lines = {note.id: note.line for note in deck.broken if note.id in known and note.id not in ids}
        kept = tuple(Kept(known.pop(id_), line) for id_, line in lines.items())
        if kept:
            self.kept[deck.path] = self.kept.get(deck.path, ()) + kept

    def pair_rest(self, fresh: Sequence[FreshDeck], removed: Callable[[], Sequence[StoredNote]]) -> None:
        """By the rules of identity: those left over, and those removed earlier."""
        places = [
            (deck, index) for deck in fresh for index in range(len(deck.deck.notes))
            if (deck.path, index) not in self.pairs
        ]  # fmt: skip
        if not places:
            return
        known = [*self.unpaired(), *removed()]
        ids = {deck.path: deck.deck.id for deck in fresh}
        gone = [self._known(ref, note, ids) for ref, note in enumerate(known)]
        new = [FreshNote.of(i, deck.deck.id, deck.deck.notes[index]) for i, (deck, index) in enumerate(places)]
        for pairing in pair(gone, new):
            stored = known[pairing.known.ref]
            deck, index = places[pairing.fresh.index]
            self.pairs[deck.path, index] = stored
            if not stored.removed:
                del self._free[stored.values.deck_id][stored.values.key]

    def unpaired(self) -> list[StoredNote]:
        """The stored notes that no note of today is."""
        return [note for known in self._free.values() for note in known.values()]

    def _known(self, ref: int, note: StoredNote, ids: Mapping[str, str]) -> KnownNote:
        """A stored note, under the id that its deck has today."""
        values = note.values
        cloze = values.kind == "cloze"
        return KnownNote(
            ref=ref,
            deck_id=ids.get(self._paths.get(values.deck_id, ""), note.deck_key),
            note_id=values.key,
            explicit=bool(values.explicit),
            question=f"{values.question}\n\n{values.answer}" if cloze else values.question,
            answer="" if cloze else values.answer,
            text=values.source,
            removed=note.removed,
            section=values.section,
        )


def _surely_same(note: Note, stored: StoredNote) -> bool:
    """Of two with the same id in one deck: whether no other note can have a better claim."""
    return note.source == stored.values.source or bool(note.explicit and stored.values.explicit)
