"""The built-in decks teach what they promise: each question is held to its facts, card by card."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.authoring.without_database import cards_of

DECKS = Path(__file__).parents[2] / "decks"
FACTS = Path(__file__).parent / "facts"
QUESTIONS = tuple(sorted(path.stem for path in FACTS.glob("*.toml")))
LEVELS = {"junior", "mid", "senior"}
LONG_FORMS = (
    *sorted(path.stem for folder in ("coding", "system-design") for path in (DECKS / "ml" / folder).glob("*.md")),
    "faang-video-recommender",
)
"""Of coding and system design, and what else fills a round by itself."""


@cache
def cards() -> tuple[dict[str, Any], ...]:
    found = cards_of([DECKS], None)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    return tuple(found.rows)


@cache
def note_texts() -> dict[tuple[str, str], str]:
    """(question id, note id): everything that the note's cards show."""
    texts: dict[tuple[str, str], str] = {}
    for card in cards():
        key = (Path(card["path"]).stem, card["note"])
        parts = [card["question"], card["answer"], *card["rubric"], *card["follow_ups"], *card["sources"]]
        texts[key] = texts.get(key, "") + "\n" + "\n".join(parts)
    return texts


@cache
def sources() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in DECKS.rglob("*.md")}


def note_source(question: str, note: str) -> str:
    """The Markdown of one note: from its heading or line to the next."""
    text = sources()[question]
    start = re.search(
        rf"^(?:## |.* :::? ).*\{{[^{{}}\n]*#{re.escape(note)}(?=[\s}}])[^{{}}\n]*\}}[ ]*$", text, re.MULTILINE
    )
    assert start, f"{question} has no note #{note}"
    after = re.search(r"^## ", text[start.end() :], re.MULTILINE)
    return text[start.start() : start.end() + (after.start() if after else len(text))]


def test_every_deck_is_a_question_with_its_core_card_and_its_facts() -> None:
    core = {Path(card["path"]).stem: card for card in cards() if "core" in card["tags"]}

    assert len(QUESTIONS) >= 52
    assert set(core) == set(QUESTIONS)
    assert all(card["note"] == question for question, card in core.items())
    assert len(cards()) >= 1_700


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_fact_of_the_question_is_on_its_card(question: str) -> None:
    facts = tomllib.loads((FACTS / f"{question}.toml").read_text("utf-8"))
    missing = []
    for fact in facts["fact"]:
        deck, _, note = fact["note"].rpartition("#")
        key = (deck or question, note)
        text = note_texts().get(key, "") + "\n" + (note_source(*key) if key in note_texts() else "")
        missing += [f"{fact['says']}: {word!r} in {key}" for word in fact["words"] if not re.search(word, text, re.I)]

    assert facts["question"] == question
    assert facts["fact"]
    assert missing == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_core_note_is_a_whole_interview_answer(question: str) -> None:
    (core,) = [card for card in cards() if card["note"] == question and Path(card["path"]).stem == question]

    assert core["question"].rstrip().endswith(("?", "."))
    assert 3 <= len(core["rubric"]) <= 7
    assert core["follow_ups"]


def test_every_card_has_one_level() -> None:
    wrong = [card["key"] for card in cards() if len(LEVELS & set(card["tags"])) != 1]

    assert wrong == []


def test_shared_cards_are_written_once() -> None:
    fronts = Counter(card["question"] for card in cards())

    assert [front for front, count in fronts.items() if count > 1] == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_point_and_follow_up_names_the_card_that_teaches_or_answers_it(question: str) -> None:
    (core,) = [card for card in cards() if card["note"] == question and Path(card["path"]).stem == question]
    known = {(card["deck"], card["note"]) for card in cards()} - {(core["deck"], question)}
    wrong = [
        (words, ref)
        for words, ref in zip(
            (*core["rubric"], *core["follow_ups"]), (*core["rubric_refs"], *core["follow_up_refs"]), strict=True
        )
        if ref is None or (ref["deck"] or core["deck"], ref["id"]) not in known
    ]

    assert wrong == []


@pytest.mark.parametrize("question", LONG_FORMS)
def test_questions_of_a_whole_round_have_their_long_form(question: str) -> None:
    (core,) = [card for card in cards() if card["note"] == question and Path(card["path"]).stem == question]

    assert 600 <= len(core["in_full"].split()) <= 1_200
    assert len(core["clarify"]) >= 5


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_point_is_one_checkable_statement(question: str) -> None:
    (core,) = [card for card in cards() if card["note"] == question and Path(card["path"]).stem == question]

    assert [point for point in core["rubric"] if len(point.split()) > 20] == []
