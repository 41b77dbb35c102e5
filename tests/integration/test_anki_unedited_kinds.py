"""Twenty packages of the real Anki, each full of one kind of HTML: what was not edited goes back byte for byte."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png, wav

KINDS: dict[str, tuple[str, ...]] = {
    "colours": (
        '<span style="color: rgb(255, 0, 0); background-color: yellow">red</span> word',
        '<font color="#0000ff" size="5" face="Arial">blue</font>',
        '<b><span style="font-size: 20px">large</span></b>',
    ),
    "underline and small marks": (
        "<u>under</u> H<sub>2</sub>O x<sup>2</sup>",
        "<s>struck</s> <del>gone</del> <small>s</small>",
    ),
    "nested emphasis": (
        "<b>bold <i>both</i></b><i> italic</i>",
        "a<b>.5&nbsp;</b>",
        "<b>stop<br></b>then",
        "<strong><em>x</em></strong>",
    ),
    "lists": (
        "<ul><li>one<br></li><li>two<ul><li>inner</li></ul></li></ul>",
        '<ol start="3" type="a"><li>c</li><li><p>d</p></li></ol>',
        "before<ul><li></li><li>&nbsp;</li></ul>after",
    ),
    "tables": (
        '<table border="1"><tbody><tr><th colspan="2">head</th></tr>'
        '<tr><td style="x">1</td><td>2 | 3</td></tr></tbody></table>',
        "<table><tr><td><ul><li>in a cell</li></ul></td></tr></table>",
    ),
    "code": (
        "<pre><code>x = 1<br>y = 2</code></pre>",
        "<code>a  b</code> and <code>`tick`</code>",
        '<pre style="text-align:left">if a &lt; b:\n    <span style="color:red">c</span>()\n</pre>',
    ),
    "pictures": (
        'look <img src="a cat.png" width="20">',
        '<img src="a%20cat.png"><br><img alt="no file" src="missing.jpg">',
        "<img src='a cat.png' />",
    ),
    "sounds": ("hear [sound:tone.wav]", "[sound:tone.wav]<br>[sound:missing.mp3]"),
    "LaTeX": ("[latex]\\begin{tabular}{l}a\\end{tabular}[/latex] t", "[$]x^2 &lt; 1[/$] m", "[$$]\\sum_i i[/$$] d"),
    "MathJax": (
        "\\(a_1 &lt; b\\) t",
        "\\[\\int_0^1 x\\,dx\\]",
        '<anki-mathjax>c^2</anki-mathjax> and <anki-mathjax block="true">d</anki-mathjax>',
        "costs $10 or \\$5",
    ),
    "links": (
        '<a href="https://example.org/a_(b)?x=1&amp;y=2" title="T" target="_blank">there</a>',
        '<a name="here">anchor</a> <a href="javascript:void(0)">none</a>',
        "https://example.org/_a_*b*",
    ),
    "white space that is kept": (
        '<span style="white-space: pre-wrap">two  blanks\nand a line</span>',
        "line\nbroken   by blanks",
        "tab\there &nbsp; &nbsp;x",
    ),
    "entities": (
        "&lt;b&gt; &amp;amp; &quot;q&quot; &#39;a&#39;",
        "&hellip; &rarr; &#x1F600; &nbsp;&shy;x",
        "a &copy b &unknown; c",
    ),
    "marks of Markdown": (
        "__main__ *star* _under_ `tick` ~~no~~ ==hm==",
        "# no heading",
        "1. no list<br>- none<br>&gt; none<br>| a | b |",
        "[a](b) ![c](d) {#id} {{x}} :: ---",
    ),
    "scripts of the world": (
        '<div dir="rtl">שלום <b>עולם</b></div>',
        "<ruby>漢<rt>かん</rt></ruby>字 한국어",
        "e\u0301 👩\u200d👩\u200d👧 ﬁ",
    ),
    "headings, quotes and rules": (
        "<h1>Title</h1><hr>text",
        "<blockquote>said<div>so</div></blockquote>",
        "<details><summary>more</summary>hidden</details><dl><dt>t</dt><dd>d</dd></dl>",
    ),
    "paragraphs": (
        "<div>one</div><div><br></div><div>two</div>",
        '<p class="MsoNormal" style="margin:0"><o:p>Word</o:p></p>',
        "<p>a</p>\n<p>b<br><br>c</p>",
    ),
    "comments and broken HTML": (
        "<!-- note -->kept",
        "<b>never closed",
        "closed</div> twice</b>",
        "a < b and <3 x",
        "<img src=>",
    ),
    "odd tags": (
        "<B>LOUD</B><BR/>x",
        '<kbd>Ctrl</kbd> <mark>m</mark> <abbr title="x">y</abbr> <cite>z</cite>',
        "<style>.a{color:red}</style><span class='a'>s</span>",
        "<iframe src='https://example.org'></iframe>f",
    ),
    "empty parts": ("x<br>", "<div></div>y", "&nbsp;z&nbsp;", "<b></b>w<span></span>", "<div>v</div><br><br>"),
}  # fmt: skip
EDITED = "one word"


def fill(opened: Any, pieces: tuple[str, ...]) -> int:
    """Notes with each piece on the front, on the back, in a cloze and behind it; the last is the one to be edited."""
    for number, piece in enumerate(pieces):
        add(opened, "Basic", "D", f"Front {number}: {piece}", "plain")
        add(opened, "Basic", "D", f"Question {number}", piece)
        add(opened, "Basic (and reversed card)", "D", f"Both {number} {piece}", f"{piece} {number}")
        add(opened, "Cloze", "D", f"Gap {number} {{{{c1::here}}}} {piece}", piece)
    add(opened, "Basic", "D", f"Edited {pieces[0]}", EDITED)
    return 4 * len(pieces) + 1


def fields(opened: Any) -> dict[tuple[str, int], str]:
    """The fields of all notes, by guid and place."""
    notes = map(opened.get_note, opened.find_notes(""))
    return {(note.guid, place): text for note in notes for place, text in enumerate(note.fields)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_edited_goes_back_byte_for_byte(kind: str, tmp_path: Path) -> None:
    (tmp_path / "a cat.png").write_bytes(png())
    wav(tmp_path / "tone.wav")
    with collection(tmp_path, "theirs") as opened:
        for name in ("a cat.png", "tone.wav"):
            opened.media.add_file(str(tmp_path / name))
        count = fill(opened, KINDS[kind])
        package = export(opened, tmp_path / "theirs.apkg", legacy=False)
    import_decks(package, tmp_path / "decks")
    (deck,) = (tmp_path / "decks").glob("*.md")
    text = deck.read_text()
    assert text.count(EDITED) == 1
    deck.write_text(text.replace(EDITED, "one mended word"))
    FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
    shutil.rmtree(tmp_path / "decks")
    with collection(tmp_path, "theirs") as opened:
        before = fields(opened)
        opened.db.execute("UPDATE notes SET mod = 1")  # so that every note of ours is newer
        assert import_into(opened, tmp_path / "ours.apkg")["updated"] == count
        after = fields(opened)
    assert {key for key, old in before.items() if after[key] != old} == {
        key for key, old in before.items() if old == EDITED
    }
    assert before.keys() == after.keys()


def test_there_are_twenty_kinds() -> None:
    assert len(KINDS) == 20
