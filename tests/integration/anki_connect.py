"""A stand-in for AnkiConnect: its documented requests, answered from a collection of the real Anki."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from tests.integration.anki_packages import collection

KEY = "secret"


class StandIn:
    """What the add-on does, action by action; `asked` are the actions that came."""

    def __init__(self, opened: Any, media: Path) -> None:
        self.opened = opened
        self.media = media
        self.asked: list[str] = []
        self.refuse: set[str] = set()  # the first fields of notes that are refused
        self.refuse_all: set[str] = set()  # those for which all that is asked for at once is refused

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("key") != KEY:
            return {"result": None, "error": "valid api key must be provided"}
        assert request["version"] == 6
        action = request["action"]
        self.asked.append(action)
        try:
            return {"result": getattr(self, f"do_{action}")(**request.get("params", {})), "error": None}
        except (AssertionError, AttributeError, KeyError, TypeError) as error:
            return {"result": None, "error": f"{type(error).__name__}: {error}"}

    def do_version(self) -> int:
        return 6

    def do_modelNames(self) -> list[str]:
        return [model.name for model in self.opened.models.all_names_and_ids()]

    def do_createDeck(self, deck: str) -> int:
        return int(self.opened.decks.id(deck))

    def do_createModel(
        self,
        modelName: str,
        inOrderFields: list[str],
        cardTemplates: list[dict[str, str]],
        css: str,
        isCloze: bool,
    ) -> dict[str, Any]:
        assert modelName not in self.do_modelNames()
        models = self.opened.models
        model = models.new(modelName)
        model["type"], model["css"] = int(isCloze), css
        for name in inOrderFields:
            models.add_field(model, models.new_field(name))
        for each in cardTemplates:
            template = models.new_template(each["Name"])
            template["qfmt"], template["afmt"] = each["Front"], each["Back"]
            models.add_template(model, template)
        models.add(model)
        return {"name": modelName}

    def do_findNotes(self, query: str) -> list[int]:
        return [int(id_) for id_ in self.opened.find_notes(query)]

    def do_notesInfo(self, notes: list[int]) -> list[dict[str, Any]]:
        return [self._info(self.opened.get_note(id_)) for id_ in notes]

    def _info(self, note: Any) -> dict[str, Any]:
        fields = {name: {"value": value, "order": i} for i, (name, value) in enumerate(note.items())}
        cards = [int(card.id) for card in note.cards()]
        name = note.note_type()["name"]
        return {
            "noteId": int(note.id),
            "modelName": name,
            "tags": note.tags,
            "fields": fields,
            "cards": cards,
            "mod": note.mod,
        }

    def do_findCards(self, query: str) -> list[int]:
        return [int(id_) for id_ in self.opened.find_cards(query)]

    def do_findModelsByName(self, modelNames: list[str]) -> list[dict[str, Any]]:
        return [self.opened.models.by_name(name) for name in modelNames]

    def do_modelTemplates(self, modelName: str) -> dict[str, dict[str, str]]:
        templates = self.opened.models.by_name(modelName)["tmpls"]
        return {each["name"]: {"Front": each["qfmt"], "Back": each["afmt"]} for each in templates}

    def do_modelStyling(self, modelName: str) -> dict[str, str]:
        return {"css": self.opened.models.by_name(modelName)["css"]}

    def do_updateModelTemplates(self, model: dict[str, Any]) -> None:
        stored = self.opened.models.by_name(model["name"])
        for each in stored["tmpls"]:
            if each["name"] in model["templates"]:
                each["qfmt"] = model["templates"][each["name"]]["Front"]
                each["afmt"] = model["templates"][each["name"]]["Back"]
        self.opened.models.update_dict(stored)

    def do_updateModelStyling(self, model: dict[str, str]) -> None:
        stored = self.opened.models.by_name(model["name"])
        stored["css"] = model["css"]
        self.opened.models.update_dict(stored)

    def do_addNotes(self, notes: list[dict[str, Any]]) -> list[int | None]:
        first = {next(iter(note["fields"].values())) for note in notes}
        assert not first & self.refuse_all, "cannot create note because it is empty"
        return [self._add(note) for note in notes]

    def _add(self, wanted: dict[str, Any]) -> int | None:
        if next(iter(wanted["fields"].values())) in self.refuse:
            return None
        note = self.opened.new_note(self.opened.models.by_name(wanted["modelName"]))
        for name, value in wanted["fields"].items():
            note[name] = value
        note.tags = wanted["tags"]
        deck = self.opened.decks.by_name(wanted["deckName"])
        assert deck is not None, "deck was not found"
        self.opened.add_note(note, deck["id"])
        return int(note.id)

    def do_updateNoteFields(self, note: dict[str, Any]) -> None:
        assert next(iter(note["fields"].values())) not in self.refuse_all, "the note cannot be changed"
        stored = self.opened.get_note(note["id"])
        for name, value in note["fields"].items():
            stored[name] = value
        self.opened.update_note(stored)

    def do_addTags(self, notes: list[int], tags: str) -> None:
        self.opened.tags.bulk_add(notes, tags)

    def do_changeDeck(self, cards: list[int], deck: str) -> None:
        self.opened.set_deck(cards, self.opened.decks.id(deck))

    def do_storeMediaFile(self, filename: str, data: str) -> str:
        (self.media / filename).write_bytes(base64.b64decode(data))
        return filename


@contextmanager
def running(folder: Path) -> Iterator[tuple[StandIn, str]]:
    """The stand-in over a new collection, and its address."""
    folder.mkdir()
    with collection(folder) as opened:
        stand_in = StandIn(opened, folder)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(stand_in.answer(request)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return None

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield stand_in, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
