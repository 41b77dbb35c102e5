"""`flashcards check` and `flashcards cards`: deck files alone, no database."""

from __future__ import annotations

from pathlib import Path

import click

from flashcards.cli.common import decks_around, print_rows
from flashcards.counted import counted
from flashcards.deckfiles.check.report import format_github, format_json, format_text, printable
from flashcards.errors import Invalid

FORMATS = {"text": format_text, "json": format_json, "github": format_github}
paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.command("check")
@paths_argument
@click.option(
    "--format", "as_format", type=click.Choice(list(FORMATS)), default="text", show_default=True,
    help="For people, for programs, or as annotations of GitHub Actions.",
)  # fmt: skip
@click.option("--style", is_flag=True, help="Also warn of what makes cards hard to learn.")
@click.option("--run-code", is_flag=True, help="Also run the Python on the cards, each block on its own.")
@click.option(
    "--decks", type=click.Path(path_type=Path), metavar="DIR", help="The decks folder that PATHS are part of."
)
def check_command(paths: tuple[Path, ...], as_format: str, style: bool, run_code: bool, decks: Path | None) -> int:
    """Say what is wrong in deck files, with file, line and column. Without PATHS: the decks folder.

    Example: flashcards check decks --style --format github
    """
    from flashcards.services.authoring.without_database import problems_of

    if decks is not None and not decks.is_dir():
        raise Invalid(f"--decks {decks}: there is no such folder; check the path.")
    root = decks or decks_around(paths)
    problems = problems_of(paths, root, style=style, run_code=run_code)
    text = FORMATS[as_format](problems)
    if text:
        click.echo(text.removesuffix("\n"))
    errors = sum(problem.severity == "error" for problem in problems)
    if as_format == "text":
        counts = f"{counted(errors, 'error')}, {counted(len(problems) - errors, 'warning')}"
        where = "" if paths else f" in {root}"  # without paths, which folder was looked at is news
        click.echo(printable(f"{counts if problems else 'Nothing to mend'}{where}."), err=True)
    return 1 if errors else 0


@click.command("cards")
@paths_argument
@click.option("--json", "as_json", is_flag=True, help="Every card whole, as JSON.")
def cards_command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Print the cards that deck files hold. Without PATHS: the decks folder.

    Example: flashcards cards decks/ml --json
    """
    from flashcards.services.authoring.without_database import cards_of

    found = cards_of(paths, decks_around(paths))
    if as_json:
        print_rows(found.rows)
    else:
        for row in found.rows:
            first = next((line for line in row["question"].splitlines() if line.strip()), "")
            click.echo(f"{printable(row['key'])}\t{printable(first)}")
    errors = [problem for problem in found.problems if problem.severity == "error"]
    if errors:
        click.echo(format_text(errors).removesuffix("\n"), err=True)
    for failure in found.failures:
        click.echo(f"flashcards: {printable(failure.told())}", err=True)
    return 1 if errors or found.failures else 0
