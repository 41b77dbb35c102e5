"""What commands share: the configuration, the services, output as JSON, progress, safe text."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flashcards.config import Config
from flashcards.deckfiles.check.report import json_printable
from flashcards.deckfiles.check.report import printable as printable  # for every command
from flashcards.errors import Invalid

if TYPE_CHECKING:
    from flashcards.wiring import Services

json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


class Source(click.Path):
    """A file (or, with `folders`, a folder too) that must be there; else one sentence that names it."""

    def __init__(self, *, folders: bool = False) -> None:
        super().__init__(path_type=Path)
        self.folders = folders

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path; raises Invalid."""
        wanted = "file or folder" if self.folders else "file"
        if not value:
            raise Invalid(f"The name of a {wanted} is empty; give the path of one.")
        path = Path(value)
        try:
            if path.is_dir() and not self.folders:
                raise Invalid(f"{path}: this is a folder; give the path of a file.")
            if not path.exists():
                raise Invalid(f"{path}: there is no such {wanted}; check the path.")
        except OSError as error:
            raise Invalid(f"{path}: {error.strerror}; check the path.") from error
        return path


def config() -> Config:
    """The configuration from the environment; raises Invalid naming every bad value."""
    return Config.from_env(os.environ)


@contextmanager
def services(settings: Config | None = None) -> Iterator[Services]:
    """The services over the configured database, migrated; closed at the end."""
    from flashcards.wiring import open_services

    opened = open_services(settings or config())
    try:
        yield opened
    finally:
        opened.close()


def decks_around(paths: Collection[Path]) -> Path | None:
    """The decks folder that files are read as part of: the one that the environment names, else `decks` here, where
    authors stand, else the data folder's. None where `paths` stand alone."""
    settings, here = config(), Path("decks")
    if not settings.own_decks and here.is_dir():
        inside = any(path.resolve().is_relative_to(here.resolve()) for path in paths)
        if inside or not paths:
            return here
    return settings.decks if settings.decks.is_dir() or not paths else None


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json_printable(json.dumps(value, ensure_ascii=False, indent=2)))


def counted(number: int, one: str) -> str:
    """A number with the word for what it counts: "1 error", "2 errors"."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def notes_in_decks(notes: int, cards: int, decks: int) -> str:
    """What came or went: "2 notes (3 cards) in 1 deck"."""
    return f"{counted(notes, 'note')} ({counted(cards, 'card')}) in {counted(decks, 'deck')}"


def print_rows(rows: Iterable[Any]) -> None:
    """A JSON list on stdout, a line for each item: for long lists, much faster than `print_json`."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    click.echo("[" + ",".join(f"\n{json_printable(encode(row))}" for row in rows) + "\n]")


class Progress:
    """A line on stderr for work over a second; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = False
        self._terminal = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._terminal and time.monotonic() - self._started > 1:
            click.echo(f"\r\x1b[K{what} {done:,}{f' of {total:,}' if total else ''}", err=True, nl=False)
            self._shown = True

    def close(self) -> None:
        """Wipes the line."""
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False)


def read_password(from_stdin: bool, prompt: str = "Password") -> str:
    """The password from the first line of stdin, or asked for twice without showing it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask for the password: give --password-stdin")
    return str(click.prompt(prompt, hide_input=True, confirmation_prompt=True))
