"""What makes core questions hard to practise: points that say two things, or that no card teaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from flashcards.deckfiles.check.between_files import named_by
from flashcards.deckfiles.check.verbs import TOLD
from flashcards.deckfiles.parse.deck import Place
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.positions import Issue, warning
from flashcards.deckfiles.text.words import spoken_words
from flashcards.domain.card import CORE, Note, PointRef
from flashcards.domain.points import Refs, in_step
from flashcards.domain.prerequisites import Key

MAX_POINT_WORDS = 20

_NAMED = 2  # of several points, so many are quoted
_AFTER_VERB = (
    r"(?:the|an?|its?|their|them|that|this|those|these|why|how|what|when|where|which|who|whether|one|two|three|four"
    r"|five|both|each|every|all|any|no|not|at|by|with|to|from|for|in|on|only|out|up|down|aside|again)"
)
# "means and estimates" are things, "and estimates the mean" is a verb: what follows tells.
_SECOND = re.compile(rf"(?:,? and(?: then| also| so)?|;|, then|, but| then)\s+(\w+)\s+(?={_AFTER_VERB}\b)", re.I)


def practice_issues(note: Note, place: Place, own_deck: str, known: Collection[Key]) -> Iterator[Issue]:
    """What is wrong with the points and follow-ups of a note, at its offsets in the file.

    `known` are the notes that there are; of core notes it is said what they name no card for.
    """
    for number, point in enumerate(note.rubric):
        if message := _point_fault(point):
            yield warning(locate(place.parts[f"rubric.{number}"], 0), "style-point", message)
    if CORE not in note.tags:
        return
    own = (own_deck, note.id)

    def named(ref: PointRef | None) -> bool:
        key = named_by(ref, own_deck)
        return key is not None and key != own and key in known

    untaught = _without(note.rubric, note.rubric_refs, named)
    if untaught:
        message = f"no card teaches {_told(untaught, 'point')}; end each with the {{#id}} of the card that does"
        yield warning(locate(place.parts["rubric.0"], 0), "style-untaught", message)
    unanswered = _without(note.follow_ups, note.follow_up_refs, named)
    if unanswered:
        message = f"no card answers {_told(unanswered, 'follow-up')}; end each with the {{#id}} of the card that does"
        yield warning(locate(place.parts["follow_ups.0"], 0), "style-unanswered", message)


def _point_fault(point: str) -> str:
    """Why a point is not one statement that can be ticked, or nothing."""
    count = spoken_words(point) if len(point) > 2 * MAX_POINT_WORDS else 0
    if count > MAX_POINT_WORDS:
        return f"the point has {count} words; say one thing in at most {MAX_POINT_WORDS}"
    first = point.partition(" ")[0].lower()
    second = next((word for word in _SECOND.findall(point) if word.lower() in TOLD), None) if first in TOLD else None
    return f"the point says two things, '{first}' and '{second}'; make it two points" if second else ""


def _without(items: tuple[str, ...], refs: Refs, named: Callable[[PointRef | None], bool]) -> list[str]:
    """The items whose reference names no other note that there is."""
    return [item for item, ref in zip(items, in_step(items, refs), strict=True) if not named(ref)]


def _told(items: list[str], kind: str) -> str:
    """How a message names them: the first ones in their words."""
    quoted = ", ".join(f"'{_short(item)}'" for item in items[:_NAMED])
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return f"{len(items)} {kind}{'s' if len(items) > 1 else ''}: {quoted}{more}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 50 else f"{text[:49].rstrip()}…"
