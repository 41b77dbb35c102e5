"""Pictures and sounds of cards, under names that say what they hold."""

from __future__ import annotations

from flask import Blueprint, Response, send_file

from flashcards.web.auth.login import services
from flashcards.web.shared.security import MEDIA_POLICY

media = Blueprint("media", __name__)


@media.get("/media/<name>")
def file(name: str) -> Response:
    """The file, for ever the same; in parts where a player asks for parts. Opened alone it can do nothing."""
    found = services().decks.media(name)
    response = send_file(found.path, mimetype=found.mime, conditional=True, etag=name)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = MEDIA_POLICY
    return response
