"""What only the whole collection shows: deck ids that two files give, and notes that require or name others. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flashcards.deckfiles.check import between_files as cross
from flashcards.deckfiles.parse.deck import Parsed
from flashcards.domain import prerequisites as domain
from flashcards.domain.prerequisites import Key, Requirements
from flashcards.domain.problem import Problem
from flashcards.storage.deck_rows import Referring, Requirement

DUPLICATE_DECK = "duplicate-deck-id"
CODES = frozenset({DUPLICATE_DECK, domain.UNKNOWN, domain.CIRCLE, cross.REFERENCE_UNKNOWN})
"""Found anew at every sync: what is stored of them is forgotten first."""


@dataclass(frozen=True, slots=True)
class Links:
    """`edges` are `(note, required note)`; `problems` come with the row of the deck that has them."""

    edges: frozenset[tuple[int, int]]
    problems: tuple[tuple[int, Problem], ...]


def duplicate_decks(ids: Iterable[tuple[str, str]]) -> dict[str, Problem]:
    """Of decks given as `(path, deck id)`, those whose id another one has too: the problem by path."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for path, deck_id in ids:
        paths[deck_id].append(path)
    problems = {}
    for deck_id, several in paths.items():
        for path in several if len(several) > 1 else ():
            others = ", ".join(sorted(other for other in several if other != path))
            message = f"the deck id '{deck_id}' is also that of {others}; give one of them another id"
            problems[path] = Problem(path, 1, 1, "error", DUPLICATE_DECK, message)
    return problems


def required_keys(required: Iterable[Requirement]) -> set[Key]:
    """The notes that are asked for."""
    return {key for one in required for key in _keys(one)}


def link(required: Sequence[Requirement], ids: Mapping[Key, int], decks: Collection[str]) -> Links:
    """Resolves what notes require: `ids` are those of the required notes that exist, `decks` all deck ids.

    A note in a circle would wait for itself for ever: the requirements within a circle are left out.
    """
    wanted = {(one.deck_key, one.note_key): _keys(one) for one in required}
    graph = Requirements(wanted, ids.__contains__, decks.__contains__)
    edges: set[tuple[int, int]] = set()
    problems: list[tuple[int, Problem]] = []
    for one in required:
        for key in _keys(one):
            fault = graph.fault((one.deck_key, one.note_key), key)
            if fault is None:
                edges.add((one.note_id, ids[key]))
            else:
                problems.append((one.deck_row, Problem(one.path, one.line, 1, "error", *fault)))
    return Links(frozenset(edges), tuple(problems))


Cards = dict[tuple[int, int], int | None]
"""By note and position of the item."""


@dataclass(frozen=True, slots=True)
class References:
    """The cards that teach points and answer follow-ups; `problems` come with the row of the deck that has them."""

    points: Cards
    follow_ups: Cards
    problems: tuple[tuple[int, Problem], ...]


def named_keys(referring: Iterable[Referring]) -> set[Key]:
    """The notes that points and follow-ups name."""
    refs = ((one.deck_key, ref) for one in referring for ref in (*one.points, *one.follow_ups))
    return {key for deck, ref in refs if (key := cross.named_by(ref, deck)) is not None}


def refer(referring: Iterable[Referring], cards: Mapping[Key, int | None], decks: Collection[str]) -> References:
    """Resolves references: `cards` has the first card of each named note that exists, `decks` are all deck ids."""
    found = References({}, {}, ())
    problems: list[tuple[int, Problem]] = []
    for one in referring:
        for refs, taken in ((one.points, found.points), (one.follow_ups, found.follow_ups)):
            for position, ref in enumerate(refs):
                key = cross.named_by(ref, one.deck_key)
                taken[one.note_id, position] = cards.get(key) if key else None
                if key and key not in cards:
                    message = f"{domain.not_there(one.deck_key, key, decks.__contains__)}; {domain.NAME_ANOTHER}"
                    problem = Problem(one.path, one.line, 1, "warning", cross.REFERENCE_UNKNOWN, message)
                    problems.append((one.deck_row, problem))
    return References(found.points, found.follow_ups, tuple(problems))


def faults_in(
    parsed: Parsed, others: Sequence[Requirement], notes: Collection[Key], decks: Collection[str]
) -> list[Problem]:
    """What is wrong with what the notes of one file require, each where it stands.

    `others` is what the notes of other files require; `notes` are those that stand in these, of those that are asked
    for and of their names, and `decks` the ids of these.
    """
    own = parsed.deck.id
    here = {(own, note.id) for note in parsed.deck.notes} | {(own, note.id) for note in parsed.broken}
    wanted = {(one.deck_key, one.note_key): _keys(one) for one in others} | cross.wanted_in(parsed)
    known = cross.by_deck([*here, *notes])
    graph = Requirements(
        wanted,
        lambda key: key in here or key in notes,
        lambda deck: deck == own or deck in decks,
        lambda key: cross.advice(key, known),
    )
    return [*cross.faults_in(parsed, parsed.deck.path, graph)]


def _keys(one: Requirement) -> list[Key]:
    return [(deck or one.deck_key, note) for deck, note in one.requires]
