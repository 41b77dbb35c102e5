"""`flashcards ids`, `flashcards impact`, `flashcards new`: for authors, beside their editor and Git."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flashcards.cli.common import config, decks_around, json_option, print_json, printable, services
from flashcards.counted import counted
from flashcards.database_address import may_be_there
from flashcards.errors import Invalid
from flashcards.services.authoring.impact import CardChange, Impact, Reviews

if TYPE_CHECKING:
    from flashcards.services.authoring.substantive_edits import MarkedNote

SHOWN = 200
REWORDED_LINES = 12


@click.command("ids")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Stamp the ids at the ends of headings; nothing else changes.")
@json_option
def ids_command(paths: tuple[Path, ...], write: bool, as_json: bool) -> int:
    """List the notes without an explicit id, or stamp them. Without PATHS: the decks folder.

    Example: flashcards ids decks --write
    """
    from flashcards.services.authoring.explicit_ids import ids_of

    found = ids_of(paths, decks_around(paths), write=write)
    if as_json:
        print_json({"missing": [asdict(note) for note in found.missing], "written": found.written})
    elif write:
        for path in found.written:
            click.echo(printable(path))
        click.echo(f"{counted(len(found.missing), 'id')} in {counted(len(found.written), 'file')}", err=True)
    else:
        for note in found.missing:
            click.echo(printable(f"{note.path}:{note.line}: #{note.id}  {note.question}"))
        click.echo(f"{counted(len(found.missing), 'note')} without an id", err=True)
    for problem in found.problems:
        where = f"{problem.path}:{problem.line}:{problem.column}"
        click.echo(printable(f"{where}: {problem.severity} {problem.code} {problem.message}"), err=True)
    return 1 if found.problems else 0


@click.command("new")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--title", metavar="T", help="The deck's title; by default from the file's name.")
def new_command(path: Path, title: str | None) -> None:
    """Write a starter deck at PATH. Never overwrites a file.

    Example: flashcards new decks/spanish.md --title Spanish
    """
    from flashcards.services.authoring.starter import new_deck

    click.echo(printable(str(new_deck(path, title))))


@click.command("impact")
@click.argument("base")
@click.argument("head", required=False)
@click.option("--decks", type=click.Path(path_type=Path), metavar="DIR", help="The decks folder in the repository.")
@click.option(
    "--substantive", "names", multiple=True, metavar="ID",
    help="An edited note (deck#note, or its id): its cards come back tomorrow. May be given again.",
)  # fmt: skip
@json_option
def impact_command(base: str, head: str | None, decks: Path | None, names: tuple[str, ...], as_json: bool) -> int:
    """Say what the change from the Git revision BASE to HEAD (or to the working tree) does to cards.

    With a database at hand, the reviews that hang on each changed card are counted. Exit code 1 where an
    explicit id has vanished, or two notes have one.

    With --substantive, learners whose cards of that note are due later than tomorrow see them again tomorrow, with
    their history as it is. Of the working tree of the decks folder that is served, the database is synced first.

    Example: flashcards impact main --substantive overfitting
    """
    from flashcards.services.authoring.git_decks import Repository
    from flashcards.services.authoring.impact import impact

    repository = Repository.around(decks or _decks_folder())
    before = repository.at(repository.revision(base))
    after = repository.now() if head is None else repository.at(repository.revision(head))
    found = impact(before, after, _reviews())
    served = head is None and repository.decks.resolve() == config().decks.resolve()
    marked = _mark(found, names, sync=served) if names else ()
    if as_json:
        print_json(_as_json(found, marked))
    else:
        _print(found)
        for note in marked:
            cards = f"{counted(note.cards, 'card')} of {counted(note.learners, 'learner')}"
            click.echo(printable(f"substantive {note.note}, back tomorrow: {cards}"))
    return 1 if found.vanished or found.collisions else 0


def _decks_folder() -> Path:
    """The folder that is named in the environment, else `decks` here, else here."""
    settings = config()
    here = Path("decks")
    return settings.decks if settings.own_decks else here if here.is_dir() else Path()


def _reviews() -> Reviews:
    """How many answers each card has had; none where there is no database."""
    settings = config()
    if not may_be_there(settings.database):
        return {}
    with services(settings) as opened:
        return opened.bring.reviews()


def _mark(found: Impact, names: tuple[str, ...], *, sync: bool) -> tuple[MarkedNote, ...]:
    """Marks the edits of the named notes; raises Invalid and Conflict, and then nothing is marked."""
    notes = found.edited_notes(names)
    settings = config()
    if not may_be_there(settings.database):
        raise Invalid("--substantive needs the learners' database: set FLASHCARDS_DATA to its folder.")
    with services(settings) as opened:
        if sync:
            opened.sync.sync()
        return opened.edits.mark(notes, found.edited)


def _as_json(found: Impact, marked: tuple[MarkedNote, ...]) -> dict[str, object]:
    return {
        "counts": found.counts,
        "cards": [asdict(card) for card in found.cards if card.change != "kept"],
        "vanished": [asdict(lost) for lost in found.vanished],
        "collisions": [asdict(lost) for lost in found.collisions],
        "broken": list(found.broken),
        "substantive": [asdict(note) for note in marked],
    }


def _print(found: Impact) -> None:
    changed = [card for card in found.cards if card.change != "kept"]
    for card in changed[:SHOWN]:
        click.echo(printable(_line(card)))
    if len(changed) > SHOWN:
        click.echo(f"... and {len(changed) - SHOWN:,} more (--json lists all)")
    for note in found.edited:
        _print_rewording(found, note)
    moved = sum(card.change == "moved" and card.reworded for card in changed)
    also = {"moved": f" ({moved:,} of them edited, too)"} if moved else {}
    click.echo(", ".join(f"{count:,} {change}{also.get(change, '')}" for change, count in found.counts.items()))
    for change in ("edited", "moved", "deleted"):
        at_stake = sum(card.reviews for card in changed if card.change == change)
        if at_stake:
            fate = "hidden" if change == "deleted" else "kept"
            click.echo(f"{fate}: {counted(at_stake, 'review')} of {change} cards")
    for what, several in (("vanished", found.vanished), ("collides", found.collisions)):
        for lost in several:
            click.echo(printable(f"{lost.path}:{lost.line}: id {lost.id} {what}: {lost.message}"), err=True)
    for path in found.broken:
        told = "has errors; what they hide counts as kept. See flashcards check"
        click.echo(printable(f"{path}: {told}"), err=True)


def _print_rewording(found: Impact, note: str) -> None:
    """What a note says now and said before, line by line."""
    lines = found.rewording(note)
    for line in [f"reworded {note}", *(f"  {line}" for line in lines[:REWORDED_LINES])]:
        click.echo(printable(line))
    if len(lines) > REWORDED_LINES:
        click.echo(f"  ... and {counted(len(lines) - REWORDED_LINES, 'line')} more")


def _line(card: CardChange) -> str:
    names = card.key or card.was
    if card.was and card.key and card.was != card.key:
        names = f"{card.was} -> {card.key}"
    reviews = f" ({counted(card.reviews, 'review')})" if card.reviews else ""
    change = "moved+" if card.change == "moved" and card.reworded else card.change
    return f"{change:<8}{card.path}:{card.line}: {names}{reviews}"
