"""Rounds of practice that a document brings: checked, and their HTML cleaned, for nobody here rendered it."""

from __future__ import annotations

import json
from typing import Any

from flashcards.deckfiles.render.sanitise import check_links, sanitise
from flashcards.exchange.json_kinds import NotAsDeclared

_TEXT, _PERHAPS = (str,), (str, type(None))
_QUESTION: dict[str, tuple[type, ...]] = {
    "card": _TEXT, "revision": (int,), "title": _TEXT, "topic": _TEXT, "kind": _TEXT, "level": _PERHAPS,
    "points": (list,), "follow_ups": (list,),
}  # fmt: skip
_POINT = (_TEXT, _TEXT, _TEXT, _PERHAPS, _PERHAPS)
_HTML = 1
"""The place of a point's HTML. Formulas in it become their text: what is asked again is rendered anew."""


def brought_questions(stored: str) -> str:
    """The questions of a round, as they are stored; raises NotAsDeclared where they are none."""
    questions = json.loads(stored)
    for question in questions:
        if set(question) != set(_QUESTION) or not all(_is(question[name], kind) for name, kind in _QUESTION.items()):
            raise NotAsDeclared(f"questions: each has {', '.join(_QUESTION)}")
        for point in (*question["points"], *question["follow_ups"]):
            if not isinstance(point, list) or len(point) != len(_POINT) or not all(map(_is, point, _POINT)):
                raise NotAsDeclared("questions: a point is its key, HTML, kind, level and card")
            point[_HTML] = check_links(sanitise(point[_HTML]))[0]
    return _json(questions)


def brought_scope(stored: str) -> str:
    """What a round was asked for; raises NotAsDeclared where it is not decks and tags."""
    scope = json.loads(stored)
    if set(scope) != {"decks", "tags"} or not all(_texts(listed) for listed in scope.values()):
        raise NotAsDeclared("scope: lists of decks and tags")
    return _json(scope)


def brought_work(stored: str) -> str:
    """What was done beside an answer; raises NotAsDeclared where it is something else."""
    work = json.loads(stored)
    numbers, sketch, follow_ups = (work.get(name) for name in ("numbers", "sketch", "follow_ups"))
    fits = (
        (numbers is None or (isinstance(numbers, list) and all(_texts(one) and len(one) == 2 for one in numbers)))
        and (sketch is None or (isinstance(sketch, list) and all(map(_is_stroke, sketch))))
        and (follow_ups is None or (isinstance(follow_ups, dict) and _texts(list(follow_ups.values()))))
    )
    if not fits:
        raise NotAsDeclared("work: numbers, a sketch and answers to follow-ups")
    return _json({name: value for name, value in work.items() if name in {"numbers", "sketch", "follow_ups"}})


def _is_stroke(one: Any) -> bool:
    return (
        isinstance(one, list)
        and len(one) == 3
        and isinstance(one[0], str)
        and isinstance(one[1], list)
        and all(type(number) in {int, float} for number in one[1])
        and isinstance(one[2], str)
    )


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
