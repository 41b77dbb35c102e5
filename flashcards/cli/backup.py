"""`flashcards backup`, `restore` and `doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from flashcards.cli.common import Source, config, json_option, print_json, services


@click.command("backup")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The file to write.")
def backup_command(output: Path | None) -> None:
    """Save the database and the secret key in one file. Decks belong in Git.

    Example: flashcards backup -o flashcards-backup.zip
    """
    with services() as opened:
        click.echo(opened.backup.backup(output))


@click.command("restore")
@click.argument("file", type=Source())
def restore_command(file: Path) -> None:
    """Bring back a backup; the database that it replaces is kept beside it.

    Example: flashcards restore flashcards-backup.zip
    """
    from flashcards.services.upkeep.backup import restore

    settings = config()
    kept = restore(file, settings.data, settings.database)
    click.echo(f"Restored into {settings.data}")
    if kept:
        click.echo(f"What was there before is kept as {kept}")


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> int:
    """Prove that the database is whole: integrity, foreign keys, every log against every schedule, orphans.

    Example: flashcards doctor --json
    """
    with services() as opened:
        report = opened.doctor.examine()
    if as_json:
        print_json(asdict(report))
    else:
        for line in report.lines:
            click.echo(line)
    return 0 if report.ok else 1
