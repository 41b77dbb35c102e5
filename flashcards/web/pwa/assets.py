"""Static files: held in memory, under an address that names their content, so that browsers keep them.

One digest covers the whole folder (``/static/<digest>/js/review.js``): modules import each other, and the
style sheet its fonts, by relative address, and never mix two versions.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request

FOLDER = Path(__file__).resolve().parents[1] / "static"
TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".css": "text/css"}
COMPRESSED = {".js", ".css", ".svg", ".txt"}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed where that helps, its media type."""

    content: bytes
    compressed: bytes | None
    mime: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All static files by their path below the folder, and the digest that covers them."""

    digest: str
    files: dict[str, Asset]

    def url(self, name: str) -> str:
        """The address of a file; raises KeyError where there is no such file."""
        if name not in self.files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.digest}/{name}"


@cache
def read_assets(folder: Path = FOLDER) -> Assets:
    """Reads the folder, once in a process."""
    digest, files = hashlib.sha256(), {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(name.encode() + b"\0" + len(content).to_bytes(8, "big") + content)
        files[name] = _asset(path.suffix, content)
    return Assets(digest.hexdigest()[:16], files)


def _asset(suffix: str, content: bytes) -> Asset:
    mime = TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    if mime.startswith("text/"):
        mime += "; charset=utf-8"
    compressed = gzip.compress(content, 9, mtime=0) if suffix in COMPRESSED else None
    return Asset(content, compressed, mime)


def install(app: Flask, assets: Assets) -> None:
    """Serves the files, and gives templates `asset(name)`."""

    def static(digest: str, name: str) -> Response:
        asset = assets.files.get(name)
        # Another version's address is not answered with this version's file: the two would be mixed.
        if asset is None or digest != assets.digest:
            abort(404)
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if asset.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.compressed, content_type=asset.mime, headers=headers)
        return Response(asset.content, content_type=asset.mime, headers=headers)

    app.add_url_rule("/static/<digest>/<path:name>", "static", static)
    app.extensions["flashcards assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
