"""Forms of the practice pages, as services take them."""

from __future__ import annotations

import json
from typing import Any

from flask import request

from flashcards.errors import Invalid
from flashcards.services.practice.contract import Spoken, Ticks, Wish
from flashcards.services.practice.incoming import checked_work

MARK, REPLY = "mark-", "reply-"
"""What the names of a form's ticks and answers to follow-ups begin with; the point's key follows."""


def read_wish() -> Wish:
    """What round is asked for; the hidden id makes a second click harmless."""
    form = request.form
    return Wish(
        kind=form.get("kind", "concepts"),
        id=form.get("id") or None,
        minutes=_whole("minutes"),
        level=form.get("level") or None,
        questions=_whole("questions"),
        where=(*form.getlist("folder"), *form.get("where", "").replace(",", " ").split()),
        seed=_whole("seed"),
        card=form.get("card") or None,
        again=form.get("again") or None,
    )


def position() -> int:
    """The place of a form's question, counted from 1 in forms and addresses; raises Invalid."""
    number = _whole("q")
    if number is None:
        raise Invalid("The number of the question is missing.", field="q")
    return number - 1


def read_spoken() -> Spoken:
    """An answer with what was written beside it."""
    form = request.form
    numbers = list(zip(form.getlist("what"), form.getlist("many"), strict=False))
    return Spoken(
        id=form.get("id", ""),
        position=position(),
        text=form.get("text", ""),
        took_ms=_whole("took_ms"),
        started_at=_whole("started_at"),
        work=checked_work(numbers, _sketch(form.get("sketch", ""))),
    )


def read_ticks() -> Ticks:
    """Ticks, answers to follow-ups, and the grade if one was pressed."""
    form = request.form
    return Ticks(
        marks={name.removeprefix(MARK): value for name, value in form.items() if name.startswith(MARK)},
        follow_ups={name.removeprefix(REPLY): value for name, value in form.items() if name.startswith(REPLY)},
        grade=_whole("grade"),
        done="next" in form,
    )


def _sketch(text: str) -> Any:
    if not text:
        return ()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("This sketch cannot be read: clear it, and draw again.", field="sketch") from None


def _whole(name: str) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 17):
        raise Invalid(f"Give {name} as a whole number.", field=name)
    return int(text)
