"""What is wrong between deck files: two with one id, prerequisites that are not there or run in a circle, references
of rubric points and follow-ups that name nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from flashcards.deckfiles.parse.collection import Loaded
from flashcards.deckfiles.parse.deck import MAX_NAMED, Parsed
from flashcards.deckfiles.text.nearest import nearest
from flashcards.domain.card import Note, PointRef
from flashcards.domain.prerequisites import NAME_ANOTHER, Key, Requirements, not_there
from flashcards.domain.problem import Problem

REFERENCE_UNKNOWN = "reference-unknown"

Notes = Mapping[str, Collection[str]]
"""The ids of notes by deck id."""


def cross_problems(files: Sequence[Loaded]) -> list[Problem]:
    """Return what is wrong between the files, in those that were asked for. All are of one decks folder."""
    return [*duplicate_decks(files), *requires_problems(files), *reference_problems(files)]


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
    known = by_deck(notes)
    requirements = Requirements(
        wanted, lambda key: key in notes or key[0] in lost, decks.__contains__, lambda key: advice(key, known)
    )
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


# References ----------------------------------------------------------------------------------------------


def reference_problems(files: Sequence[Loaded]) -> list[Problem]:
    """Points and follow-ups that name a note which is not there: a warning where the reference stands.

    Any note may be there of a file whose structure is lost.
    """
    notes: dict[str, set[str]] = defaultdict(set)
    lost = {file.parsed.deck.id for file in files if file.parsed.structure_lost}
    for file in files:
        notes[file.parsed.deck.id] |= ids_in(file.parsed)
    return [
        problem for file in files if file.asked for problem in unknown_references(file.parsed, file.shown, notes, lost)
    ]


def unknown_references(parsed: Parsed, shown: str, notes: Notes, lost: Collection[str] = ()) -> Iterator[Problem]:
    """Those of one file; `notes` are all that there are, `lost` the decks of which that is not known."""
    own = parsed.deck.id
    for note in parsed.deck.notes:
        for part, ref in references_of(note):
            key = named_by(ref, own)
            if key is None or key[0] in lost or key[1] in notes.get(key[0], ()):
                continue
            meant = nearest(key[1], notes.get(key[0], ()))
            told = f"did you mean '{meant}'?" if meant else advice(key, notes)
            line, column = parsed.lines.at(parsed.places[note.id].refs_at[part])
            message = f"{not_there(own, key, notes.__contains__)}; {told}"
            yield Problem(shown, line, column, "warning", REFERENCE_UNKNOWN, message)


def by_deck(keys: Iterable[Key]) -> Notes:
    """Notes as ids by deck."""
    found: dict[str, set[str]] = defaultdict(set)
    for deck, note in keys:
        found[deck].add(note)
    return found


def advice(missing: Key, notes: Notes) -> str:
    """What to do about a note that is named and not there: most often it, or its deck, has moved."""
    elsewhere = [deck for deck, ids in notes.items() if missing[1] in ids]
    return f"did you mean '{elsewhere[0]}#{missing[1]}'?" if len(elsewhere) == 1 else NAME_ANOTHER


def ids_in(parsed: Parsed) -> set[str]:
    """The ids of a file's notes, broken ones too."""
    return {note.id for note in parsed.deck.notes} | {note.id for note in parsed.broken}


def references_of(note: Note) -> Iterator[tuple[str, PointRef]]:
    """The references of a note, each with the part that it ends: ``rubric.0``, ``follow_ups.0``."""
    for name, refs in (("rubric", note.rubric_refs), ("follow_ups", note.follow_up_refs)):
        for number, ref in enumerate(refs):
            if ref is not None:
                yield f"{name}.{number}", ref


def named_by(ref: PointRef | None, own_deck: str) -> Key | None:
    """The note that a reference names, which stands in the deck `own_deck`; None where it names none."""
    return None if ref is None or ref.note is None else (ref.deck or own_deck, ref.note)
