"""The tree of decks, and a deck as a document."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.errors import Invalid, NotFound
from flashcards.services.review.deck_list import DeckList
from flashcards.web.auth.login import learner, services

decks = Blueprint("decks", __name__)


@decks.get("/decks")
def tree() -> str:
    """The folders and decks, as many as a page holds."""
    return render_template(
        "decks/tree.html",
        folder=_list(""),
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
                counts=services().review.deck_counts(me, only=deck.info.id)[0],
                study_day=services().review.study_day(me),
                followed=services().plans.in_force(me),
                trail=services().decks.trail(address),
                set_id=uuid4(),
                core=services().practice.core_cards(me, f"{address}.md"),
                practice_id=uuid4(),
            )
    folder = _list(address.strip("/"))
    return render_template(
        "decks/folder.html",
        folder=folder,
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


def _list(folder: str) -> DeckList:
    """The part of a folder's list that is asked for: from an entry on, or the one in which an address lies."""
    first = request.args.get("from", "")
    return services().review.deck_list(
        learner(),
        folder,
        first=int(first) if first.isascii() and first.isdigit() and len(first) <= 9 else 0,
        near=request.args.get("open", ""),
    )
