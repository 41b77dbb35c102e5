"""Numbers of the deck on gradient descent: updates, convergence, divergence."""

from __future__ import annotations

from tests.decks.numbers.on_cards import said

DECK = "gradient-descent"


def test_updates() -> None:
    assert 10_000 / 100 == 100
    assert said(DECK, "updates-per-epoch", "100")


def test_convergence_factor_and_limit() -> None:
    assert round(99 / 101, 2) == 0.98
    assert said(DECK, "condition-number", "about 0.98")
    for step, grows in ((1.9, False), (2.1, True)):
        x = 1.0
        for _ in range(50):
            x -= step * x  # the loss x²/2, of curvature 1
        assert (abs(x) > 1) is grows
    assert said(DECK, "divergence-limit", "2/L")
