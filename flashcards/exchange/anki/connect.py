"""AnkiConnect: the add-on through which a running Anki takes requests.

Source: its documentation, version 6 of the protocol (git.sr.ht/~foosoft/anki-connect): each request is a POST of
``{"action", "version", "params"}``, each reply ``{"result", "error"}``.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flashcards.errors import Invalid, Unavailable
from flashcards.exchange.anki.notetypes import CSS, NOTE_TYPES

DEFAULT_URL = "http://127.0.0.1:8765"
VERSION = 6
_BATCH = 100
_SECONDS = 60
_LARGEST = 256 << 20


class Refused(Unavailable):
    """Anki was reached, and would not do what was asked."""


class Design(NamedTuple):
    """The look of a note type in the running Anki: its CSS, and front and back of each template by name.

    `modified_at` is in epoch seconds, None where the add-on is too old to say.
    """

    css: str
    templates: dict[str, tuple[str, str]]
    modified_at: int | None


class RemoteNote(NamedTuple):
    """A note in the running Anki. `modified_at` is in epoch seconds, None where the add-on is too old to say."""

    id: int
    type: str
    fields: dict[str, str]
    tags: tuple[str, ...]
    cards: tuple[int, ...]
    modified_at: int | None


class NewNote(NamedTuple):
    """A note to be added."""

    deck: str
    type: str
    fields: dict[str, str]
    tags: tuple[str, ...]


class AnkiConnect:
    """A running Anki. Every method raises Unavailable where it cannot be reached, Refused where it refuses."""

    def __init__(self, url: str = DEFAULT_URL, key: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise Invalid(f"{url} is no address of AnkiConnect: write one such as {DEFAULT_URL}.", field="url")
        self._host, self._port = parts.hostname, parts.port or 8765
        self._key = key

    def check(self) -> None:
        """Raises Unavailable where the add-on is missing or too old."""
        version = self._ask("version")
        if not isinstance(version, int) or version < VERSION:
            raise Unavailable(f"AnkiConnect is too old (its version is {version}): update the add-on in Anki.")

    def make_types(self) -> None:
        """Makes our note types where Anki does not have them."""
        known = set(self._ask("modelNames"))
        for type_ in NOTE_TYPES.values():
            if type_.name not in known:
                self._ask(
                    "createModel",
                    modelName=type_.name,
                    inOrderFields=list(type_.field_names),
                    css=CSS,
                    isCloze=type_.kind == "cloze",
                    cardTemplates=[{"Name": t.name, "Front": t.front, "Back": t.back} for t in type_.templates],
                )

    def designs(self) -> dict[str, Design]:
        """How those of our note types look that Anki has, by name."""
        known = set(self._ask("modelNames"))
        return {type_.name: self._design(type_.name) for type_ in NOTE_TYPES.values() if type_.name in known}

    def _design(self, name: str) -> Design:
        css = str(self._ask("modelStyling", modelName=name)["css"])
        templates = self._ask("modelTemplates", modelName=name)
        try:
            (found,) = self._ask("findModelsByName", modelNames=[name])
            modified = int(found["mod"])
        except (Refused, ValueError, KeyError, TypeError):
            modified = None
        return Design(css, {each: (str(t["Front"]), str(t["Back"])) for each, t in templates.items()}, modified)

    def set_design(self, name: str, design: Design) -> None:
        """Gives a note type that CSS and those templates; templates that it has not stay away."""
        templates = {each: {"Front": front, "Back": back} for each, (front, back) in design.templates.items()}
        self._ask("updateModelTemplates", model={"name": name, "templates": templates})
        self._ask("updateModelStyling", model={"name": name, "css": design.css})

    def make_deck(self, name: str) -> None:
        """Makes a deck; one that is there stays as it is."""
        self._ask("createDeck", deck=name)

    def notes(self) -> list[RemoteNote]:
        """All notes of our types."""
        known = set(self._ask("modelNames"))
        ids: list[int] = []
        for type_ in NOTE_TYPES.values():
            if type_.name in known:
                ids += self._ask("findNotes", query=f'"note:{type_.name}"')
        return [_note(info) for batch in _batches(ids) for info in self._ask("notesInfo", notes=batch) if info]

    def in_deck(self, name: str) -> set[int]:
        """The ids of the cards in that very deck, not in those below it."""
        wanted = "".join(f"\\{c}" if c in '*_\\"' else c for c in name)
        return set(self._ask("findCards", query=f'"deck:{wanted}" -"deck:{wanted}::*"'))

    def cards(self, notes: Sequence[int]) -> dict[int, tuple[int, ...]]:
        """The cards that notes have now, by note."""
        infos = (info for batch in _batches(notes) for info in self._ask("notesInfo", notes=batch) if info)
        return {note.id: note.cards for note in map(_note, infos)}

    def add(self, notes: Sequence[NewNote]) -> list[int | None]:
        """Adds notes; gives their ids, None for one that Anki refused."""
        ids: list[int | None] = []
        for batch in _batches(notes):
            wanted = [
                {
                    "deckName": note.deck,
                    "modelName": note.type,
                    "fields": note.fields,
                    "tags": list(note.tags),
                    "options": {"allowDuplicate": True},  # ours differ by their Id, not by their first field
                }
                for note in batch
            ]
            ids += self._added(wanted)
        return ids

    def _added(self, notes: list[dict[str, Any]]) -> list[int | None]:
        """Adds notes at once; where one of them makes Anki refuse them all, one after another."""
        try:
            return list(self._ask("addNotes", notes=notes))
        except Refused:
            if len(notes) == 1:
                return [None]
        return [id_ for note in notes for id_ in self._added([note])]

    def update(self, note: int, fields: dict[str, str]) -> None:
        """Sets fields of a note."""
        self._ask("updateNoteFields", note={"id": note, "fields": fields})

    def tag(self, note: int, tags: Sequence[str]) -> None:
        """Adds tags to a note."""
        self._ask("addTags", notes=[note], tags=" ".join(tags))

    def move(self, cards: Sequence[int], deck: str) -> None:
        """Moves cards to a deck."""
        self._ask("changeDeck", cards=list(cards), deck=deck)

    def store(self, name: str, data: bytes) -> None:
        """Puts a file among Anki's media."""
        self._ask("storeMediaFile", filename=name, data=base64.b64encode(data).decode())

    def _ask(self, action: str, **params: Any) -> Any:
        body: dict[str, Any] = {"action": action, "version": VERSION, "params": params}
        if self._key:
            body["key"] = self._key
        reply = self._post(json.dumps(body).encode())
        if not isinstance(reply, dict) or not {"result", "error"} <= reply.keys():
            raise Unavailable(f"What answers at port {self._port} is not AnkiConnect.")
        if reply["error"] is not None:
            raise Refused(f"Anki refused {action}: {str(reply['error'])[:300]}")
        return reply["result"]

    def _post(self, body: bytes) -> Any:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            data = connection.getresponse().read(_LARGEST)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(
                f"No Anki answers at {self._host}:{self._port} ({error or type(error).__name__}). Start Anki with the"
                " add-on AnkiConnect (code 2055492159), and try again."
            ) from error
        finally:
            connection.close()
        try:
            return json.loads(data)
        except ValueError as error:
            raise Unavailable(f"What answers at port {self._port} is not AnkiConnect.") from error


def _note(info: dict[str, Any]) -> RemoteNote:
    fields = {name: str(value["value"]) for name, value in info["fields"].items()}
    modified = info.get("mod")
    return RemoteNote(
        int(info["noteId"]),
        str(info["modelName"]),
        fields,
        tuple(info.get("tags", ())),
        tuple(info.get("cards", ())),
        modified if isinstance(modified, int) else None,
    )


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]
