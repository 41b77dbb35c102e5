"""The tree of decks, a deck as a document with each card's state, and the pictures and sounds on cards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from flashcards.deckfiles.parse.find import check_root
from flashcards.deckfiles.parse.project import read_project
from flashcards.domain.ids import DeckId, LearnerId, NoteId
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError, NotFound
from flashcards.services.kept import Kept
from flashcards.storage.deck_pages import DeckPageStore, DeckRow, PageCard, PageNote
from flashcards.storage.deck_rows import Totals

CardStateName = Literal["new", "scheduled", "suspended"]


class HasId(Protocol):
    """A learner, as far as decks care."""

    @property
    def id(self) -> LearnerId: ...


Place = tuple[str, str, int]
"""(address, title, depth) of a folder or deck."""


@dataclass(frozen=True, slots=True)
class DeckInfo:
    """A deck as it is listed; `problems` counts the errors in its file, `cards` those to learn."""

    id: DeckId
    key: str
    address: str
    path: str
    title: str
    description: str
    tags: tuple[str, ...]
    cards: int
    problems: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of decks. `entries` holds its folders and decks together, in study order."""

    path: str
    title: str
    entries: tuple[Folder | DeckInfo, ...] = ()

    @property
    def folders(self) -> tuple[Folder, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, Folder))

    @property
    def decks(self) -> tuple[DeckInfo, ...]:
        return tuple(entry for entry in self.entries if isinstance(entry, DeckInfo))

    @property
    def cards(self) -> int:
        """The cards of all decks below."""
        return sum(entry.cards for entry, _ in _walk(self) if isinstance(entry, DeckInfo))


@dataclass(frozen=True, slots=True)
class ProseBlock:
    """Text between cards."""

    html: str


@dataclass(frozen=True, slots=True)
class SectionBlock:
    """A section's title, as plain text."""

    title: str


class CardBrief(NamedTuple):
    """A card's state for one learner; days are epoch days, ease is in hundredths."""

    id: str
    which: str
    state: CardStateName
    due_on: int | None
    interval: int
    ease: int
    repetition: int
    suspended: bool
    buried_until: int | None
    lapses: int


class NoteBlock(NamedTuple):
    """A note: its question and answer (a cloze note's text with every gap marked) and its cards."""

    note_id: NoteId
    key: str
    line: int
    title: str
    kind: Literal["basic", "cloze"]
    question_html: str
    answer_html: str
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]
    tags: tuple[str, ...]
    draft: bool
    typed: bool
    one_line: bool
    cards: tuple[CardBrief, ...]


Block = ProseBlock | SectionBlock | NoteBlock


@dataclass(frozen=True, slots=True)
class DeckPage:
    """A deck as a document. `removed_notes` once stood in it; their history is kept.

    `version` changes when the file, its pictures or what is wrong with it do.
    """

    info: DeckInfo
    version: str
    path: str
    author: str
    license: str
    source: str
    language: str
    problems: tuple[Problem, ...]
    removed_notes: int
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A picture or sound; `path` is absolute, `size` in bytes."""

    path: Path
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class CollectionState:
    """What there is to learn, and where it comes from.

    `trouble` is the code of what is wrong with the decks folder itself (decks-missing, decks-unreadable,
    decks-empty, project-file), "" where nothing is: then the cards are those that were read last.
    """

    decks_root: str
    decks: int
    notes: int
    cards: int
    errors: int
    trouble: str = ""


@dataclass(slots=True)
class _Growing:
    """A folder while its tree is built."""

    path: str
    entries: dict[str, _Growing | DeckInfo] = field(default_factory=dict)


class DeckService:
    """Reads what sync stored."""

    def __init__(self, store: DeckPageStore, decks_root: Path) -> None:
        self._store = store
        self._root = decks_root
        self._state = Kept[tuple[Totals, int]](1)
        self._places = Kept[tuple[Place, ...]](1)
        self._failing = Kept[tuple[DeckInfo, ...]](1)

    def tree(self) -> Folder:
        """All folders and decks in study order; the outermost folder has the path ""."""
        root = _Growing("")
        folders = [root]
        for deck in self._store.decks():
            *parts, name = deck.path.split("/")
            here = root
            for part in parts:
                entry = here.entries.get(part)
                if entry is None:
                    entry = here.entries[part] = _Growing(f"{here.path}/{part}" if here.path else part)
                    folders.append(entry)
                assert isinstance(entry, _Growing)  # deck entries end in .md/: no folder part does
                here = entry
            here.entries[f"{name}/"] = _info(deck)
        titles = {path: folder.title for path, folder in self._store.folders().items() if folder.title}
        grown: dict[int, Folder] = {}
        for folder in reversed(folders):  # those within come after those that hold them
            entries = (grown[id(it)] if isinstance(it, _Growing) else it for it in folder.entries.values())
            name = folder.path.rpartition("/")[2]
            grown[id(folder)] = Folder(folder.path, titles.get(folder.path, name), tuple(entries))
        return grown[id(root)]

    def trail(self, address: str) -> list[tuple[str, str]]:
        """The folders above an address, the outermost first, as (address, title)."""
        parts = address.split("/")[:-1]
        paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        titles = self._store.titles(paths)
        return [(path, titles.get(path, name)) for path, name in zip(paths, parts, strict=True)]

    def title(self, address: str) -> str | None:
        """The title of the deck or the folder at an address, None where there is neither."""
        deck = self._store.deck(f"{address}.md")
        if deck is not None:
            return deck.title
        return self.trail(f"{address}/")[-1][1] if self._store.decks_below(address) else None

    def places(self) -> tuple[Place, ...]:
        """(address, title, depth) of every folder, with a slash after its title, and every deck, in study order."""
        return self._places.get(self._store.mark(), self._read_places)

    def _read_places(self) -> tuple[Place, ...]:
        names = self._store.names()
        titles = {path: folder.title for path, folder in self._store.folders().items() if folder.title}
        found: list[Place] = []
        listed: set[str] = set()
        for path, title in names:
            parts = path.split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                if folder not in listed:
                    listed.add(folder)
                    found.append((folder, f"{titles.get(folder, parts[depth - 1])}/", depth - 1))
            found.append((path.removesuffix(".md"), title, len(parts) - 1))
        return tuple(found)

    def page(self, learner: HasId, address: str, *, author: bool) -> DeckPage:
        """The deck at an address such as ``ml/concepts/pca``. Drafts are shown to authors only.

        Raises NotFound where no deck stands at the address.
        """
        deck = self._store.deck(f"{address}.md")
        if deck is None:
            raise NotFound(f"There is no deck at {address}.")
        return DeckPage(
            info=_info(deck),
            version=self._store.version(deck.path) or "",
            path=deck.path,
            author=deck.author,
            license=deck.license,
            source=deck.source,
            language=deck.language,
            problems=deck.problems,
            removed_notes=self._store.removed_notes(deck.id),
            blocks=self._blocks(deck.id, learner.id, drafts=author),
        )

    def version(self, address: str) -> str:
        """What changes with what a deck's page shows of its file. Raises NotFound."""
        version = self._store.version(f"{address}.md")
        if version is None:
            raise NotFound(f"There is no deck at {address}.")
        return version

    def media(self, name: str) -> MediaFile:
        """The picture or sound at ``/media/<name>``.

        Raises NotFound where no card shows it, or its file is gone or holds other bytes by now.
        """
        from flashcards.deckfiles.media import files as media_files  # and with them a reader of Markdown

        for row in self._store.media(name):
            found = media_files.resolve("/" + row.path, "", self._root)
            if isinstance(found, media_files.Media) and found.url.rpartition("/")[2] == name:
                return MediaFile(self._root / found.path, found.mime, found.size)
        raise NotFound(f"There is no picture or sound {name}.")

    def collection_state(self) -> CollectionState:
        """How many decks, notes and cards there are, and how many errors their files have."""
        store = self._store
        totals, errors = self._state.get(store.mark(), lambda: (store.totals(), store.errors()))
        return CollectionState(str(self._root), totals.decks, totals.notes, totals.cards, errors, self._trouble())

    def failing(self) -> tuple[DeckInfo, ...]:
        """The decks whose files have errors, in study order."""
        store = self._store
        return self._failing.get(
            store.mark(), lambda: tuple(info for info in map(_info, store.with_problems()) if info.problems)
        )

    def _trouble(self) -> str:
        try:
            check_root(self._root)
        except DeckError as error:
            return error.code
        return next((problem.code for problem in read_project(self._root).problems), "")

    def _blocks(self, deck: DeckId, learner: LearnerId, *, drafts: bool) -> tuple[Block, ...]:
        cards: dict[NoteId, list[CardBrief]] = {}
        for card in self._store.cards(learner, deck):
            cards.setdefault(card.note_id, []).append(_brief(card))
        notes = [note for note in self._store.notes(deck) if drafts or not note.draft]
        pieces: list[tuple[int, str | None, Block]] = [
            (prose.line, prose.section, ProseBlock(prose.html)) for prose in self._store.prose(deck)
        ]
        pieces += [(n.line, n.section, _note_block(n, tuple(cards.get(n.id, ())))) for n in notes]
        pieces.sort(key=lambda piece: piece[0])
        blocks: list[Block] = []
        section: str | None = None
        for _, in_section, block in pieces:
            if in_section is not None and in_section != section:
                blocks.append(SectionBlock(in_section))
            section = in_section
            blocks.append(block)
        return tuple(blocks)


def _walk(folder: Folder) -> Iterator[tuple[Folder | DeckInfo, int]]:
    """Everything below a folder, in study order, with how deep it lies."""
    waiting: list[tuple[Folder | DeckInfo, int]] = [(entry, 0) for entry in reversed(folder.entries)]
    while waiting:
        entry, depth = waiting.pop()
        yield entry, depth
        if isinstance(entry, Folder):
            waiting += [(inner, depth + 1) for inner in reversed(entry.entries)]


def _info(deck: DeckRow) -> DeckInfo:
    return DeckInfo(
        id=deck.id,
        key=deck.key,
        address=deck.path.removesuffix(".md"),
        path=deck.path,
        title=deck.title,
        description=deck.description,
        tags=deck.tags,
        cards=deck.cards,
        problems=_errors(deck),
    )


def _errors(deck: DeckRow) -> int:
    return sum(problem.severity == "error" for problem in deck.problems)


def _brief(card: PageCard) -> CardBrief:
    state: CardStateName = "new" if card.due_on is None else "scheduled"
    return CardBrief(
        id=str(card.id),
        which=card.which,
        state="suspended" if card.suspended else state,
        due_on=card.due_on,
        interval=card.interval,
        ease=card.ease,
        repetition=card.repetition,
        suspended=card.suspended,
        buried_until=card.buried_until,
        lapses=card.lapses,
    )


def _note_block(note: PageNote, cards: tuple[CardBrief, ...]) -> NoteBlock:
    return NoteBlock(
        note_id=note.id,
        key=note.key,
        line=note.line,
        title=note.title,
        kind="cloze" if note.kind == "cloze" else "basic",
        question_html=note.question_html,
        answer_html=note.answer_html,
        rubric_html=note.rubric_html,
        follow_ups_html=note.follow_ups_html,
        sources_html=note.sources_html,
        in_full_html=note.in_full_html,
        clarify_html=note.clarify_html,
        tags=note.tags,
        draft=note.draft,
        typed=note.typed,
        one_line=note.one_line,
        cards=cards,
    )
