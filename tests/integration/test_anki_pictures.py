"""Pictures and sounds of Anki's fields stand in the decks where they stood there, and go back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flashcards.deckfiles.check.run import check
from flashcards.services.anki.importing import import_decks, read_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png, wav

P, Q, S = '<img src="p.png">', '<img src="q.png">', "[sound:s.wav]"
SHAPES = {
    f"Paris<br>{P}": "Paris\\\n![](media/p.png)",
    f"Paris.<br><br>{P}": "Paris.\n\n![](media/p.png)",
    f"{P}<br>Paris": "![](media/p.png)\\\nParis",
    f"{P}<br>{Q}": "![](media/p.png)\\\n![](media/q.png)",
    f"text<br>{P}<br>{Q}": "text\\\n![](media/p.png)\\\n![](media/q.png)",
    f"dog<br>{S}": "dog\\\n![s](media/s.wav)",
    f"{P}<br>{S}": "![](media/p.png)\\\n![s](media/s.wav)",
    f"<code>x</code><br>{P}": "`x`\\\n![](media/p.png)",
    f"<code>x {P} y</code>": "`x` ![](media/p.png) `y`",
    f"<pre>a\n{P}\n  b</pre>": "```\na\n```\n\n![](media/p.png)\n\n```\n  b\n```",
    f"<b>bold</b><ul><li>a <i>b</i></li></ul>t<br>{P}": "**bold**\n\n- a *b*\n\nt\\\n![](media/p.png)",
    f"<div>a<br>{P}</div><div>b</div>": "a\\\n![](media/p.png)\n\nb",
    f"<i>words {P}</i>": "*words ![](media/p.png)*",
    f"<ul><li>a<br>{P}</li></ul>": "- a\\\n  ![](media/p.png)",
    f"<table><tr><td>a<br>{P}</td></tr></table>": "| a<br>![](media/p.png) |\n| --- |",
    'a<br><img src="https://x.org/a.png">': "a\\\n[picture](https://x.org/a.png)",
    '<img src="p.png" alt="[a]">': "![\\[a\\]](media/p.png)",
}


def _media(opened: Any, folder: Path) -> None:
    for name, colour in (("p.png", (1, 2, 3)), ("q.png", (3, 2, 1))):
        opened.media.write_data(name, png(colour))
    opened.media.write_data("s.wav", wav(folder / "s.wav").read_bytes())


def _sides(folder: Path) -> dict[str, str]:
    """The answer of each note by its question."""
    assert [problem for problem in check([folder], folder) if problem.severity == "error"] == []
    (deck,) = read_decks(folder)
    sides = (note.content for note in deck.notes)
    return {getattr(content, "question", ""): getattr(content, "answer", "") for content in sides}


def test_they_stand_where_they_stood(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        _media(opened, tmp_path)
        for number, html in enumerate(SHAPES):
            add(opened, "Basic", "Deck", f"question {number}", html)
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    assert import_decks(file, tmp_path / "decks").notices == ()
    assert list(_sides(tmp_path / "decks").values()) == list(SHAPES.values())


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"The {{{{c1::tower}}}} of Paris<br>{P}", "The {{c1::tower}} of Paris\\\n![](media/p.png)"),
        (f"The {{{{c1::tower<br>{P}}}}}", "The {{c1::tower\\\n![](media/p.png)}}"),
        (f"<ul><li>{{{{c1::a</li><li>{P}}}}}</li></ul>", "{{c1::a<br>![](media/p.png)}}"),
    ],
)
def test_they_stand_in_cloze_notes(tmp_path: Path, html: str, text: str) -> None:
    with collection(tmp_path) as opened:
        _media(opened, tmp_path)
        add(opened, "Cloze", "Deck", html, f"<i>extra</i><br>{Q}")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    assert import_decks(file, tmp_path / "decks").notices == ()
    (deck,) = read_decks(tmp_path / "decks")
    assert getattr(deck.notes[0].content, "body", "") == text
    assert deck.notes[0].sources[0].startswith("*extra*")
    assert "![](media/q.png)" in deck.notes[0].sources[0]


def test_a_picture_stays_in_an_answer_that_is_edited_here(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        _media(opened, tmp_path)
        note = add(opened, "Basic", "Deck", f"What?<br>{Q}", f"Paris<br>{P}")
        opened.db.execute("UPDATE notes SET mod = mod - 1000")
        import_decks(export(opened, tmp_path / "x.apkg", legacy=False), tmp_path / "decks")
        (path,) = (tmp_path / "decks").glob("*.md")
        path.write_text(path.read_text().replace("Paris\\", "Paris!\\"))
        FileExport(tmp_path / "decks").anki(tmp_path / "back.apkg", [], no_progress)
        assert import_into(opened, tmp_path / "back.apkg")["updated"] == 1
        note.load()
    assert note["Front"] == f"What?<br>{Q}"
    assert note["Back"].startswith("Paris!")
    assert "<img" in note["Back"]


@pytest.mark.parametrize("html", ["<img src='data:image/png;base64,AAAA'>", "<svg><path d='M0 0'/></svg>"])
def test_what_no_deck_can_hold_is_named(tmp_path: Path, html: str) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "question", f"<b>Paris</b><br>{html}")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    notices = import_decks(file, tmp_path / "decks").notices
    assert [notice.partition("(question): ")[2] for notice in notices] == [
        "its answer: Anki shows a picture or sound there that a deck cannot hold"
    ]
    assert _sides(tmp_path / "decks") == {"question": "**Paris**"}
