"""What a deck's text would become, were it saved: its cards as HTML, what is wrong, what happens to history.

The same reading and matching as `sync` does, for one file that is not on the disk. Only notes that this process has
not rendered lately are rendered, so that a keystroke costs one note.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from flashcards.deckfiles.check.between_files import ids_in, named_by, references_of, unknown_references, wanted_in
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.find import MAX_FILE_BYTES, DeckFile
from flashcards.deckfiles.parse.project import read_project
from flashcards.deckfiles.render.jobs import WHOLE, Rendered, RenderRequest
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Cloze, Note, card_key
from flashcards.domain.ids import NoteId
from flashcards.domain.prerequisites import Key
from flashcards.domain.problem import Problem
from flashcards.errors import Invalid
from flashcards.services.authoring.deck_paths import deck_path
from flashcards.services.authoring.statuses import STATUSES, Status
from flashcards.services.sync import across_files as sync_links
from flashcards.services.sync.last_good import to_stay
from flashcards.services.sync.match import FreshDeck, Match, match
from flashcards.services.sync.moved_copies import with_twins
from flashcards.services.sync.plan import ReadDeck, notes_in
from flashcards.services.sync.read import SoundFile, prose_html_of, read_deck_of, rendered_note, sound_file
from flashcards.storage.deck_rows import RenderedNote, StoredCard, StoredNote
from flashcards.storage.decks import DeckStore
from flashcards.storage.note_cards import NoteCards

REMEMBERED = 5000
"""Renderings that are kept in memory, some kilobytes each."""


@dataclass(frozen=True, slots=True)
class PreviewCard:
    """One card; `reviews` are the answers of all learners that hang on it."""

    key: str
    which: str
    status: Status
    reviews: int
    question_html: str
    answer_html: str


@dataclass(frozen=True, slots=True)
class PreviewNote:
    """A note and its cards. `render_key` changes with what they look like.

    `whole_html` is a cloze note's text with every gap marked, None for other notes. `edited` is whether learners may
    have seen it with another text.
    """

    id: str
    line: int
    kind: Literal["basic", "cloze"]
    title: str
    draft: bool
    tags: tuple[str, ...]
    status: Status
    render_key: str
    whole_html: str | None
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]
    cards: tuple[PreviewCard, ...]
    edited: bool

    @property
    def reviews(self) -> int:
        """The answers that hang on all its cards."""
        return sum(card.reviews for card in self.cards)


@dataclass(frozen=True, slots=True)
class Gone:
    """A card that stands in the deck and would not any more; its history would be hidden, not lost."""

    key: str
    title: str
    reviews: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A deck as it would be. `structure_lost`: an error hides what the file holds; the last good version stays.

    `broken` are the first lines of notes with an error: their last good versions stay.
    """

    title: str
    notes: tuple[PreviewNote, ...]
    problems: tuple[Problem, ...]
    gone: tuple[Gone, ...]
    broken: tuple[int, ...]
    structure_lost: bool

    @property
    def counts(self) -> dict[Status, int]:
        """Cards by what becomes of them."""
        cards = [card.status for note in self.notes for card in note.cards]
        return {status: cards.count(status) for status in STATUSES}


class PreviewService:
    """Previews; holds one child process that renders, from the first preview on."""

    def __init__(self, store: DeckStore, cards: NoteCards, root: Path, pool: RenderPool | None = None) -> None:
        self._store = store
        self._cards = cards
        self._root = root
        self._pool = pool or RenderPool(1)
        self._rendering = threading.Lock()  # a pool is one thread's at a time
        self._remembered: OrderedDict[str, Rendered] = OrderedDict()

    def close(self) -> None:
        """Ends the child process."""
        with self._rendering:
            self._pool.close()

    def preview(self, path: str, source: str) -> Preview:
        """What the deck file at `path` would be with this text. Nothing is stored.

        Raises Invalid for a path that is no deck's and a text over the size limit.
        """
        path = deck_path(path)
        data = source.encode("utf-8", "surrogatepass")
        if len(data) > MAX_FILE_BYTES:
            message = f"The text has over {MAX_FILE_BYTES >> 20} MiB; split it into several files."
            raise Invalid(message, field="source")
        project = read_project(self._root)
        parsed = parse_deck(path, data, project)
        if parsed.structure_lost:
            return Preview(parsed.deck.title, (), parsed.problems, (), (), True)
        sound = sound_file(DeckFile(path, self._root / path, 0, 0), parsed, self._root)
        rendered = self._rendered(sound.requests)
        deck = _read_deck(sound, rendered)
        with self._store.read():
            matched = self._match(deck.fresh)
            stored = self._store.cards(notes_in(matched))
            answers = self._cards.answers({card.note_id for card in stored})
            between = self._between(path, parsed)
            broken = self._broken(deck, sound, rendered)
        comparison = _Comparison(deck, matched, stored, answers)
        return Preview(
            title=parsed.deck.title,
            notes=comparison.notes(rendered),
            problems=tuple(sorted(filter(project.says, {*deck.problems, *between}))),
            gone=comparison.gone(),
            broken=broken,
            structure_lost=False,
        )

    def _rendered(self, requests: Mapping[str, RenderRequest]) -> dict[str, Rendered]:
        """By render key; what is remembered is not rendered again."""
        with self._rendering:
            found: dict[str, Rendered] = {}
            for key in requests:
                if key in self._remembered:
                    self._remembered.move_to_end(key)
                    found[key] = self._remembered[key]
            missing = [(key, request) for key, request in requests.items() if key not in found]
            for key, rendered in self._pool.render_all(missing):
                found[key] = self._remembered[key] = rendered
            while len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return found

    def _broken(self, deck: ReadDeck, sound: SoundFile, rendered: Mapping[str, Rendered]) -> tuple[int, ...]:
        """The lines of notes that would stay as they are, with those that are shown all the same."""
        lines = {note.line for note in deck.fresh.broken}
        if any(one.problems for one in rendered.values()):
            row = next((row.id for row in self._store.decks() if row.path == sound.file.path), None)
            stay = to_stay(self._store, row, sound, _known(sound, rendered))
            lines |= {note.line for note in sound.parsed.deck.notes if note.id in stay}
        return tuple(sorted(lines))

    def _match(self, fresh: FreshDeck) -> Match:
        """Which stored note each note is, as the next sync would see it if nothing else had changed."""
        rows = [row for row in self._store.decks() if row.path == fresh.path]
        notes = self._store.notes(row.id for row in rows)
        found = match([fresh], rows, notes, self._store.removed_notes, dict)
        return with_twins(found, self._store.with_history, self._store.copies)

    def _between(self, path: str, parsed: Parsed) -> Sequence[Problem]:
        """What is wrong between this file and the others: a deck id of two, a note that requires what is not there."""
        others = [(row.path, row.key) for row in self._store.decks() if row.path != path]
        shared = sync_links.duplicate_decks([*others, (path, parsed.deck.id)]).get(path)
        found = [] if shared is None else [shared]
        found += self._unknown_references(parsed, [key for _, key in others])
        if wanted := wanted_in(parsed):
            decks = {key for _, key in others}
            required = [one for one in self._store.requirements() if one.path != path]
            named = self._named({key for keys in wanted.values() for key in keys}, parsed, decks)
            found += sync_links.faults_in(parsed, required, named, decks)
        return found

    def _named(self, keys: Collection[Key], parsed: Parsed, decks: Collection[str]) -> set[Key]:
        """Those of these notes that there are in the other decks; of what is nowhere, those of its names in any."""
        found = set(self._store.notes_by_key(key for key in keys if key[0] in decks))
        gone = {name for _, name in set(keys) - found - {(parsed.deck.id, name) for name in ids_in(parsed)}}
        return found | set(self._store.notes_by_key((deck, name) for deck in decks for name in gone)) if gone else found

    def _unknown_references(self, parsed: Parsed, decks: Sequence[str]) -> Iterator[Problem]:
        """Points and follow-ups that name a note which is in none of the files."""
        own = parsed.deck.id
        asked = {key for note in parsed.deck.notes for _, ref in references_of(note) if (key := named_by(ref, own))}
        if not asked:
            return iter(())
        notes: dict[str, set[str]] = {deck: set() for deck in decks} | {own: ids_in(parsed)}
        for deck, note in self._named(asked, parsed, decks):
            notes[deck].add(note)
        return unknown_references(parsed, parsed.deck.path, notes)


def _is_edited(note: Note, stored: StoredNote | None) -> bool:
    return stored is not None and stored.values.text != (note.source, note.definitions)


def _read_deck(sound: SoundFile, rendered: Mapping[str, Rendered]) -> ReadDeck:
    """The file as sync would read it if no note had a version before."""
    known = _known(sound, rendered)
    prose = {key: prose_html_of(rendered[key]) for key in sound.prose_keys}
    failed = {key: one for key, one in rendered.items() if key not in known and one.problems}
    return read_deck_of(sound, known, prose, failed)


def _known(sound: SoundFile, rendered: Mapping[str, Rendered]) -> dict[str, RenderedNote]:
    return {
        key: rendered_note(note, rendered[key])
        for key, note in zip(sound.note_keys, sound.parsed.deck.notes, strict=True)
        if rendered[key].cards
    }


class _Comparison:
    """A file as it would be beside what is stored of it."""

    def __init__(
        self,
        deck: ReadDeck,
        matched: Match,
        cards: Sequence[StoredCard],
        answers: Mapping[tuple[int, str], int],
    ) -> None:
        self.deck = deck
        self.matched = matched
        self.answers = answers
        self.cards: dict[NoteId, dict[str, StoredCard]] = {}
        for card in cards:
            self.cards.setdefault(card.note_id, {})[card.which] = card

    def notes(self, rendered: Mapping[str, Rendered]) -> tuple[PreviewNote, ...]:
        """The notes of the file, in order."""
        fresh = self.deck.fresh
        rows = zip(fresh.deck.notes, self.deck.render_keys, self.deck.titles, strict=True)
        return tuple(
            self.note(note, key, title, rendered[key], self.matched.notes.get((fresh.path, index)))
            for index, (note, key, title) in enumerate(rows)
        )

    def note(self, note: Note, key: str, title: str, html: Rendered, stored: StoredNote | None) -> PreviewNote:
        cards = tuple(self.card(note, which, html, stored) for which in note.whiches)
        cloze = isinstance(note.content, Cloze)
        whole = html.cards.get(WHOLE, html.cards[note.whiches[0]]).answer_html if cloze else None
        return PreviewNote(
            id=note.id,
            line=note.line,
            kind="cloze" if cloze else "basic",
            title=title,
            draft=note.draft,
            tags=note.tags,
            status=min((card.status for card in cards), key=STATUSES.index),
            render_key=key,
            whole_html=whole,
            rubric_html=html.rubric_html,
            follow_ups_html=html.follow_ups_html,
            sources_html=html.sources_html,
            in_full_html=html.in_full_html,
            clarify_html=html.clarify_html,
            cards=cards,
            edited=_is_edited(note, stored) and any(card.reviews for card in cards),
        )

    def card(self, note: Note, which: str, html: Rendered, stored: StoredNote | None) -> PreviewCard:
        deck_id = self.deck.fresh.deck.id
        reviews = 0 if stored is None else self.answers.get((stored.id, which), 0)
        shown = html.cards[which]
        return PreviewCard(
            card_key(deck_id, note.id, which), which, self.status(note, which, stored), reviews,
            shown.question_html, shown.answer_html,
        )  # fmt: skip

    def status(self, note: Note, which: str, stored: StoredNote | None) -> Status:
        before = None if stored is None else self.cards.get(stored.id, {}).get(which)
        if stored is None or before is None:
            return "new"
        if stored.deck_key != self.deck.fresh.deck.id:
            return "moved"
        if stored.removed or before.removed:
            return "restored"
        return "changed" if _is_edited(note, stored) else "unchanged"

    def gone(self) -> tuple[Gone, ...]:
        """The cards that would leave the deck: those of notes that are gone, and gaps that are."""
        found = [
            self._gone(stored, card) for stored in self.matched.removed_notes for card in self._standing(stored, ())
        ]
        for (_, index), stored in self.matched.notes.items():
            now = self.deck.fresh.deck.notes[index].whiches
            if not stored.removed:
                found += [self._gone(stored, card) for card in self._standing(stored, now)]
        return tuple(found)

    def _standing(self, stored: StoredNote, but: Sequence[str]) -> list[StoredCard]:
        cards = self.cards.get(stored.id, {}).values()
        return [card for card in cards if not card.removed and card.which not in but]

    def _gone(self, stored: StoredNote, card: StoredCard) -> Gone:
        key = card_key(stored.deck_key, stored.values.key, card.which)
        return Gone(key, stored.values.title, self.answers.get((stored.id, card.which), 0))
