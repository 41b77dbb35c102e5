"""`flashcards push anki`."""

from __future__ import annotations

from dataclasses import asdict

import click

from flashcards.cli.common import Group, ProgressLine, config, json_option, print_json, printable
from flashcards.exchange.anki.connect import DEFAULT_URL, AnkiConnect
from flashcards.services.anki.push import PushReport, push

SHOWN = 50


@click.group("push", cls=Group)
def push_command() -> None:
    """Send decks to a running program.

    Example: flashcards push anki --dry-run
    """


@push_command.command("anki")
@click.option("--deck", "decks", multiple=True, metavar="D", help="Only this deck, or the decks of this folder.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--overwrite", is_flag=True, help="Update notes that were edited in Anki too.")
@click.option("--url", default=DEFAULT_URL, show_default=True, help="Where AnkiConnect answers.")
@click.option("--key", envvar="ANKICONNECT_KEY", help="AnkiConnect's key, where it asks for one.")
@json_option
def anki_command(
    decks: tuple[str, ...], dry_run: bool, overwrite: bool, url: str, key: str | None, as_json: bool
) -> int:
    """Send decks to a running Anki, through its add-on AnkiConnect (code 2055492159).

    New notes are added, changed ones updated, moved ones moved. What you edited in Anki stays.

    Example: flashcards push anki --deck ml/concepts --dry-run
    """
    settings = config()
    progress = ProgressLine()
    try:
        report = push(
            AnkiConnect(url, key),
            settings.decks,
            settings.data,
            decks=decks,
            dry_run=dry_run,
            overwrite=overwrite,
            progress=progress,
        )
    finally:
        progress.close()
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)
    return 1 if report.refused or report.skipped else 0


def _print(report: PushReport) -> None:
    would = "would be " if report.dry_run else ""
    for what in ("added", "updated", "moved"):
        _list(getattr(report, what), f"{would}{what}")
    _list(report.designs, f"note types {would}redesigned")
    _list(report.kept_designs, "note types redesigned in Anki, left as they are there (--overwrite updates them)")
    _list(report.left, "edited in Anki, left as they are there (--overwrite updates them)")
    _list(report.gone, "in Anki, and no longer in the files: they stay there")
    _list(report.from_anki, "came from Anki, and are not sent: `flashcards export anki` finds them there")
    _list(report.refused, "refused by Anki")
    for line in report.skipped:
        click.echo(printable(line), err=True)
    click.echo(f"{report.unchanged:,} unchanged")


def _list(keys: tuple[str, ...], what: str) -> None:
    if not keys:
        return
    click.echo(f"{len(keys):,} {what}")
    for key in keys[:SHOWN]:
        click.echo(f"  {printable(key)}")
    if len(keys) > SHOWN:
        click.echo(f"  ... and {len(keys) - SHOWN:,} more")
