"""Notes that became another kind (basic or cloze): what Anki has of them stays, and is exported once more, tagged.

Anki knows them by another guid, under another note type. Their fields are made again from the last text that was of
that kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import CORE, Basic, Note
from flashcards.exchange.anki.fields import REMOVED_TAG, SEPARATOR, NoteTexts, fields_of
from flashcards.exchange.anki.package_notes import PackageCard, PackageNote
from flashcards.exchange.anki.source_fields import kind_of
from flashcards.services.export.anki_fields import anki_ordinal, digest_of, rendering, request_for_anki
from flashcards.storage.exports import Exported
from flashcards.storage.former_notes import Former


class FormerNotes:
    """Packs them: `notes` by the id of their deck, `exported` as in `PackedDecks`, `media` the names that they need,
    `as_written` by guid.
    """

    def __init__(self, former: Iterable[Former], root: Path, pool: Callable[[], RenderPool]) -> None:
        self.notes: dict[int, list[PackageNote]] = {}
        self.exported: list[Exported] = []
        self.media: dict[str, None] = {}
        self.as_written: dict[str, Note] = {}
        texts = [(one, note) for one in former if (note := last_of_kind(one)) is not None]
        if not texts:
            return
        requests = [(str(i), request_for_anki(note, one.deck_path, root)) for i, (one, note) in enumerate(texts)]
        with pool() as opened:
            for number, rendered in opened.render_all(requests):
                one, note = texts[int(number)]
                html = rendering(note, rendered)
                lists = [str(html.extra[part]) for part in ("rubric", "follow_ups", "source")]
                self._add(one, note, html.first, html.second, lists)
                self.media |= dict.fromkeys(map(str, _names(html.extra["media"])))

    def _add(self, one: Former, note: Note, first: str, second: str, lists: list[str]) -> None:
        content = note.content
        texts = NoteTexts(
            kind_of(note), first, second, lists[0], lists[1], lists[2], one.section,
            isinstance(content, Basic) and content.reversed, content.typed, f"{one.deck_key}#{one.key}",
        )  # fmt: skip
        fields = fields_of(texts)
        tags = (*json.loads(one.tags), REMOVED_TAG)
        modified = max(one.modified_at // 1000, one.last_modified + 1)
        self.exported.append((one.guid, one.note, modified, digest_of(tags, fields), 1))
        cards = [PackageCard(anki_ordinal(which), "") for which in note.whiches]
        packed = PackageNote(one.guid, texts.kind, one.created_at, modified, tags, SEPARATOR.join(fields), cards)
        self.as_written[one.guid] = note
        self.notes.setdefault(one.deck, []).append(packed)

    def of(self, deck: int, name: str) -> list[PackageNote]:
        """Those of a deck, whose name in Anki is `name`."""
        notes = self.notes.get(deck, ())
        return [note._replace(cards=[card._replace(deck=name) for card in note.cards]) for note in notes]


def last_of_kind(one: Former) -> Note | None:
    """The note as it last was when it was of the other kind; None where that cannot be read any more."""
    core = CORE in json.loads(one.tags)
    for source in one.sources:
        for note in parse_deck("deck.md", source.encode(), core=core).deck.notes[:1]:
            if kind_of(note) != one.kind:
                return replace(note, id=one.key, definitions=one.definitions)
    return None


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else []
