"""What makes a browser keep the app: the manifest, the service worker, the page for when nothing is kept."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template, request

from flashcards.web.auth.login import public
from flashcards.web.pwa.assets import Assets

pwa = Blueprint("pwa", __name__)


@pwa.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """How the app is called and looks when it is installed."""
    url, home = _url, f"{request.script_root}/"
    body = {
        "name": "Flashcards",
        "short_name": "Flashcards",
        "description": "Spaced repetition for cards that are text.",
        "id": home,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "background_color": "#FAF8F4",
        "theme_color": "#FAF8F4",
        "icons": [
            {"src": url("icons/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": url("icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": url("icons/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        ],
        "shortcuts": [{"name": "Review", "url": f"{home}review"}],
    }
    return Response(json.dumps(body), mimetype="application/manifest+json")


@pwa.get("/sw.js")
@public
def service_worker() -> Response:
    """The worker, told which version of the files it keeps; browsers compare it byte by byte."""
    assets = _assets()
    kept = [_url(name) for name in sorted(assets.files) if not name.endswith((".txt", ".png", "sw.js"))]
    base = request.script_root
    told = json.dumps({"version": assets.digest, "assets": kept, "offline": f"{base}/offline", "base": base})
    script = assets.files["js/sw.js"].content.decode()
    response = Response(f"const BUILD = {told};\n{script}", mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@pwa.get("/offline")
@public
def offline() -> str:
    """What the worker shows for a page that it has not kept."""
    return render_template("pwa/offline.html", learner=None)


def _url(name: str) -> str:
    return request.script_root + _assets().url(name)


def _assets() -> Assets:
    assets = current_app.extensions["flashcards assets"]
    assert isinstance(assets, Assets)
    return assets
