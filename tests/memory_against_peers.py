"""Our FSRS-6 beside its peers, the package `fsrs` and Anki's engine, on random histories.

`python -m tests.memory_against_peers [histories] [seed]` prints the largest differences; 10,000 histories are
judged so. A small sample is among the tests.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters

os.environ["ANKI_TEST_MODE"] = "1"  # Anki does not spread its intervals then

History = tuple[tuple[int, int], ...]
"""Answers as (days since the last one, quality)."""

S_RELATIVE, D_ABSOLUTE, EQUAL_INTERVALS = 1e-4, 1e-4, 0.999
TINY = fsrs.UNIT // 100
"""A quarter of an hour. Below it a whole millionth of a day is itself up to 1e-3 of the stability (the least is 86
seconds), and what is rounded there stays in the memories after it: these are told apart."""


@dataclass
class Differences:
    """The largest differences seen, and how many intervals were equal.

    `once_tiny` is the largest of stabilities that were once below `TINY`, `stability` that of all others; `beyond`
    counts those of either that are further apart than `S_RELATIVE`.
    """

    steps: int = 0
    stability: float = 0.0
    once_tiny: float = 0.0
    beyond: int = 0
    difficulty: float = 0.0
    intervals: int = 0
    equal: int = 0
    furthest: int = 0

    def memory(self, ours: Memory, lowest: int, stability: float, difficulty: float) -> None:
        apart = abs(ours.days / stability - 1)
        self.steps += 1
        self.beyond += apart > S_RELATIVE
        if lowest < TINY:
            self.once_tiny = max(self.once_tiny, apart)
        else:
            self.stability = max(self.stability, apart)
        self.difficulty = max(self.difficulty, abs(ours.difficulty / fsrs.UNIT - difficulty))

    def interval(self, ours: int, theirs: int) -> None:
        self.intervals += 1
        self.equal += ours == theirs
        self.furthest = max(self.furthest, abs(ours - theirs))

    @property
    def within(self) -> bool:
        """Whether they agree as decided."""
        memory = self.stability <= S_RELATIVE and self.once_tiny <= 1e-3 and self.difficulty <= D_ABSOLUTE
        return memory and self.equal >= self.intervals * EQUAL_INTERVALS and self.furthest <= 1


def histories(count: int, seed: int) -> list[History]:
    """Random histories: short and long gaps, further answers on a day, every grade."""
    chance = random.Random(seed)
    return [tuple(_answers(chance)) for _ in range(count)]


def _answers(chance: random.Random) -> Iterator[tuple[int, int]]:
    yield 0, chance.randint(0, 5)
    usual = chance.choice([1, 4, 20, 120])
    for _ in range(chance.randint(1, 40)):
        days = 0 if chance.random() < 0.25 else 1 + int(chance.expovariate(1 / usual))
        yield days, chance.choice([0, 1, 2, 3, 4, 4, 4, 5])


def random_parameters(seed: int) -> Parameters:
    """Parameters near the defaults, a fifth up or down."""
    chance = random.Random(seed)
    return fsrs.parameters(number * chance.uniform(0.8, 1.2) for number in DEFAULTS.numbers)


def against_package(chosen_histories: Sequence[History], chosen: Parameters, retention: float) -> Differences:
    """Beside the package `fsrs`, after every answer."""
    import fsrs as peer

    scheduler = peer.Scheduler(chosen.numbers, retention, (), (), 36_500, False)
    seen = Differences()
    for history in chosen_histories:
        card, ours, lowest = peer.Card(), None, fsrs.MAXIMUM_STABILITY
        when = datetime(2000, 1, 1, tzinfo=UTC)
        for days, quality in history:
            when += timedelta(days=days, minutes=1)  # a minute later each time: the peer counts whole 24 hours
            rating = peer.Rating(fsrs.rating_of(quality))
            card, _ = scheduler.review_card(card, rating, when)
            ours = fsrs.review(ours, quality, days, chosen)
            assert card.stability is not None
            assert card.difficulty is not None
            lowest = min(lowest, ours.stability)
            seen.memory(ours, lowest, min(36_500.0, card.stability), card.difficulty)
            if card.stability <= 36_500:  # it knows no greatest stability
                seen.interval(fsrs.interval(ours, retention, chosen), (card.due - when).days)
    return seen


def against_anki(chosen_histories: Sequence[History], chosen: Parameters, retention: float) -> Differences:
    """Beside Anki: the memory after each history, and the interval of another answer, Good."""
    seen = Differences()
    with _anki(chosen, retention) as collection:
        cards = _cards(collection, chosen_histories)
        for card, history in zip(cards, chosen_histories, strict=True):
            ours, lowest = None, fsrs.MAXIMUM_STABILITY
            for days, quality in history:
                ours = fsrs.review(ours, quality, days, chosen)
                lowest = min(lowest, ours.stability)
            assert ours is not None
            theirs = collection._backend.compute_memory_state(card)
            seen.memory(ours, lowest, theirs.state.stability, theirs.state.difficulty)
            hard, good = (fsrs.interval(fsrs.review(ours, q, GAP, chosen), retention, chosen) for q in (3, 4))
            if 1 < hard < good:  # else Anki makes a button a day longer than the one before it
                states = collection._backend.get_scheduling_states(card)
                seen.interval(good, states.good.normal.review.scheduled_days)
    return seen


GAP = 7
"""The days between the last answer and today in Anki's collection."""


@contextmanager
def _anki(chosen: Parameters, retention: float) -> Iterator[Any]:
    from anki.collection import Collection

    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(str(Path(folder) / "collection.anki2"))
        collection.set_config("fsrs", True)
        preset = collection.decks.config_dict_for_deck_id(1)
        preset["fsrsParams6"] = list(chosen.numbers)
        preset["desiredRetention"] = retention
        preset["new"]["delays"] = preset["lapse"]["delays"] = []
        preset["rev"]["maxIvl"] = 36_500
        collection.decks.save(preset)
        yield collection
        collection.close()


def _cards(collection: Any, chosen_histories: Sequence[History]) -> list[int]:
    """A card for each history, whose last answer was `GAP` days ago."""
    today = collection.sched.day_cutoff - 43_200  # the middle of its study day
    rows, cards, taken = [], [], 0
    last: dict[int, int] = {}
    for number, history in enumerate(chosen_histories):
        card = number + 1
        when = today - (GAP + sum(days for days, _ in history)) * 86_400
        for place, (days, quality) in enumerate(history):
            when += days * 86_400
            taken += 1
            # No two rows have one id: milliseconds tell them apart, in their order.
            rows.append((when * 1000 + taken, card, -1, fsrs.rating_of(quality), 1, 1, 2500, 1000, int(place > 0)))
        cards.append(card)
        last[card] = when
    collection.db.executemany("INSERT INTO revlog VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    collection.db.executemany(
        "INSERT INTO cards SELECT ?, ?, 1, 0, 0, 0, 2, 2, ?, 1, 2500, 9, 0, 0, 0, 0, 0, ''",
        [(card, card, 1 - GAP) for card in cards],
    )
    notetype = collection.models.by_name("Basic")["id"]
    collection.db.executemany(
        "INSERT INTO notes VALUES (?, 'g' || ?, ?, 0, 0, '', 'front' || char(31) || 'back', 0, 0, 0, '')",
        [(card, card, notetype) for card in cards],
    )
    for card, memory in ((card, collection._backend.compute_memory_state(card)) for card in cards):
        stability, difficulty = round(memory.state.stability, 4), round(memory.state.difficulty, 3)
        data = json.dumps({"s": stability, "d": difficulty, "decay": memory.decay, "lrt": last[card]})
        collection.db.execute("UPDATE cards SET data = ? WHERE id = ?", data, card)
    return cards


def main(count: int, seed: int) -> int:
    chosen_histories = histories(count, seed)
    answers = sum(map(len, chosen_histories))
    print(f"{count:,} histories with {answers:,} answers, seed {seed}")
    good = True
    for name, chosen in (("defaults", DEFAULTS), ("random parameters", random_parameters(seed))):
        for peer, compare in (("fsrs", against_package), ("Anki", against_anki)):
            seen = compare(chosen_histories, chosen, 0.9)
            print(
                f"{name:<18}{peer:<5}{seen.steps:>8,} memories: S {seen.stability:.1e} relative, {seen.once_tiny:.1e} "
                f"if once tiny ({seen.beyond} beyond {S_RELATIVE}), D {seen.difficulty:.1e}; {seen.equal:,} of "
                f"{seen.intervals:,} intervals equal, furthest {seen.furthest} d: {'ok' if seen.within else 'APART'}",
                flush=True,
            )
            good &= seen.within
    return 0 if good else 1


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*given, *(10_000, 1)[len(given) :]))
