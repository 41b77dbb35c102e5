"""Anki packages for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response

from flashcards.temporary import TemporaryFolder
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.queue import address
from flashcards.web.api.schema import Bytes, Field, Object, Text
from flashcards.web.auth.login import learner, services

PACKAGE = "application/apkg"

EXPORT_QUERY = Object(
    (
        Field("deck", Text(1000), about="A deck's or a folder's path; everything where it is absent."),
        Field("history", Text(5, choices=("0", "1", "false", "true")), about="1: with the learner's history."),
    )
)


@operation("GET", "/export.apkg", "An Anki package", {200: Bytes(PACKAGE)}, query=EXPORT_QUERY, errors=(404, 422))
def get_export(query: dict[str, Any]) -> Reply:
    """The file, as soon as it is made. Anki takes schedules and answers only for cards that it does not have."""
    deck = address(query.get("deck"))
    with TemporaryFolder() as folder:
        target = Path(folder) / "decks.apkg"
        history = query.get("history") in ("1", "true")
        services().export.anki(target, decks=[deck] if deck else [], learner=learner(), history=history)
        data = target.read_bytes()
    name = quote((deck or "flashcards").rpartition("/")[2])
    headers = {"Cache-Control": "no-store", "Content-Disposition": f"attachment; filename*=UTF-8''{name}.apkg"}
    return 200, Response(data, mimetype=PACKAGE, headers=headers)
