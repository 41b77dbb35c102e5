"""Renders a note in this process: for child processes, for trusted text and for tests; without any limit of time."""

from __future__ import annotations

from flashcards.deckfiles.render.jobs import ANKI, Rendered, RenderRequest
from flashcards.deckfiles.render.macros import macros_in_force
from flashcards.deckfiles.render.note_html import plain_answer, render_note
from flashcards.domain.card import FORWARD, Content


def render(request: RenderRequest) -> Rendered:
    """The cards and lists of a note, for the pages or for Anki, as the request's `flavour` says."""
    with macros_in_force(request.macros):
        if request.flavour == ANKI:
            from flashcards.deckfiles.render.anki_html import (  # a child process often needs only the pages
                render_for_anki,
            )

            return render_for_anki(request)
        return render_note(request)


def typed_answer(content: Content, which: str = FORWARD) -> str:
    """What a learner is expected to type for a card: plain text, NFC, trimmed; code and maths as source."""
    return plain_answer(content, which)
