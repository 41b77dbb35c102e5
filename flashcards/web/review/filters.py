"""What a review is limited to, and whether it is ahead: in addresses and in forms alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flashcards.errors import Invalid
from flashcards.services.review.contract import QueueMode
from flashcards.services.review.facade import Queue
from flashcards.web.api.queue import address
from flashcards.web.auth.login import learner, services

PAGE_MODES: tuple[QueueMode, ...] = ("review", "ahead")


@dataclass(frozen=True, slots=True)
class Filters:
    """`deck` is the address of a deck or folder; None is all of them. `more` raises today's limit of new cards.

    `set` is the id of a set; nothing else limits it.
    """

    deck: str | None
    tag: str | None
    mode: QueueMode = "review"
    more: int = 0
    set: str | None = None

    @property
    def ahead(self) -> bool:
        """Whether cards of later days are asked."""
        return self.mode == "ahead"

    @property
    def given(self) -> dict[str, str]:
        """What is to be said in an address or a form: nothing that goes without saying."""
        if self.set:
            return {"set": self.set}
        values = {"deck": self.deck, "tag": self.tag, "mode": self.mode if self.ahead else None}
        if self.more:
            values["more"] = str(self.more)
        return {name: value for name, value in values.items() if value}

    @property
    def to_study_ahead(self) -> str:
        """Where the same cards are studied ahead."""
        return replace(self, mode="ahead").url("/review")

    def with_more(self, more: int) -> str:
        """Where so many new cards more are reviewed."""
        return replace(self, more=more).url("/review")

    def url(self, path: str, **more: str) -> str:
        """The address of a page with these filters."""
        query = urlencode(self.given | more)
        return f"{path}?{query}" if query else path


def read_filters(values: Mapping[str, str]) -> Filters:
    """The filters from a query or a form; raises Invalid for a mode that there is none of."""
    wanted = values.get("mode") or "review"
    mode = next((mode for mode in PAGE_MODES if mode == wanted), None)
    if mode is None:
        raise Invalid(
            f"There is no mode of review {wanted[:50]!r}: it is one of {', '.join(PAGE_MODES)}.", field="mode"
        )
    if values.get("set"):
        return Filters(None, None, set=values["set"])
    more = values.get("more") or "0"
    if not (more.isascii() and more.isdigit() and len(more) <= 4):
        raise Invalid("more: give a whole number of new cards from 0 to 9,999.", field="more")
    return Filters(address(values.get("deck")), values.get("tag") or None, mode, int(more))


def queue_of(filters: Filters, limit: int) -> Queue:
    """The next cards of the learner who asks, within these filters. Raises NotFound."""
    review = services().review
    if filters.set:
        return review.set_queue(learner(), filters.set, limit=limit)
    return review.queue(
        learner(), deck=filters.deck, tag=filters.tag, limit=limit, mode=filters.mode, more=filters.more
    )
