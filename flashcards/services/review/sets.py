"""Sets: exactly the cards that a learner chose to study, frozen when it starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast, get_args

from flashcards.clock import Clock
from flashcards.domain.ids import CardId, LearnerId
from flashcards.domain.queue import PlannedCard, day_so_far
from flashcards.domain.study_day import Day
from flashcards.domain.study_set import AskedCard, GivenAnswer, SetCard, SetMode, in_order, not_done
from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.scope import Weighed
from flashcards.services.review.card_lookup import Cards, card_number
from flashcards.services.review.contract import Found, Left, OpenSet, Queue, QueueKind, QueueMode, StudySet, Summary
from flashcards.services.review.incoming import checked_uuid
from flashcards.services.review.next_cards import held_cards
from flashcards.storage.database import Database
from flashcards.storage.sets import SetRows, StoredSet

SET_MODES: tuple[SetMode, ...] = get_args(SetMode)
KEPT_DAYS = 60
"""How long a set can be gone on with."""
MOST_NAMED = 500
MOST_OPEN = 10
"""So many of the newest sets are looked at for those that are not done."""


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a set, or of a cram, of `all` cards."""

    study_day: Day
    cards: list[AskedCard]
    all: int
    planned: Weighed | None = None

    @property
    def left(self) -> Left:
        kinds = Counter(it.kind for it in self.cards)
        return Left(kinds["due"], kinds["new"], kinds["drill"], 0, kinds["cram"])

    def first(self, learner: LearnerId, skip: frozenset[CardId]) -> Callable[[int], list[PlannedCard]]:
        """The next cards, as many as one asks for."""
        return lambda count: list(islice((it for it in self.cards if it.card not in skip), count))

    @staticmethod
    def kind(card: PlannedCard) -> QueueKind:
        """What the card is to the learner."""
        return cast(AskedCard, card).kind


class Sets(Cards):
    """Making sets, and what comes next in one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._sets = SetRows(database)

    def make_set(
        self,
        learner: Learner,
        *,
        id: str,
        mode: str,
        q: str | None = None,
        cards: Sequence[str] | None = None,
        title: str = "",
    ) -> tuple[StudySet, bool]:
        """Freezes what the search `q` finds, or the `cards` named by their ids, and says whether the set is new.

        A set with a `title` is offered until it is done, see `open_sets`.

        The same id again, with the same search and mode, changes nothing and gives the stored set. Raises Invalid (the
        field is named; also where there is nothing to study), NotFound (a deck, a card), Conflict (the id is taken).
        """
        uid = checked_uuid(id)
        if mode not in SET_MODES:
            raise Invalid(f"Give one of {', '.join(SET_MODES)}.", field="mode")
        if (q is None) == (cards is None):
            raise Invalid("Give a search, or else the ids of cards.", field="q")
        query = (q or "").strip()
        with self._db.write(learner=learner.id):
            stored = self._sets.get(learner.id, uid)
            if stored is not None:
                return _repeated(stored, query, mode, cards), False
            today = self.study_day(learner)
            chosen = self._named(learner, cards, today) if cards is not None else self._found(learner, query)
            if not chosen:
                raise Invalid("No card is found: there is nothing to study.", field="q" if cards is None else "cards")
            order, seq = tuple(in_order(chosen, uid)), self._rows.log_end(learner.id)[0]
            made = StoredSet(uid, query, order, mode, today, self._clock(), seq, title)
            self._sets.forget_older(learner.id, today - KEPT_DAYS)
            self._sets.add(learner.id, made)
            return _study_set(made), True

    def study_set(self, learner: Learner, set_id: str) -> StudySet:
        """The set as it was made; raises NotFound."""
        return _study_set(self._stored_set(learner, set_id))

    def open_sets(self, learner: Learner) -> tuple[OpenSet, ...]:
        """The sets that were begun and are not done, the newest first; of two alike only the newer one."""
        with self._db.read():
            today = self.study_day(learner)
            stored = self._sets.begun(learner.id, today - KEPT_DAYS)[:MOST_OPEN]
            if not stored:
                return ()
            given = self._sets.since_with_seq(learner.id, min(it.seq for it in stored))
            every = sorted({card for it in stored for card in it.cards})
            there = {it.card: it for it in self._sets.cards(learner.id, every, today)}
            drill, moved = self._asked_today(learner, today)
        unfinished: dict[tuple[str, str, frozenset[int]], OpenSet] = {}
        for it in stored:
            cards = [there[card] for card in it.cards if card in there]
            since = (answer for seq, answer in given if seq > it.seq)
            left = len(not_done(cards, since, cast(SetMode, it.mode), today, drill, moved))
            if left:
                unfinished.setdefault((it.query, it.mode, frozenset(it.cards)), OpenSet(_study_set(it), left))
        return tuple(unfinished.values())

    def end_set(self, learner: Learner, set_id: str) -> None:
        """Forgets a set; what was answered in it stays. Raises NotFound."""
        with self._db.write(learner=learner.id):
            self._sets.delete(learner.id, self._stored_set(learner, set_id).id)

    def set_left(self, learner: Learner, set_id: str) -> OpenSet | None:
        """A set with what is left of it, which may be nothing; None where there is no such set."""
        with self._db.read():
            stored = self._sets.get(learner.id, checked_uuid(set_id))
            if stored is None:
                return None
            since = self._sets.since(learner.id, stored.seq)
            left = len(self._rest(learner, stored.cards, since, cast(SetMode, stored.mode)).cards)
            return OpenSet(_study_set(stored), left)

    def summary_of_set(self, learner: Learner, set_id: str) -> Summary:
        """How it went with the cards of a set since it was made; raises NotFound."""
        with self._db.read():
            made = self._stored_set(learner, set_id)
            cards = frozenset(made.cards)
            answers = self._sets.answers_since(learner.id, made.seq)
            return self._summary(learner, [it for it in answers if it[0] in cards])

    def set_cards(self, learner: Learner, set_id: str) -> frozenset[str]:
        """The ids of a set's cards; raises NotFound."""
        return frozenset(map(str, self._stored_set(learner, set_id).cards))

    def set_queue(self, learner: Learner, set_id: str, *, limit: int = 20, exclude: Iterable[str] = ()) -> Queue:
        """The next cards of a set, as `queue` gives those of the day; raises NotFound.

        A card that is failed in the set comes again until it is right twice in a row.
        """
        with self._db.read():
            made = self._stored_set(learner, set_id)
            rest = self._rest(learner, made.cards, self._sets.since(learner.id, made.seq), cast(SetMode, made.mode))
            return self._queue_of(learner, rest, limit, exclude)

    def search_queue(
        self,
        learner: Learner,
        q: str | None,
        *,
        deck: str | None = None,
        tag: str | None = None,
        mode: QueueMode = "review",
        limit: int = 20,
        exclude: Iterable[str] = (),
        more: int = 0,
    ) -> Queue:
        """`queue`, of the cards that a search finds now.

        With the mode `cram` all of them come, each until it is right today, after a failure twice in a row.
        Raises Invalid and NotFound.
        """
        self._prepare(learner)
        with self._db.read():
            if mode != "cram":
                among = {it.card for it in self._found(learner, q)} if q else None
                return self.queue(
                    learner, deck=deck, tag=tag, mode=mode, limit=limit, exclude=exclude, more=more, among=among
                )
            found, today = self._found(learner, q or "", deck=deck, tag=tag), self.study_day(learner)
            cards = in_order(found, f"{learner.id}/{today}")
            rest = self._rest(learner, cards, self._sets.crammed(learner.id, today), "cram")
            return self._queue_of(learner, rest, limit, exclude)

    def askable(self, learner: Learner, cards: Sequence[str]) -> set[str]:
        """Those of these cards that a set can hold: they are in their files, and in decks."""
        with self._db.read():
            found = self._sets.cards(learner.id, list(map(card_number, cards)), self.study_day(learner))
        return {str(it.card) for it in found}

    def found(self, learner: Learner, q: str) -> Found:
        """How many cards a set of a search would have; raises Invalid and NotFound."""
        with self._db.read():
            drill, _ = self._asked_today(learner, self.study_day(learner))
            return Found(*self._sets.tally(learner.id, self._wanted(learner, q), drill))

    def to_drill(self, learner: Learner) -> frozenset[str]:
        """The ids of the cards that today's drill asks."""
        with self._db.read():
            return frozenset(map(str, self._asked_today(learner, self.study_day(learner))[0]))

    def _found(self, learner: Learner, q: str, *, deck: str | None = None, tag: str | None = None) -> list[SetCard]:
        return self._sets.found(learner.id, self._wanted(learner, q, deck=deck, tag=tag))

    def _named(self, learner: Learner, cards: Sequence[str], today: Day) -> list[SetCard]:
        if len(cards) > MOST_NAMED:
            raise Invalid(f"Name at most {MOST_NAMED} cards, or give a search.", field="cards")
        numbers = list(dict.fromkeys(map(card_number, cards)))
        found = self._sets.cards(learner.id, numbers, today)
        if len(found) < len(numbers):
            raise NotFound("There is no such card, or it can no longer be asked.")
        return found

    def _stored_set(self, learner: Learner, set_id: str) -> StoredSet:
        stored = self._sets.get(learner.id, set_id.lower())
        if stored is None:
            raise NotFound("There is no such set: it is not yours, or too old to go on with.")
        return stored

    def _rest(self, learner: Learner, cards: Sequence[CardId], since: Iterable[GivenAnswer], mode: SetMode) -> _Rest:
        today = self.study_day(learner)
        there = self._sets.cards(learner.id, cards, today)
        left = not_done(there, since, mode, today, *self._asked_today(learner, today))
        plan = self._plan_days.followed(learner.id, today) if mode == "review" else None
        return _Rest(today, left, len(there), self._plan_days.weighed(learner.id, plan) if plan else None)

    def _asked_today(self, learner: Learner, today: Day) -> tuple[set[CardId], set[CardId]]:
        """The cards that today's drill asks, and those whose schedule moved today."""
        so_far = day_so_far(self._queue_rows.answers(learner.id, today), drill=learner.drill)
        return {it.card for it in so_far.drill}, {it.card for it in so_far.moved}

    def _queue_of(self, learner: Learner, rest: _Rest, limit: int, exclude: Iterable[str]) -> Queue:
        cards = self._next_cards(learner, rest, max(0, limit), held_cards(exclude))
        asked = {str(it.card): it for it in rest.cards}
        seq, _ = self._rows.log_end(learner.id)
        shown = tuple(replace(it, rights=asked[it.id].rights, failed=asked[it.id].failed) for it in cards)
        return Queue(rest.study_day, seq, rest.left, rest.all, shown)


def _repeated(stored: StoredSet, query: str, mode: str, cards: Sequence[str] | None) -> StudySet:
    same_cards = cards is None or sorted(set(cards)) == sorted(map(str, stored.cards))
    if (stored.query, stored.mode) != (query, mode) or not same_cards:
        raise Conflict("This id was used for another set: give each set an id of its own.")
    return _study_set(stored)


def _study_set(stored: StoredSet) -> StudySet:
    mode = cast(SetMode, stored.mode)
    return StudySet(stored.id, stored.query, mode, len(stored.cards), stored.study_day, stored.made_at, stored.title)
