"""`check` tells an author before a commit what `sync` would tell after it: the same errors at the same places."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import DeckFile
from flashcards.deckfiles.render.in_process import render
from flashcards.services.authoring.preview import _read_deck
from flashcards.services.sync.read import sound_file

PARAGRAPHS = [
    "Plain **words** and `code`.", "See [the page](https://example.org).", "$x^2$ and $$y$$",
    "```python\nprint(1)\n```", "- a\n- b\n  - c", "$\\nope$", "a $\\frac{1}$ b", "[x](javascript:alert(1))",
    "[x](page.html)", "- [x]( <data:a,b> )", "<javascript:x>", "> <ftp://a.b>", "![x](gone.png)", "![x](../../out.png)",
    "`<javascript:x>` and `$\\nope$`",
    "[a] [b]", "[^n]", "ftp://example.org", "| a | b |\n|---|---|\n| $\\nope$ | [x](y) |", "~~gone~~ \\$5 and $6",
    "```c\nint x;\n```", "<sub>x</sub> &lt;script&gt;", "    indented <file:x>", "1. <!-- [x](y) --> z",
    "> $$\n> a\n> \\nope\n> $$", "- > > $a\n  > > \\nope$ ![x](gone.png)", "> `a\n> b` $\\nope$",
]  # fmt: skip
CLOZES = ["{{c1::a}}", "{{c1::$x$}} [x](y)", "$\\fr{{c1::ac}}{1}{2}$", "{{c1::<tel:1>}}", "`{{c2::b}}` $\\nope$"]
HEADINGS = ["What?", "Why *so*, $x$?", "Is `[x](y)` a link?", "Is [x](y)?", "What is $\\nope$?", "Which <ws:x>?"]
LISTS = ["", "### Sources\n- [x](page.html)\n- fine\n", "### Rubric\n- $\\nope$\n"]
DEFINITIONS = [
    "",
    "[a]: https://example.org\n[b]: javascript:x\n\n[^n]: A note, [x](y),\n    $\\nope$ and ![x](gone.png).\n",
]

PARTS = st.lists(st.sampled_from(PARAGRAPHS + CLOZES), min_size=1, max_size=4).map("\n\n".join)
NOTES = st.lists(st.tuples(st.sampled_from(HEADINGS), PARTS, st.sampled_from(LISTS)), min_size=1, max_size=3)


@settings(max_examples=150)
@given(notes=NOTES, prose=PARTS, definitions=st.sampled_from(DEFINITIONS))
@example(notes=[("What?", "<file:x> and ftp://example.org", "")], prose="Prose.", definitions="")
@example(notes=[("What?", "Fine.", "")], prose="Prose.\n\n- one $\\nope$ ![x](gone.png)", definitions="")
@example(notes=[("What?", "Fine. [^n] [b]", "")], prose="Prose [^n].", definitions=DEFINITIONS[1])
@example(notes=[("What?", "> $$\n> a\n> \\nope\n> $$", "")], prose="Prose.", definitions="")
@example(notes=[("What?", "<javascript:x> and [a](javascript:y)", "")], prose="Prose.", definitions="")
def test_the_same_errors(tmp_path: Path, notes: list[tuple[str, str, str]], prose: str, definitions: str) -> None:
    blocks = [
        f"## {heading} {{#n{index}}}\n\n{body}\n\n{lists}\n" for index, (heading, body, lists) in enumerate(notes)
    ]
    source = f"{prose}\n\n{definitions}\n{''.join(blocks)}"
    file = tmp_path / "d.md"
    file.write_text(source, "utf-8")
    checked = check([file], None, render=lambda requests: ((name, render(request)) for name, request in requests))
    found = {(p.code, p.line, p.column, p.message) for p in checked if p.severity == "error"}
    synced = errors_of_sync(file, source)
    assert synced <= found
    if not definitions:  # `check` looks at those that no card uses, too
        assert synced == found


def errors_of_sync(file: Path, source: str) -> set[tuple[str, int, int, str]]:
    """What `sync` stores of a file that is read for the first time."""
    sound = sound_file(DeckFile("d.md", file, 0, 0), parse_deck("d.md", source.encode()), file.parent)
    deck = _read_deck(sound, {key: render(request) for key, request in sound.requests.items()})
    return {(p.code, p.line, p.column, p.message) for p in deck.problems if p.severity == "error"}
