"""What the answers to a card say together, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.item_analysis import LONGEST_MS, Figures, at_least, figures, pack

RIGHT, WRONG = False, True


def test_three_learners() -> None:
    answers = [
        pack(1, wrong=True, asked=False, ms=9000),  # Ada's first: wrong
        pack(2, wrong=False, asked=False, ms=4000),
        pack(1, wrong=False, asked=False, ms=0),  # her drill, without a time
        pack(3, wrong=False, asked=False, ms=2000),
        pack(2, wrong=True, asked=True, ms=7000),  # a lapse
        pack(1, wrong=False, asked=True, ms=3000),
        pack(3, wrong=False, asked=True, ms=5000),
    ]
    # Times 2, 3, 4, 5, 7, 9 seconds: the median is 4.5.
    assert figures(answers) == Figures(learners=3, answers=7, asked=3, lapses=1, first_wrong=1, median_ms=4500)


def test_two_learners_are_not_told_of() -> None:
    answers = [pack(learner, wrong=True, asked=True, ms=1000) for learner in (1, 2, 2, 1, 1)]
    assert figures(answers) is None
    assert figures([]) is None


def test_nothing_is_made_up_where_nothing_is_known() -> None:
    found = figures([pack(learner, wrong=False, asked=False, ms=0) for learner in (1, 2, 3)])
    assert found is not None
    assert (found.lapse_rate, found.median_ms, found.first_wrong_rate) == (None, None, 0)


@pytest.mark.parametrize(("times", "median"), [([5], 5), ([1, 9], 5), ([9, 1, 2], 2), ([70_000], LONGEST_MS)])
def test_medians(times: list[int], median: int) -> None:
    answers = [pack(learner, wrong=False, asked=False, ms=0) for learner in (1, 2, 3)]
    answers += [pack(1, wrong=False, asked=False, ms=ms) for ms in times]
    found = figures(answers)
    assert found is not None
    assert found.median_ms == median


# From the formula by hand with z = 1.96: of 10, (0.1 + 0.19208 - 1.96 sqrt(0.009 + 0.009604)) / 1.38416.
@pytest.mark.parametrize(
    ("count", "of", "bound"),
    [(0, 0, 0), (0, 10, 0), (1, 1, 0.2065), (1, 10, 0.0179), (5, 10, 0.2366), (10, 10, 0.7225), (30, 60, 0.3773)],
)
def test_the_lower_end_of_wilsons_interval(count: int, of: int, bound: float) -> None:
    assert at_least(count, of) == pytest.approx(bound, abs=0.0001)


@given(st.integers(1, 10_000), st.data())
def test_the_bound_is_below_the_share_and_grows_with_the_evidence(of: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, of))
    assert 0 <= at_least(count, of) <= count / of
    assert at_least(count, of) <= at_least(2 * count, 2 * of)


@given(st.lists(st.tuples(st.integers(1, 2**40), st.booleans(), st.booleans(), st.integers(0, 60_000)), max_size=40))
def test_packing_loses_nothing(rows: list[tuple[int, bool, bool, int]]) -> None:
    found = figures([pack(who, wrong=wrong, asked=asked, ms=ms) for who, wrong, asked, ms in rows])
    learners = {who for who, *_ in rows}
    if found is None:
        assert len(learners) < 3
        return
    assert (found.learners, found.answers) == (len(learners), len(rows))
    assert found.asked == sum(asked for _, _, asked, _ in rows)
    assert found.lapses == sum(asked and wrong for _, wrong, asked, _ in rows)
    first = dict(reversed([(who, wrong) for who, wrong, *_ in rows]))
    assert found.first_wrong == sum(first.values())
