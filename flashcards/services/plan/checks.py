"""What a plan may be asked for; each refusal says what to give instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flashcards.domain.plan.model import LONGEST
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid
from flashcards.services.plan.contract import (
    LEAST_MINUTES,
    MINUTES_WANTED,
    MOST_MINUTES,
    OF_SEARCH,
    USUAL_WEIGHT,
    WEIGHTS,
    Choice,
)
from flashcards.services.review.search import RECALL, parse_search

_LONGEST_TITLE = 100
_MOST_PLACES = 200
_MINUTES_OF_DAY = 24 * 60
_PASSING_STATES, _PASSING_PROPS = frozenset({"due", "buried", "failed"}), frozenset({"due", RECALL})
"""What a search can ask that is another thing tomorrow."""


def checked(choice: Choice, today: Day) -> Choice:
    """The choice, tidied. Raises Invalid naming the field; `today` is the learner's study day."""
    _check_day(choice.day, today)
    if type(choice.minutes) is not int or not LEAST_MINUTES <= choice.minutes <= MOST_MINUTES:
        raise Invalid(MINUTES_WANTED, field="minutes")
    if choice.minute is not None and not 0 <= choice.minute < _MINUTES_OF_DAY:
        raise Invalid("Give a time such as 09:30.", field="time")
    if choice.style not in ("most", "sure"):
        raise Invalid("Give one of most, sure.", field="style")
    if set(choice.weekdays_off) >= set(range(7)):
        raise Invalid("Every day of the week is off: leave at least one to study.", field="weekdays_off")
    if any(not 0 <= it <= 6 for it in choice.weekdays_off):
        raise Invalid("Give days of the week from 0 (Monday) to 6 (Sunday).", field="weekdays_off")
    if len(choice.title) > _LONGEST_TITLE:
        raise Invalid(f"Give a title of at most {_LONGEST_TITLE} characters.", field="title")
    if len(choice.decks) + len(choice.tags) + len(choice.weights) > _MOST_PLACES:
        raise Invalid(f"Name at most {_MOST_PLACES} decks, folders and tags.", field="decks")
    _check_search(choice.q)
    return replace(
        choice,
        decks=tuple(dict.fromkeys(place_of(it) for it in choice.decks if place_of(it))),
        tags=tuple(dict.fromkeys(_tag(it) for it in choice.tags if it.strip())),
        q=choice.q.strip(),
        weights=_weights(choice.weights, choice.q.strip()),
        weekdays_off=tuple(sorted(set(choice.weekdays_off))),
        days_off=tuple(sorted({it for it in choice.days_off if it < choice.day})),  # past ones: they were not missed
        title=" ".join(choice.title.split()),
    )


def _check_day(day: Day, today: Day) -> None:
    if day == today:
        raise Invalid("That is today: a plan needs at least one day before, so give tomorrow or later.", field="date")
    if day < today:
        raise Invalid("That day is past: give tomorrow or later.", field="date")
    if day - today > LONGEST:
        raise Invalid(
            f"That is in {day - today:,} days: a plan looks at most {LONGEST} days ahead, so give an earlier day.",
            field="date",
        )


def _check_search(q: str) -> None:
    search = parse_search(q)
    if _PASSING_STATES & search.all_states or _PASSING_PROPS & search.all_props:
        raise Invalid("What is due changes every day: search for what stays, such as a tag or words.", field="q")


def place_of(address: str) -> str:
    """The address of a deck or folder, as plans keep it."""
    return address.strip().strip("/").removesuffix(".md")


def _weights(weights: Mapping[str, int], q: str) -> dict[str, int]:
    for place, weight in weights.items():
        if type(weight) is not int or weight not in WEIGHTS:
            raise Invalid(f"Give {place} a weight from 0 (left out) to 3.", field="weights")
    tidy = {_weighed(place): weight for place, weight in weights.items()}
    # The usual weight goes without saying, unless a folder above has another.
    return {
        place: weight
        for place, weight in sorted(tidy.items())
        if (weight != USUAL_WEIGHT or any(place.startswith(f"{other}/") for other in tidy))
        and (q or place != OF_SEARCH)
    }


def _weighed(place: str) -> str:
    """What has a weight, as plans keep it: a tag is known without its sign, as among the tags."""
    return f"tag:{_tag(place.removeprefix('tag:'))}" if place.startswith("tag:") else place_of(place)


def _tag(text: str) -> str:
    return text.strip().removeprefix("#")
