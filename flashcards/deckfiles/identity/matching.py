"""Which note of today is which note of before: a card keeps its history through edits, moves and renames.

How to call it. Leave out every note that is unchanged: one known and not removed, whose deck id, note id
and text are all as before. Pass all other known notes as `gone` (removed ones of any age included) and all
other notes of today as `new`:

    pairings = pair(
        [known_note(row...) ...],
        [FreshNote.of(index, deck.id, note) for index, (deck, note) in enumerate(...)],
    )

Each `Pairing` says that `fresh` is the note `known`: give the known note the fresh one's deck, id and text.
A fresh note in no pairing is new; a known one in no pairing (and not removed yet) is removed now. Notes of
a broken note or of a file that keeps its last good version are neither gone nor new: pass them nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from flashcards.deckfiles.text.similarity import similar_pairs
from flashcards.domain.card import Basic, Note

How = Literal["kept", "edited", "moved", "restored"]

MIN_ANSWER_ELSEWHERE = 16  # characters: a shorter answer says too little to find its note in another deck


@dataclass(frozen=True, slots=True)
class KnownNote:
    """A stored note that is no longer as it was. `ref` is the caller's name for it.

    `text` is its source, or a hash of it (the same kind on both sides); only equality counts. `question`
    and `answer` are as `sides` gives them. `removed`: it was gone before.
    """

    ref: int
    deck_id: str
    note_id: str
    explicit: bool
    question: str
    answer: str
    text: str
    removed: bool = False
    section: str | None = None


@dataclass(frozen=True, slots=True)
class FreshNote:
    """A note of today that is not known as it is. `index` is the caller's name for it."""

    index: int
    deck_id: str
    note_id: str
    explicit: bool
    question: str
    answer: str
    text: str
    section: str | None = None

    @classmethod
    def of(cls, index: int, deck_id: str, note: Note) -> FreshNote:
        """Make one of a parsed note; its `text` is the note's source."""
        question, answer = sides(note)
        return cls(index, deck_id, note.id, note.explicit, question, answer, note.source, note.section)


@dataclass(frozen=True, slots=True)
class Pairing:
    """`fresh` is the note `known`, whose history it keeps.

    `how`: ``restored`` (it was removed), ``moved`` (to another deck), ``edited`` (another text or id in the
    same deck) or ``kept`` (the same text in the same deck; at most its id is another).
    """

    known: KnownNote
    fresh: FreshNote
    how: How


def sides(note: Note) -> tuple[str, str]:
    """Return the question and the answer of a note as they are compared (a cloze is all question)."""
    content = note.content
    if isinstance(content, Basic):
        return content.question, content.answer
    return f"{content.heading}\n\n{content.body}", ""


def pair(gone: Sequence[KnownNote], new: Sequence[FreshNote]) -> tuple[Pairing, ...]:
    """Return which new notes are which gone ones, each at most once, in the order of `new`.

    In this order, at every step notes just gone before those removed earlier: renamed files; the same
    explicit id in the same deck; in another deck; exact text, the same deck first; of several with one question
    (as in sections that each ask for a definition) those with like answers, then those of one section; the same id
    without it being explicit; the same question; a unique same answer; similarity within a deck.
    """
    matcher = _Matcher(gone, new)
    matcher.renamed_files()
    matcher.same(lambda note: (note.deck_id, note.note_id), fresh_if=lambda fresh: fresh.explicit)
    matcher.same(lambda note: note.note_id if note.explicit else None)
    matcher.same(lambda note: (note.deck_id, note.text))
    matcher.same(lambda note: note.text)
    matcher.several_of_one_question()
    matcher.same(lambda note: (note.deck_id, note.note_id))
    matcher.same(_asked)
    matcher.same(lambda note: _flat(note.question) or None, unique=True)
    matcher.same(lambda note: (note.deck_id, _flat(note.answer)) if note.answer.strip() else None, unique=True)
    matcher.same(_telling_answer, unique=True)
    matcher.similar()
    return matcher.result()


Either = KnownNote | FreshNote


def _flat(text: str) -> str:
    return " ".join(text.split())


def _asked(note: Either) -> Hashable | None:
    return (note.deck_id, _flat(note.question)) if note.question.strip() else None


def _telling_answer(note: Either) -> Hashable | None:
    answer = _flat(note.answer)
    return answer if len(answer) >= MIN_ANSWER_ELSEWHERE else None


def _how(known: KnownNote, fresh: FreshNote) -> How:
    if known.removed:
        return "restored"
    if known.deck_id != fresh.deck_id:
        return "moved"
    return "kept" if known.text == fresh.text else "edited"


class _Matcher:
    """The notes that are not paired yet, and the pairings so far."""

    def __init__(self, gone: Sequence[KnownNote], new: Sequence[FreshNote]) -> None:
        self.known = dict(enumerate(gone))
        self.fresh = dict(enumerate(new))
        self.pairings: dict[int, Pairing] = {}

    def result(self) -> tuple[Pairing, ...]:
        return tuple(self.pairings[position] for position in sorted(self.pairings))

    def take(self, known: int, fresh: int) -> None:
        one, other = self.known.pop(known), self.fresh.pop(fresh)
        self.pairings[fresh] = Pairing(one, other, _how(one, other))

    # Files --------------------------------------------------------------------------------------------

    def renamed_files(self) -> None:
        """A deck of which nothing is left and most stands in one new deck: its notes go there together."""
        sizes = Counter(note.deck_id for note in self.known.values() if not note.removed)
        still_there = {note.deck_id for note in self.fresh.values()}
        scores = self.shared_notes({deck for deck in sizes if deck not in still_there})
        used: set[str] = set()
        for (old, now), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
            if old in used or now in used or now in sizes or score * 2 <= sizes[old]:
                continue
            used |= {old, now}
            self.follow(old, now)

    def shared_notes(self, old_decks: set[str]) -> Counter[tuple[str, str]]:
        """How many notes of each old deck stand, by id or text, in each deck of today."""
        by_id: dict[str, set[str]] = defaultdict(set)
        by_text: dict[str, set[str]] = defaultdict(set)
        for fresh in self.fresh.values():
            by_id[fresh.note_id].add(fresh.deck_id)
            by_text[fresh.text].add(fresh.deck_id)
        scores: Counter[tuple[str, str]] = Counter()
        for known in self.known.values():
            if not known.removed and known.deck_id in old_decks:
                decks = by_id.get(known.note_id, set()) | by_text.get(known.text, set())
                scores.update((known.deck_id, deck) for deck in decks)
        return scores

    def follow(self, old: str, now: str) -> None:
        known = [key for key, note in self.known.items() if note.deck_id == old and not note.removed]
        fresh = [key for key, note in self.fresh.items() if note.deck_id == now]
        self.within(known, fresh, lambda note: note.note_id, lambda note: note.explicit)
        self.within(known, fresh, lambda note: note.text)
        self.within(known, fresh, lambda note: note.note_id)

    # Notes --------------------------------------------------------------------------------------------

    def same(
        self,
        key: Callable[[Either], Hashable | None],
        *,
        unique: bool = False,
        fresh_if: Callable[[FreshNote], bool] | None = None,
    ) -> None:
        """Pair notes whose `key` is the same (None pairs with nothing), those just gone first."""
        if not self.known or not self.fresh:
            return
        for removed in (False, True):
            known = [position for position, note in self.known.items() if note.removed is removed]
            self.within(known, list(self.fresh), key, fresh_if, unique)

    def within(
        self,
        known: Iterable[int],
        fresh: Iterable[int],
        key: Callable[[Either], Hashable | None],
        fresh_if: Callable[[FreshNote], bool] | None = None,
        unique: bool = False,
    ) -> None:
        known_by_key: dict[Hashable, list[int]] = defaultdict(list)
        fresh_by_key: dict[Hashable, list[int]] = defaultdict(list)
        for position in known:
            if position in self.known:
                known_by_key[key(self.known[position])].append(position)
        for position in fresh:
            if position in self.fresh and (fresh_if is None or fresh_if(self.fresh[position])):
                fresh_by_key[key(self.fresh[position])].append(position)
        for value, ours in fresh_by_key.items():
            theirs = known_by_key.get(value)
            if value is None or not theirs or (unique and (len(theirs) > 1 or len(ours) > 1)):
                continue
            self.assign(theirs, ours)

    def assign(self, known: list[int], fresh: list[int]) -> None:
        """Pair several of the same key: those that have most else in common, then in order."""
        if len(known) > 1 or len(fresh) > 1:
            for trait in _TRAITS:
                waiting: dict[Hashable, list[int]] = defaultdict(list)
                for position in known:
                    if position in self.known:
                        waiting[trait(self.known[position])].append(position)
                for position in fresh:
                    if position in self.fresh and (same := waiting.get(trait(self.fresh[position]))):
                        self.take(same.pop(0), position)
        left = [position for position in known if position in self.known]
        right = [position for position in fresh if position in self.fresh]
        for one, other in zip(left, right, strict=False):
            self.take(one, other)

    def several_of_one_question(self) -> None:
        """Pair those whose question does not tell them apart; the number in their ids says where they stood, no more.

        Two that are alone, one on each side, are left to the next steps.
        """
        for removed in (False, True):
            known: dict[Hashable, list[int]] = defaultdict(list)
            fresh: dict[Hashable, list[int]] = defaultdict(list)
            for position, note in self.known.items():
                if note.removed is removed:
                    known[_asked(note)].append(position)
            for position, other in self.fresh.items():
                fresh[_asked(other)].append(position)
            for asked, ours in fresh.items():
                theirs = known.get(asked, ()) if asked else ()
                if theirs and (len(theirs) > 1 or len(ours) > 1):
                    self.similar_within(theirs, ours, lambda note: _flat(note.answer))
                    self.within(theirs, ours, lambda note: note.section, unique=True)

    def similar(self) -> None:
        for removed in (False, True):
            known: dict[str, list[int]] = defaultdict(list)
            fresh: dict[str, list[int]] = defaultdict(list)
            for position, note in self.known.items():
                if note.removed is removed:
                    known[note.deck_id].append(position)
            for position, other in self.fresh.items():
                fresh[other.deck_id].append(position)
            for deck in known:
                if deck in fresh:
                    self.similar_within(known[deck], fresh[deck], _whole)

    def similar_within(self, known: Sequence[int], fresh: Sequence[int], text: Callable[[Either], str]) -> None:
        texts = [text(self.known[position]) for position in known]
        others = [text(self.fresh[position]) for position in fresh]

        def allowed(left: int, right: int) -> bool:
            one, other = self.known[known[left]], self.fresh[fresh[right]]
            return not (one.explicit and other.explicit and one.note_id != other.note_id)

        for _, left, right in similar_pairs(texts, others, allowed):
            self.take(known[left], fresh[right])


def _whole(note: Either) -> str:
    return f"{note.question}\n{note.answer}"


_TRAITS: tuple[Callable[[Either], Hashable], ...] = (
    lambda note: (note.deck_id, note.note_id, note.text),
    lambda note: (note.note_id, note.text),
    lambda note: (note.deck_id, note.text),
    lambda note: (note.deck_id, note.note_id),
    lambda note: note.text,
    lambda note: _flat(note.answer),
    lambda note: note.deck_id,
)
