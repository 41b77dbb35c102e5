"""Kinds of rounds and of questions, and how many questions fit into how many minutes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

RoundKind = Literal["concepts", "coding", "design", "behavioural", "mixed", "one"]
QuestionKind = Literal["concepts", "coding", "design", "behavioural"]
Level = Literal["junior", "mid", "senior"]

ROUND_KINDS: tuple[str, ...] = get_args(RoundKind)
QUESTION_KINDS: tuple[str, ...] = get_args(QuestionKind)
LEVELS: tuple[str, ...] = get_args(Level)
NAMES = {
    "concepts": "Concepts",
    "coding": "Coding",
    "design": "System design",
    "behavioural": "Behavioural",
    "mixed": "Mixed",
    "one": "One question",
}

SHORTEST, LONGEST = 1, 180
"""Minutes that a round may be planned for."""
QUESTION_MINUTES: dict[str, int] = {"concepts": 4, "coding": 40, "design": 45, "behavioural": 7}
"""What an interviewer gives one question of each kind."""
USUAL_MINUTES: dict[str, int] = {
    "concepts": 30,
    "coding": 40,
    "design": 45,
    "behavioural": 30,
    "mixed": 60,
    "one": 6,
}

MOST_QUESTIONS = 12
_CONCEPT_MINUTES, _STORY_MINUTES = 3.75, 7.5
_MINUTES_EACH: dict[str, float] = {**QUESTION_MINUTES, "concepts": _CONCEPT_MINUTES, "behavioural": _STORY_MINUTES}

_NAMED: dict[str, QuestionKind | None] = {
    "preparation": None,
    "concepts": "concepts",
    "coding": "coding",
    "design": "design",
    "system-design": "design",
    "behavioural": "behavioural",
    "behavioral": "behavioural",
}


@dataclass(frozen=True, slots=True)
class Part:
    """So many questions of a kind; None is any kind."""

    kind: QuestionKind | None
    count: int


def question_kind(path: str, deck_tags: Collection[str], note_tags: Collection[str]) -> QuestionKind | None:
    """How a question is asked: by a tag of its note, else by the folder of its deck, else by the deck's first tag.

    None for what no interviewer asks, as it is about interviews: the tag or folder `preparation`. No lot draws that.
    """
    own = [tag for tag in note_tags if tag in _NAMED]
    folders = [name for name in reversed(path.split("/")[:-1]) if name in _NAMED]
    first = [tag for tag in list(deck_tags)[:1] if tag in _NAMED]
    named = [*own, *folders, *first]
    return _NAMED[named[0]] if named else "concepts"


def level_of(tags: Collection[str]) -> Level | None:
    """The level that a note's tags name; None where they name none."""
    return next((level for level in get_args(Level) if level in tags), None)


def parts(kind: str, minutes: int, questions: int | None = None) -> tuple[Part, ...]:
    """What a round of `minutes` asks. Between 6 and 12 concepts fit into 25 to 45 minutes; nobody is asked more.

    `questions` asks for so many instead; in a mixed round one of them is a task, and one is about work.
    """
    match kind:
        case "concepts":
            return (Part("concepts", questions or _between(1, round(minutes / _CONCEPT_MINUTES), MOST_QUESTIONS)),)
        case "coding":
            return (Part("coding", questions or (1 if minutes <= 45 else 2)),)
        case "design":
            return (Part("design", questions or 1),)
        case "behavioural":
            return (Part("behavioural", questions or _between(1, round(minutes / _STORY_MINUTES), 5)),)
        case "mixed":
            rest = minutes - QUESTION_MINUTES["coding"] - QUESTION_MINUTES["behavioural"]
            fitting = _between(1, round(rest / QUESTION_MINUTES["concepts"]), 8)
            concepts = Part("concepts", fitting if questions is None else max(1, questions - 2))
            return (concepts, Part("coding", 1), Part("behavioural", 1))
        case _:
            return (Part(None, 1),)


def minutes_for(kind: str, questions: int | None) -> int:
    """How long a round takes: the usual time of its kind, or what so many questions take."""
    if questions is None or kind == "one":
        return USUAL_MINUTES[kind]
    minutes = sum(part.count * _MINUTES_EACH[part.kind or "concepts"] for part in parts(kind, 0, questions))
    return _between(SHORTEST, round(minutes), LONGEST)


def _between(least: int, number: int, most: int) -> int:
    return max(least, min(number, most))
