"""The Python programs printed on cards: what they print, and what their comments say that they print."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import pytest

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
    with redirect_stdout(out), databases_closed():
        exec(compile(program(deck, note), note, "exec"), names)
    return out.getvalue().splitlines(), names


@contextmanager
def databases_closed() -> Iterator[None]:
    """A program on a card is short and ends soon: what it opens it leaves to Python, which warns of it here."""
    connect, opened = sqlite3.connect, list[sqlite3.Connection]()

    def noted(*address: Any, **how: Any) -> sqlite3.Connection:
        opened.append(connect(*address, **how))
        return opened[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", noted)
        try:
            yield
        finally:
            for database in opened:
                database.close()


def said(deck: str, note: str) -> list[str]:
    """What the comments behind the note's print calls say."""
    return COMMENT_OF_PRINT.findall(program(deck, note))
