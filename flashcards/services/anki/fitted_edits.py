"""As many edits of a deck file as it can hold, in one text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from flashcards.deckfiles.check.content import content_issues
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.project import Project
from flashcards.services.anki.splice import Edit, Wanted, holds, with_edits


class Fitted(NamedTuple):
    """A file's text with edits, what it is read as, the ids of the notes that it has taken, and what it refused."""

    text: str
    parsed: Parsed
    taken: tuple[str, ...]
    refused: tuple[Wanted, ...]


def fitted(text: str, parsed: Parsed, wanted: Iterable[Wanted], project: Project, root: Path) -> Fitted:
    """The file `text` below the decks folder `root`, read as `parsed`, with all of `wanted` that it can hold.

    All of it is tried at once, and halves of what does not go: a file of a thousand notes with one that it cannot
    hold is read some twenty times, not a thousand.
    """
    return _Fitting(text, parsed, project, root).run(list(wanted))


class _Fitting:
    def __init__(self, text: str, parsed: Parsed, project: Project, root: Path) -> None:
        self.before, self.parsed_before = text, parsed
        self.text, self.parsed = text, parsed
        self.project, self.root = project, root
        self.edits: list[Edit] = []
        self.taken: set[str] = set()

    def run(self, wanted: Sequence[Wanted]) -> Fitted:
        self.take([one for one in wanted if one.edits is not None])
        ids = tuple(one.note.id for one in wanted)
        refused = tuple(one for one in wanted if one.note.id not in self.taken)
        return Fitted(self.text, self.parsed, tuple(id_ for id_ in ids if id_ in self.taken), refused)

    def take(self, some: Sequence[Wanted]) -> None:
        """Takes of `some` what goes with what was taken."""
        if not some:
            return
        edits = [*self.edits, *(edit for one in some for edit in one.edits or ())]
        text = with_edits(self.before, self.parsed_before, edits)
        read = parse_deck(self.parsed.deck.path, text.encode(), self.project)
        if holds(self.parsed, read, some):
            unsound = self.unsound(read, {one.note.id for one in some})
            if not unsound:
                self.text, self.parsed, self.edits = text, read, edits
                self.taken |= {one.note.id for one in some}
            else:
                self.take([one for one in some if one.note.id not in unsound])
        elif len(some) > 1:
            self.take(some[: len(some) // 2])
            self.take(some[len(some) // 2 :])

    def unsound(self, parsed: Parsed, ids: set[str]) -> set[str | int | None]:
        """Of those notes the ones whose texts are wrong; media that a package lacks are said by themselves."""
        others = {note.id for note in parsed.deck.notes} - ids
        issues = content_issues(parsed, self.root, {*others, *range(len(parsed.deck.prose))})
        return {owner for owner, issue in issues if owner in ids and not issue.code.startswith("media")}
