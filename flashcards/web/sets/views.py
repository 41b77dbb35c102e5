"""Begins a review of exactly the cards that a search finds."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from flashcards.web.auth.login import learner, services

sets = Blueprint("sets", __name__)


@sets.post("/study")
def begin() -> Response:
    """Freezes the set and goes to its first card; the hidden id makes a second click harmless."""
    form = request.form
    made, _ = services().review.make_set(
        learner(), id=form.get("id", ""), q=form.get("q", ""), mode="cram" if form.get("cram") else "review"
    )
    return redirect(f"/review?set={made.id}", 303)
