"""Every number printed in the deck on a fallen metric, computed and compared with its card."""

from math import exp, log, sqrt

from tests.decks.test_facts import note_source

DECK = "product-sense-metric-drop"


def test_standard_error_of_a_day() -> None:
    error = 100 * sqrt(0.04 * 0.96 / 50_000)
    assert round(error, 3) == 0.088
    assert round((3.8 - 4.0) / error, 1) == -2.3
    card = note_source(DECK, "drop-standard-error")
    assert "0.088" in card
    assert "2.3 standard errors" in card
    assert "0.09 points" in note_source(DECK, DECK)


def test_points_and_per_cent() -> None:
    assert round(4.0 - 3.8, 6) == 0.2
    assert round((3.8 - 4.0) / 4.0, 6) == -0.05
    card = note_source(DECK, "drop-points")
    assert "0.2 percentage points" in card
    assert "5% down" in card


def test_log_decomposition() -> None:
    parts = [log(0.95), log(0.98), log(0.97)]
    assert [round(part, 4) for part in parts] == [-0.0513, -0.0202, -0.0305]
    assert round(sum(parts), 4) == -0.1020
    assert round(1 - exp(sum(parts)), 3) == 0.097
    assert 0.49 < parts[0] / sum(parts) < 0.51
    card = note_source(DECK, "drop-logs-example")
    assert all(text in card for text in ("-0.0513", "-0.1020", "-0.0202", "-0.0305", "9.7%"))


def test_funnel_and_contributions() -> None:
    before, after = 0.6 * 0.5 * 0.4, 0.6 * 0.5 * 0.36
    assert (round(100 * before, 1), round(100 * after, 1), round(1 - after / before, 6)) == (12.0, 10.8, 0.1)
    card = note_source(DECK, "drop-funnel")
    assert "12.0% to 10.8%" in card
    assert round(0.20 * 0.25, 6) == 0.05
    assert round(0.01 * 0.60, 6) == 0.006
    card = note_source(DECK, "drop-contribution-example")
    assert r"5\%" in card
    assert r"0.6\%" in card


def test_mix_shift() -> None:
    assert round(0.6 * 10 + 0.4 * 5, 6) == 8
    assert round(0.4 * 10 + 0.6 * 5, 6) == 7
    before, after = (0.6, 10.0, 0.4, 5.0), (0.5, 9.5, 0.5, 5.0)
    total = [a * x + b * y for a, x, b, y in (before, after)]
    assert [round(t, 6) for t in total] == [8.0, 7.25]
    mix = (0.5 - 0.6) * (10 + 9.5) / 2 + (0.5 - 0.4) * 5
    rate = (0.6 + 0.5) / 2 * (9.5 - 10)
    assert (round(mix, 3), round(rate, 3)) == (-0.475, -0.275)
    assert round(mix + rate, 6) == round(total[1] - total[0], 6)
    card = note_source(DECK, "drop-mix-rate")
    assert all(text in card for text in ("7.25%", "-0.475", "-0.275"))


def test_ratios_and_many_slices() -> None:
    assert round((1 / 2 + 10 / 100) / 2, 2) == 0.30
    assert round(11 / 102, 3) == 0.108
    card = note_source(DECK, "drop-ratios")
    assert "0.30" in card
    assert "0.108" in card
    assert round(1 - 0.95**40, 2) == 0.87
    assert round(100 * 0.05 / 40, 3) == 0.125
    card = note_source(DECK, "drop-forty-slices")
    assert "87%" in card
    assert "0.125%" in card
