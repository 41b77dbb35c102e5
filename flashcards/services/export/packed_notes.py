"""A deck's notes as they go into an Anki package: fields, time of change, cards with or without history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from flashcards.domain.ids import LearnerId
from flashcards.domain.study_day import Day
from flashcards.exchange.anki import scheduling
from flashcards.exchange.anki.fields import REMOVED_TAG, joined_fields
from flashcards.exchange.anki.notetypes import Kind
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.possible_cards import gaps
from flashcards.exchange.anki.scheduling import LogEntry, new_card
from flashcards.services.export.anki_fields import anki_ordinal, digest_of_joined
from flashcards.services.export.exported_memory import ExportedMemory
from flashcards.storage.exports import (
    ExportCard,
    ExportDeck,
    Exported,
    ExportNote,
    ExportReview,
    ExportStore,
)


class NotRendered(Exception):
    """A note came while the others were rendered."""


class PackedDecks:
    """Packs decks one after another, so that new cards are counted over all of them.

    `learner` is whose history goes along where `today`, their study day, is given, and whose last export counts.
    `media` collects the names that notes refer to, `removed_media` those of notes that have gone, `exported` what Anki
    is told that it was not told before; `removed_from` names the files of decks from which notes have gone that are to
    be exported as removed. `changed` gives the time of change (epoch seconds) of a note that Anki was told nothing of
    yet, by its guid and its text's.
    """

    def __init__(
        self,
        store: ExportStore,
        learner: LearnerId,
        today: Day | None,
        memory: ExportedMemory | None,
        changed: Callable[[str, int], int],
    ) -> None:
        self._store = store
        self.memory = memory
        self.learner = learner
        self._today = today
        self._changed = changed
        self._position = 0
        self._address = ""
        self._tags: dict[tuple[str, bool], tuple[Sequence[str], str]] = {}
        self.removed_from: set[str] = set()
        self.media: dict[str, None] = {}
        self.removed_media: dict[str, None] = {}
        self.exported: list[Exported] = []

    def notes(self, deck: ExportDeck, name: str, *, gone: bool) -> Iterator[PackageNote]:
        """The notes of a deck (of one whose file is gone, none), then those that have left it.

        Raises NotRendered where the fields of one are not stored.
        """
        if not gone:
            yield from self._packed(self._store.notes(deck.id, self.learner), deck, name, removed=False)
        if deck.path in self.removed_from:
            yield from self._packed(self._store.removed_notes(deck.id, self.learner), deck, name, removed=True)

    def _packed(
        self, notes: Iterator[ExportNote], deck: ExportDeck, name: str, *, removed: bool
    ) -> Iterator[PackageNote]:
        if self._today is None:
            once, twice = [PackageCard(0, name)], [PackageCard(0, name), PackageCard(1, name)]
            for note in notes:
                if note.kind == "cloze":
                    cards = [PackageCard(ordinal, name) for ordinal in _deletions(note)]
                else:
                    cards = twice if note.reversed else once
                yield self._note(note, deck, cards, removed=removed)
        else:
            stored = self._cards_with_history(deck, name, self._today, removed=removed)
            for note in notes:
                yield self._note(note, deck, stored.get(note.id, ()), removed=removed)

    def _note(self, note: ExportNote, deck: ExportDeck, cards: Sequence[PackageCard], *, removed: bool) -> PackageNote:
        fields = fields_of_stored(note, deck)
        tags, joined_tags = self._tags.get((note.tags, removed)) or self._read_tags(note.tags, removed)
        if note.media_names:
            (self.removed_media if removed else self.media).update(dict.fromkeys(note.media))
        digest = digest_of_joined(joined_tags, fields)
        if digest == note.last_digest and removed == note.last_removed and note.last_modified is not None:
            modified = note.last_modified
        else:
            modified = self._modified(note, digest)
            self.exported.append((note.guid, note.id, modified, digest, int(removed)))
        kind: Kind = "cloze" if note.kind == "cloze" else "basic"
        return PackageNote(note.guid, kind, note.created_at, modified, tags, fields, cards)

    def _modified(self, note: ExportNote, digest: bytes) -> int:
        """The note's `mod`, in epoch seconds: when its text last changed.

        Anki takes an update only where this is newer, so a learner's own later edits stay. Where the fields changed
        without the text (a picture has other bytes, a note came back), it is just newer than what Anki was told
        last. Where they did not, nothing shall happen, and it stays as it was.
        """
        if note.last_modified is None:
            return self._changed(note.guid, note.modified_at // 1000)
        if note.last_digest == digest:
            return note.last_modified
        return max(note.modified_at // 1000, note.last_modified + 1)

    def _read_tags(self, stored: str, removed: bool) -> tuple[Sequence[str], str]:
        """A note's tags, and the same between blanks; kept, because many notes have the same."""
        tags: list[str] = json.loads(stored)
        if removed:
            tags.append(REMOVED_TAG)
        self._tags[stored, removed] = tuple(tags), " ".join(tags)
        return self._tags[stored, removed]

    # --- cards --------------------------------------------------------------------------------------

    def _cards_with_history(
        self, deck: ExportDeck, name: str, today: Day, *, removed: bool
    ) -> dict[int, list[PackageCard]]:
        """By note, its cards with the learner's schedule and log; they are numbered in the order of notes."""
        self._address = deck.address
        log = self._store.log(deck.id, self.learner, removed=removed)
        stored = self._store.cards(deck.id, self.learner, removed=removed)
        return {
            note: [self._with_history(card, name, today, log.get(card.id, ())) for card in cards]
            for note, cards in stored.items()
        }

    def _with_history(self, card: ExportCard, deck: str, today: Day, log: Sequence[ExportReview]) -> PackageCard:
        self._position += 1
        rows = tuple(scheduling.reviews(LogEntry(*row[1:]) for row in log))
        reps = sum(row.ease > 0 for row in rows)
        if card.schedule is None:
            schedule = new_card(self._position)._replace(reps=reps)
        else:
            schedule = scheduling.scheduled(card.schedule, self._position, today, reps, card.lapses)
        last_at = max((row.at for row in rows if row.ease), default=None)
        data = self.memory.data(self._address, card.id, last_at) if self.memory else ""
        return PackageCard(anki_ordinal(card.which), deck, schedule, rows, card.flag, data)


def _deletions(note: ExportNote) -> Sequence[int]:
    """The ordinals of a cloze note's cards, from its text, as Anki itself finds them."""
    return sorted(gaps([note.first or ""]))


def fields_of_stored(note: ExportNote, deck: ExportDeck) -> str:
    """A note's fields, between separators. Raises NotRendered where they are not stored."""
    if note.first is None:
        raise NotRendered
    key = f"{deck.key}#{note.key}"
    return joined_fields(note.kind, note.first, note.rest, note.section, note.reversed, note.typed, key)
