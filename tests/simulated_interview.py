"""Learners whose true memory is hidden, over HTTP, up to the day of their interview: under the plan and under SM-2.

`python -m tests.simulated_interview [seeds] [--days 14 --minutes 45] [--strength 0.5]` prints a line for each seed:
the number recalled on the day under the plan and under SM-2 in the same minutes, what the plan had said before it
started and on the third day, and how well answers were predicted on the way. The learner's stabilities are the
model's times a strength and a factor of each card's own, which the server never sees; first answers are worse than
usual, speeds are their own, and days are missed. The clock is moved; everything else is what a learner's client does:
`POST /plans`, `POST /plans/outlook`, `GET /queue`, `POST /reviews/batch`.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import tempfile
import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.evaluation import binned
from flashcards.domain.memory.strength import fit_strength
from tests.learner_logs import scaled
from tests.simulated_learner import AS_THE_MODEL, CARDS, Truth
from tests.site import open_site

DAY_MS = 86_400_000
BEGIN = 20_600 * DAY_MS + 8 * 3_600_000
"""2026-05-27, 8:00 UTC."""
FIRST = date(2026, 5, 27)
BATCH = 20


@dataclass
class Known:
    """A card as the learner has it."""

    factor: float
    memory: fsrs.Memory | None = None
    last: int = 0


@dataclass
class Person:
    """A learner at the other end of the API."""

    truth: Truth
    days: int
    seed: int
    cards: dict[str, Known] = field(default_factory=dict)
    predicted: list[tuple[int, float, bool]] = field(default_factory=list)
    ratios: list[tuple[float, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.factors = random.Random(self.seed + 1_000)
        self.missed = {day for day in range(self.days) if self.chance.random() < self.truth.missed}
        self._strength_on: tuple[int, float] = (-1, 1.0)

    def card(self, number: str) -> Known:
        """The card, with its own factor from its number: the same under every policy."""
        if number not in self.cards:
            own = random.Random(f"{self.seed}/{number}").lognormvariate(0, self.truth.card_sd)
            self.cards[number] = Known(own)
        return self.cards[number]

    def recall(self, card: Known, day: int) -> float:
        """The truth."""
        if card.memory is None:
            return 0.0
        return fsrs.recall(scaled(card.memory, self.truth.strength * card.factor), day - card.last)

    def answer(self, number: str, day: int, *, drill: bool) -> tuple[int, float]:
        """(grade, seconds) of an answer."""
        card = self.card(number)
        if drill:
            grade, usual = 4, 9.0
        elif card.memory is None:
            grade = (1, 3, 4, 5)[self.chance.choices(range(4), self.truth.first_grades)[0]]
            usual = 22.0
        else:
            right = self.chance.random() < self.recall(card, day)
            grade, usual = (4, 9.0) if right else (1, 18.0)
            if day > card.last:
                said = fsrs.recall(scaled(card.memory, self._strength(day)), day - card.last)
                self.predicted.append((day, said, right))
                self.ratios.append(((day - card.last) / card.memory.days, right))
        card.memory = fsrs.first(grade) if card.memory is None else fsrs.review(card.memory, grade, day - card.last)
        card.last = day
        return grade, usual * self.truth.speed * self.chance.lognormvariate(-0.08, 0.4)

    def _strength(self, day: int) -> float:
        """What the log so far would make a model of this learner say, as the service fits it each day."""
        if self._strength_on[0] != day:
            self._strength_on = day, fit_strength(self.ratios).factor
        return self._strength_on[1]

    def recalled(self) -> float:
        """The expected number recalled on the day."""
        return sum(self.recall(card, self.days) for card in self.cards.values())

    def drawn(self) -> int:
        """A number recalled on the day, by chance."""
        chance = random.Random(self.seed + 1)
        return sum(chance.random() < self.recall(card, self.days) for card in self.cards.values())


@dataclass
class Result:
    """What came of a seed."""

    plan: float
    drawn: int
    said: dict[int, tuple[float, float, float]]
    predicted: list[tuple[int, float, bool]]
    asked: int


def study(client: FlaskClient, clock: Clock, person: Person, day: int, seconds: float, *, plan: bool) -> int:
    """A day's session: cards as they come until the time is over; gives how many answers.

    Without a plan what is due comes first, and then new cards while there is time; under one what the day promised,
    and then what else it has.
    """
    spent, answers, mode, more = 0.0, 0, "plan" if plan else "review", 0
    if not plan:
        client.patch("/api/v1/me", json={"new_per_day": 0})
    while spent < seconds:
        queue = client.get(f"/api/v1/queue?limit={BATCH}&more={more}").json
        if not queue["cards"]:
            if plan and not more:
                more = 9_999
                continue
            if plan or client.get("/api/v1/me").json["new_per_day"]:
                break
            client.patch("/api/v1/me", json={"new_per_day": 9_999})
            continue
        items = []
        for card in queue["cards"]:
            if spent >= seconds:
                break
            grade, took = person.answer(card["id"], day, drill=card["kind"] == "drill")
            spent += took
            clock.now += round(took * 1000)
            items.append({"id": str(uuid.UUID(int=person.chance.getrandbits(128), version=4)), "card": card["id"],
                          "grade": grade, "mode": mode, "took_ms": round(took * 1000)})  # fmt: skip
        reply = client.post("/api/v1/reviews/batch", json={"items": items}).json
        assert all(it["status"] == 201 for it in reply["items"]), reply
        answers += len(items)
    return answers


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> int:
        return self.now


def run(folder: Path, decks: Path, truth: Truth, days: int, minutes: int, seed: int, *, plan: bool) -> Result:
    """A learner from today to the day."""
    clock = Clock()
    person = Person(truth, days, seed)
    said: dict[int, tuple[float, float, float]] = {}
    asked = 0
    with open_site(folder, decks, clock=clock) as site:
        client = site.client(site.learner("Ann"))
        body = {"date": str(FIRST + timedelta(days)), "minutes": minutes}
        if plan:
            assert client.post("/api/v1/plans", json=body).status_code == 201
        for day in range(days):
            clock.now = BEGIN + day * DAY_MS
            if plan and day in (0, 3, 7):
                known = client.post("/api/v1/plans/outlook", json=body).json["known"]
                said[day] = (known["low"], known["median"], known["high"])
            if day in person.missed:
                continue
            asked += study(client, clock, person, day, minutes * 60.0, plan=plan)
    return Result(person.recalled(), person.drawn(), said, person.predicted, asked)


def written_decks(folder: Path) -> Path:
    """As many cards as the built-in decks had when the table of the requirement was made, in four folders."""
    decks = folder / "decks"
    number = 0
    for name, share in (("concepts", 0.45), ("coding", 0.2), ("design", 0.2), ("behavioural", 0.15)):
        (decks / name).mkdir(parents=True)
        left = round(CARDS * share) if name != "behavioural" else CARDS - number
        for part in range(0, left, 50):
            text = "".join(
                f"## What is number {number + place}? {{#n{number + place}}}\n\nIt is {number + place}.\n\n"
                for place in range(min(50, left - part))
            )
            (decks / name / f"deck-{part // 50:03d}.md").write_text(text)
            number += min(50, left - part)
    assert number == CARDS
    return decks


def main() -> None:
    """Prints a table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("seeds", type=int, nargs="?", default=2)
    asked.add_argument("--days", type=int, default=14)
    asked.add_argument("--minutes", type=int, default=45)
    asked.add_argument("--strength", type=float, default=1.0)
    asked.add_argument("--model", action="store_true", help="a memory as the model's, nothing missed")
    asked.add_argument("--only-plan", action="store_true")
    asked.add_argument("--first", type=int, default=1)
    given = asked.parse_args()
    truth = AS_THE_MODEL if given.model else Truth(given.strength)
    with tempfile.TemporaryDirectory() as name:
        _table(Path(name), truth, given)


def _table(folder: Path, truth: Truth, given: Any) -> None:
    decks = written_decks(folder)
    with open_site(folder / "prepared", decks) as site:
        site.services.sync.sync()
    name = "as the model" if given.model else f"x{given.strength}"
    print(f"{given.days} days, {given.minutes} minutes, memory {name}, of {CARDS} cards, through HTTP", flush=True)
    ratios, pairs, inside = [], [], {0: 0, 3: 0, 7: 0}
    seeds = range(given.first, given.first + given.seeds)
    for seed in seeds:
        found = {}
        for plan in (True,) if given.only_plan else (True, False):
            place = folder / f"{seed}-{plan}"
            shutil.copytree(folder / "prepared", place)
            found[plan] = run(place, decks, truth, given.days, given.minutes, seed, plan=plan)
        it = found[True]
        pairs += [(said, right) for day, said, right in it.predicted if day >= 7]
        for day, (low, _, high) in it.said.items():
            inside[day] += low <= it.drawn <= high
        ranges = "; ".join(f"day {day}: {low:.0f} to {high:.0f}" for day, (low, _, high) in it.said.items())
        line = f"  seed {seed}: plan {it.plan:.0f} recalled ({it.drawn} drawn, {it.asked} answers; said {ranges})"
        if False in found:
            same = found[False]
            ratios.append(it.plan / same.plan)
            line += f"; SM-2 {same.plan:.0f} ({same.asked} answers); {ratios[-1]:.2f} times"
        print(line, flush=True)
    if ratios:
        print(f"  plan over SM-2: mean {statistics.mean(ratios):.2f}, least {min(ratios):.2f}")
    print(f"  inside the range: {', '.join(f'day {day} {count} of {len(seeds)}' for day, count in inside.items())}")
    if pairs:
        off = sum(said - right for said, right in pairs) / len(pairs)
        bins = ", ".join(f"{it.predicted:.2f}/{it.happened:.2f} ({it.answers})" for it in binned(pairs))
        print(f"  {len(pairs):,} answers after the first week: predicted {off:+.3f} of what happened; {bins}")


if __name__ == "__main__":
    main()
