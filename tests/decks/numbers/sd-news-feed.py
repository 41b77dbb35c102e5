"""Every number printed in the deck on ranking a news feed, computed and compared with its card."""

from math import log

from tests.decks.test_facts import note_source

DECK = "sd-news-feed"
WEIGHTS = {"like": 1, "comment": 5, "share": 10, "hide": -50}


def value(like: float, comment: float, share: float, hide: float) -> float:
    chances = {"like": like, "comment": comment, "share": share, "hide": hide}
    return sum(WEIGHTS[action] * chance for action, chance in chances.items())


def test_load_and_scorings_per_second() -> None:
    mean = 300e6 * 8 / 86_400
    assert round(mean, -3) == 28_000
    assert "28 000" in note_source(DECK, "feed-load")
    assert round(3 * mean, -3) == 83_000
    scorings = 3 * mean * 500
    assert round(scorings / 1e6) == 42
    assert round(83_000 * 500 / 1e6) == 42
    assert 400 < scorings / 100_000 < 420
    card = note_source(DECK, "feed-scoring-load")
    assert "42 million" in card
    assert "over 400" in card
    core = note_source(DECK, DECK)
    assert "28 000" in core
    assert "83 000" in core
    assert "42 million" in core


def test_time_to_push_one_post() -> None:
    assert 50e6 / 1e6 == 50
    assert "50 seconds" in note_source(DECK, "feed-push-time")


def test_value_model_examples() -> None:
    assert round(value(0.10, 0, 0, 0.005), 3) == -0.15
    assert "-0.15" in note_source(DECK, "feed-value-example")
    assert round(value(0.10, 0.02, 0.010, 0.005), 3) == 0.05
    assert round(value(0.06, 0.03, 0.005, 0.0005), 3) == 0.235
    assert "0.235 against 0.05" in note_source(DECK, "feed-like-alone")


def test_adamic_adar() -> None:
    friend, hub = 1 / log(10), 1 / log(500)
    assert (round(friend, 3), round(hub, 3), round(friend + hub, 3)) == (0.434, 0.161, 0.595)
    assert 1 / 3 < hub / friend < 0.4
    assert "0.434 + 0.161 = 0.595" in note_source(DECK, "adamic-adar-example")


def test_expected_accepted_invitations() -> None:
    assert round(0.20 * 0.30, 3) == 0.06
    assert round(0.10 * 0.80, 3) == 0.08
    card = note_source(DECK, "pymk-example")
    assert "0.08" in card
    assert "0.06" in card
