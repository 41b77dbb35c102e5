"""Decks pushed to a running Anki: a stand-in speaks AnkiConnect's protocol over a collection of the real Anki."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from flashcards.errors import Invalid, NotFound, Unavailable
from flashcards.exchange.anki.connect import AnkiConnect
from flashcards.services.anki.importing import import_decks
from flashcards.services.anki.push import STATE_FILE, PushReport, push
from tests.integration.anki_connect import KEY, StandIn, running
from tests.integration.anki_packages import add, export, png

FRUIT = """\
---
title: Fruit
---

## What is an apple? {#apple .food}

![an apple](apple.png) A fruit.

## Which is yellow? {#banana .reversed}

The banana, $x < 3$.
"""
GAPS = "## Gaps {#gaps}\n\nOne {{c1::gap}} and {{c2::another}}.\n"


class Pushed:
    """A decks folder, and the running Anki that it is pushed to."""

    def __init__(self, folder: Path, stand_in: StandIn, url: str) -> None:
        self.root, self.data = folder / "decks", folder / "data"
        self.there = stand_in
        self.anki = AnkiConnect(url, KEY)
        self.write("food/fruit.md", FRUIT)
        self.write("gaps.md", GAPS)
        (self.root / "food/apple.png").write_bytes(png())

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def push(self, **options: Any) -> PushReport:
        self.there.asked.clear()
        return push(self.anki, self.root, self.data, **options)

    def note(self, key: str) -> Any:
        (id_,) = self.there.opened.find_notes(f'"Id:{key}"')
        return self.there.opened.get_note(id_)

    def decks(self, key: str) -> set[str]:
        return {self.there.opened.decks.name(card.did) for card in self.note(key).cards()}


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Pushed]:
    with running(tmp_path / "anki") as (stand_in, url):
        yield Pushed(tmp_path, stand_in, url)


EVERYTHING = ("food/fruit#apple", "food/fruit#banana", "gaps#gaps")


def test_a_dry_run_says_what_it_would_do_and_does_nothing(pushed: Pushed) -> None:
    report = pushed.push(dry_run=True)
    assert report.added == EVERYTHING
    assert (report.dry_run, report.media) == (True, 1)
    assert set(pushed.there.asked) <= {"version", "modelNames", "findNotes", "notesInfo", "findCards"}
    assert pushed.there.opened.note_count() == 0
    assert not pushed.data.exists()


def test_the_first_push_adds_everything(pushed: Pushed) -> None:
    report = pushed.push()
    assert (report.added, report.refused, report.unchanged) == (EVERYTHING, (), 0)
    apple, banana, gaps = (pushed.note(key) for key in EVERYTHING)
    assert apple.tags == ["food"]
    assert len(apple.cards()) == 1
    assert len(banana.cards()) == 2
    assert len(gaps.cards()) == 2
    assert r"\(x &lt; 3\)" in banana["Answer"]
    assert pushed.decks("food/fruit#apple") == {"Food::Fruit"}
    (picture,) = pushed.there.media.glob("*.png")
    assert picture.name in apple["Answer"]
    assert picture.read_bytes() == png()


def test_a_second_push_changes_nothing(pushed: Pushed) -> None:
    pushed.push()
    report = pushed.push()
    assert (report.added, report.updated, report.moved, report.left) == ((), (), (), ())
    assert report.unchanged == 3
    assert not {"addNotes", "updateNoteFields", "changeDeck", "storeMediaFile", "addTags"} & set(pushed.there.asked)


def test_what_changed_is_updated_and_keeps_its_cards(pushed: Pushed) -> None:
    pushed.push()
    cards = [card.id for card in pushed.note("food/fruit#banana").cards()]
    pushed.write("food/fruit.md", FRUIT.replace("The banana,", "A ripe banana,").replace(".reversed", ".reversed .new"))
    report = pushed.push()
    assert (report.added, report.updated, report.unchanged) == ((), ("food/fruit#banana",), 2)
    note = pushed.note("food/fruit#banana")
    assert "A ripe banana" in note["Answer"]
    assert note.tags == ["new"]
    assert [card.id for card in note.cards()] == cards


def test_notes_that_came_from_anki_are_not_sent_there_once_more(pushed: Pushed, tmp_path: Path) -> None:
    add(pushed.there.opened, "Basic", "Mine", "q", "a")
    package = export(pushed.there.opened, tmp_path / "mine.apkg", legacy=False)
    import_decks(package, pushed.root / "mine", pushed.root)
    report = pushed.push()
    assert report.added == EVERYTHING
    assert [key.partition("#")[0] for key in report.from_anki] == ["mine/mine"]
    assert pushed.there.opened.note_count() == 4


def test_what_moved_is_moved(pushed: Pushed) -> None:
    pushed.push()
    id_ = pushed.note("gaps#gaps").id
    (pushed.root / "food").mkdir(exist_ok=True)
    shutil.move(pushed.root / "gaps.md", pushed.root / "food/holes.md")
    report = pushed.push()
    assert (report.added, report.moved, report.gone) == ((), ("food/holes#gaps",), ())
    assert pushed.note("food/holes#gaps").id == id_
    assert pushed.decks("food/holes#gaps") == {"Food::Holes"}
    again = pushed.push()
    assert (again.updated, again.moved, again.unchanged) == ((), (), 3)


def test_a_deck_renamed_and_a_note_made_reversed_at_once(pushed: Pushed) -> None:
    pushed.push()
    text = FRUIT.replace("title: Fruit", "title: Fruits").replace("{#apple .food}", "{#apple .food .reversed}")
    pushed.write("food/fruit.md", text)
    report = pushed.push()
    assert report.moved == ("food/fruit#apple", "food/fruit#banana")
    assert len(pushed.note("food/fruit#apple").cards()) == 2
    assert pushed.decks("food/fruit#apple") == pushed.decks("food/fruit#banana") == {"Food::Fruits"}
    assert pushed.push().unchanged == 3


def test_a_card_alone_in_another_deck_is_moved(pushed: Pushed) -> None:
    pushed.push()
    first, second = (card.id for card in pushed.note("food/fruit#banana").cards())
    pushed.there.do_changeDeck([second], "Elsewhere")
    assert pushed.push(dry_run=True).moved == ("food/fruit#banana",)
    assert pushed.push().moved == ("food/fruit#banana",)
    assert pushed.decks("food/fruit#banana") == {"Food::Fruit"}
    assert first != second


def test_a_new_design_is_taken_and_one_of_the_learners_own_stays(pushed: Pushed) -> None:
    pushed.push()
    models = pushed.there.opened.models

    def change(css: str, back: str) -> None:
        model = models.by_name("Flashcards Basic")
        model["css"], model["tmpls"][0]["afmt"] = css, back
        models.update_dict(model)

    ours = deepcopy(models.by_name("Flashcards Basic"))
    change("mine", "{{FrontSide}} mine {{Answer}}")
    report = pushed.push()
    assert (report.designs, report.kept_designs) == ((), ("Flashcards Basic",))
    assert models.by_name("Flashcards Basic")["css"] == "mine"
    pushed.there.opened.db.execute("UPDATE notetypes SET mtime_secs = 1")  # older than our design
    models._clear_cache()
    assert pushed.push(dry_run=True).designs == ("Flashcards Basic",)
    assert pushed.push().designs == ("Flashcards Basic",)
    model = models.by_name("Flashcards Basic")
    assert (model["css"], model["tmpls"][0]["afmt"]) == (ours["css"], ours["tmpls"][0]["afmt"])
    assert pushed.push().designs == ()


def test_what_a_learner_edited_in_anki_stays(pushed: Pushed) -> None:
    pushed.push()
    note = pushed.note("food/fruit#banana")
    note["Answer"] = "My own words."
    pushed.there.opened.update_note(note)
    pushed.write("food/fruit.md", FRUIT.replace("The banana,", "A ripe banana,"))
    report = pushed.push()
    assert (report.updated, report.left) == ((), ("food/fruit#banana",))
    assert pushed.note("food/fruit#banana")["Answer"] == "My own words."
    report = pushed.push(overwrite=True)
    assert report.updated == ("food/fruit#banana",)
    assert "A ripe banana" in pushed.note("food/fruit#banana")["Answer"]


def test_without_a_memory_of_the_last_push_the_newer_one_wins(pushed: Pushed) -> None:
    pushed.push()
    (pushed.data / STATE_FILE).unlink()
    pushed.write("food/fruit.md", FRUIT.replace("The banana,", "A ripe banana,"))
    os.utime(pushed.root / "food/fruit.md", (1_000_000_000, 1_000_000_000))
    assert pushed.push().left == ("food/fruit#banana",)
    os.utime(pushed.root / "food/fruit.md", (4_000_000_000, 4_000_000_000))
    assert pushed.push().updated == ("food/fruit#banana",)


def test_what_left_the_files_is_named_and_stays(pushed: Pushed) -> None:
    pushed.push()
    (pushed.root / "gaps.md").unlink()
    report = pushed.push()
    assert report.gone == ("gaps#gaps",)
    assert pushed.there.opened.note_count() == 3


def test_only_the_decks_that_were_asked_for(pushed: Pushed) -> None:
    assert pushed.push(decks=["food"]).added == EVERYTHING[:2]
    with pytest.raises(NotFound):
        pushed.push(decks=["nowhere"])


def test_a_note_that_anki_refuses_is_named(pushed: Pushed) -> None:
    pushed.there.refuse.add("What is an apple?")
    pushed.there.refuse.add("<p>What is an apple?</p>")
    report = pushed.push()
    assert report.refused == ("food/fruit#apple",)
    assert report.added == EVERYTHING[1:]


def test_a_note_for_which_anki_refuses_all_is_named_and_the_rest_goes(pushed: Pushed) -> None:
    pushed.there.refuse_all |= {"What is an apple?", "Which is yellow?"}
    report = pushed.push()
    assert report.refused == EVERYTHING[:2]
    assert report.added == EVERYTHING[2:]
    pushed.there.refuse_all.clear()
    pushed.push()
    pushed.there.refuse_all.add("What is an apple?")
    pushed.write("food/fruit.md", FRUIT.replace("A fruit.", "Fruit.").replace("The banana", "A banana"))
    report = pushed.push()
    assert (report.refused, report.updated) == (EVERYTHING[:1], EVERYTHING[1:2])


def test_a_note_with_an_error_is_left_out_and_named(pushed: Pushed) -> None:
    pushed.write("bad.md", "## empty {#empty}\n\n## fine {#fine}\n\nyes\n")
    report = pushed.push()
    assert "bad#fine" in report.added
    assert any(line.startswith("bad.md:1:") for line in report.skipped)


def test_without_anki_the_message_says_what_to_start(pushed: Pushed) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unavailable, match="Start Anki with the add-on AnkiConnect"):
        push(AnkiConnect(url), pushed.root, pushed.data)
    with pytest.raises(Unavailable, match="valid api key"):
        push(AnkiConnect(f"http://127.0.0.1:{pushed.anki._port}"), pushed.root, pushed.data)
    with pytest.raises(Invalid):
        AnkiConnect("ftp://x")


def test_something_else_at_that_port(pushed: Pushed) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Unavailable, match="not AnkiConnect"):
            push(AnkiConnect(f"http://127.0.0.1:{server.getsockname()[1]}"), pushed.root, pushed.data)
        thread.join()
