"""Searches kept under a name: on Browse, on the first page where wished, with how many cards they find."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.clock import Clock
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.review.incoming import checked_uuid
from flashcards.services.review.sets import Sets
from flashcards.storage.database import Database
from flashcards.storage.saved_searches import SavedSearch, SavedSearchRows

MOST = 50
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class CountedSearch:
    """A saved search with how many cards it finds now; None where it cannot be read any more."""

    id: str
    name: str
    query: str
    on_today: bool
    cards: int | None


class SavedSearches(Sets):
    """A learner's saved searches."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._searches = SavedSearchRows(database)

    def saved_searches(self, learner: Learner, *, on_today: bool = False) -> tuple[CountedSearch, ...]:
        """The learner's searches in their order; with `on_today` only those that stand on the first page."""
        with self._db.read():
            kept = [it for it in self._searches.all(learner.id) if it.on_today or not on_today]
            return tuple(self._counted(learner, it) for it in kept)

    def save_search(
        self, learner: Learner, *, id: str, name: str, q: str, on_today: bool = False
    ) -> tuple[CountedSearch, bool]:
        """Keeps a search under a name, as the last one, or changes the one with that id; says whether it is new.

        Raises Invalid (the field is named), NotFound (a deck that is searched), Conflict (the name is taken).
        """
        uid, called, query = checked_uuid(id), " ".join(name.split()), q.strip()
        if not called or len(called) > LONGEST_NAME or not called.isprintable():
            raise Invalid(f"Give a name of at most {LONGEST_NAME} letters.", field="name")
        if not query:
            raise Invalid("Give a search: without one everything is found.", field="q")
        saved = SavedSearch(uid, called, query, on_today)
        with self._db.write(learner=learner.id):
            self._wanted(learner, query)
            kept = self._searches.all(learner.id)
            if any(it.name.casefold() == called.casefold() and it.id != uid for it in kept):
                raise Conflict(f"There is a search named {called} already: give it another name.")
            new = all(it.id != uid for it in kept)
            if new and len(kept) >= MOST:
                raise Invalid(f"There are {MOST} saved searches already: delete one first.", field="name")
            self._searches.replace(
                learner.id, [*kept, saved] if new else [saved if it.id == uid else it for it in kept]
            )
            return self._counted(learner, saved), new

    def move_search_up(self, learner: Learner, search_id: str) -> None:
        """Puts a search one place further up; raises NotFound."""
        with self._db.write(learner=learner.id):
            kept = self._searches.all(learner.id)
            place = _place(kept, search_id)
            if place:
                kept[place - 1], kept[place] = kept[place], kept[place - 1]
                self._searches.replace(learner.id, kept)

    def delete_search(self, learner: Learner, search_id: str) -> None:
        """Forgets a search; raises NotFound."""
        with self._db.write(learner=learner.id):
            kept = self._searches.all(learner.id)
            del kept[_place(kept, search_id)]
            self._searches.replace(learner.id, kept)

    def _counted(self, learner: Learner, saved: SavedSearch) -> CountedSearch:
        try:
            cards = self.found(learner, saved.query).cards
        except FlashcardsError:  # its deck has gone, say: the page says so where the search is opened
            cards = None
        return CountedSearch(*saved, cards)


def _place(kept: list[SavedSearch], search_id: str) -> int:
    place = next((place for place, it in enumerate(kept) if it.id == search_id.lower()), None)
    if place is None:
        raise NotFound("There is no such saved search.")
    return place
