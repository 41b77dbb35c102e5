"""What a sync has to write, from what is stored and what the files say. Pure.

The counts are of cards. A card counts once: as restored where it was hidden before (removed, or in a draft),
else as moved where its deck id changed, else as edited where its note's text changed, else as unchanged.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flashcards.domain.card import Deck, Note, ordinal
from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.problem import Problem
from flashcards.exchange.anki.guids import guid_of
from flashcards.services.sync.counts import Counts
from flashcards.services.sync.match import FreshDeck, Kept, Match
from flashcards.storage.deck_rows import (
    CardInsert,
    Changes,
    DeckWrite,
    NextIds,
    NoteInsert,
    NoteUpdate,
    NoteValues,
    ProseRow,
    Stamp,
    StoredCard,
    StoredNote,
    note_values,
)

NAMESPACE = uuid.UUID("6f0c2f0e-58b5-5d0c-9a52-6d1f4a2c7e11")
"""Of the guids that notes are exported under: drawn once, for ever."""


@dataclass(frozen=True, slots=True)
class ReadDeck:
    """A sound file: `titles` and `render_keys` go with its notes, in order."""

    fresh: FreshDeck
    stamp: Stamp
    media: tuple[Stamp, ...]
    problems: tuple[Problem, ...]
    prose: tuple[ProseRow, ...]
    titles: tuple[str, ...]
    render_keys: tuple[str, ...]

    @property
    def path(self) -> str:
        return self.stamp.path


_NOT_SAID = DeckId(0)


@dataclass(slots=True)
class Plan:
    """Grows into the `Changes` of one sync."""

    counts: Counts = field(default_factory=Counts)
    new_decks: list[DeckWrite] = field(default_factory=list)
    decks: list[DeckWrite] = field(default_factory=list)
    new_notes: list[NoteInsert] = field(default_factory=list)
    notes: list[NoteUpdate] = field(default_factory=list)
    removed_notes: list[NoteId] = field(default_factory=list)
    new_cards: list[CardInsert] = field(default_factory=list)
    removed_cards: list[CardId] = field(default_factory=list)
    restored_cards: list[CardId] = field(default_factory=list)
    shown_or_hidden: list[NoteId] = field(default_factory=list)
    stale_renderings: list[str] = field(default_factory=list)
    adopting_decks: list[DeckId] = field(default_factory=list)
    removed_decks: tuple[DeckId, ...] = ()
    next_deck: DeckId = _NOT_SAID  # the first row id that is free after this plan

    def changes(self) -> Changes:
        """What is to be written of decks, notes and cards."""
        decks = {write.id for write in (*self.new_decks, *self.decks)}
        return Changes(
            new_decks=tuple(self.new_decks),
            decks=tuple(self.decks),
            removed_decks=self.removed_decks,
            new_notes=tuple(self.new_notes),
            notes=tuple(self.notes),
            removed_notes=tuple(self.removed_notes),
            new_cards=tuple(self.new_cards),
            removed_cards=tuple(self.removed_cards),
            restored_cards=tuple(self.restored_cards),
            shown_or_hidden=tuple(self.shown_or_hidden),
            counted_decks=tuple(sorted(decks.union(self.removed_decks, self.adopting_decks))),
            stale_renderings=tuple(self.stale_renderings),
        )


def plan(
    read: Sequence[ReadDeck],
    match: Match,
    cards: Iterable[StoredCard],
    ids: NextIds,
    taken_guids: Callable[[Collection[str]], Collection[str]],
    read_by: str,
) -> Plan:
    """Compares what was read with the stored decks and notes that it continues.

    `cards` are those of every note in `match`; `taken_guids` gives those of some guids that are in use.
    """
    return _Planner(match, cards, ids, read_by).run(read, taken_guids)


_Waiting = tuple[Deck, StoredNote | None, Note, NoteValues]


class _Planner:
    def __init__(self, match: Match, cards: Iterable[StoredCard], ids: NextIds, read_by: str) -> None:
        self.match = match
        self.plan = Plan()
        self.read_by = read_by
        self.plan.next_deck = ids.deck
        self.next_note, self.next_card = ids.note, ids.card
        self.cards: dict[NoteId, dict[str, StoredCard]] = {}
        for card in cards:
            self.cards.setdefault(card.note_id, {})[card.which] = card

    def run(self, read: Sequence[ReadDeck], taken: Callable[[Collection[str]], Collection[str]]) -> Plan:
        waiting = [one for deck in read for one in self.file(deck)]
        guids = new_guids([(deck.id, note.id, values.kind) for deck, _, note, values in waiting], taken)
        for (deck, stored, note, values), guid in zip(waiting, guids, strict=True):
            if stored is None:
                self.insert(note, values, guid)
            else:
                self.known(deck, stored, note, values, guid)
        for stored, copy in self.match.adopted:
            self.adopt(stored, copy)
        for stored in self.match.removed_notes:
            self.remove(stored)
        self.plan.removed_decks = tuple(row.id for row in self.match.removed_decks)
        return self.plan

    def file(self, read: ReadDeck) -> Iterator[_Waiting]:
        """Plans a file's deck and its known notes; gives those that need a guid: new ones, or of a new kind."""
        row = self.deck(read)
        deck = read.fresh.deck
        positions, kept_positions = _positions(read.fresh, self.match.kept.get(read.path, ()))
        for index, note in enumerate(deck.notes):
            title, key = read.titles[index], read.render_keys[index]
            values = note_values(note, row, position=positions[index], title=title, render_key=key)
            stored = self.match.notes.get((read.path, index))
            if stored is None or stored.values.kind != values.kind:
                yield deck, stored, note, values
            else:
                self.known(deck, stored, note, values, stored.guid)
        self.kept(row, kept_positions)

    def deck(self, read: ReadDeck) -> DeckId:
        """Plans the deck's own row and returns its id."""
        known = self.match.rows.get(read.path)
        row = known.id if known else self.plan.next_deck
        write = DeckWrite(row, read.fresh.deck, read.prose, read.problems, read.stamp, read.media, self.read_by)
        if known:
            self.plan.decks.append(write)
        else:
            self.plan.next_deck = DeckId(self.plan.next_deck + 1)
            self.plan.new_decks.append(write)
        return row

    def insert(self, note: Note, values: NoteValues, guid: str) -> None:
        """A note that is new. A draft gets its cards on the day when it is shown to learners."""
        self.plan.new_notes.append(NoteInsert(self.next_note, guid, values))
        if not note.draft:
            self.add_cards(self.next_note, note.whiches)
        self.next_note = NoteId(self.next_note + 1)

    def known(self, deck: Deck, stored: StoredNote, note: Note, values: NoteValues, guid: str) -> None:
        """A note with history: what of it changed, and what became of its cards."""
        new_text = stored.values.text != values.text
        self.siblings(stored, note.whiches, values, moved=stored.deck_key != deck.id, edited=new_text)
        self.update(stored, values, guid)

    def adopt(self, stored: StoredNote, copy: StoredNote) -> None:
        """A note with history takes the place of its copy, in a file that was not read."""
        whiches = [which for which, card in self.cards.get(copy.id, {}).items() if not card.removed]
        self.siblings(stored, whiches, copy.values, moved=True, edited=False)
        self.update(stored, copy.values, stored.guid)
        self.plan.adopting_decks.append(copy.values.deck_id)

    def update(self, stored: StoredNote, values: NoteValues, guid: str) -> None:
        """Plans the note's own row, where anything of it has changed."""
        if stored.values.render_key not in (None, values.render_key):
            self.plan.stale_renderings.append(str(stored.values.render_key))
        if stored.removed or values != stored.values or guid != stored.guid:
            new_text = stored.values.text != values.text
            modified = stored.values.exported != values.exported
            revision = stored.revision + new_text
            self.plan.notes.append(NoteUpdate(stored.id, guid, revision, new_text, modified, values))

    def siblings(
        self, stored: StoredNote, whiches: Sequence[str], values: NoteValues, *, moved: bool, edited: bool
    ) -> None:
        """Counts the note's cards, and plans those that come and go."""
        plan, counts = self.plan, self.plan.counts
        known = self.cards.get(stored.id, {})
        was_hidden = stored.removed or bool(stored.values.draft)
        before = set() if was_hidden else {which for which, card in known.items() if not card.removed}
        now = set() if values.draft else set(whiches)
        stay, back = before & now, (now & known.keys()) - before
        counts.removed += len(before - now)
        counts.restored += len(back)
        if moved:
            counts.moved += len(stay)
        elif edited:
            counts.edited += len(stay)
        self.add_cards(stored.id, [which for which in whiches if which in now and which not in known])
        wanted = known.keys() if values.draft else now  # a draft's cards are hidden by their note
        plan.removed_cards += [c.id for which, c in known.items() if not c.removed and which not in wanted]
        plan.restored_cards += [c.id for which, c in known.items() if c.removed and which in now]
        if before != now or moved or stored.removed or stored.values.deck_id != values.deck_id:
            plan.shown_or_hidden.append(stored.id)

    def add_cards(self, note: NoteId, whiches: Iterable[str]) -> None:
        for which in whiches:
            self.plan.new_cards.append(CardInsert(self.next_card, note, which, ordinal(which)))
            self.next_card = CardId(self.next_card + 1)
            self.plan.counts.new += 1

    def kept(self, row: DeckId, positions: Iterable[tuple[Kept, int]]) -> None:
        """Notes that are broken today: they stay as they were, at the place where they stand now."""
        for kept, position in positions:
            stored = kept.note
            values = stored.values._replace(deck_id=row, position=position, line=kept.line)
            if values != stored.values:
                self.plan.notes.append(NoteUpdate(stored.id, stored.guid, stored.revision, False, False, values))

    def remove(self, stored: StoredNote) -> None:
        """A note that has left the files: hidden, nothing of it is lost."""
        self.plan.removed_notes.append(stored.id)
        self.plan.shown_or_hidden.append(stored.id)
        if not stored.values.draft:
            cards = self.cards.get(stored.id, {}).values()
            self.plan.counts.removed += sum(not card.removed for card in cards)


def _positions(deck: FreshDeck, kept: Sequence[Kept]) -> tuple[dict[int, int], list[tuple[Kept, int]]]:
    """Places in the file, for its notes by index and for those that keep their last good version."""
    places: list[tuple[int, int | Kept]] = [(note.line, index) for index, note in enumerate(deck.deck.notes)]
    places += [(note.line, note) for note in kept]
    if kept:
        places.sort(key=lambda place: place[0])
    sound = {what: position for position, (_, what) in enumerate(places) if isinstance(what, int)}
    return sound, [(what, position) for position, (_, what) in enumerate(places) if isinstance(what, Kept)]


def new_guids(notes: Sequence[tuple[str, str, str]], taken: Callable[[Collection[str]], Collection[str]]) -> list[str]:
    """A guid for each `(deck id, note id, kind)`: derived from them, and the next in line where that is taken.

    The kind (basic or cloze) is a part of it, because to Anki a note of another kind is another note. A note
    keeps its guid for ever, through edits, moves and renames: so a later note of the same name may find it taken.
    """
    guids: dict[int, str] = {}
    used: set[str] = set()
    attempt = 0
    while left := [index for index in range(len(notes)) if index not in guids]:
        names = {index: _guid(*notes[index], attempt) for index in left}
        used.update(taken(tuple(names.values())))
        for index, guid in names.items():
            if guid not in used:
                guids[index] = guid
                used.add(guid)
        attempt += 1
    return [guids[index] for index in range(len(notes))]


def derived_guid(deck_id: str, note_id: str, kind: str) -> str:
    """The guid that a note gets unless it is taken: the one in Anki where the note came from there."""
    return _guid(deck_id, note_id, kind, 0)


def _guid(deck_id: str, note_id: str, kind: str, attempt: int) -> str:
    if not attempt and (guid := guid_of(note_id)):
        return guid
    parts = [deck_id, note_id, *([kind] if kind == "cloze" else []), *([str(attempt)] if attempt else [])]
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def notes_in(match: Match) -> set[NoteId]:
    """The ids of all stored notes that a plan looks at."""
    ids = {note.id for note in match.notes.values()} | {note.id for note in match.removed_notes}
    ids |= {copy.id for _, copy in match.adopted} | {note.id for note, _ in match.adopted}
    return ids | {kept.note.id for several in match.kept.values() for kept in several}


def unused_key(path: str, keys: Collection[str]) -> str:
    """A deck id for a file that has never been sound, so that its problems have a page."""
    key = path
    while key in keys:
        key += "!"
    return key
