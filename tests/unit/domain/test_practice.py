"""Rounds as pure values: what is asked, how it is drawn, what ticks come to."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from flashcards.domain.practice.draw import NEVER, Candidate, chance, draw
from flashcards.domain.practice.kinds import LEVELS, Part, level_of, minutes_for, parts, question_kind
from flashcards.domain.practice.point_kinds import POINT_KIND_NAMES, point_kind
from flashcards.domain.practice.report import JudgedPoint, JudgedQuestion, by_point_kind, by_topic, said_percent
from flashcards.domain.practice.rubric_ticks import (
    Tally,
    agreement,
    follow_key,
    often_missed,
    point_key,
    proposed_grade,
    rule_in_words,
    tally,
)

TODAY = 20_000


@pytest.mark.parametrize(
    ("path", "deck_tags", "note_tags", "kind"),
    [
        ("ml/concepts/pca.md", ["concepts"], ["core"], "concepts"),
        ("ml/coding/kmeans.md", ["coding"], ["core", "mid"], "coding"),
        ("ml/coding/kmeans.md", ["coding"], ["core", "concepts"], "concepts"),
        ("ml/system-design/feed.md", ["system-design"], ["core"], "design"),
        ("ml/system-design/formula.md", ["system-design"], ["core", "preparation"], None),
        ("ml/behavioural/star.md", ["behavioural"], ["core"], "behavioural"),
        ("ml/preparation/rounds.md", ["preparation", "coding"], ["core"], None),
        ("ml/preparation/rounds.md", ["preparation"], ["core", "coding"], "coding"),
        ("preparation/coding/mine.md", [], ["core"], "coding"),
        ("mine.md", ["preparation"], ["core"], None),
        ("mine.md", ["coding", "sql"], [], "coding"),
        ("mine.md", ["sql", "coding"], [], "concepts"),
        ("faang/video.md", ["faang"], ["core", "system-design"], "design"),
        ("mine.md", [], [], "concepts"),
    ],
)
def test_how_a_question_is_asked(path: str, deck_tags: list[str], note_tags: list[str], kind: str | None) -> None:
    assert question_kind(path, deck_tags, note_tags) == kind


def test_level() -> None:
    assert level_of(["core", "senior"]) == "senior"
    assert level_of(["core"]) is None
    assert LEVELS == ("junior", "mid", "senior")


def test_between_six_and_twelve_concepts_in_an_interviews_time() -> None:
    asked = {minutes: parts("concepts", minutes)[0].count for minutes in (1, 25, 30, 45, 180)}
    assert asked == {1: 1, 25: 7, 30: 8, 45: 12, 180: 12}
    assert parts("coding", 40) == (Part("coding", 1),)
    assert parts("coding", 90) == (Part("coding", 2),)
    assert parts("behavioural", 30) == (Part("behavioural", 4),)
    assert parts("mixed", 60) == (Part("concepts", 3), Part("coding", 1), Part("behavioural", 1))
    assert parts("one", 6) == (Part(None, 1),)


def test_so_many_questions_as_are_asked_for_and_the_time_that_they_take() -> None:
    assert parts("concepts", 30, 2) == (Part("concepts", 2),)
    assert parts("coding", 40, 3) == (Part("coding", 3),)
    assert parts("mixed", 60, 6) == (Part("concepts", 4), Part("coding", 1), Part("behavioural", 1))
    assert parts("mixed", 60, 1) == (Part("concepts", 1), Part("coding", 1), Part("behavioural", 1))
    took = {kind: minutes_for(kind, 2) for kind in ("concepts", "coding", "design", "behavioural", "one")}
    assert took == {"concepts": 8, "coding": 80, "design": 90, "behavioural": 15, "one": 6}
    assert [minutes_for("concepts", None), minutes_for("design", 12)] == [30, 180]


def candidates(count: int, deck: int | None = None, **more: float) -> list[Candidate]:
    return [Candidate(card, "concepts", deck or card, **more) for card in range(1, count + 1)]  # type: ignore[arg-type]


def test_the_same_seed_draws_the_same_round_in_whatever_order_the_questions_come() -> None:
    some = candidates(30)
    drawn = draw(some, [Part("concepts", 8)], 7, TODAY)
    assert len(set(drawn)) == 8
    assert draw(list(reversed(some)), [Part("concepts", 8)], 7, TODAY) == drawn
    assert draw(some, [Part("concepts", 8)], 8, TODAY) != drawn


def test_what_is_weak_and_heavy_and_was_not_asked_lately_comes_more_often() -> None:
    some = [
        Candidate(1, "concepts", 1),
        Candidate(2, "concepts", 2, weight=3),
        Candidate(3, "concepts", 3, missed=1.0),
        Candidate(4, "concepts", 4, asked_on=TODAY - 1),
        Candidate(5, "concepts", 5, weakness=0.0),
    ]
    first = Counter(draw(some, [Part("concepts", 1)], seed, TODAY)[0] for seed in range(2000))
    assert first[2] > first[3] > first[1] > first[5] > first[4] > 0
    # Each as often as its chance says, within four standard deviations of 2,000 draws.
    whole = sum(chance(one, TODAY) for one in some)
    for one in some:
        share = chance(one, TODAY) / whole
        assert abs(first[one.card] - 2000 * share) < 4 * (2000 * share * (1 - share)) ** 0.5


def test_a_clock_set_back_makes_no_question_heavier() -> None:
    assert chance(Candidate(1, "concepts", 1, asked_on=TODAY + 9), TODAY) == chance(
        Candidate(1, "concepts", 1, asked_on=TODAY), TODAY
    )
    assert chance(Candidate(1, "concepts", 1), TODAY) == chance(
        Candidate(1, "concepts", 1, asked_on=TODAY - NEVER), TODAY
    )


def test_decks_take_turns() -> None:
    some = [Candidate(card, "concepts", card % 3) for card in range(12)]
    drawn = draw(some, [Part("concepts", 6)], 1, TODAY)
    assert Counter(card % 3 for card in drawn) == {0: 2, 1: 2, 2: 2}


def test_fewer_questions_than_wanted_are_all_asked_once() -> None:
    assert sorted(draw(candidates(3), [Part("concepts", 8)], 1, TODAY)) == [1, 2, 3]
    assert draw([], [Part("concepts", 8)], 1, TODAY) == ()
    assert draw([Candidate(1, "coding", 1, weight=0)], [Part(None, 1)], 1, TODAY) == (1,)


@pytest.mark.parametrize(
    ("said", "partly", "missed", "unmarked", "grade"),
    [
        (8, 0, 2, 0, 4),
        (4, 0, 1, 0, 4),
        (7, 3, 0, 0, 3),
        (5, 0, 5, 0, 3),
        (4, 5, 0, 1, 1),
        (4, 0, 0, 4, 3),
        (0, 0, 0, 5, None),
        (1, 0, 0, 0, 4),
        (0, 1, 0, 0, 3),
        (0, 0, 1, 0, 1),
        (0, 0, 0, 0, None),
    ],
)
def test_the_grade_that_is_proposed(said: int, partly: int, missed: int, unmarked: int, grade: int | None) -> None:
    assert proposed_grade(Tally(said, partly, missed, unmarked)) == grade


@pytest.mark.parametrize("points", range(2, 30))
def test_the_rule_in_words_is_the_rule(points: int) -> None:
    numbers = [int(it) for it in re.findall(r"\d+", rule_in_words(points))]
    good, hard = numbers[0], numbers[-1]
    grades = [proposed_grade(Tally(said, 0, points - said, 0)) for said in range(points + 1)]
    assert grades == [4 if said >= good else 3 if said >= hard else 1 for said in range(points + 1)]


def test_marks_of_points_that_are_gone_do_not_count() -> None:
    assert tally(["a", "b", "c"], {"a": "said", "b": "missed", "gone": "said"}) == Tally(1, 0, 1, 1)


def test_two_sets_of_ticks() -> None:
    found = agreement({"a": "said", "b": "partly", "c": "said"}, {"a": "said", "b": "missed", "d": "said"})
    assert (found.alike, found.both, found.differ) == (1, 2, ("b",))


def test_a_point_is_known_by_its_text_whatever_its_blanks() -> None:
    assert point_key("names  MCAR,\nMAR ") == point_key("names MCAR, MAR")
    assert point_key("a") != point_key("b")
    assert follow_key("a").endswith(point_key("a"))
    assert often_missed(["said", "missed", "missed", "partly"]) == (2, 4)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("names MCAR, MAR and MNAR", "what"),
        ("gives several ways to impute, each with when it fits", "when"),
        ("checks for corruption: types, ranges, units, sentinels", "what"),
        ("says why leakage happens", "wrong"),
        ("remembers serving: a live request with a gap still needs a prediction", "live"),
    ],
)
def test_kinds_of_points(text: str, kind: str) -> None:
    assert point_kind(text) == kind


def test_sums_of_a_report() -> None:
    def point(mark: str | None, kind: str = "what") -> JudgedPoint:
        return JudgedPoint("k", kind, mark)

    questions = [
        JudgedQuestion("PCA", (point("said"), point("said"), point("partly", "live"))),
        JudgedQuestion("SVM", (point("missed"), point(None, "live"))),
        JudgedQuestion("PCA", (point("missed"),)),
    ]
    topics = by_topic(questions)
    assert list(topics.items()) == [("PCA", Tally(2, 1, 1, 0)), ("SVM", Tally(0, 0, 1, 1))]
    kinds = by_point_kind(questions, POINT_KIND_NAMES)
    assert kinds == {"What it is": Tally(2, 0, 2, 0), "In production": Tally(0, 1, 0, 1)}
    assert said_percent(Tally(1, 1, 1, 5)) == 33
    assert said_percent(Tally(0, 0, 0, 5)) is None
