"""What the page's script says is what the server says: diffs of typed answers, and the grades' effects."""

from __future__ import annotations

import random
from dataclasses import astuple

from playwright.sync_api import Page

from flashcards.domain.confusables import apart
from flashcards.domain.day_in_words import day_so_far
from flashcards.domain.effect import effect
from flashcards.domain.queue import NewCard
from flashcards.domain.typed_answer import compare
from flashcards.web.shared.dates import interval_words
from tests.browser.live import Live

PAIRS = [
    ("", ""), ("", "x"), ("x", ""), ("Ulanbaatur", "Ulaanbaatar"), ("  two   words ", "two words"),
    ("Reykjavi\u0301k", "Reykjavík"), ("梯度下降", "梯度的下降"), ("אפס", "אפסים"), ("a😀b", "a😁b"),
    ("x" * 500, "x" * 500), ("x" * 500, "y"),
]  # fmt: skip


def test_diffs_are_the_same(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/help")
    dice = random.Random(1)
    texts = ["".join(dice.choices("abc d", k=dice.randrange(12))) for _ in range(60)]
    pairs = [*PAIRS, *zip(texts[::2], texts[1::2], strict=True)]
    found = page.evaluate(
        """async (pairs) => { const sheet = document.querySelector("link[href$='app.css']").href;
        const { compare } = await import(sheet.replace("app.css", "js/typed-answer.js"));
        return pairs.map(([typed, expected]) => compare(typed, expected)); }""",
        [list(pair) for pair in pairs],
    )
    for (typed, expected), theirs in zip(pairs, found, strict=True):
        ours = compare(typed, expected)
        assert theirs["equal"] == ours.equal
        assert [tuple(piece) for piece in theirs["typed"] if piece[1]] == [astuple(p) for p in ours.typed if p.text]
        assert [tuple(piece) for piece in theirs["expected"] if piece[1]] == [
            astuple(p) for p in ours.expected if p.text
        ]


def test_effects_are_the_same(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/help")
    days = [*range(1, 4000), 10_000, 36_499, 36_500]
    found = page.evaluate(
        """async (days) => { const sheet = document.querySelector("link[href$='app.css']").href;
        const { effect } = await import(sheet.replace("app.css", "js/card.js"));
        const either = [true, false], of = (day) => ({ 2: day, 3: day, 4: day, 5: day });
        return days.map((day) => ["due", "drill", "ahead", "plan", "cram"].flatMap((kind) => either.flatMap((drill) =>
          either.flatMap((suspends) => either.flatMap((by_plan) => [2, 3, 4, 5].map((quality) =>
            effect(quality, { kind, suspends, by_plan, intervals: of(day) }, drill))))))); }""",
        days,
    )
    for day, theirs in zip(days, found, strict=True):
        ours = [
            effect(quality, interval_words(day), kind, drill=drill, suspends=suspends, by_plan=by_plan)
            for kind in ("due", "drill", "ahead", "plan", "cram")
            for drill in (True, False)
            for suspends in (True, False)
            for by_plan in (True, False)
            for quality in (2, 3, 4, 5)
        ]
        assert theirs == ours


def test_what_is_done_of_a_day_is_said_the_same(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/help")
    days = [
        (done, seconds, drill) for done in (0, 1, 1_234) for seconds in (0, 29, 90, 150, 3_600) for drill in (0, 1, 2)
    ]
    found = page.evaluate(
        """async (days) => { const sheet = document.querySelector("link[href$='app.css']").href;
        const { daySoFar } = await import(sheet.replace("app.css", "js/card.js"));
        return days.map((day) => daySoFar(...day)); }""",
        [list(day) for day in days],
    )
    assert found == [day_so_far(*day) for day in days]


def test_confusable_cards_are_set_apart_the_same_way(live: Live, page: Page) -> None:
    page.goto(f"{live.url}/help")
    dice = random.Random(2)
    rows = [(dice.choices([None, None, 1, 2, 3], k=dice.randrange(12)), dice.choice([None, 1])) for _ in range(300)]
    found = page.evaluate(
        """async (rows) => { const sheet = document.querySelector("link[href$='app.css']").href;
        const { apart } = await import(sheet.replace("app.css", "js/confusables.js"));
        return rows.map(([marks, before]) =>
          apart(marks.map((confusable, id) => ({ id, confusable })), before).map(({ id }) => id)); }""",
        [list(row) for row in rows],
    )
    moved = 0
    for (marks, before), theirs in zip(rows, found, strict=True):
        cards = [NewCard(place, place, 0, 1) for place in range(len(marks))]
        ours = apart(cards, {place: mark for place, mark in enumerate(marks) if mark}, before)
        assert theirs == [card.card for card in ours]
        moved += ours != cards
    assert moved > 50
