"""What commands share: the configuration, the services, output as JSON, progress, safe text."""

from __future__ import annotations

import difflib
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flashcards.config import Config
from flashcards.counted import counted
from flashcards.deckfiles.check.report import json_printable
from flashcards.deckfiles.check.report import printable as printable  # for every command
from flashcards.errors import Invalid
from flashcards.temporary import TemporaryFolder

if TYPE_CHECKING:
    from flashcards.wiring import Services

json_option = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")


class Group(click.Group):
    """A group that understands slips of the fingers, and whose overview ends each sentence that it begins."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant; raises UsageError, which names the nearest one."""
        name = str(args[0])
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def about(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Each command with the first sentence about it."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        return [(name, command.get_short_help_str(10_000)) for name, command in found if command]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(self.about(ctx))


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
            found = path.stat().st_mode  # `exists` keeps what is wrong with a path to itself from Python 3.14 on
            if stat.S_ISDIR(found) and not self.folders:
                raise Invalid(f"{path}: this is a folder; give the path of a file.")
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise Invalid(f"{path}: there is no such {wanted}; check the path.") from None
        except OSError as error:
            raise Invalid(f"{path}: {error.strerror}; check the path.") from error
        return path


def output_file() -> click.Path:
    """The type of an option for a file to write, or `-`."""
    return click.Path(dir_okay=False, allow_dash=True, path_type=Path)


def is_stdout(output: Path) -> bool:
    """Whether `-o` names standard output."""
    return str(output) == "-"


@contextmanager
def to_stdout(output: Path, *, binary: bool, as_json: bool = False) -> Iterator[Path]:
    """The file to write: `output`, or, where that is `-`, one whose content goes to standard output at the end.

    Raises UsageError where a report goes there too, or where a terminal would show bytes that are no text, and Invalid
    where it is a file of the service's own.
    """
    if not is_stdout(output):
        from flashcards.cli.own_files import refuse_own

        refuse_own(output, config())
        yield output
        return
    if as_json:
        raise click.UsageError("--json and -o - would both write to standard output: name a file with -o")
    if binary and sys.stdout.isatty():
        raise click.UsageError("this is no text for a terminal: write it to a file, or send it into a pipe")
    with TemporaryFolder() as folder:
        yield folder / "output"
        stream = sys.stdout.buffer
        with (folder / "output").open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)
        stream.flush()


def wrote(output: Path, line: str) -> None:
    """Says what was written; on stderr where the thing itself went to standard output."""
    click.echo(line, err=is_stdout(output))


def config() -> Config:
    """The configuration from the environment; raises Invalid naming every bad value."""
    return Config.from_env(os.environ)


@contextmanager
def services(settings: Config | None = None) -> Iterator[Services]:
    """The services over the configured database, migrated; closed at the end."""
    from flashcards.services.accounts.origin import ORIGIN, Origin
    from flashcards.wiring import open_services

    opened = open_services(settings or config())
    ORIGIN.set(Origin("terminal"))
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


def notes_in_decks(notes: int, cards: int, decks: int) -> str:
    """What came or went: "2 notes (3 cards) in 1 deck"."""
    return f"{counted(notes, 'note')} ({counted(cards, 'card')}) in {counted(decks, 'deck')}"


def print_rows(rows: Iterable[Any]) -> None:
    """A JSON list on stdout, a line for each item: for long lists, much faster than `print_json`."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    click.echo("[" + ",".join(f"\n{json_printable(encode(row))}" for row in rows) + "\n]")


def print_list(rows: Sequence[Mapping[str, object]], lines: Iterable[str], none: str, *, as_json: bool) -> None:
    """A list as JSON, or a line for each; where there is nothing, `none` says so on stderr."""
    if as_json:
        print_json(rows)
        return
    for line in lines:
        click.echo(line.rstrip())
    if not rows:
        click.echo(none, err=True)


class ProgressLine:
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
