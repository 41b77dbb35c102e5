"""Packages written by the real Anki, for tests of what comes in."""

from __future__ import annotations

import os
import wave
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["ANKI_TEST_MODE"] = "1"  # Anki does not spread its intervals then; read once, when it is first used

from anki.collection import (
    Collection,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from anki.import_export_pb2 import ExportLimit


@contextmanager
def collection(folder: Path, name: str = "collection") -> Iterator[Any]:
    """A collection of the real Anki; closed at the end."""
    opened = Collection(str(folder / f"{name}.anki2"))
    try:
        yield opened
    finally:
        opened.close()


def export(opened: Any, target: Path, *, legacy: bool) -> Path:
    """Writes an .apkg or .colpkg, by the target's name, as a person would from Anki's menu."""
    if target.suffix == ".colpkg":
        opened.export_collection_package(str(target), include_media=True, legacy=legacy)
        opened.reopen()
        return target
    limit = ExportLimit()
    limit.whole_collection.SetInParent()
    options = ExportAnkiPackageOptions(with_scheduling=True, with_deck_configs=True, with_media=True, legacy=legacy)
    opened.export_anki_package(out_path=str(target), options=options, limit=limit)
    return target


def import_into(opened: Any, package: Path, *, merge: bool = False) -> dict[str, int]:
    """Imports a package into a collection; what Anki says became of the notes."""
    options = ImportAnkiPackageOptions(with_scheduling=True, merge_notetypes=merge)
    log = opened.import_anki_package(ImportAnkiPackageRequest(package_path=str(package), options=options)).log
    return {name: len(getattr(log, name)) for name in ("new", "updated", "duplicate", "conflicting")}


def add(opened: Any, kind: str, deck: str, *fields: str, tags: tuple[str, ...] = ()) -> Any:
    """Adds a note of a type; returns it."""
    note = opened.new_note(opened.models.by_name(kind))
    note.fields = [*fields, *[""] * (len(note.fields) - len(fields))]
    note.tags = list(tags)
    opened.add_note(note, opened.decks.id(deck))
    return note


def answer_some(opened: Any, count: int) -> int:
    """Answers up to `count` cards of the queue with all four buttons in turn; returns how many."""
    for number in range(count):
        card = opened.sched.getCard()
        if card is None:
            return number
        card.start_timer()
        opened.sched.answerCard(card, 1 + number % 4)
    return count


def png(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    pixel = zlib.compress(b"\x00" + bytes(colour))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def wav(path: Path) -> Path:
    """A sound of a tenth of a second."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return path


@dataclass(frozen=True, slots=True)
class AnkiCard:
    """A card as Anki has it: `due` is the date's day for review cards."""

    guid: str
    ordinal: int
    type: int
    queue: int
    due: int
    interval: int
    factor: int


@dataclass(frozen=True, slots=True)
class Packages:
    """One collection in Anki's four forms, and what it held.

    `notes` are type, fields and tags by guid; `decks` is where a note's first card is; `reviews` are id, guid,
    ordinal, ease, interval, factor and time.
    """

    files: dict[str, Path]
    notes: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]
    decks: dict[str, str]
    cards: tuple[AnkiCard, ...]
    reviews: tuple[tuple[int, str, int, int, int, int, int], ...]


def stock_packages(folder: Path, each: int = 60) -> Packages:
    """A few hundred notes of all stock types in three decks: media, tags, answers of several days, suspended."""
    picture = folder / "a picture.png"
    picture.write_bytes(png())
    sound = wav(folder / "tone.wav")
    with collection(folder) as opened:
        picture_name, sound_name = opened.media.add_file(str(picture)), opened.media.add_file(str(sound))
        for number in range(each):
            deck = ("German::Verbs & more", "German", "Maths")[number % 3]
            tags = ("week::1", "hard") if number % 4 == 0 else ()
            question = f"Question {number}: is <b>it</b> &lt; {number}?"
            add(opened, "Basic", deck, question, f"Yes<br>number {number} <img src='{picture_name}'>", tags=tags)
            add(opened, "Basic (and reversed card)", deck, f"word {number}", f"Wort {number} [sound:{sound_name}]")
            back = "y" if number % 2 else ""
            add(opened, "Basic (optional reversed card)", deck, f"front {number}", f"back {number}", back)
            add(opened, "Basic (type in the answer)", deck, f"type {number}", f"typed {number}")
            text = f"The {{{{c1::first {number}}}}} and the {{{{c2::second::hint}}}} of "
            extra = "an <i>extra</i>" if number % 2 else ""
            add(opened, "Cloze", deck, text + rf"\(x_{number} &lt; 3\)", extra)
        config = opened.decks.get_config(1)
        config["new"]["perDay"], config["rev"]["perDay"] = 1000, 1000
        opened.decks.update_config(config)
        for deck in ("German", "Maths"):
            opened.decks.select(opened.decks.id(deck))
            answer_some(opened, 120)
        _age(opened)
        opened.sched.suspend_cards([*opened.find_cards("is:review")[:5], *opened.find_cards("is:new")[:3]])
        files = {
            f"{kind} {form}": export(opened, folder / f"{kind}-{form}", legacy=kind == "legacy")
            for kind in ("legacy", "modern")
            for form in ("collection.apkg", "collection.colpkg")
        }
        return _packages(opened, files)


def _age(opened: Any) -> None:
    """Moves the log and half of the cards that were answered into the past, with long and short intervals."""
    opened.db.execute("UPDATE revlog SET id = id - 86400000 * (1 + abs(cid) % 40)")
    today = opened.sched.today
    rows = opened.db.all("SELECT id FROM cards WHERE type <> 0 ORDER BY id")
    sql = "UPDATE cards SET type = 2, queue = 2, ivl = ?, due = ?, factor = ?, reps = 3 WHERE id = ?"
    for position, (card,) in enumerate(rows):
        if position % 2:
            values = (1 + position * 3 % 200, today + position % 60 - 20, 1300 + position * 10 % 1500)
            opened.db.execute(sql, *values, card)


def _packages(opened: Any, files: dict[str, Path]) -> Packages:
    names = {model["id"]: model["name"] for model in opened.models.all()}
    notes = {
        guid: (names[mid], tuple(fields.split("\x1f")), tuple(tags.split()))
        for guid, mid, fields, tags in opened.db.all("SELECT guid, mid, flds, tags FROM notes")
    }
    homes = opened.db.all("SELECT n.guid, c.did FROM cards c JOIN notes n ON n.id = c.nid ORDER BY c.ord DESC")
    decks = {guid: opened.decks.name(deck) for guid, deck in homes}
    cards = opened.db.all(
        "SELECT n.guid, c.ord, c.type, c.queue, c.due, c.ivl, c.factor FROM cards c JOIN notes n ON n.id = c.nid"
    )
    day_0 = opened.db.scalar("SELECT crt FROM col") // 86_400
    reviews = opened.db.all(
        "SELECT r.id, n.guid, c.ord, r.ease, r.ivl, r.factor, r.time FROM revlog r JOIN cards c ON c.id = r.cid"
        " JOIN notes n ON n.id = c.nid ORDER BY r.id"
    )
    made = tuple(AnkiCard(g, o, t, q, due + day_0 if t == 2 else due, i, f) for g, o, t, q, due, i, f in cards)
    return Packages(files, notes, decks, made, tuple((*row,) for row in reviews))
