"""HTML of every kind, out of the real Anki, through decks of ours, and back into the collection that it came from."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks, read_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png
from tests.integration.test_anki_import import check_errors

WORDS = [
    *(
        "a",
        "word",
        "x_1",
        "__main__",
        "2*3",
        "*",
        "[x]",
        "[a]: b",
        "- b",
        "1. c",
        "`q`",
        ".5",
        "é",
        "日本",
        "&lt;b&gt;",
    ),
    *("&amp;", "$5", "a@b.de", "::", "|", "&gt; q", "~~", "==h==", "!", "---", "&nbsp;", "[^1]", "&quot;", "www.x.org"),
    *("http://a.b/c", r"\(x^2 &lt; 1\)", r"[$]y[/$]", r"[latex]\begin{align*}a&amp;=b\end{align*}[/latex]", "\\", "#"),
    *('<img src="a cat.png">', "\u200b", "<!-- c -->", "<br>", "<br />", "  ", "\n"),
]
TAGS = ("b", "i", "u", "em", "strong", "span", "font", "code", "sub", "sup", "mark", "kbd", "s", "a", "big", "o:p")
STYLES = ("", ' style="color: red"', ' class="x y"', ' style="white-space: pre-wrap"', " data-x='1'")
BLOCKS = ("div", "p", "blockquote", "pre", "h1", "h3", "center")


class Html:
    """Fields as editors, pastes from pages and add-ons leave them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def line(self, depth: int = 2) -> str:
        pieces = []
        for _ in range(self.random.randint(1, 4)):
            if depth and self.random.random() < 0.3:
                tag = self.random.choice(TAGS)
                pieces.append(f"<{tag}{self.random.choice(STYLES)}>{self.line(depth - 1)}</{tag}>")
            else:
                pieces.append(self.random.choice(WORDS))
        return self.random.choice(["", " "]).join(pieces)

    def block(self) -> str:
        match self.random.randrange(6):
            case 0 | 1:
                return self.line()
            case 2:
                return f"<ul>{''.join(f'<li>{self.line(1)}</li>' for _ in range(self.random.randint(1, 3)))}</ul>"
            case 3:
                return f"<table><tr><td>{self.line(1)}</td><td>{self.line(0)}</td></tr></table>"
            case _:
                tag = self.random.choice(BLOCKS)
                return f"<{tag}{self.random.choice(STYLES)}>{self.line()}</{tag}>"

    def field(self) -> str:
        return "".join(self.block() for _ in range(self.random.randint(1, 3)))


def written(opened: Any, folder: Path, seed: int, each: int = 25) -> None:
    """Notes of all kinds, and of a type of somebody's own."""
    html = Html(seed)
    (folder / "a cat.png").write_bytes(png())
    opened.media.add_file(str(folder / "a cat.png"))
    model = opened.models.copy(opened.models.by_name("Basic"))
    model["name"] = "Mine"
    opened.models.add_field(model, opened.models.new_field("Extra"))
    opened.models.update_dict(model)
    for number in range(each):
        deck = ("One", "Two::Three")[number % 2]
        add(opened, "Basic", deck, f"{number} {html.field()}", html.field(), tags=("t",))
        add(opened, "Basic (and reversed card)", deck, f"{number} {html.field()}", f"{number} {html.field()}")
        add(opened, "Cloze", deck, f"{html.line()} {{{{c1::{html.line(1)}}}}} {html.line()}", html.field())
        add(opened, "Mine", deck, f"{number} {html.field()}", html.field(), html.field())


def round_trip(folder: Path, seed: int, each: int = 25) -> dict[str, int]:
    """How many fields there were, and how many came back as they were; one note in five is edited here."""
    with collection(folder, "theirs") as opened:
        written(opened, folder, seed, each)
        package = export(opened, folder / "theirs.apkg", legacy=bool(seed % 2))
    report = import_decks(package, folder / "decks")
    assert check_errors(folder / "decks") == []
    edited = 0
    for deck in read_decks(folder / "decks"):
        path = folder / "decks" / deck.path
        lines = path.read_text("utf-8").split("\n")
        for note in [note for note in deck.notes if "{{c" not in note.source][::-5]:
            heading, _, rest = lines[note.line - 1].rpartition(" {#")
            lines[note.line - 1] = f"{heading} edited {{#{rest}"
            edited += 1
        path.write_text("\n".join(lines), "utf-8")
    FileExport(folder / "decks").anki(folder / "ours.apkg", [], no_progress)
    with collection(folder, "theirs") as opened:
        before = {note.guid: note.fields for note in map(opened.get_note, opened.find_notes(""))}
        cards = opened.card_count()
        opened.db.execute("UPDATE notes SET mod = mod - 100000")
        log = import_into(opened, folder / "ours.apkg")
        after = {note.guid: note.fields for note in map(opened.get_note, opened.find_notes(""))}
        assert opened.card_count() == cards
    assert before.keys() == after.keys()
    changed = {
        (guid, place) for guid, old in before.items() for place, text in enumerate(old) if text != after[guid][place]
    }
    assert {place for _, place in changed} <= {0}, "only the questions that were edited"
    return {
        "notes": len(before),
        "brought": report.notes,
        "left out": report.left_out,
        "updated": log["updated"],
        "fields": sum(map(len, before.values())),
        "edited": edited,
        "changed": len(changed),
        "unlike": sum("not quite what Anki shows" in notice for notice in report.notices),
    }


@pytest.mark.parametrize("seed", range(4))
def test_fields_that_were_not_edited_come_back_byte_for_byte(tmp_path: Path, seed: int) -> None:
    found = round_trip(tmp_path, seed)
    assert found["notes"] == 100
    assert found["changed"] == found["edited"] > 10
    assert found["brought"] >= 95, found
