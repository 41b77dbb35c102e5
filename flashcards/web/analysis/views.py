"""Item analysis: for authors, the cards that learners forget."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.domain.ids import LearnerId
from flashcards.domain.item_analysis import LEAST_LEARNERS
from flashcards.web.api.queue import address
from flashcards.web.auth.login import author, services

# The columns of figures in the table: what the service sorts by, and what it is called.
COLUMNS = (
    ("learners", "Learners"),
    ("answers", "Answers"),
    ("lapses", "Lapses"),
    ("first", "First wrong"),
    ("time", "Median time"),
)


def page() -> str:
    """The worst fifty, or those after the cursor."""
    author()
    deck, sort = address(request.args.get("deck")), request.args.get("sort") or "lapses"
    found = services().analysis.cards(deck=deck, sort=sort, since=request.args.get("since"))
    return render_template(
        "analysis/page.html",
        found=found,
        points=services().analysis.points(deck=deck),
        faults=() if deck or request.args.get("since") else services().faults.open(),
        deck=deck,
        sort=sort,
        since=request.args.get("since"),
        columns=COLUMNS,
        least=LEAST_LEARNERS,
    )


def answer_fault(who: int, fault: UUID) -> Response:
    """The report is seen to; what is written goes to whoever made it."""
    services().faults.answer(author(), LearnerId(who), str(fault), request.form.get("answer", ""))
    return redirect("/analysis#faults", 303)
