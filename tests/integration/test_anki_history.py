"""Schedules and logs, as Anki understands them."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.study_day import date_of
from flashcards.services.review.facade import Answer
from tests.integration.anki_world import AnkiWorld, rows_of

DAY = 86_400_000
READER = Path(__file__).with_name("anki_reads.py")


def zone_where_it_is(hour: int) -> str:
    """A time zone in which the clock shows this hour right now."""
    offset = (hour - time.gmtime().tm_hour + 11) % 24 - 11
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def anki_reads(package: Path, folder: Path, zone: str, day_start: int = 4) -> Any:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, str(READER), str(package), str(folder), str(day_start)],
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def study(world: AnkiWorld, days: int, seed: int) -> None:
    """Reviews what is due, day after day until now, well and badly; some drills, extras and manual actions."""
    chance = random.Random(seed)
    now = world.now
    for day in range(days, -1, -1):
        world.now = now - day * DAY
        seen = []
        for _ in range(60):
            queue = world.review.queue(world.learner, limit=1)
            if not queue.cards:
                break
            world.now += chance.randrange(2_000, 20_000)
            grade = chance.choice((0, 1, 2, 3, 4, 4, 4, 5, 5))
            answer(world, queue.cards[0].id, grade, took_ms=chance.randrange(500, 90_000))
            seen.append(queue.cards[0].id)
        if seen and day % 5 == 3:
            answer(world, chance.choice(seen), 4, mode="cram")
            world.review.act(world.learner, chance.choice(seen), "bury")
        if seen and day % 7 == 2:
            world.review.act(world.learner, seen[0], "due", due_on=world.review.study_day(world.learner) + 9)
        if seen and day == days // 2:
            world.review.act(world.learner, seen[-1], "reset")
    world.review.act(
        world.learner, seen[0] if seen else world.review.cards(world.learner, limit=1).items[0].id, "suspend"
    )


def answer(world: AnkiWorld, card: str, grade: int, **more: Any) -> None:
    world.review.answer(world.learner, Answer(id=str(uuid.uuid4()), card=card, grade=grade, **more))


def studied(tmp_path: Path, zone: str, day_start: int = 4, days: int = 45) -> AnkiWorld:
    world = AnkiWorld(tmp_path, timezone=zone, day_start=day_start, new_per_day=3)
    notes = "".join(f"## What is {n}? {{#n{n}}}\n\nNumber {n}.\n\n" for n in range(180))
    world.write("numbers.md", notes)
    world.write("gaps.md", "## Gaps {#gaps}\n\n{{c1::a}} {{c2::b}} {{c4::d}}\n\n## Both? {#both .reversed}\n\nYes.\n")
    world.now = time.time_ns() // 1_000_000 - 60 * DAY
    world.sync()
    world.now = time.time_ns() // 1_000_000
    study(world, days, seed=7)
    world.now = time.time_ns() // 1_000_000
    return world


def ours(world: AnkiWorld) -> Mapping[str, Any]:
    """The learner's cards by Anki's name for them."""
    cards = {}
    for state in world.review.cards(world.learner, limit=500).items:
        place = {"forward": 0, "backward": 1}.get(state.which)
        cards[f"{state.deck}#{state.note}/{int(state.which[1:]) - 1 if place is None else place}"] = state
    return cards


EASE = {0: 1, 1: 1, 2: 1, 3: 2, 4: 3, 5: 4, None: 0}


@pytest.mark.parametrize(
    ("hour", "day_start"),
    [
        pytest.param(2, 4, id="before-it-starts"),
        pytest.param(5, 4, id="just-begun", marks=pytest.mark.nightly),
        pytest.param(23, 4, id="late", marks=pytest.mark.nightly),
        pytest.param(1, 0, id="midnight"),
    ],
)
def test_anki_agrees_on_every_card_and_every_row(tmp_path: Path, hour: int, day_start: int) -> None:
    zone = zone_where_it_is(hour)
    world = studied(tmp_path, zone, day_start)
    done = world.package(history=True)
    theirs = anki_reads(done.path, tmp_path / "anki", zone, day_start)
    today = world.review.study_day(world.learner)
    cards = ours(world)
    assert theirs["cards"].keys() == cards.keys()
    assert len({state.state for state in cards.values()}) == 3, "new, scheduled and suspended ones"
    assert sum(len(card["log"]) for card in theirs["cards"].values()) == done.reviews > 200
    for key, state in cards.items():
        card = theirs["cards"][key]
        history = [row for row in world.review.card_history(world.learner, state.id) if not row.undone]
        answers = [row for row in history if row.grade is not None]
        assert card["reps"] == len(answers)
        assert card["lapses"] == state.lapses
        if state.due_on is None:
            assert (card["type"], card["queue"]) == (0, -1 if state.suspended else 0)
        else:
            queue = -1 if state.suspended else -3 if (state.buried_until or 0) > today else 2
            assert (card["type"], card["queue"]) == (2, queue)
            assert card["overdue"] == today - state.due_on
            if state.due_on >= today and queue == 2:
                assert card["due"] == date_of(state.due_on).isoformat()
            assert card["ivl"] == max(1, state.interval)
            assert card["factor"] == state.ease * 10
            assert card["stability"] > 0
        rows = sorted(history, key=lambda row: (row.at, row.seq))
        assert len(card["log"]) == len(rows)
        for (at, ease, ivl, last_ivl, factor, took, type_), row in zip(card["log"], rows, strict=True):
            assert 0 <= at - row.at < 100
            assert (ease, ivl, last_ivl) == (EASE[row.grade], row.after.interval, row.before.interval)
            assert took == min(row.took_ms or 0, 60_000)
            if type_ == 3:
                assert (factor, row.kind in ("cram", "extra")) == (row.after.ease * 10, True)
            elif row.verb == "reset":
                assert (type_, factor) == (4, 0)
            else:
                assert factor == row.after.ease * 10
                assert (type_ == 4) == (row.grade is None)
                assert row.kind in {0: ("scheduled", "drill"), 1: ("scheduled",), 2: ("drill",), 4: ("manual",)}[type_]
        if answers:
            first = next(log for log in card["log"] if log[1])
            assert first[6] == 0, "FSRS begins with a row of type 0"
    assert theirs["fsrs_items"] > 50
    assert theirs["params"] > 15
    world.close()


def test_history_is_a_seed_and_no_more(tmp_path: Path) -> None:
    """What Anki has already never gets another schedule, or rows: the page and the manual say so."""
    from tests.integration.anki_world import anki

    world = studied(tmp_path, "UTC", days=3)
    with anki(tmp_path) as collection:
        collection.take(world.package(history=False).path)
        collection.take(world.package(history=True).path)
        assert collection.rows("SELECT * FROM revlog") == []
        assert {card.type for card in map(collection.col.get_card, collection.col.find_cards(""))} == {0}
    world.close()


def test_without_history_everything_is_new(tmp_path: Path) -> None:
    world = studied(tmp_path, "UTC", days=3)
    done = world.package()
    assert rows_of(done.path, "SELECT DISTINCT type, queue, ivl, factor, reps FROM cards") == [(0, 0, 0, 0, 0)]
    assert (done.reviews, rows_of(done.path, "SELECT * FROM revlog")) == (0, [])
    world.close()


def test_row_ids_never_collide(tmp_path: Path) -> None:
    """Anki drops a row whose id it has, without a word."""
    world = AnkiWorld(tmp_path)
    world.write("a.md", "".join(f"## What is {n}? {{#n{n}}}\n\nNumber {n}.\n\n" for n in range(40)))
    world.sync()
    for card in world.review.cards(world.learner, limit=50).items:
        answer(world, card.id, 4)  # all in the same millisecond
    done = world.package(history=True)
    ids = [id_ for (id_,) in rows_of(done.path, "SELECT id FROM revlog")]
    assert len(set(ids)) == len(ids) == 40 == done.reviews
    assert max(ids) - min(ids) < 100
    world.close()


def test_undone_answers_never_happened(tmp_path: Path) -> None:
    world = AnkiWorld(tmp_path)
    world.write("a.md", "## Q? {#q}\n\nA.\n")
    world.sync()
    (card,) = world.review.cards(world.learner, limit=5).items
    answer(world, card.id, 1)
    world.review.undo(world.learner)
    done = world.package(history=True)
    assert done.reviews == 0
    assert rows_of(done.path, "SELECT type, queue, reps FROM cards") == [(0, 0, 0)]
    world.close()
