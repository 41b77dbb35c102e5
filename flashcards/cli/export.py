"""`flashcards export anki|csv|json` and `flashcards import json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flashcards.bundled import bundled
from flashcards.cli.common import (
    Group,
    ProgressLine,
    Source,
    config,
    json_option,
    notes_in_decks,
    output_file,
    print_json,
    printable,
    services,
    to_stdout,
    wrote,
)
from flashcards.config import Config
from flashcards.counted import counted
from flashcards.database_address import may_be_there

if TYPE_CHECKING:
    from flashcards.services.export.results import AnkiExported, TextExported
    from flashcards.wiring import Services

decks_option = click.option(
    "--deck", "decks", multiple=True, metavar="D", help="Only this deck, or the decks of this folder; may repeat."
)
user_option = click.option("--user", metavar="U", help="For this user.")
output_option = click.option(
    "-o", "--output", required=True, type=output_file(), help="The file to write; - is standard output."
)
SHOWN = 50


@click.group("export", cls=Group)
def export_command() -> None:
    """Write decks for Anki, as CSV or as JSON.

    Example: flashcards export anki --user ada --history -o decks.apkg
    """


@export_command.command("anki")
@decks_option
@user_option
@click.option("--history", is_flag=True, help="With the user's schedules and review log: a one-time seed for Anki.")
@output_option
@json_option
def anki_command(decks: tuple[str, ...], user: str | None, history: bool, output: Path, as_json: bool) -> int:
    """Write an Anki package. Importing a later one updates the notes whose text has changed since.

    With the data folder's database, notes keep their identity through renames, and edits that learners made in
    Anki later than ours survive. Without one it reads the files alone. Anki takes schedules and reviews only for
    cards that it does not have yet.

    Example: flashcards export anki --deck ml/concepts -o concepts.apkg
    """
    if history and not user:
        raise click.UsageError("--history goes with --user: history belongs to a user.")
    settings = config()
    with _progress() as progress, to_stdout(output, binary=True, as_json=as_json) as file:
        if user or may_be_there(settings.database):
            with _synced(settings, progress) as opened:
                learner = opened.accounts.find(user) if user else None
                done = opened.export.anki(file, decks=decks, learner=learner, history=history, progress=progress)
        else:
            done = _anki_from_files(settings, file, decks, progress)
    if as_json:
        print_json({**asdict(done), "path": str(done.path)})
    else:
        _tell(output, done)
    return 1 if done.skipped or done.missing_media else 0


@export_command.command("csv")
@decks_option
@user_option
@output_option
@json_option
def csv_command(decks: tuple[str, ...], user: str | None, output: Path, as_json: bool) -> int:
    """Write notes as CSV, with the headers that Anki's text import reads. Fields are HTML.

    Example: flashcards export csv --deck ml -o ml.csv
    """
    settings = config()
    with _progress() as progress, to_stdout(output, binary=False, as_json=as_json) as file:
        if user or may_be_there(settings.database):
            with _synced(settings, progress) as opened:
                if user:
                    opened.accounts.find(user)
                done = opened.export.csv(file, decks=decks, progress=progress)
        else:
            done = _csv_from_files(settings, file, decks, progress)
    if as_json:
        print_json({**asdict(done), "path": str(done.path)})
    else:
        wrote(output, f"{output}: {counted(done.notes, 'note')}")
        _warn(done.skipped)
    return 1 if done.skipped else 0


@export_command.command("json")
@decks_option
@click.option("--user", metavar="U", help="Of all accounts, only this one's settings and history.")
@output_option
@json_option
def json_command(decks: tuple[str, ...], user: str | None, output: Path, as_json: bool) -> int:
    """Write everything as JSON: decks, notes, cards, every text they had, accounts, schedules, the whole log.

    No passwords, sessions or tokens. docs/export-json.md describes the document; `flashcards import json` reads it.

    Example: flashcards export json -o everything.json
    """
    with (
        _progress() as progress,
        to_stdout(output, binary=False, as_json=as_json) as file,
        _synced(config(), progress) as opened,
    ):
        learner = opened.accounts.find(user) if user else None
        done = opened.export.json(file, decks=decks, learner=learner, progress=progress)
    if as_json:
        print_json({**asdict(done), "path": str(done.path)})
    else:
        wrote(output, f"{output}: {_counts(done.counts)}")
        _warn([f"{path} was left out: it is too large, or cannot be read; copy it yourself" for path in done.left_out])
    return 1 if done.left_out else 0


@click.command("json")
@click.argument("file", type=Source())
@json_option
def import_json_command(file: Path, as_json: bool) -> int:
    """Bring everything that `export json` wrote into a service that is empty: another data folder, another server.

    Files that the decks folder has already are left as they are. Accounts come without a password: set each with
    `flashcards user passwd NAME`.

    Example: FLASHCARDS_DATA=~/new flashcards import json everything.json
    """
    with _progress() as progress, services() as opened:
        done = opened.export.load_json(file, progress=progress)
        opened.sync.sync(progress)
        report = opened.doctor.examine()
    if as_json:
        print_json({**asdict(done), "findings": report.findings})
        return 0 if report.ok else 1
    click.echo(f"{_counts(done.counts)}; {counted(len(done.written), 'file')} written")
    _warn([f"{path} was here already with another content: it stays, and the notes follow it" for path in done.kept])
    if done.counts.get("learners"):
        click.echo("Accounts have no password yet: set each with `flashcards user passwd NAME`.", err=True)
    _warn(report.findings)
    return 0 if report.ok else 1


@contextmanager
def _progress() -> Iterator[ProgressLine]:
    progress = ProgressLine()
    try:
        yield progress
    finally:
        progress.close()


@contextmanager
def _synced(settings: Config, progress: ProgressLine) -> Iterator[Services]:
    """The services, after a sync: what is exported is what the files say now."""
    with services(settings) as opened:
        for line in opened.install_bundled():
            click.echo(line, err=True)
        report = opened.sync.sync(progress)
        if report.errors:
            click.echo(f"{len(report.errors):,} errors in deck files: see `flashcards check`", err=True)
        yield opened


def _anki_from_files(settings: Config, output: Path, decks: Sequence[str], progress: ProgressLine) -> AnkiExported:
    from flashcards.services.export.anki_from_files import FileExport
    from flashcards.services.export.facade import writing

    with writing(output):
        done = FileExport(_decks_folder(settings)).anki(output, decks, progress)
    _warn(done.warnings)
    return done


def _csv_from_files(settings: Config, output: Path, decks: Sequence[str], progress: ProgressLine) -> TextExported:
    from flashcards.services.export.anki_from_files import FileExport
    from flashcards.services.export.facade import writing

    with writing(output):
        return FileExport(_decks_folder(settings)).csv(output, decks, progress)


def _decks_folder(settings: Config) -> Path:
    """Before the first `sync` the built-in decks are not in the data folder yet."""
    return settings.decks if settings.own_decks or settings.decks.is_dir() else bundled("decks")


def _tell(output: Path, done: AnkiExported) -> None:
    counts = f"{notes_in_decks(done.notes, done.cards, done.decks)}, {counted(done.media, 'media file')}"
    wrote(output, f"{output}: {counts}" + (f", {counted(done.reviews, 'review')}" if done.reviews else ""))
    tagged = done.removed
    if tagged:
        click.echo(
            f"{counted(len(tagged), 'note')} gone since the last export. Anki keeps such notes; they are tagged",
            err=True,
        )
        click.echo("flashcards::removed in this package, so that you can find and delete them:", err=True)
        another = " (another kind of note now, and so a new one in Anki)"
        _warn([f"  {note.deck_path}: {note.title}{another if note.changed_kind else ''}" for note in tagged])
    _warn(done.notices)
    _warn([f"{name}: the file has gone or changed, run the export again" for name in done.missing_media])
    _warn(done.skipped)


def _warn(lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(printable(line), err=True)
    if len(lines) > SHOWN:
        click.echo(f"... and {len(lines) - SHOWN:,} more", err=True)


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "nothing"
