"""The tree of decks, and a deck as a document."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from urllib.parse import quote, urlencode
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.errors import Invalid, NotFound
from flashcards.services.review.facade import DeckCounts
from flashcards.web.auth.login import learner, services

decks = Blueprint("decks", __name__)


@decks.get("/decks")
def tree() -> str:
    """Every folder and deck."""
    root = services().decks.tree()
    counts = _counts()
    return render_template(
        "decks/tree.html",
        folder=root,
        counts=counts,
        sums=_sums(counts.values()),
        collection=services().decks.collection_state(),
        open=request.args.get("open", ""),
        deleted=request.args.get("deleted", "")[:300],
    )


@decks.get("/decks/<path:address>")
def page(address: str) -> str:
    """A deck as a document; a folder's part of the tree where no deck has the address, or it ends in /."""
    me = learner()
    if not address.endswith("/"):
        try:
            deck = services().decks.page(me, address, author=me.is_author)
        except NotFound:
            pass
        else:
            return render_template(
                "decks/page.html",
                deck=deck,
                counts=_counts(deck.info.id).get(address),
                study_day=services().review.study_day(me),
                followed=services().plans.in_force(me),
                trail=services().decks.trail(address),
                set_id=uuid4(),
                core=services().practice.core_cards(me, f"{address}.md"),
                practice_id=uuid4(),
            )
    folder = services().decks.folder(address.strip("/"))
    if folder is None:
        raise NotFound(f"There is no deck and no folder at {address}.")
    counts = _counts()
    return render_template(
        "decks/folder.html",
        folder=folder,
        counts=counts,
        sums=_sums(counts.values()),
        open=request.args.get("open", ""),
        trail=services().decks.trail(folder.path),
        set_id=uuid4(),
    )


@decks.post("/decks/<path:address>")
def save(address: str) -> Response:
    """Switches the deck, or a folder's decks, on or off for the learner, or sets the deck's new cards a day.

    `back` is the folder whose list asked for it; without it, the deck's page did.
    """
    what, review = request.form.get("what", ""), services().review
    if what in {"on", "off"}:
        review.set_deck_active(learner(), address, what == "on")
    elif what == "limit":
        review.set_deck_limit(learner(), address, _limit(request.form.get("new_per_day", "")))
    else:
        raise Invalid("Nothing to save was named.", field="what")
    back = request.form.get("back")
    if back is None:
        return redirect(f"/decks/{quote(address)}", 303)
    place = f"/decks/{quote(back)}/" if back else "/decks"
    return redirect(f"{place}?{urlencode({'open': address})}", 303)


def _limit(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Invalid(
            "New cards a day: give a whole number from 0 to 9,999, or nothing for no limit.", field="new_per_day"
        )
    return int(text)


def _counts(only: int | None = None) -> dict[str, DeckCounts]:
    return {deck.path_address: deck for deck in services().review.deck_counts(learner(), only=only)}


def _sums(counts: Iterable[DeckCounts]) -> dict[str, Counter[str]]:
    """For each folder's path what a review of it asks; decks that are off count as unseen only."""
    limits = services().review.left_of_limits(learner())
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for deck in counts:
        mine = {
            "unseen": deck.unseen,
            "new": deck.new,
            "drill": deck.drill,
            "due": deck.due,
            "decks": 1,
            "on": deck.active,
        }
        parts = deck.path_address.split("/")
        for depth in range(1, len(parts)):
            sums["/".join(parts[:depth])].update(mine)
    for folder in sums.values():
        folder["new"] = min(folder["new"], limits.new)
        folder["due"] = folder["due"] if limits.due is None else min(folder["due"], limits.due)
    return sums
