"""What an undo took back, in a sentence: on the page that it leads to the card itself may not be seen."""

from __future__ import annotations

from collections.abc import Mapping

from flashcards.domain.grade import grade_names
from flashcards.errors import Invalid
from flashcards.services.review.contract import Undone
from flashcards.web.auth.login import learner, services

FIELD, ELSEWHERE = "undone", "elsewhere"
"""In an address: the id of what was taken back, and whether another page had done it."""
_DONE = {
    "suspend": "suspending",
    "unsuspend": "unsuspending",
    "bury": "burying",
    "unbury": "unburying",
    "reset": "resetting",
    "due": "setting the date of",
    "flag": "flagging",
}
_OF_NO_CARD = {"import": "the import of a history", "scheduler": "the change of scheduler"}


def undone_in(values: Mapping[str, str]) -> dict[str, str]:
    """The part of an address that says what was taken back, to be handed on."""
    return {name: values[name] for name in (FIELD, ELSEWHERE) if values.get(name)}


def told(values: Mapping[str, str]) -> str:
    """``Undone: Again on “Bias”``; "" where the address names nothing that was taken back."""
    try:
        undone = services().review.taken_back(learner(), values.get(FIELD, ""))
    except Invalid:
        return ""
    if undone is None:
        return ""
    return f"{'Undone, done elsewhere' if values.get(ELSEWHERE) else 'Undone'}: {_what(undone)}"


def _what(undone: Undone) -> str:
    card = f"“{undone.card.title or undone.card.key}”"
    if undone.grade is not None:
        return f"{grade_names(learner().buttons)[undone.grade]} on {card}"
    if undone.verb in _OF_NO_CARD:
        return _OF_NO_CARD[undone.verb]
    done = _DONE.get(undone.verb.partition(":")[0], undone.verb)  # of a flag, its number stands behind
    return f"{done} {card if undone.cards == 1 else f'{undone.cards:,} cards'}"
