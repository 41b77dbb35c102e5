"""What is wrong between deck files: two with one id, prerequisites that are not there or run in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from flashcards.deckfiles.collection import Loaded
from flashcards.deckfiles.parse import MAX_NAMED
from flashcards.domain.problem import Problem
from flashcards.domain.requirements import Requirements


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
    wanted = {
        (file.parsed.deck.id, note.id): [(deck or file.parsed.deck.id, name) for deck, name in note.requires]
        for file in files
        for note in file.parsed.deck.notes
        if note.requires
    }
    requirements = Requirements(wanted, lambda key: key in notes or key[0] in lost, decks.__contains__)
    problems = []
    for file in files:
        for note in file.parsed.deck.notes if file.asked else ():
            key = (file.parsed.deck.id, note.id)
            for offset, required in zip(file.parsed.places[note.id].requires_at, wanted.get(key, ()), strict=True):
                if fault := requirements.fault(key, required):
                    line, column = file.parsed.lines.at(offset)
                    problems.append(Problem(file.shown, line, column, "error", *fault))
    return problems
