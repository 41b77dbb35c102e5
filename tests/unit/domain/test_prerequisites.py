"""What may be wrong with prerequisites, and where circles are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.prerequisites import CIRCLE, UNKNOWN, Key, Prerequisite, Requirements, waits


def graph(*edges: str, decks: str = "d") -> Requirements:
    """Of edges such as "a>b" between notes of the deck d."""
    wanted: dict[Key, list[Key]] = {}
    for edge in edges:
        note, required = edge.split(">")
        wanted.setdefault(("d", note), []).append(("d", required))
    notes = {("d", name) for name in "abcdef"}
    return Requirements(wanted, notes.__contains__, decks.__contains__)


def fault(requirements: Requirements, edge: str) -> tuple[str, str] | None:
    note, required = edge.split(">")
    return requirements.fault(("d", note), ("d", required))


def test_a_requirement_of_a_note_that_is_there() -> None:
    assert fault(graph("a>b", "b>c", "a>c"), "a>b") is None


def test_a_note_that_is_not_there() -> None:
    found = fault(graph("a>x"), "a>x")
    assert found == (UNKNOWN, "there is no note 'x' in this deck; name one that is there, or delete it")


def test_a_deck_that_is_not_there() -> None:
    requirements = Requirements({("d", "a"): [("e", "b")]}, lambda _: False, lambda _: False)
    found = requirements.fault(("d", "a"), ("e", "b"))
    assert found is not None
    assert "any deck, for there is none with the id 'e'" in found[1]


def test_a_circle_is_written_out_and_what_leads_to_it_is_not_in_it() -> None:
    requirements = graph("a>b", "b>c", "c>a", "d>a", "a>e")
    assert fault(requirements, "a>b") == (
        CIRCLE,
        "prerequisites run in a circle: a → b → c → a; delete one of them",
    )
    assert fault(requirements, "d>a") is None
    assert fault(requirements, "a>e") is None


def test_a_note_that_requires_itself() -> None:
    found = fault(graph("a>a"), "a>a")
    assert found is not None
    assert found[0] == CIRCLE


names = st.sampled_from("abcdef")


@given(st.lists(st.tuples(names, names), max_size=20))
def test_without_the_edges_in_circles_there_is_an_order(edges: list[tuple[str, str]]) -> None:
    requirements = graph(*(f"{note}>{required}" for note, required in edges))
    left = {(a, b) for a, b in edges if not requirements.in_circle(("d", a), ("d", b))}
    while left:
        waiting = {note for note, _ in left}
        free = {edge for edge in left if edge[1] not in waiting}
        assert free, "everyone waits for someone"
        left -= free


def test_a_card_waits_for_what_can_be_asked_and_was_not() -> None:
    assert not waits([])
    assert waits([Prerequisite(True, False)])
    assert not waits([Prerequisite(True, True), Prerequisite(False, False)])
