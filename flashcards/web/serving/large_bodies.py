"""Large uploads are refused before they are read: from strangers, from who may not send them, and where none belong.

The app gets a request when all of it is there, in a temporary file. So a body above the usual size is judged when its
headers are: where it may not come, the app answers at once without it, with the page that says why. And there is room
for so much at once: the app writes a form's file once more, and then to its place, so eight files of 60 MB would take
a gigabyte and a half.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException

from flashcards.errors import FlashcardsError
from flashcards.web.auth.login import may_send
from flashcards.web.shared.base_path import take_off
from flashcards.web.shared.proxies import settle

if TYPE_CHECKING:
    from flask import Flask

ROOM = 128 << 20
"""Bytes of large bodies that may be on their way at once; one alone may be larger."""
RETRY_AFTER = 30
_COPIES = 3
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a body may come. Where it may not, `full` says what there is no room for; without, the app says why."""

    comes: bool
    full: str = ""


class LargeBodies:
    """Judges bodies above the usual size by the rules of `app`, and counts those on their way, for all connections."""

    def __init__(self, app: Flask) -> None:
        self.usual = int(app.config["MAX_CONTENT_LENGTH"])
        self._app = app
        self._lock = threading.Lock()
        self._taken = 0

    def judge(self, environ: dict[str, Any], size: int) -> Verdict:
        """Whether the body of this request may come; then its room is taken until `give_back`."""
        if not self._may_come({**environ, "wsgi.input": io.BytesIO()}, size):
            return Verdict(comes=False)
        full = self._take(size)
        return Verdict(comes=not full, full=full)

    def _may_come(self, environ: dict[str, Any], size: int) -> bool:
        config = self._app.extensions["flashcards"].config
        settle(environ, config.trusted_proxies)
        if config.base_path and not take_off(environ, config.base_path):
            return False
        try:
            with self._app.request_context(environ):
                return may_send(self._app, size)
        except (FlashcardsError, HTTPException):
            return False  # the app will say the same, as a page

    def _take(self, size: int) -> str:
        if _free_bytes() < _COPIES * size + _SPARE:
            return f"The server's disk has no room for a file of {size >> 20} MB. Tell its keeper."
        with self._lock:
            if self._taken and self._taken + size > ROOM:
                return "Other large files are on their way to this server. Send yours in half a minute."
            self._taken += size
        return ""

    def give_back(self, size: int) -> None:
        """Gives the room of a body back that has been dealt with, or broke off."""
        with self._lock:
            self._taken -= size


def _free_bytes() -> int:
    return shutil.disk_usage(tempfile.gettempdir()).free
