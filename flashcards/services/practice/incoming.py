"""What a client sends for a round, checked and brought into the one form in which it is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flashcards.domain.practice.kinds import LEVELS, LONGEST, MOST_QUESTIONS, ROUND_KINDS, SHORTEST
from flashcards.domain.practice.rounds import Stroke, Work
from flashcards.domain.practice.rubric_ticks import MARKS
from flashcards.errors import Invalid
from flashcards.services.practice.contract import Wish
from flashcards.services.practice.limits import LONGEST_TEXT, MOST_SEED

MOST_NUMBERS = 40
LONGEST_NUMBER = 120
SKETCH_WIDTH, SKETCH_HEIGHT = 560, 300
MOST_STROKES = 400
MOST_COORDINATES = 20_000
LONGEST_LABEL = 60

_COORDINATES = {"box": 4, "arrow": 4, "text": 2}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def checked_wish(wish: Wish) -> None:
    """Raises Invalid, naming the field, for what no round can be."""
    if wish.kind not in ROUND_KINDS:
        raise Invalid(f"Give one of {', '.join(ROUND_KINDS)}.", field="kind")
    if wish.level is not None and wish.level not in LEVELS:
        raise Invalid(f"Give one of {', '.join(LEVELS)}, or none for any.", field="level")
    if wish.minutes is not None and not (type(wish.minutes) is int and SHORTEST <= wish.minutes <= LONGEST):
        raise Invalid(f"Give a whole number of minutes from {SHORTEST} to {LONGEST}.", field="minutes")
    if wish.questions is not None and not (type(wish.questions) is int and 1 <= wish.questions <= MOST_QUESTIONS):
        raise Invalid(f"Give a whole number of questions from 1 to {MOST_QUESTIONS}.", field="questions")
    if wish.seed is not None and not (type(wish.seed) is int and 0 <= wish.seed <= MOST_SEED):
        raise Invalid("Give a whole number that is not negative.", field="seed")


def checked_text(text: str, field: str = "text", longest: int = LONGEST_TEXT) -> str:
    """A text with line ends as ours and without characters that are none; raises Invalid where it is too long."""
    clean = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n").rstrip()
    if len(clean) > longest:
        raise Invalid(f"This is {len(clean):,} characters long; at most {longest:,} are kept.", field=field)
    return clean


def checked_marks(marks: Mapping[str, str], known: tuple[str, ...]) -> dict[str, str]:
    """The marks of points that the question has; raises Invalid for a mark that is none."""
    for mark in marks.values():
        if mark not in MARKS:
            raise Invalid(f"Give one of {', '.join(MARKS)}.", field="mark")
    return {point: mark for point, mark in marks.items() if point in known}


def checked_work(numbers: Any = (), sketch: Any = ()) -> Work:
    """Numbers and sketch, cleaned: of a drawing nothing is kept but coordinates and labels, from which we draw it anew.

    Raises Invalid where they are not of the form that our page sends, or too many.
    """
    return Work(_numbers(numbers), _sketch(sketch))


def _numbers(rows: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(rows, list | tuple) or len(rows) > MOST_NUMBERS:
        raise Invalid(f"Give at most {MOST_NUMBERS} lines of numbers.", field="numbers")
    found = []
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != 2 or not all(isinstance(cell, str) for cell in row):
            raise Invalid("Give each line as what it is and how many.", field="numbers")
        what, many = (checked_text(cell, "numbers", LONGEST_NUMBER).replace("\n", " ") for cell in row)
        if what or many:
            found.append((what, many))
    return tuple(found)


def _sketch(strokes: Any) -> tuple[Stroke, ...]:
    if not isinstance(strokes, list | tuple) or len(strokes) > MOST_STROKES:
        raise Invalid(f"Give at most {MOST_STROKES} strokes.", field="sketch")
    found = tuple(map(_stroke, strokes))
    if sum(len(numbers) for _, numbers, _ in found) > MOST_COORDINATES:
        raise Invalid("This sketch has too many strokes to be kept; draw with fewer.", field="sketch")
    return found


def _stroke(stroke: Any) -> Stroke:
    wrong = Invalid("Give each stroke as its tool, its coordinates and its text.", field="sketch")
    if not isinstance(stroke, list | tuple) or len(stroke) != 3:
        raise wrong
    tool, numbers, label = stroke
    if not isinstance(tool, str) or not isinstance(label, str) or not isinstance(numbers, list | tuple):
        raise wrong
    if not all(type(number) in (int, float) and abs(number) < 1e6 for number in numbers):
        raise wrong
    fits = len(numbers) == _COORDINATES.get(tool) or (tool == "pen" and len(numbers) >= 4 and len(numbers) % 2 == 0)
    if not fits:
        raise wrong
    edges = (SKETCH_WIDTH, SKETCH_HEIGHT)
    inside = tuple(max(0, min(round(number), edges[index % 2])) for index, number in enumerate(numbers))
    return (tool, inside, checked_text(label, "sketch", LONGEST_LABEL).replace("\n", " ") if tool == "text" else "")
