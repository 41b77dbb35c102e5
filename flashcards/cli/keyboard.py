"""Single keys from a terminal, none lost: the mode is set once, not around every key."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


class Keyboard:
    """Keys as they are pressed. Use within `open_keyboard`."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._cooked = termios.tcgetattr(terminal)
        self._ahead: list[str] = []

    def key(self) -> str:
        """The next key; an arrow or function key comes as one string, "" is the end of input."""
        if not self._ahead:
            read = os.read(self._terminal, 32).decode("utf-8", "replace")
            self._ahead = [read] if read.startswith("\x1b") else list(read)
        return self._ahead.pop(0) if self._ahead else ""

    def raw(self) -> None:
        """Keys come at once and are not shown; what was typed ahead is kept."""
        tty.setcbreak(self._terminal, termios.TCSADRAIN)

    def cooked(self) -> None:
        """Whole lines, as outside."""
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._cooked)

    @contextmanager
    def lines(self) -> Iterator[None]:
        """For asking for a whole line in between."""
        self.cooked()
        try:
            yield
        finally:
            self.raw()


@contextmanager
def open_keyboard() -> Iterator[Keyboard]:
    """The keyboard of standard input; the terminal is left as it was found."""
    keyboard = Keyboard(sys.stdin.fileno())
    keyboard.raw()
    try:
        yield keyboard
    finally:
        keyboard.cooked()
