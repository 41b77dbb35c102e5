"""What a form or an address asks of a plan, read and written: the same names in both."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from flask import Request, Response
from werkzeug.datastructures import MultiDict

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
    Group,
)
from flashcards.services.plan.scope import in_any
from flashcards.web.shared.dates import iso_date, parse_date

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_WEIGHT = "weight-"
_WITHIN = "within"
USUAL_MINUTES = 45
Values = MultiDict[str, str]


def given(request: Request) -> Values:
    """The form, or the address."""
    return request.form if request.method == "POST" else request.args


def read_choice(values: Values) -> Choice:
    """The choice; raises Invalid naming the field."""
    weights = {name.removeprefix(_WEIGHT): _weight(value) for name, value in values.items() if name.startswith(_WEIGHT)}
    decks = tuple(values.getlist("round"))
    if within := values.getlist(_WITHIN):
        decks, weights = _beside(within, weights)
    return Choice(
        day=read_day(values.get("date", ""), "date"),
        minutes=read_minutes(values.get("minutes", "")),
        minute=_minute(values.get("time", "")),
        decks=decks,
        tags=tuple(tag for text in values.getlist("tag") for tag in text.replace(",", " ").split()),
        q=values.get("q", ""),
        weights=weights,
        weekdays_off=tuple(_whole(day, "weekdays_off") for day in values.getlist("off") if "-" not in day),
        days_off=tuple(read_day(day, "weekdays_off") for day in values.getlist("off") if "-" in day),
        style="sure" if values.get("style") == "sure" else "most",
        title=values.get("title", ""),
    )


def _beside(within: list[str], weights: dict[str, int]) -> tuple[tuple[str, ...], dict[str, int]]:
    """What a form is about that weighs folders, while the plan is about decks `within` some of them.

    Folders beside those come in by their weight; one that is left out takes its decks along.
    """
    others = {place for place in weights if place.startswith("tag:") or place == OF_SEARCH}
    folders = {place: weight for place, weight in weights.items() if place not in others and not in_any(place, within)}
    left_out = [place for place, weight in folders.items() if not weight]
    kept = [it for it in within if not in_any(it, left_out)]
    beside = [place for place, weight in folders.items() if weight and not any(in_any(it, [place]) for it in within)]
    places = (*kept, *beside)
    if not places:
        return (), weights
    return places, {place: weight for place, weight in weights.items() if place in others or in_any(place, places)}


def written(choice: Choice) -> list[tuple[str, str]]:
    """The choice as the fields of a form."""
    fields: list[tuple[str, Any]] = [
        ("date", iso_date(choice.day)),
        ("minutes", choice.minutes),
        ("time", "" if choice.minute is None else time_text(choice.minute)),
        ("style", choice.style),
        ("q", choice.q),
        ("title", choice.title),
        *(("round", place) for place in choice.decks),
        *(("tag", tag) for tag in choice.tags),
        *((f"{_WEIGHT}{place}", weight) for place, weight in choice.weights.items()),
        *(("off", day) for day in choice.weekdays_off),
        *(("off", iso_date(day)) for day in choice.days_off),
    ]
    return [(name, str(value)) for name, value in fields if value not in ("", None)]


def unseen(choice: Choice, groups: Collection[Group]) -> list[tuple[str, str]]:
    """What the form has no control for: weights of other things than the folders, and single days off."""
    shown = {f"{_WEIGHT}{group.address}" for group in groups}
    fields = written(replace(choice, weekdays_off=()))
    kept = [
        (name, value) for name, value in fields if name == "off" or (name.startswith(_WEIGHT) and name not in shown)
    ]
    places = {group.address for group in groups}
    return kept + [(_WITHIN, it) for it in choice.decks if it not in places and in_any(it, places)]


def weight_of(group: Group, choice: Choice | None) -> int:
    """The weight of a folder as it was chosen; 0 where it is left out."""
    if choice is None:
        return USUAL_WEIGHT
    if (
        choice.decks
        and not in_any(group.address, choice.decks)
        and not any(in_any(place, [group.address]) for place in choice.decks)
    ):
        return 0
    return choice.weights.get(group.address, USUAL_WEIGHT)


def fresh(page: str, status: int) -> Response:
    """A page that browsers do not keep."""
    response = Response(page, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def time_text(minute: int) -> str:
    """A minute of a day as `09:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_minutes(text: str) -> int:
    """Minutes a day; raises Invalid."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 5 and LEAST_MINUTES <= int(text) <= MOST_MINUTES:
        return int(text)
    raise Invalid(MINUTES_WANTED, field="minutes")


def read_day(text: str, field: str) -> Day:
    """A day from `2026-12-11`; raises Invalid."""
    try:
        return parse_date(text.strip())
    except ValueError as error:
        raise Invalid("Give a day such as 2026-12-11.", field=field) from error


def _minute(text: str) -> int | None:
    if not text.strip():
        return None
    found = _TIME.fullmatch(text.strip())
    if not found:
        raise Invalid("Give a time such as 09:30.", field="time")
    return int(found[1]) * 60 + int(found[2])


def _whole(text: str, field: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid("Give a whole number.", field=field)
    return int(text)


def _weight(text: str) -> int:
    weight = _whole(text, "weights")
    if weight not in WEIGHTS:
        raise Invalid("Give a weight from 0 (left out) to 3.", field="weights")
    return weight
