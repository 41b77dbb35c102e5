"""A learner who takes the defaults meets cards in an order that makes sense."""

from __future__ import annotations

from flashcards.deckfiles.parse.deck import parse_deck
from tests.decks.first_week import DECKS, SimulatedClock, built_in_decks, first_week


def test_the_first_week_makes_sense_in_its_order() -> None:
    clock = SimulatedClock()
    with built_in_decks(clock) as services:
        week = first_week(services, clock)

    new = [card for day in week for card in day if card.kind == "new"]
    assert [sum(card.kind == "new" for card in day) for day in week] == [20] * 7
    # What a question stands on comes first, or the question itself: nothing harder.
    for deck in dict.fromkeys(card.deck_address for card in new):
        first = next(card for card in new if card.deck_address == deck)
        assert {"core", "junior"} & set(first.tags), first.key
    # The week begins with what machine learning is, and goes through decks one after the other.
    assert new[0].deck_address == "ml/concepts/types-of-ml"
    wanted, seen = requirements(), set()
    for card in new:
        for deck, note in wanted[card.path, card.key.split("#")[1].rsplit("/", 1)[0]]:
            assert (deck, note) in seen, f"{card.key} comes before {deck}#{note}"
        seen.add((card.key.split("#")[0], card.key.split("#")[1].rsplit("/", 1)[0]))
    # Siblings never come on one day.
    for day in week:
        notes = [card.note_id for card in day]
        assert len(notes) == len(set(notes))


def requirements() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(path, note id): the notes that it requires, as (deck id, note id)."""
    found = {}
    for file in sorted(DECKS.rglob("*.md")):
        path = file.relative_to(DECKS).as_posix()
        deck = parse_deck(path, file.read_bytes()).deck
        for note in deck.notes:
            found[path, note.id] = [(other or deck.id, required) for other, required in note.requires]
    return found
