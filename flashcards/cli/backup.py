"""`flashcards backup`, `restore` and `doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from flashcards.cli.common import (
    Source,
    config,
    is_stdout,
    json_option,
    output_file,
    print_json,
    services,
    to_stdout,
)
from flashcards.counted import counted


@click.command("backup")
@click.option("-o", "--output", type=output_file(), help="The file to write; - is standard output.")
@click.option("--database-alone", "alone", is_flag=True, help="Leave the decks out, as where their folder is away.")
def backup_command(output: Path | None, alone: bool) -> None:
    """Save all that the service needs to live again in one file: database, secret key, decks, media.

    Example: flashcards backup -o flashcards-backup.zip
    """
    with services() as opened:
        if output is None:
            click.echo(opened.backup.backup(alone=alone))
        else:
            with to_stdout(output, binary=True) as file:
                opened.backup.backup(file, alone=alone)
            if not is_stdout(output):
                click.echo(output)
        if not opened.accounts.learners():
            where = f"There is no account in {opened.config.data}, so nobody's history is in the backup."
            click.echo(f"{where} FLASHCARDS_DATA says where the service's own data is.", err=True)


@click.command("restore")
@click.argument("file", type=Source())
def restore_command(file: Path) -> None:
    """Bring back a backup; the database that it replaces is kept beside it. Decks come back into an empty folder.

    A database on a PostgreSQL server has to be new; the backup of a file comes into it as well.

    Example: flashcards restore flashcards-backup.zip
    """
    from flashcards.services.upkeep.archive import is_database_alone
    from flashcards.services.upkeep.restore import restore

    settings = config()
    done = restore(file, settings.data, settings.database, settings.decks)
    on_server = "" if isinstance(settings.database, Path) else f" and {settings.database}"
    click.echo(f"Restored into {settings.data}{on_server}")
    if done.decks is not None:
        click.echo(f"{counted(done.decks, 'file')} of decks in {settings.decks}")
    elif is_database_alone(file):
        click.echo(f"The backup is of the database alone: the decks in {settings.decks} are as they were")
    else:
        click.echo(f"The decks in {settings.decks} are as they were; those of the backup are in {file}, if it has any")
    if done.kept:
        click.echo(f"What was there before is kept as {done.kept}")


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> int:
    """Prove that the database is whole: integrity, foreign keys, every log against every schedule, orphans.

    Example: flashcards doctor --json
    """
    from flashcards.wiring import examine

    report = examine(config())
    if as_json:
        print_json(asdict(report))
    else:
        for line in report.lines:
            click.echo(line)
    return 0 if report.ok else 1
