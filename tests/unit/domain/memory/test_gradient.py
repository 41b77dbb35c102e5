"""The derivatives, beside those that small steps give."""

from __future__ import annotations

import pytest

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.chances import log_loss
from flashcards.domain.memory.fsrs import DEFAULTS, rating_of
from flashcards.domain.memory.gradient import loss_and_gradient
from tests import memory_against_peers as peers

CARDS = [[(days, rating_of(quality)) for days, quality in history] for history in peers.histories(120, 11)]


@pytest.mark.parametrize("chosen", [DEFAULTS, peers.random_parameters(5), peers.random_parameters(6)])
def test_derivatives_are_those_of_small_steps(chosen: fsrs.Parameters) -> None:
    w = list(chosen.numbers)
    _, gradient = loss_and_gradient(CARDS, w)
    for place in range(21):
        step = 1e-6 * max(w[place], 0.01)
        up, down = (loss_and_gradient(CARDS, [*w[:place], w[place] + by, *w[place + 1 :]])[0] for by in (step, -step))
        assert gradient[place] == pytest.approx((up - down) / (2 * step), rel=2e-3, abs=0.05), place


def test_the_loss_is_that_of_the_model() -> None:
    pairs = []
    for history in peers.histories(120, 11):
        memory = None
        for days, quality in history:
            if memory is not None and days:
                pairs.append((fsrs.recall(memory, days), quality >= 3))
            memory = fsrs.review(memory, quality, days)
    mean = log_loss(pairs)
    assert mean is not None
    assert loss_and_gradient(CARDS, DEFAULTS.numbers)[0] == pytest.approx(mean * len(pairs), rel=1e-5)
