"""`flashcards import hashcards|obsidian|mdanki|csv`: decks from other programs' text files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from flashcards.cli.common import (
    ProgressLine,
    Source,
    json_option,
    notes_in_decks,
    print_json,
    printable,
    services,
)
from flashcards.counted import counted
from flashcards.services.bring.decks import Brought, Options, bring

SHOWN_NOTICES = 200

FORMATS = {
    "hashcards": (
        "Bring hashcards decks and, with --user, what hashcards.db remembers of their cards.",
        "flashcards import hashcards ~/cards --into decks/cards --user ada",
    ),
    "obsidian": (
        "Bring an Obsidian vault's Spaced Repetition cards and, with --user, their schedules.",
        "flashcards import obsidian ~/vault --into decks/vault --user ada",
    ),
    "mdanki": (
        "Bring mdanki files: '## ' cards, '%' between front and back, [#tag]() lines.",
        "flashcards import mdanki notes.md --into decks/notes",
    ),
    "csv": (
        "Bring CSV and TSV files, with Anki's #separator, #html and #tags column headers.",
        "flashcards import csv words.tsv --into decks/words",
    ),
}


def text_commands() -> list[click.Command]:
    """One subcommand for each format."""
    return [_command(kind, *texts) for kind, texts in FORMATS.items()]


def _command(kind: str, does: str, example: str) -> click.Command:
    def run(
        source: Path, into: Path, user: str | None, as_json: bool, tagged_only: bool = False,
        separator: str | None = None, header: str | None = None,
    ) -> int:  # fmt: skip
        given = None if header is None else header == "yes"
        return _import(kind, source, into, user, as_json, Options(tagged_only, separator, given))

    options = [
        click.Argument(["source"], type=Source(folders=True)),
        click.Option(
            ["--into"], required=True, type=click.Path(path_type=Path), metavar="DIR",
            help="Folder for the decks; made if need be.",
        ),
        click.Option(["--user"], metavar="U", help="Bring schedules into this user's history."),
    ]  # fmt: skip
    if kind == "obsidian":
        help_text = "Only notes with a #flashcards tag."
        options.append(click.Option(["--tagged-only"], is_flag=True, help=help_text))
        help_text = "What parts front and back on a line, where the vault's settings are not at hand (default ::)."
        options.append(click.Option(["--separator"], metavar="S", help=help_text))
    if kind == "csv":
        help_text = "Whether the first row names the columns (default: as it looks)."
        options.append(click.Option(["--header"], type=click.Choice(["yes", "no"]), help=help_text))
    text = f"{does}\n\nSOURCE is a file or a folder. No file is ever overwritten.\n\nExample: {example}"
    return json_option(click.Command(kind, callback=run, params=options, help=text, short_help=does))


def _import(kind: str, source: Path, into: Path, user: str | None, as_json: bool, options: Options) -> int:
    progress = ProgressLine()
    scheduled = kept = answers = 0
    try:
        if user is None:
            brought = bring(kind, source, into, options, progress=progress)
        else:
            with services() as opened:
                learner = opened.accounts.find(user)
                done = opened.bring.bring(kind, source, into, learner, options=options, progress=progress)
                brought, scheduled, kept, answers = done.brought, done.scheduled, done.kept, done.answers
    finally:
        progress.close()
    if as_json:
        rows = [asdict(notice) for notice in brought.notices]
        counts = {"notes": brought.notes, "cards": brought.cards, "schedules": scheduled, "answers": answers}
        print_json({"decks": brought.decks, "media": brought.media, **counts, "notices": rows})
    else:
        _print(brought, into, user)
        if user is not None:
            came = f", {counted(answers, 'answer')}" if answers else ""
            more = f"; {kept:,} belong to cards that have a history here" if kept else ""
            click.echo(f"{counted(scheduled, 'schedule')}{came}{more}")
    return 1 if brought.unread else 0


def _print(brought: Brought, into: Path, user: str | None) -> None:
    for path in brought.decks:
        click.echo(printable(str(into / path)))
    counts = notes_in_decks(brought.notes, brought.cards, len(brought.decks))
    click.echo(f"{counts}, {counted(len(brought.media), 'media file')}")
    if user is None and brought.schedules:
        left = counted(len(brought.schedules), "schedule")
        click.echo(f"{left} left out; --user brings them into a history", err=True)
    for notice in brought.notices[:SHOWN_NOTICES]:
        click.echo(printable(f"{notice.path}:{notice.line}: {notice.message}"), err=True)
    if len(brought.notices) > SHOWN_NOTICES:
        click.echo(f"... and {len(brought.notices) - SHOWN_NOTICES:,} more (--json lists all)", err=True)
