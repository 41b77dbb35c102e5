"""The Python programs printed on cards: what they print, and what their comments say that they print."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO

from tests.decks.test_facts import note_source

FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)
COMMENT_OF_PRINT = re.compile(r"^(?:print\(|[^#\n]*\.fetch).*\) +# (.*)$", re.MULTILINE)


def program(deck: str, note: str) -> str:
    """The only Python program of a note."""
    (source,) = FENCE.findall(note_source(deck, note))
    return str(source)


def run(deck: str, note: str) -> tuple[list[str], dict[str, object]]:
    """The lines that the note's program prints, and the names that it defines."""
    out, names = StringIO(), {"__name__": note}
    with redirect_stdout(out):
        exec(compile(program(deck, note), note, "exec"), names)
    return out.getvalue().splitlines(), names


def said(deck: str, note: str) -> list[str]:
    """What the comments behind the note's print calls say."""
    return COMMENT_OF_PRINT.findall(program(deck, note))
