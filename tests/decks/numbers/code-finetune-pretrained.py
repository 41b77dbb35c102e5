"""Numbers of the deck on fine-tuning: weights of heads and adapters, sizes, a starting loss."""

from __future__ import annotations

from math import log, sqrt

from tests.decks.numbers.on_cards import said

DECK = "code-finetune-pretrained"


def test_heads() -> None:
    assert round((7 * 7 * 512 * 1024) / 1e6, 1) == 25.7
    assert round(512 * 1024 / 1e6, 1) == 0.5
    assert said(DECK, "flatten-dense-count", "25.7 million", "0.5 million")
    assert 2048 * 12 + 12 == 24_588
    assert round(7 * 7 * 2048 * 1024 / 1e6, 1) == 102.8
    assert said(DECK, DECK, "24 588 weights", "102.8 million")


def test_low_rank_updates() -> None:
    assert 2 * 8 * 4096 == 65_536
    assert round(100 * 65_536 / 4096**2, 1) == 0.4
    assert said(DECK, "lora-count", "65 536", "0.4%")
    assert 2 * 8 * 768 == 12_288
    assert round(100 * 12_288 / 768**2, 1) == 2.1
    assert said(DECK, DECK, "12 288 weights, 2.1%")


def test_plants_photos_and_features() -> None:
    assert 12 * 200 / 5 == 480
    assert 480 * 0.2 == 96
    assert 96 * 5 / 12 == 40
    assert round(196 * sqrt(0.09 / 40)) == 9
    assert round(1440 * 2048 * 4 / 1e6, 1) == 11.8
    assert round(log(12), 2) == 2.48
    assert said(DECK, DECK, "96 plants, 480 photos, 40 per class", "±9 points", "11.8 MB", "ln 12 = 2.48")
