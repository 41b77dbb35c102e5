"""Which cards give learners trouble: for authors, over everybody, never over so few that one could be told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flashcards.domain.ids import CardId, DeckId
from flashcards.domain.item_analysis import LEAST_LEARNERS as LEAST_LEARNERS
from flashcards.domain.item_analysis import Figures, at_least, figures
from flashcards.errors import Invalid, NotFound
from flashcards.storage.analysis import AnalysisRows, CardPlace
from flashcards.storage.database import Database
from flashcards.storage.practice import PracticeRows, UnsaidPoint
from flashcards.storage.queues import QueueRows

PAGE = 50
SHOWN_POINTS = 20
_MILLION = 1_000_000
_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")

# The larger, the worse: what an author looks at first. `place`, the order of study, is not of the figures.
_WORST: dict[str, Callable[[Figures], int]] = {
    "lapses": lambda card: round(_MILLION * at_least(card.lapses, card.asked)),
    "first": lambda card: round(_MILLION * at_least(card.first_wrong, card.learners)),
    "time": lambda card: card.median_ms or 0,
    "answers": lambda card: card.answers,
    "learners": lambda card: card.learners,
}
SORTS = (*_WORST, "place")


@dataclass(frozen=True, slots=True)
class AnalysedCard:
    """A card, where it is written, and how it does."""

    id: str
    key: str
    which: str
    title: str
    deck_address: str
    deck_title: str
    path: str
    line: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Analysis:
    """Part of the list; `next` is the cursor of what follows, `total` how many cards the whole list has."""

    items: tuple[AnalysedCard, ...]
    next: str | None
    total: int


class AnalysisService:
    """Reads every learner's log; says nothing of any one of them."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._rows = AnalysisRows(database)
        self._decks = QueueRows(database)
        self._practice = PracticeRows(database)

    def cards(
        self, *, deck: str | None = None, sort: str = "lapses", since: str | None = None, limit: int | None = PAGE
    ) -> Analysis:
        """The cards that at least `LEAST_LEARNERS` have answered, the worst first; all where `limit` is None.

        `deck` is the address of a deck or folder, `sort` one of `SORTS`, `since` a cursor of the same list.
        Raises Invalid and NotFound.
        """
        if sort not in SORTS:
            raise Invalid(f"Sort by one of {', '.join(SORTS)}.", field="sort")
        after = _cursor(since)
        with self._db.read():
            decks = self._at(deck)
            answers = self._rows.answers(decks)
            visible = self._rows.in_order()
            known = {card: it for card in visible if card in answers and (it := figures(answers[card]))}
            order = _place_order(known) if sort == "place" else _worst_order(known, _WORST[sort])
            rest = [place for place in order if after is None or place > after]
            shown = rest if limit is None else rest[:limit]
            places = self._rows.places(card for _, card in shown)
        items = tuple(_card(places[card], known[card]) for _, card in shown)
        following = f"{shown[-1][0]}.{shown[-1][1]}" if len(shown) < len(rest) else None
        return Analysis(items, following, len(order))

    def points(self, *, deck: str | None = None) -> list[UnsaidPoint]:
        """The points that at least `LEAST_LEARNERS` have ticked in practice, those missed most first.

        `deck` is the address of a deck or folder; raises NotFound.
        """
        with self._db.read():
            return self._practice.unsaid(LEAST_LEARNERS, self._at(deck), SHOWN_POINTS)

    def _at(self, deck: str | None) -> set[DeckId] | None:
        if deck is None:
            return None
        decks = self._decks.decks_at(deck.strip("/").removesuffix(".md"))
        if not decks:
            raise NotFound(f"There is no deck or folder {deck!r}.")
        return decks


# Both give (what to sort by, card), the least first; `known` is in the order of study.


def _place_order(known: Iterable[CardId]) -> list[tuple[int, CardId]]:
    return list(enumerate(known))


def _worst_order(known: Mapping[CardId, Figures], worst: Callable[[Figures], int]) -> list[tuple[int, CardId]]:
    return sorted((-worst(it), card) for card, it in known.items())


def _cursor(since: str | None) -> tuple[int, int] | None:
    if not since:
        return None
    match = _CURSOR.fullmatch(since)
    if match is None:
        raise Invalid("This cursor was not given by a list of ours.", field="since")
    return int(match[1]), int(match[2])


def _card(place: CardPlace, it: Figures) -> AnalysedCard:
    return AnalysedCard(
        id=str(place.id),
        key=f"{place.deck_key}#{place.note_key}/{place.which}",
        which=place.which,
        title=place.title,
        deck_address=place.path.removesuffix(".md"),
        deck_title=place.deck_title,
        path=place.path,
        line=place.line,
        figures=it,
    )
