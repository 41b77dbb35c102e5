"""What a plan would bring: as it is shown, and as it is stored with the day on which it was reckoned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flashcards.domain.plan.model import Known, PathPoint, Plan, PlanCard
from flashcards.domain.plan.shares import MORE_MINUTES
from flashcards.domain.study_day import Day
from flashcards.services.plan.contract import USUAL_WEIGHT, Choice, DayOutlook, Group, GroupOutlook, Outlook
from flashcards.services.plan.days import seconds_of_day
from flashcards.services.plan.learners import Material
from flashcards.services.plan.process import Reckoned
from flashcards.storage.plans import PlanRow


def outlook_of(
    choice: Choice,
    today: Day,
    plan: PlanRow,
    groups: Sequence[Group],
    scope: Sequence[PlanCard],
    reckoned: Reckoned,
    found: Material,
    breaks: frozenset[Day],
) -> Outlook:
    """What was reckoned of a plan, as it is shown. `groups` are as the folders of the scope count them."""
    it: Plan = reckoned.plan
    left_out = set(it.left_out)
    out = Counter(card.folder for card in scope if card.card in left_out)
    sizes = Counter(card.folder for card in scope)
    weights: dict[int, int] = {}
    for card in scope:
        weights[card.folder] = max(weights.get(card.folder, 0), card.weight)
    nothing = Known(0.0, 0.0, 0.0)
    return Outlook(
        choice=choice,
        reckoned_on=today,
        cards=it.cards,
        seen=it.seen,
        known=it.known,
        without=it.without,
        more=_more(choice, reckoned),
        path=it.path,
        groups=tuple(
            GroupOutlook(
                group.address, group.title, weights.get(number, USUAL_WEIGHT), sizes[number],
                it.folders.get(number, nothing), out[number],
            )
            for number, group in enumerate(groups)
            if sizes[number]
        ),
        days=tuple(
            DayOutlook(
                day.day, day.new, _again(day.cards, day.new, day.seconds, found),
                round(seconds_of_day(plan, day.day, breaks) / 60),
            )
            for day in it.days
        ),
        by_minutes=reckoned.by_minutes,
        answers=found.answers,
    )  # fmt: skip


def _more(choice: Choice, reckoned: Reckoned) -> float:
    """What a step more of minutes adds: the row of the table, where it has one."""
    row = reckoned.by_minutes.get(choice.minutes + MORE_MINUTES)
    return reckoned.plan.more if row is None else max(0.0, row.median - reckoned.plan.known.median)


def _again(cards: Sequence[object], new: int, seconds: float, found: Material) -> int:
    """How many cards that were seen a day asks; far ahead, where they are not named, by their time."""
    if cards:
        return len(cards) - new
    speeds = found.learner.speeds
    return max(0, round((seconds - new * (speeds.new + 0.3 * speeds.drill)) / (speeds.right + 3)))


def to_figures(it: Outlook) -> dict[str, Any]:
    """As it is stored."""
    return {
        "cards": it.cards,
        "seen": it.seen,
        "known": _known(it.known),
        "without": round(it.without, 1),
        "more": round(it.more, 1),
        "path": [[point.day, round(point.plan, 1), round(point.without, 1)] for point in it.path],
        "groups": [
            [group.address, group.title, group.weight, group.cards, _known(group.known), group.left_out]
            for group in it.groups
        ],
        "days": [[day.day, day.new, day.again, day.minutes] for day in it.days],
        "by_minutes": [[minutes, _known(known)] for minutes, known in it.by_minutes.items()],
        "answers": it.answers,
    }


def has_outlook(figures: dict[str, Any]) -> bool:
    """Whether there is all of it: days of older versions had less."""
    return "groups" in figures


def from_figures(choice: Choice, today: Day, figures: dict[str, Any]) -> Outlook:
    """What `to_figures` stored."""
    return Outlook(
        choice=choice,
        reckoned_on=today,
        cards=figures["cards"],
        seen=figures["seen"],
        known=Known(*figures["known"]),
        without=figures["without"],
        more=figures["more"],
        path=tuple(PathPoint(*point) for point in figures["path"]),
        groups=tuple(
            GroupOutlook(address, title, weight, cards, Known(*known), left_out)
            for address, title, weight, cards, known, left_out in figures["groups"]
        ),
        days=tuple(DayOutlook(*day) for day in figures["days"]),
        by_minutes={minutes: Known(*known) for minutes, known in figures["by_minutes"]},
        answers=figures["answers"],
    )


def _known(it: Known) -> list[float]:
    return [round(value, 1) for value in it]
