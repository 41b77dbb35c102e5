"""`flashcards import`: from Anki and other programs, one subcommand for each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from flashcards.cli.bring import text_commands
from flashcards.cli.common import (
    Group,
    ProgressLine,
    Source,
    config,
    json_option,
    notes_in_decks,
    print_json,
    printable,
    services,
)
from flashcards.cli.export import import_json_command
from flashcards.counted import counted
from flashcards.database_address import may_be_there
from flashcards.services.anki import merge as anki_merge
from flashcards.services.anki.importing import ImportReport, import_decks
from flashcards.services.anki.merge_findings import MergeReport

FILE = Source()
FOLDER = click.Path(file_okay=False, path_type=Path)
SHOWN_NOTICES = 50


@click.group("import", cls=Group)
def import_command() -> None:
    """Bring decks from Anki and other programs, as Markdown files. No file is ever overwritten.

    Example: flashcards import anki collection.apkg --into decks/anki --user ada
    """


for command in (*text_commands(), import_json_command):
    import_command.add_command(command)


@import_command.command("anki")
@click.argument("file", type=FILE)
@click.option("--into", required=True, type=FOLDER, metavar="DIR", help="Folder for the decks; made if need be.")
@click.option("--user", metavar="U", help="Bring schedules and the review log into this user's history too.")
@click.option("--reschedule", is_flag=True, help="Schedule by SM-2 from the log, not as Anki has it (with --user).")
@click.option("--merge", is_flag=True, help="Show what was changed in Anki since, as a diff of our files.")
@click.option("--apply", is_flag=True, help="Write the changes that --merge shows.")
@click.option("--base", type=FILE, help="The package as it was exported or imported before (with --merge).")
@json_option
def anki_command(
    file: Path,
    into: Path,
    user: str | None,
    reschedule: bool,
    merge: bool,
    apply: bool,
    base: Path | None,
    as_json: bool,
) -> int:
    """Bring an Anki package (.apkg or .colpkg): notes, media, tags and, with --user, the history.

    Importing again brings only what is new. The history needs --into to be below the decks folder.

    Example: flashcards import anki German.apkg --into decks/german --user ada
    """
    if (apply or base) and not merge:
        raise click.UsageError("--apply and --base go with --merge.")
    if reschedule and not user:
        raise click.UsageError("--reschedule goes with --user: it is that user's cards that are scheduled.")
    if merge:
        return _merge(file, into, base, apply, as_json)
    progress = ProgressLine()
    try:
        report = _with_history(file, into, user, reschedule, progress) if user else _files(file, into, progress)
    finally:
        progress.close()
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)
    return 1 if report.problems else 0


def _files(file: Path, into: Path, progress: ProgressLine) -> ImportReport:
    settings = config()
    root = settings.decks if settings.decks.is_dir() else None
    return import_decks(file, into, root, progress=progress, warn=_warn)


def _with_history(file: Path, into: Path, user: str, reschedule: bool, progress: ProgressLine) -> ImportReport:
    with services() as opened:
        learner = opened.accounts.find(user)
        return opened.anki_import.bring(file, into, learner, reschedule=reschedule, progress=progress, warn=_warn)


def _warn(sentence: str) -> None:
    """What will stay behind, on stderr, before anything is written."""
    click.echo(printable(sentence), err=True)


def report_json(report: ImportReport) -> dict[str, Any]:
    """The report as JSON has it."""
    return {**asdict(report), "folder": str(report.folder)}


def print_report(report: ImportReport) -> None:
    """The report for people: what came on stdout, what did not on stderr."""
    for path in report.files:
        if path.endswith(".md"):
            click.echo(printable(str(report.folder / path)))
    came = f"{notes_in_decks(report.notes, report.cards, report.decks)}, {counted(report.media, 'media file')}"
    click.echo(came + (f"; {counted(report.known, 'note')} here already" if report.known else ""))
    if report.history:
        history = report.history
        click.echo(
            f"{counted(history.reviews, 'review')} and {counted(history.schedules, 'schedule')}"
            + (f"; {counted(history.known, 'review')} here already" if history.known else "")
            + (f"; {history.lost:,} belong to cards that are not here" if history.lost else "")
            + (f"; {counted(history.flags, 'flag')}" if history.flags else "")
        )
    for behind in report.left_behind:
        click.echo(printable(str(behind)), err=True)
    print_notices(report.notices)
    for problem in report.problems:
        click.echo(printable(f"{problem.path}:{problem.line}: {problem.severity} {problem.message}"), err=True)


def print_notices(notices: tuple[str, ...]) -> None:
    """What could not be carried, on stderr."""
    for notice in notices[:SHOWN_NOTICES]:
        click.echo(printable(notice), err=True)
    if len(notices) > SHOWN_NOTICES:
        click.echo(f"... and {len(notices) - SHOWN_NOTICES:,} more (--json lists all)", err=True)


def _merge(file: Path, into: Path, base: Path | None, write: bool, as_json: bool) -> int:
    """Shows what was edited in Anki as a diff; writes it only with --apply. 1 where there are conflicts."""
    settings = config()
    into = into.resolve()
    below = settings.decks.is_dir() and into.is_relative_to(settings.decks.resolve())
    root = settings.decks.resolve() if below else into
    progress = ProgressLine()
    try:
        if below and may_be_there(settings.database):
            with services(settings) as opened:
                opened.sync.sync(progress)
                report = anki_merge.merge(file, root, base=base, database=opened.database, progress=progress)
        else:
            report = anki_merge.merge(file, root, base=base, progress=progress)
    finally:
        progress.close()
    if as_json:
        print_json(_merge_json(report))
    else:
        _print_merge(report)
    if write:
        for path in anki_merge.apply(report):
            click.echo(f"Changed {printable(path)}", err=True)
    elif report.changes or report.kept:
        click.echo("Nothing was written: add --apply to accept the diff, or keep it for `git apply`.", err=True)
    return 1 if report.conflicts else 0


def _merge_json(report: MergeReport) -> dict[str, Any]:
    return {
        "changes": [{"path": c.path, "notes": c.notes, "diff": c.diff} for c in report.changes],
        "conflicts": [asdict(conflict) for conflict in report.conflicts],
        "notices": report.notices,
        "same": report.same,
        "older": report.older,
        "unknown": report.unknown,
        "deleted": [asdict(note) for note in report.deleted],
        "kept": [{"path": kept.path, "notes": kept.notes} for kept in report.kept],
    }


def _print_merge(report: MergeReport) -> None:
    for change in report.changes:
        click.echo("".join(f"{printable(line)}\n" for line in change.diff.splitlines()), nl=False)
    for conflict in report.conflicts:
        where = f"{conflict.path}:{conflict.line}"
        click.echo(printable(f"{where}: conflict in the {conflict.part} of {conflict.note}: {conflict.why}"), err=True)
        for name, text in (("here", conflict.ours), ("Anki", conflict.theirs)):
            for line in text.splitlines() or [""]:
                click.echo(f"  {name}: {printable(line)}", err=True)
    print_notices(tuple(report.notices))
    for gone in report.deleted:
        where = f"line {gone.first}" if gone.first == gone.last else f"lines {gone.first} to {gone.last}"
        text = f"{gone.path}:{gone.first}: {gone.note} was deleted in Anki; to delete it here too, remove {where}"
        click.echo(printable(text), err=True)
    for kept in report.kept:
        click.echo(printable(kept.said), err=True)
    edited = sum(len(change.notes) for change in report.changes)
    click.echo(
        f"{counted(edited, 'note')} edited in Anki, {counted(len(report.conflicts), 'conflict')},"
        f" {report.same:,} the same, {report.older:,} newer here,"
        f" {report.unknown:,} not here (import without --merge brings them)"
        + (f", {len(report.deleted):,} deleted in Anki" if report.deleted else ""),
        err=True,
    )
