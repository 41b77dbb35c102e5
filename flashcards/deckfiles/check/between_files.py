"""What is wrong between deck files: two with one id, prerequisites that are not there or run in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from flashcards.deckfiles.parse.collection import Loaded
from flashcards.deckfiles.parse.deck import MAX_NAMED, Parsed
from flashcards.domain.problem import Problem
from flashcards.domain.requirements import Key, Requirements


def cross_problems(files: Sequence[Loaded]) -> list[Problem]:
    """Return what is wrong between the files, in those that were asked for. All are of one decks folder."""
    return [*duplicate_decks(files), *requires_problems(files)]


def duplicate_decks(files: Iterable[Loaded]) -> list[Problem]:
    """Two files with one deck id: an error in both."""
    by_id: dict[str, list[Loaded]] = defaultdict(list)
    for file in files:
        by_id[file.parsed.deck.id].append(file)
    problems = []
    for deck_id, same in by_id.items():
        for file in same if len(same) > 1 else []:
            if file.asked:
                others = ", ".join([other.shown for other in same[: MAX_NAMED + 1] if other is not file][:MAX_NAMED])
                message = f"the deck id '{deck_id}' is also that of {others}; give one of them another id"
                line, column = file.parsed.lines.at(file.parsed.id_at)
                problems.append(Problem(file.shown, line, column, "error", "duplicate-deck-id", message))
    return problems


def requires_problems(files: Sequence[Loaded]) -> list[Problem]:
    """A `requires` that names nothing, or that runs in a circle: an error where it stands.

    A broken note is there, and so may be any note of a file whose structure is lost.
    """
    lost = {file.parsed.deck.id for file in files if file.parsed.structure_lost}
    decks = {file.parsed.deck.id for file in files}
    notes = {(file.parsed.deck.id, note.id) for file in files for note in file.parsed.deck.notes}
    notes |= {(file.parsed.deck.id, note.id) for file in files for note in file.parsed.broken}
    wanted = {key: keys for file in files for key, keys in wanted_in(file.parsed).items()}
    requirements = Requirements(wanted, lambda key: key in notes or key[0] in lost, decks.__contains__)
    return [problem for file in files if file.asked for problem in faults_in(file.parsed, file.shown, requirements)]


def wanted_in(parsed: Parsed) -> dict[Key, list[Key]]:
    """What the notes of a file require, by note."""
    deck = parsed.deck
    return {
        (deck.id, note.id): [(other or deck.id, name) for other, name in note.requires]
        for note in deck.notes
        if note.requires
    }


def faults_in(parsed: Parsed, shown: str, requirements: Requirements) -> Iterator[Problem]:
    """What is wrong with what the notes of a file require, each where it stands."""
    for note, keys in wanted_in(parsed).items():
        for offset, required in zip(parsed.places[note[1]].requires_at, keys, strict=True):
            if fault := requirements.fault(note, required):
                line, column = parsed.lines.at(offset)
                yield Problem(shown, line, column, "error", *fault)
