"""What a change to deck files does to cards: the same matching that `sync` does, between two sets of files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from typing import Literal

from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.domain.card import Note, card_key
from flashcards.domain.ids import DeckId, NoteId
from flashcards.errors import Invalid
from flashcards.services.authoring.git_decks import Files
from flashcards.services.sync.match import FreshDeck, Match, match
from flashcards.storage.deck_rows import Stamp, StoredDeck, StoredNote, note_values

Change = Literal["kept", "edited", "moved", "new", "deleted"]
CHANGES: tuple[Change, ...] = ("kept", "edited", "moved", "new", "deleted")

Reviews = Mapping[tuple[str, str, str], int]
"""How many answers a card has had from all learners, by deck id, note id and which."""


@dataclass(frozen=True, slots=True)
class CardChange:
    """What becomes of one card. `was` is its key before ("" if it is new), `key` its key now ("" if deleted).

    `path` and `line` are where it stands now, or stood. `reviews` are the answers that hang on it. `reworded`: its note
    says something else than before, which a moved card may, too.
    """

    change: Change
    key: str
    was: str
    path: str
    line: int
    reviews: int
    reworded: bool = False


@dataclass(frozen=True, slots=True)
class LostId:
    """An explicit id that no note has any more, or that more than one has: the key of the note, where, and why."""

    id: str
    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Impact:
    """All cards of both sides. `vanished` and `collisions` are ids; `broken` are the paths of files with errors now,
    which keep what they had where an error hides it.

    `edited` holds the notes with another text than before, moved ones too, by their key (``deck#note``) now: what
    they say now, and the definitions that they use. `before` holds under the same keys what they said.
    """

    cards: tuple[CardChange, ...]
    vanished: tuple[LostId, ...]
    collisions: tuple[LostId, ...]
    broken: tuple[str, ...]
    edited: Mapping[str, tuple[str, str]]
    before: Mapping[str, str] = field(default_factory=dict)

    def rewording(self, note: str) -> list[str]:
        """The lines of an edited note that changed, as a diff has them: ``-`` before, ``+`` now."""
        lines = unified_diff(self.before[note].splitlines(), self.edited[note][0].splitlines(), lineterm="", n=0)
        return [line for line in list(lines)[2:] if not line.startswith("@@")]

    @property
    def counts(self) -> dict[Change, int]:
        """Cards by what becomes of them."""
        counted = Counter(card.change for card in self.cards)
        return {change: counted[change] for change in CHANGES}

    def edited_notes(self, names: Iterable[str]) -> list[str]:
        """The edited notes that an author names: by their key, or by their id where that is enough.

        Raises Invalid for a name that no note has, or several have, or one that was not edited.
        """
        return [self._edited_note(name) for name in names]

    def _edited_note(self, name: str) -> str:
        def named(keys: Iterable[str]) -> list[str]:
            return [key for key in keys if name in (key, key.rpartition("#")[2])]

        found = named(self.edited)
        if len(found) == 1:
            return found[0]
        if found:
            raise Invalid(f"{name} is ambiguous: say which of {', '.join(sorted(found))}.", field="substantive")
        if named(card.key.rpartition("/")[0] for card in self.cards):
            raise Invalid(f"{name} was not edited between the two revisions.", field="substantive")
        raise Invalid(f"There is no note {name}.", field="substantive")


def impact(base: Files, head: Files, reviews: Reviews | None = None) -> Impact:
    """Compare deck files before and after; `reviews` come from a database, where one is at hand."""
    parsed_base = {path: parse_deck(path, data) for path, data in base.items()}
    parsed_head = {
        path: parsed_base[path] if base.get(path) == data else parse_deck(path, data) for path, data in head.items()
    }
    return _Comparison(parsed_base, parsed_head, reviews or {}).run()


class _Comparison:
    def __init__(self, base: Mapping[str, Parsed], head: Mapping[str, Parsed], reviews: Reviews) -> None:
        self.base = {path: parsed for path, parsed in base.items() if not parsed.structure_lost}
        self.head = head
        self.reviews = reviews
        self.cards: list[CardChange] = []
        self.vanished: list[LostId] = []
        self.edited: dict[str, tuple[str, str]] = {}
        self.before: dict[str, str] = {}
        self.notes: dict[NoteId, Note] = {}
        rows, stored = self.stored()
        # A file whose structure is lost keeps its last good version: it is neither read nor gone.
        lost = {path for path, parsed in head.items() if parsed.structure_lost}
        self.untouched = [note for note in stored if note.path in lost]
        self.fresh = [FreshDeck(p.deck, p.broken) for path, p in sorted(head.items()) if path not in lost]
        touched = [row for row in rows if row.path not in lost]
        notes = [note for note in stored if note.path not in lost]
        self.matched: Match = match(self.fresh, touched, notes, lambda: (), dict)

    def stored(self) -> tuple[list[StoredDeck], list[StoredNote]]:
        """The files before, as if they had been synced."""
        rows: list[StoredDeck] = []
        stored: list[StoredNote] = []
        for number, (path, parsed) in enumerate(sorted(self.base.items()), start=1):
            deck = parsed.deck
            row = DeckId(number)
            rows.append(StoredDeck(row, deck.id, deck.title, deck.order, 0, Stamp(path, 0, 0), (), "", ()))
            for position, note in enumerate(deck.notes):
                values = note_values(note, row, position=position, title="", render_key="")
                ref = NoteId(len(stored) + 1)
                self.notes[ref] = note
                stored.append(StoredNote(ref, "", 1, False, deck.id, path, values))
        return rows, stored

    def run(self) -> Impact:
        for fresh in self.fresh:
            for index, note in enumerate(fresh.deck.notes):
                self.present(fresh, note, self.matched.notes.get((fresh.path, index)))
        for several in self.matched.kept.values():
            for kept in several:
                self.all("kept", kept.note)
        for stored in self.untouched:
            self.all("kept", stored)
        for stored in self.matched.removed_notes:
            self.all("deleted", stored)
            self.vanish(stored, "no note has it any more; its history is hidden until it comes back")
        cards = sorted(self.cards, key=lambda card: (CHANGES.index(card.change), card.path, card.line))
        broken = (path for path, parsed in sorted(self.head.items()) if parsed.structure_lost or parsed.broken)
        return Impact(
            tuple(cards), tuple(self.vanished), tuple(self.collisions()), tuple(broken), self.edited, self.before
        )

    def present(self, fresh: FreshDeck, note: Note, stored: StoredNote | None) -> None:
        """A note of today, and the one that it was before."""
        deck = fresh.deck.id
        before = self.notes[stored.id] if stored else None
        known = set(before.whiches) if before and not before.draft else set()
        now = () if note.draft else note.whiches
        reworded = stored is not None and stored.values.text != (note.source, note.definitions)
        if known and now and stored and reworded:
            self.edited[f"{deck}#{note.id}"] = (note.source, note.definitions)
            self.before[f"{deck}#{note.id}"] = stored.values.text[0]
        for which in now:
            if stored is None or which not in known:
                self.add("new", "", card_key(deck, note.id, which), fresh.path, note.line, 0)
                continue
            change: Change = "kept"
            if stored.deck_key != deck:
                change = "moved"
            elif reworded:
                change = "edited"
            was, today = (stored.deck_key, stored.values.key, which), (deck, note.id, which)
            # A server that runs beside has synced already, and knows the card by the name that it has now.
            reviews = self.of(was) or self.of(today)
            self.add(change, card_key(*was), card_key(*today), fresh.path, note.line, reviews, reworded=reworded)
        if stored is None:
            return
        for which in sorted(known - set(now)):
            was = (stored.deck_key, stored.values.key, which)
            self.add("deleted", card_key(*was), "", stored.path, stored.values.line, self.of(was))
        if stored.values.explicit and stored.values.key != note.id:
            self.vanish(stored, f"the note is '{note.id}' now; keep its id")

    def all(self, change: Change, stored: StoredNote) -> None:
        """The same change for every card of a note that was there before."""
        note = self.notes[stored.id]
        for which in () if note.draft else note.whiches:
            was = (stored.deck_key, note.id, which)
            key = card_key(*was)
            self.add(change, key, "" if change == "deleted" else key, stored.path, note.line, self.of(was))

    def of(self, was: tuple[str, str, str]) -> int:
        return self.reviews.get(was, 0)

    def add(
        self, change: Change, was: str, key: str, path: str, line: int, reviews: int, *, reworded: bool = False
    ) -> None:
        self.cards.append(CardChange(change, key, was, path, line, reviews, reworded))

    def vanish(self, stored: StoredNote, message: str) -> None:
        if stored.values.explicit:
            note = f"{stored.deck_key}#{stored.values.key}"
            self.vanished.append(LostId(note, stored.path, stored.values.line, message))

    def collisions(self) -> Iterable[LostId]:
        """Ids that two notes of a deck have, and deck ids that two files have."""
        decks: dict[str, list[str]] = defaultdict(list)
        for path, parsed in sorted(self.head.items()):
            decks[parsed.deck.id].append(path)
            ids = {note.line: note.id for note in parsed.broken}
            for problem in parsed.problems:
                if problem.code == "duplicate-id":
                    note = f"{parsed.deck.id}#{ids.get(problem.line, '')}"
                    yield LostId(note, path, problem.line, problem.message)
        for deck, paths in decks.items():
            for path in paths if len(paths) > 1 else ():
                others = ", ".join(other for other in paths if other != path)
                yield LostId(deck, path, 1, f"the deck id is also that of {others}")
