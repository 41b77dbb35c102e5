"""Which questions a round asks, and which round is proposed for today."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.domain.ids import CardId, DeckId
from flashcards.domain.practice.draw import LATELY, Candidate, draw
from flashcards.domain.practice.kinds import (
    NAMES,
    QUESTION_KINDS,
    USUAL_MINUTES,
    QuestionKind,
    level_of,
    minutes_for,
    parts,
    question_kind,
)
from flashcards.domain.practice.rounds import Question, Round
from flashcards.domain.study_day import Day, raw_study_day
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.memory.state import MemoryState
from flashcards.services.plan.days import PlanDays
from flashcards.services.practice.contract import Offer, Place, Proposal, Wish
from flashcards.services.practice.plan_weight import plan_weight
from flashcards.services.practice.points import points_of
from flashcards.services.practice.weakness import weaknesses
from flashcards.services.review.card_lookup import card_number
from flashcards.storage.database import Database
from flashcards.storage.plans import PlanRows
from flashcards.storage.practice import CoreNote, PracticeRows
from flashcards.storage.queues import QueueRows

_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


SHORT_KINDS = frozenset({"concepts", "behavioural"})
"""What one question between two other things is drawn from, where there is a choice."""


@dataclass(frozen=True, slots=True)
class Pool:
    """All questions that a learner could be asked today, with what decides the draw."""

    notes: dict[CardId, CoreNote]
    candidates: dict[CardId, Candidate]
    today: Day


class Choosing:
    """Reads for the draw; within the caller's transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = PracticeRows(database)
        self._queues = QueueRows(database)
        self._memory = MemoryState(database)
        self._plans = PlanRows(database)
        self._plan_days = PlanDays(database, clock)

    def pool(self, learner: Learner, today: Day, *, points: bool = True) -> Pool:
        """Every question that the learner could be asked. Without `points` their old ticks are not looked at."""
        notes = {note.card: note for note in self._rows.core_notes(learner.id)}
        asked = self._rows.last_asked(learner.id)
        missed = self._rows.last_missed(learner.id) if points else {}
        weak = weaknesses(self._memory, learner.id, notes, today)
        weight = plan_weight(self._plans, self._plan_days, learner.id)
        candidates = {
            card: Candidate(
                card,
                _kind(note),
                note.deck,
                weight=1.0 if weight is None else weight(note.deck, note.note),
                weakness=weak[card],
                missed=missed.get(card, 0.0),
                asked_on=_day(learner, asked.get(card)),
            )
            for card, note in notes.items()
        }
        return Pool(notes, candidates, today)

    def questions(self, learner: Learner, wish: Wish, seed: int, today: Day) -> tuple[Question, ...]:
        """The questions that a wish draws; raises Invalid and NotFound, saying what to do."""
        pool = self.pool(learner, today)
        if wish.card is not None:
            drawn: tuple[CardId, ...] = (self._wanted(pool, wish.card),)
        else:
            drawn = self._drawn(pool, wish, seed)
        if not drawn:
            raise Invalid(_nothing(wish, pool), field="kind")
        return self.asked(pool, drawn)

    def one(self, learner: Learner, today: Day) -> CoreNote | None:
        """The one question that is offered today, the same all day."""
        pool = self.pool(learner, today, points=False)  # the first page of a day is not to wait for them
        drawn = self._drawn(pool, Wish(kind="one"), today)
        return pool.notes[drawn[0]] if drawn else None

    def _drawn(self, pool: Pool, wish: Wish, seed: int) -> tuple[CardId, ...]:
        among = self._among(pool, wish)
        if wish.kind == "one":
            named = bool(wish.decks or wish.tags or wish.where)
            asked = among if named else [one for one in among if one.kind is not None]
            among = [one for one in asked if one.kind in SHORT_KINDS] or asked
        return draw(among, parts(wish.kind, minutes_of(wish), wish.questions), seed, pool.today)

    def again(self, learner: Learner, earlier: Round, today: Day) -> tuple[Question, ...]:
        """The questions of an earlier round, as they are today; raises NotFound where none is left."""
        pool = self.pool(learner, today)
        left = tuple(card for it in earlier.questions if (card := CardId(int(it.card))) in pool.notes)
        if not left:
            raise NotFound("The questions of that round are no longer in the decks: begin another.")
        return self.asked(pool, left)

    def asked(self, pool: Pool, cards: Collection[CardId]) -> tuple[Question, ...]:
        """These questions as a round keeps them."""
        texts = points_of(self._rows, cards)
        found = []
        for card in cards:
            note = pool.notes[card]
            points, follow_ups = texts[card]
            found.append(
                Question(
                    card=str(card),
                    revision=note.revision,
                    title=note.title,
                    topic=note.topic,
                    kind=pool.candidates[card].kind or "concepts",  # named, what is about interviews is asked too
                    level=level_of(note.tags),
                    points=points,
                    follow_ups=follow_ups,
                )
            )
        return tuple(found)

    def offers(self, pool: Pool) -> dict[str, Offer]:
        """What each kind of round would ask now; kinds without questions are left out."""
        found_kinds = (pool.candidates[card].kind for card, note in pool.notes.items() if _usable(note))
        kinds = Counter(kind for kind in found_kinds if kind is not None)
        found = {}
        for kind, minutes in USUAL_MINUTES.items():
            asked = [
                min(part.count, kinds.total() if part.kind is None else kinds[part.kind])
                for part in parts(kind, minutes)
            ]
            if sum(asked) and not (kind == "mixed" and asked.count(0) > 1):
                found[kind] = Offer(kind, minutes, sum(asked))
        return found

    def places(self, pool: Pool) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
        """The folders and the decks that hold questions which a round may draw, in study order."""
        asked = [note for card, note in pool.notes.items() if pool.candidates[card].kind is not None]
        decks = Counter(note.path.removesuffix(".md") for note in asked)
        folders: Counter[str] = Counter()
        for address, questions in decks.items():
            folders[address.rpartition("/")[0]] += questions
        named, topics = self._rows.folder_titles(), {note.path: note.topic for note in asked}
        return (
            tuple(Place(path, named.get(path, path), count) for path, count in folders.items() if path),
            tuple(Place(address, topics[f"{address}.md"], count) for address, count in decks.items()),
        )

    def proposal(self, pool: Pool) -> Proposal | None:
        """What is proposed for today, the same all day; None where there is nothing to ask."""
        offers = self.offers(pool)
        kind = next((kind for kind in QUESTION_KINDS if kind in offers), None)
        if kind is None:
            return None
        usable = [one for card, one in pool.candidates.items() if _usable(pool.notes[card])]
        drawn = [
            pool.candidates[card] for card in draw(usable, parts(kind, USUAL_MINUTES[kind]), pool.today, pool.today)
        ]
        minutes = min(USUAL_MINUTES[kind], max(1, round(len(drawn) * USUAL_MINUTES[kind] / offers[kind].questions)))
        return Proposal(kind, minutes, len(drawn), pool.today, _reasons(drawn, pool.today))

    def _wanted(self, pool: Pool, card_id: str) -> CardId:
        card = card_number(card_id)
        if card not in pool.notes:
            raise NotFound(
                "This is no question that can be practised: only notes tagged .core are, and it must be in its file."
            )
        return card

    def _among(self, pool: Pool, wish: Wish) -> list[Candidate]:
        decks, tags = self._places(wish)
        named = bool(decks or tags or wish.where)
        found = []
        for card, note in pool.notes.items():
            inside = decks is None or note.deck in decks
            tagged = not tags or bool(tags.intersection(note.tags))
            levelled = wish.level is None or level_of(note.tags) in {wish.level, None}
            if inside and tagged and levelled and not note.suspended and (named or note.active):
                found.append(pool.candidates[card])
        return found

    def _places(self, wish: Wish) -> tuple[set[DeckId] | None, set[str]]:
        """The decks and the tags that a wish names; raises NotFound for what is neither."""
        decks: set[DeckId] = set()
        tags = set(wish.tags)
        named = bool(wish.decks)
        for address in wish.decks:
            decks |= self._at(address)
        for word in wish.where:
            found = self._queues.decks_at(word.strip("/").removesuffix(".md"))
            named = named or bool(found)
            decks |= found
            if not found:
                if not self._queues.notes_tagged(word.lstrip(".")):
                    raise NotFound(f"There is no deck, folder or tag {word!r}.")
                tags.add(word.lstrip("."))
        return (decks if named else None), tags

    def _at(self, address: str) -> set[DeckId]:
        found = self._queues.decks_at(address.strip("/").removesuffix(".md"))
        if not found:
            raise NotFound(f"There is no deck or folder {address!r}.")
        return found


def seed_of(uid: str) -> int:
    """A seed for whoever names none: of the round's own id, so that a repetition draws the same."""
    return int.from_bytes(hashlib.sha256(uid.encode()).digest()[:6], "big")


def minutes_of(wish: Wish) -> int:
    """How long a round is to take."""
    return minutes_for(wish.kind, wish.questions) if wish.minutes is None else wish.minutes


def _kind(note: CoreNote) -> QuestionKind | None:
    own = [tag for tag in note.tags if tag not in note.deck_tags]  # a note is stored with its deck's tags
    return question_kind(note.path, note.deck_tags, own)


def _usable(note: CoreNote) -> bool:
    return note.active and not note.suspended


def _day(learner: Learner, at: int | None) -> Day | None:
    return None if at is None else raw_study_day(at, learner.timezone, learner.day_start)


def _nothing(wish: Wish, pool: Pool) -> str:
    if not pool.notes:
        return "No deck has a question to practise: tag notes that have a rubric .core, and they come here."
    kind = "" if wish.kind in {"one", "mixed"} else f" of the kind {NAMES[wish.kind].lower()}"
    return f"No question{kind} is left with that choice: take another level, another deck, or another kind."


def _reasons(drawn: list[Candidate], today: Day) -> tuple[str, ...]:
    """Why these: what the plan says of some, and of each the first other reason that holds for it."""
    heavy = [one for one in drawn if one.weight > 1]
    missed = [one for one in drawn if one.missed > 0]
    never = [one for one in drawn if one.asked_on is None and one not in missed]
    long_ago = [
        one for one in drawn if one not in missed and one.asked_on is not None and today - one.asked_on >= LATELY
    ]
    counts = (
        (len(heavy), "weigh most in your plan"),
        (len(missed), "had points missed"),
        (len(never), "never asked" if len(never) == len(drawn) else "were never asked"),
        (len(long_ago), "were not asked for two weeks"),
    )
    return tuple(f"{_NUMBERS[count]} {_singular(what, count)}" for count, what in counts if count)


def _singular(what: str, count: int) -> str:
    return what.replace("were", "was").replace("weigh ", "weighs ") if count == 1 else what
