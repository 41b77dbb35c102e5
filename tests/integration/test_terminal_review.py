"""`flashcards review` in a real pseudo-terminal: keys in, answers in the log."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from flashcards.config import Config
from flashcards.services.review.facade import Answer
from flashcards.wiring import open_services
from tests.databases import settings_for

DECK = """\
## What is $x^2$ for $x = 3$? {#square}

It is **9**.

### Rubric
- says nine

## What does this print? {#code}

```python
print(1 + 1)
```

### Answer
2

## Gap {#gap}

Water is made of {{c1::hydrogen}} and oxygen.
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    decks = tmp_path / "decks"
    decks.mkdir()
    (decks / "small.md").write_text(DECK)
    settings = settings_for(tmp_path / "data", decks)
    opened = open_services(Config.from_env(settings))
    opened.sync.sync()
    opened.accounts.add_learner("ada", "correct horse", author=True, admin=True, timezone="UTC")
    opened.close()
    return {**os.environ, **settings, "TERM": "xterm", "COLUMNS": "80", "LINES": "40"}


class Terminal:
    """The program behind a pseudo-terminal."""

    def __init__(self, environ: dict[str, str], *options: str, command: str = "review") -> None:
        self.master, slave = pty.openpty()
        arguments = [sys.executable, "-m", "flashcards", command, *options]
        self.process = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave, env=environ)
        os.close(slave)
        self.seen = ""

    def until(self, text: str, seconds: float = 20) -> str:
        """What was printed since the last call, up to and with `text`."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not appear in {self.seen!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(self.master, 65536).decode())
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def log(environ: dict[str, str]) -> list[tuple[str, int | None, bool]]:
    opened = open_services(Config.from_env(environ))
    try:
        rows = opened.review.log(opened.accounts.find("ada"))
        return [(row.key, row.grade, row.undone) for row in rows]
    finally:
        opened.close()


def test_a_session_by_keyboard(environ: dict[str, str]) -> None:
    terminal = Terminal(environ)
    try:
        assert "What is $x^2$ for $x = 3$?" in terminal.until("Space shows the answer")
        terminal.press(" ")
        shown = terminal.until("4 Easy: 1 d")
        assert "It is **9**." in shown
        assert "- says nine" in shown
        assert "1 Again: today, then 1 d" in shown
        terminal.press("4")
        terminal.until("What does this print?")
        terminal.until("Space shows the answer")
        terminal.press("u")
        terminal.until("What is $x^2$")
        terminal.until("Space shows the answer")
        terminal.press(" ")
        terminal.until("4 Easy")
        terminal.press("1")
        terminal.until("print(1 + 1)")
        terminal.until("Space shows the answer")
        terminal.press("@")
        assert "[…]" in terminal.until("Space shows the answer")
        terminal.press("\r")
        assert "hydrogen" in terminal.until("4 Easy")
        terminal.press("\r")
        assert "to drill" in terminal.until("What is $x^2$")
        terminal.press("q")
        terminal.until("answered.")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()

    assert log(environ) == [
        ("small#square/forward", 5, True),
        ("small#square/forward", 1, False),
        ("small#code/forward", None, False),
        ("small#gap/c1", 4, False),
    ]


def test_without_a_terminal_it_says_so(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flashcards", "review"], env=environ, capture_output=True, text=True, input=""
    )

    assert done.returncode == 2
    assert done.stderr == "flashcards: review needs a terminal: run it without a pipe\n"


def test_what_changed_is_a_key_away(environ: dict[str, str]) -> None:
    opened = open_services(Config.from_env(environ))
    try:
        ada = opened.accounts.find("ada")
        card = next(card.id for card in opened.review.cards(ada).items if card.note == "square")
        before = opened.clock() - 3 * 86_400_000
        opened.review.answer(ada, Answer(str(uuid.uuid4()), card, 4, at=before))
        opened.review.act(ada, card, "due", due_on=opened.review.study_day(ada) + 9)
        deck = opened.config.decks / "small.md"
        deck.write_text(DECK.replace("It is **9**.", "It is **nine**, and never less."))
        opened.sync.sync()
        opened.edits.mark(["small#square"])
        opened.review.act(ada, card, "due", due_on=opened.review.study_day(ada))
        for other in opened.review.cards(ada).items:
            if other.id != card:
                opened.review.act(ada, other.id, "bury")
    finally:
        opened.close()
    terminal = Terminal(environ)
    try:
        assert "came back" not in terminal.until("Space shows the answer")  # moved by hand since
        terminal.press(" ")
        terminal.until("The answer changed since you last saw it: c shows how")
        terminal.until("4 Easy")
        terminal.press("c")
        assert "It is **[-9-]{+nine+}**{+, and never less+}." in terminal.until("4 Easy")
        terminal.press("3")
        terminal.until("Nothing left for today. 1 answered.")
        terminal.press("q")
    finally:
        terminal.close()


def test_a_set_is_studied_until_each_is_right_and_no_date_moves(environ: dict[str, str]) -> None:
    terminal = Terminal(environ, "--search", "9", "--mode", "cram")
    try:
        terminal.until("1 left: answers change no dates")
        for key, end in (("1", "1 left"), ("3", "1 left"), ("3", "The set is done. 3 answered.")):
            terminal.press(" ")
            terminal.until("1 Again: again   2 Hard: date stays")
            terminal.press(key)
            terminal.until(end)
    finally:
        terminal.close()
    assert log(environ) == [("small#square/forward", grade, False) for grade in (1, 4, 4)]
    opened = open_services(Config.from_env(environ))
    try:
        assert opened.review.today(opened.accounts.find("ada")).new == 3
    finally:
        opened.close()


def test_a_search_that_finds_nothing_says_so(environ: dict[str, str]) -> None:
    terminal = Terminal(environ, "--search", "tag:nothing", "--mode", "cram")
    try:
        terminal.until("No card is found: there is nothing to study.")
    finally:
        terminal.close()
    terminal = Terminal(environ, "--search", "id:gap", "--mode", "review")
    try:
        assert "0 due, 1 new" in terminal.until("oxygen")
    finally:
        terminal.close()


def test_a_narrow_terminal_breaks_no_word(environ: dict[str, str]) -> None:
    terminal = Terminal({**environ, "COLUMNS": "40"})
    try:
        terminal.until("Space shows the answer")
        terminal.press("? ")
        seen = terminal.until("4 Easy: 1 d").replace("\r", "")
        assert max(map(len, seen.split("\n"))) <= 40
        assert "\nu, z  undo\n" in seen
        assert "\n2 Hard: today, then 1 d   3 Good: 1 d\n4 Easy" in seen
        terminal.press("q")
    finally:
        terminal.close()
