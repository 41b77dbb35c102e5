"""`/metrics`, for whoever has the token of `FLASHCARDS_METRICS_TOKEN`; without the setting there is no such page."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, abort, current_app, request

from flashcards.web.auth.login import public, services

if TYPE_CHECKING:
    from flashcards.web.metrics.figures import Figures

metrics = Blueprint("metrics", __name__)
_FIGURES = "flashcards metrics"


def install(app: Flask, token: str) -> None:
    """Counts requests from now on; with "" nothing is loaded."""
    if token:
        from flashcards.web.metrics.figures import Figures

        app.extensions[_FIGURES] = Figures(app)


@metrics.get("/metrics")
@public
def page() -> Response:
    """The figures as text."""
    figures: Figures | None = current_app.extensions.get(_FIGURES)
    token = services().config.metrics_token
    if figures is None:
        abort(404)
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        response = Response("Send Authorization: Bearer and the token of FLASHCARDS_METRICS_TOKEN.\n", 401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    text, content_type = figures.text(services())
    return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})
