"""Numbers of the deck on convolutional networks: a filter and pooling by hand, sizes, parameters, savings."""

from __future__ import annotations

import numpy as np

from tests.decks.numbers.on_cards import said
from tests.decks.numbers.programs import run
from tests.decks.numbers.programs import said as printed

DECK = "cnn"


def test_one_step_of_a_filter() -> None:
    patch, weights = np.array([[0, 2], [1, 3]]), np.array([[1, 0], [0, -1]])
    assert (patch * weights).sum() == -3
    assert said(DECK, "convolution-step", "-3")


def test_max_pooling() -> None:
    rows = np.array([[1, 3, 2, 0], [4, 2, 1, 1], [0, 0, 5, 6], [1, 2, 7, 8]])
    assert rows.reshape(2, 2, 2, 2).max(axis=(1, 3)).tolist() == [[4, 2], [2, 8]]
    assert said(DECK, "max-pooling-example", "4 2, 2 8")


def test_width_and_parameters() -> None:
    assert (224 - 7 + 2 * 3) // 2 + 1 == 112
    assert (3**2 * 64 + 1) * 128 == 73_856
    assert said(DECK, "output-width-example", "112")
    assert said(DECK, "parameter-count-example", "73856")


def test_receptive_field() -> None:
    lines, _ = run(DECK, "receptive-field-code")
    assert lines == printed(DECK, "receptive-field-code") == ["7 19"]
    assert said(DECK, "stacked-convolutions", "7×7", "2")


def test_saving_of_depthwise_separable_convolutions() -> None:
    savings = [1 / (1 / channels + 1 / 9) for channels in (128, 512, 10**6)]
    assert all(8 < saving < 9.01 for saving in savings)
    assert said(DECK, "depthwise-saving", "eight to nine times")
