"""The commands of `flashcards`: each is loaded when it is asked for, so that each starts fast."""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import sys
import tempfile
import traceback

import click

from flashcards import __version__
from flashcards.cli.common import Group
from flashcards.cli.stopping import stop_asked
from flashcards.deckfiles.check.report import printable
from flashcards.errors import FlashcardsError, Invalid
from flashcards.garbage import loading

# command: (module below flashcards.cli, one line for the overview)
COMMANDS = {
    "serve": ("serve", "Serve the web app and run the jobs."),
    "worker": ("serve", "Run the jobs alone, beside several web processes."),
    "sync": ("sync", "Read the decks folder into the database."),
    "check": ("check", "Say what is wrong in deck files."),
    "cards": ("check", "Print the cards that files hold, as JSON."),
    "ids": ("authoring", "List notes without an explicit id, or stamp them."),
    "impact": ("authoring", "Say what a change in Git does to cards and history."),
    "new": ("authoring", "Write a starter deck."),
    "analysis": ("analysis", "List the cards that learners forget most."),
    "scheduler": ("scheduler", "Say who decides dates, SM-2 or FSRS-6, or choose."),
    "fit": ("fit", "Fit what predicts a learner to their log."),
    "evaluate": ("evaluate", "Say how well a learner's answers were predicted."),
    "review": ("review", "Review the day's queue in the terminal."),
    "sets": ("sets", "List the sets that were begun, or end one."),
    "plan": ("plan", "Plan up to a date, and follow it."),
    "practice": ("practice", "Practise interview questions in the terminal."),
    "export": ("export", "Write decks for Anki, as CSV or as JSON."),
    "import": ("imports", "Bring decks from Anki and other programs."),
    "push": ("push", "Send decks to a running Anki."),
    "user": ("people", "Add, change, list and delete accounts."),
    "token": ("people", "Make, list and revoke API tokens."),
    "backup": ("backup", "Save all that the service needs in one file."),
    "restore": ("backup", "Bring back a backup."),
    "doctor": ("backup", "Prove that the database is whole."),
    "database": ("database", "Check the database, or move it to a server."),
}


class LazyGroup(Group):
    """A group whose commands live in modules that are imported only when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if self._exists(name)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS or not self._exists(name):
            return None
        with loading():
            module = importlib.import_module(f"flashcards.cli.{COMMANDS[name][0]}")
        return getattr(module, f"{name}_command", None)

    def about(self, ctx: click.Context) -> list[tuple[str, str]]:
        return [(name, COMMANDS[name][1]) for name in self.list_commands(ctx)]

    @staticmethod
    def _exists(name: str) -> bool:
        return importlib.util.find_spec(f"flashcards.cli.{COMMANDS[name][0]}") is not None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="flashcards")
def cli() -> None:
    """Spaced repetition for people who write their cards as text, in Git.

    Example: flashcards serve
    """


def run(arguments: list[str] | None = None) -> int:
    """Runs a command and returns its exit code: the one place that turns errors into them.

    0 done, 1 found problems, 2 wrong usage. Raises KeyboardInterrupt where it was stopped.
    """
    try:
        code = cli.main(arguments, prog_name="flashcards", standalone_mode=False)
    except click.Abort as error:  # how click tells of Ctrl+C, of SIGTERM, and of a No
        raise error.__cause__ if isinstance(error.__cause__, KeyboardInterrupt) else KeyboardInterrupt from None
    except Exception as error:
        if stop := stop_asked():
            raise stop from error
        return _tell(error)
    return code if isinstance(code, int) else 0


def _tell(error: Exception) -> int:
    """Says what went wrong; gives the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return 2 if isinstance(error, click.UsageError) else 1
    if isinstance(error, FlashcardsError):
        for line in error.told().splitlines() or [type(error).__name__]:
            click.echo(f"flashcards: {printable(line)}", err=True)
        return 2 if isinstance(error, Invalid) else 1
    if isinstance(error, BrokenPipeError):
        # The reader (head, less) has gone: not our trouble, and the interpreter must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        click.echo(f"flashcards: {printable(_said_by_the_machine(error))}", err=True)
        return 1
    # A fault of ours: told in a sentence, kept whole in a file.
    click.echo(f"flashcards: a fault of the program: {type(error).__name__}: {error}", err=True)
    click.echo(f"Nothing was half done. Please report it with {_keep_traceback(error)}", err=True)
    return 1


_OF_THE_MACHINE = frozenset({
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENAMETOOLONG,
    errno.ELOOP, errno.EMFILE, errno.ENFILE, errno.ESTALE,
})  # fmt: skip
"""What a path, a disk or a limit refuses, and no program can mend."""


def _said_by_the_machine(error: OSError) -> str:
    """Why it went no further. A write names no file: most often that is standard output, sent into one."""
    if error.filename is None:
        return (
            f"What was being written is not whole: {error.strerror}. Make room or choose another place, and try again."
        )
    return f"{os.fsdecode(error.filename)}: {error.strerror}. Nothing more was done."


def _keep_traceback(error: Exception) -> str:
    """Writes the traceback of an error to a file; gives its name."""
    with tempfile.NamedTemporaryFile("w", prefix="flashcards-fault-", suffix=".txt", delete=False) as file:
        file.writelines(traceback.format_exception(error))
    return file.name
