"""Every number printed in the deck on click and conversion prediction, computed and compared with its card."""

from itertools import pairwise
from math import exp, log

import numpy as np

from tests.decks.numbers.programs import run
from tests.decks.test_facts import note_source

DECK = "sd-ads-ctr"


def ecpm(bid: float, click_rate: float) -> float:
    return 1000 * bid * click_rate


def entropy(rate: float) -> float:
    return -(rate * log(rate) + (1 - rate) * log(1 - rate))


def test_ecpm_and_the_second_price() -> None:
    assert [round(ecpm(*ad), 6) for ad in ((2.00, 0.010), (0.80, 0.030), (5.00, 0.002))] == [20, 24, 10]
    card = note_source(DECK, "ads-ecpm-example")
    assert "24, against 20 for A and 10 for C" in card
    price = ecpm(2.00, 0.010) / (1000 * 0.030)
    assert round(price, 2) == 0.67 < 0.80
    assert "0.67" in note_source(DECK, "ads-gsp-price-example")


def test_normalised_entropy() -> None:
    assert round(entropy(0.02), 3) == 0.098
    assert round(0.085 / entropy(0.02), 3) == 0.867
    assert round(1 - 0.085 / entropy(0.02), 2) == 0.13
    card = note_source(DECK, "ads-ne-example")
    assert all(text in card for text in ("0.098", "0.867", "13%"))


def test_correction_of_down_sampling() -> None:
    assert round(0.20 / (0.20 + 0.80 / 0.1), 3) == 0.024
    assert "= 0.024" in note_source(DECK, "ads-sampling-example")
    assert "0.024" in note_source(DECK, DECK)


def test_share_of_conversions_seen() -> None:
    assert round(1 - exp(-1 / 2), 2) == 0.39
    assert round(1 - exp(-7 / 2), 2) == 0.97
    card = note_source(DECK, "ads-delay-share")
    assert r"39\%" in card
    assert r"97\%" in card


def test_fake_negative_weights_give_back_the_true_loss() -> None:
    """Stream: every click once as negative, converting ones again as positive; shares are 1/(1+p) and p/(1+p)."""
    for p in (0.01, 0.2, 0.7):
        shares = {0: 1 / (1 + p), 1: p / (1 + p)}
        weights = {0: (1 + p) * (1 - p), 1: 1 + p}
        assert abs(shares[1] * weights[1] - p) < 1e-12
        assert abs(shares[0] * weights[0] - (1 - p)) < 1e-12
    assert "$(1 + p)(1 - p)$" in note_source(DECK, "ads-fake-negatives")


def others_value(rates: list[float], bids: list[float], bidder: int) -> float:
    """What the others get when the ads stand in the order of their bids, without the bidder's own share."""
    order = sorted(range(len(bids)), key=lambda i: -bids[i])
    return sum(rate * bids[i] for rate, i in zip(rates, order, strict=False) if i != bidder)


def test_vcg_price_of_the_top_bidder() -> None:
    rates, bids = [0.10, 0.05], [10.0, 6.0, 2.0]
    without = others_value(rates, bids[1:], bidder=-1)
    loss = without - others_value(rates, bids, bidder=0)
    assert round(loss, 6) == 0.40
    assert round(loss / rates[0], 6) == 4
    card = note_source(DECK, "ads-vcg-example")
    assert "0.40" in card
    assert "4 per click" in card
    assert "charge 6" in card


def gsp_gain(rates: list[float], bids: list[float], value: float) -> float:
    """Gain of bidder 0 under GSP with equal click quality: it pays the next bid below its own."""
    order = sorted(range(len(bids)), key=lambda i: -bids[i])
    for rate, (bidder, below) in zip(rates, pairwise(order), strict=False):
        if bidder == 0:
            return rate * (value - bids[below])
    return 0.0


def test_shading_pays_under_gsp() -> None:
    rates = [0.10, 0.08]
    assert round(gsp_gain(rates, [10, 6, 2], value=10), 6) == 0.40
    assert round(gsp_gain(rates, [5, 6, 2], value=10), 6) == 0.64
    card = note_source(DECK, "ads-gsp-shading-example")
    assert "0.40" in card
    assert "0.64" in card


def test_winners_curse_of_twenty_equal_ads() -> None:
    rng = np.random.default_rng(0)
    noise = np.exp(rng.normal(0, 0.2, (20_000, 20)) - 0.2**2 / 2)
    assert abs(noise.mean() - 1) < 0.001
    assert round(float(noise.max(axis=1).mean()), 2) == 1.43
    assert "1.43" in note_source(DECK, "ads-winners-curse")


def test_latency_split() -> None:
    assert 15 + 15 + 40 + 10 + 20 == 100
    assert "15 ms retrieval, 15 light, 40 heavy, 10 auction, 20 network" in note_source(DECK, "ads-funnel")


def test_the_sampling_program_prints_what_its_card_says() -> None:
    printed, _ = run(DECK, "ads-sampling-code")
    card = note_source(DECK, "ads-sampling-code")

    assert len(printed) == 2
    assert all(f"# {line}" in card for line in printed)
