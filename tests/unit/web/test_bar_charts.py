"""Bars stand where they should: nothing outside of the chart, nothing over another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.web.shared.bar_charts import LEFT, NARROW, TOP, Bar, stacked, ticks


def test_a_stack_worked_out_by_hand() -> None:
    chart = stacked([Bar("one", (2, 1), "a"), Bar("none", (0, 0)), Bar("two", (0, 6), "b")], ("x", "y"), 338, 150)
    # From 8 to 128 there are 120 units for 6 cards: 20 for each. Three slots of 100 begin at 38.
    assert [(part.kind, part.y, part.height) for part in chart.columns[0].parts] == [("x", 88, 40), ("y", 68, 20)]
    assert [(part.kind, part.y, part.height) for part in chart.columns[2].parts] == [("y", 8, 120)]
    assert chart.columns[1].parts == ()
    assert [column.x + column.width / 2 for column in chart.columns] == [88, 188, 288]
    assert [(line.text, line.y) for line in chart.grid] == [("0", 128), ("2", 88), ("4", 48), ("6", 8)]
    assert [(label.text, label.x) for label in chart.labels] == [("a", 88), ("b", 288)]


def test_nothing_to_show() -> None:
    assert stacked([], ("x",), 300, 150).columns == ()
    assert [line.text for line in stacked([Bar("", (0,))], ("x",), 300, 150).grid] == ["0", "1"]


@pytest.mark.parametrize(
    ("highest", "lines"),
    [
        (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (7, [0, 2, 4, 6, 7]), (82, [0, 50, 82]), (83, [0, 50, 83]),
        (100, [0, 50, 100]), (121, [0, 50, 121]), (1_201, [0, 500, 1_201]), (1_999, [0, 500, 1000, 1_500, 1_999]),
    ],
)  # fmt: skip
def test_the_axis_is_round_and_ends_at_the_largest_value(highest: int, lines: list[int]) -> None:
    assert ticks(highest) == lines
    assert stacked([Bar("", (highest,))], ("x",), 300, 150).columns[0].parts[0].y == TOP


@given(st.integers(1, 10**9))
def test_grid_lines_never_touch(highest: int) -> None:
    lines = ticks(highest)
    assert (lines[0], lines[-1]) == (0, highest)
    assert 2 <= len(lines) <= 6
    assert min(there - here for here, there in pairwise(lines)) > highest / 12


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=90))
def test_all_marks_are_within_and_apart(counts: list[tuple[int, int]]) -> None:
    chart = stacked([Bar(str(n), both, "30 Sep") for n, both in enumerate(counts)], ("x", "y"), NARROW, 190)
    for column in chart.columns:
        assert column.x >= LEFT
        assert column.x + column.width <= NARROW + 0.1
        assert all(part.y >= TOP - 0.1 and part.y + part.height <= 168.1 for part in column.parts)
    for one, two in pairwise(chart.columns):
        assert one.x + one.width <= two.x + 0.1
    for here, there in pairwise(chart.labels):
        assert there.x - here.x >= 6 * 7.5
    assert all(label.x + 6 * 7.5 / 2 <= NARROW for label in chart.labels)
