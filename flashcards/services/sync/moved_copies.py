"""A note that was copied first and cut afterwards: its copy takes over the history. Pure.

Cut and paste in one go is a move (`deckfiles/identity/matching.py`). But decks are read as soon as a file is saved, so
an author who pastes, saves, cuts and saves has made a second note, and then removed the first one. Where the
second has the same text, or the same explicit id and nearly the same text, and nobody has answered it yet, the
first one is put in its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from flashcards.deckfiles.text.similarity import RATIO, ratio
from flashcards.domain.ids import NoteId
from flashcards.services.sync.match import Match
from flashcards.storage.deck_rows import StoredNote


def with_twins(
    matched: Match,
    with_history: Callable[[Iterable[NoteId]], Collection[NoteId]],
    copies: Callable[[Iterable[StoredNote]], Sequence[StoredNote]],
) -> Match:
    """Puts notes that are to be removed into the place of their copies.

    `with_history` gives those of some notes that anybody ever answered; `copies` the notes that stand in a
    file and share the text or the explicit id of one of the given ones.
    """
    gone = {note.id: note for note in matched.removed_notes}
    parted = [gone[id_] for id_ in sorted(with_history(gone))]
    if not parted:
        return matched
    kept = {one.note.id for several in matched.kept.values() for one in several}
    found = [note for note in copies(parted) if note.id not in gone and note.id not in kept]
    answered = with_history(note.id for note in found)
    twins = _assign(parted, [note for note in found if note.id not in answered])
    if not twins:
        return matched
    standing = {note.id for note in matched.notes.values()}
    replaced = {note.id for note, _ in twins.values()}
    left = [note for note in matched.removed_notes if note.id not in replaced]
    return replace(
        matched,
        notes={place: twins[n.id][0] if n.id in twins else n for place, n in matched.notes.items()},
        removed_notes=(*left, *(copy for _, copy in twins.values())),
        adopted=tuple(pair for id_, pair in twins.items() if id_ not in standing),
    )


def _assign(gone: Iterable[StoredNote], copies: Iterable[StoredNote]) -> dict[NoteId, tuple[StoredNote, StoredNote]]:
    """By the copy's row: the note that takes its place, and the copy."""
    by_text: defaultdict[tuple[str, str], list[StoredNote]] = defaultdict(list)
    by_id: defaultdict[str, list[StoredNote]] = defaultdict(list)
    for copy in copies:
        by_text[copy.values.kind, copy.values.source].append(copy)
        if copy.values.explicit:
            by_id[copy.values.key].append(copy)
    twins: dict[NoteId, tuple[StoredNote, StoredNote]] = {}
    for note in gone:
        same = by_text[note.values.kind, note.values.source]
        alike = [copy for copy in by_id[note.values.key] if note.values.explicit and _alike(note, copy)]
        heir = next((one for one in (*same, *alike) if one.id not in twins), None)
        if heir is not None:
            twins[heir.id] = (note, heir)
    return twins


def _alike(note: StoredNote, copy: StoredNote) -> bool:
    if note.values.kind != copy.values.kind:
        return False
    return ratio(note.values.source, copy.values.source) >= RATIO
