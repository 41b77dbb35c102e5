"""Item analysis: for authors, the cards that learners forget."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from flashcards.services.authoring.item_analysis import LEAST_LEARNERS
from flashcards.web.api.queue import address
from flashcards.web.auth.login import author, services

analysis = Blueprint("analysis", __name__)

# The columns of figures in the table: what the service sorts by, and what it is called.
COLUMNS = (
    ("learners", "Learners"),
    ("answers", "Answers"),
    ("lapses", "Lapses"),
    ("first", "First wrong"),
    ("time", "Median time"),
)


@analysis.get("/analysis")
def page() -> str:
    """The worst fifty, or those after the cursor."""
    author()
    deck, sort = address(request.args.get("deck")), request.args.get("sort") or "lapses"
    found = services().analysis.cards(deck=deck, sort=sort, since=request.args.get("since"))
    return render_template(
        "analysis/page.html",
        found=found,
        points=services().analysis.points(deck=deck),
        deck=deck,
        sort=sort,
        since=request.args.get("since"),
        columns=COLUMNS,
        least=LEAST_LEARNERS,
    )
