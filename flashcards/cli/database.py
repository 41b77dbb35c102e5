"""`flashcards database check` and `flashcards database copy`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from flashcards.cli.common import Group, config, json_option, print_json
from flashcards.counted import counted


@click.group("database", cls=Group)
def database_command() -> None:
    """Check the database, or move it: from a file to a PostgreSQL server, or back.

    Example: flashcards database check
    """


@database_command.command("check")
@click.argument("url", required=False)
@json_option
def check_command(url: str | None, as_json: bool) -> int:
    """Say whether the database can be used, and what each table holds: rows, and a SHA-256 over all of them.

    Two databases that hold the same have the same lines. URL is another database than the one of the settings.

    Example: flashcards database check postgresql://cards@localhost/cards
    """
    from flashcards.config import database_address
    from flashcards.services.upkeep.moving import check_database

    address = database_address(url) if url else config().database
    found = check_database(address)
    if as_json:
        print_json({"database": str(address), **asdict(found)})
        return 1 if found.problems else 0
    for problem in found.problems:
        click.echo(problem)
    for proof in found.proofs:
        click.echo(f"{proof.table:<20}{proof.rows:>12,}  {proof.sha256}")
    if found.problems:
        return 1
    click.echo(f"{address} is whole.")
    return 0


@database_command.command("copy")
@click.argument("url")
@json_option
def copy_command(url: str, as_json: bool) -> None:
    """Copy everything that the database holds into the new one at URL, and prove that it is equal.

    Stop the service first: what is stored meanwhile is not in the copy. The old database is only read. A copy that is
    interrupted leaves the new one empty.

    Example: flashcards database copy postgresql://cards@localhost/cards
    """
    from flashcards.config import database_address
    from flashcards.services.upkeep.moving import copy_database
    from flashcards.storage.tables import Proof

    source, target = config().database, database_address(url)

    def told(proof: Proof) -> None:
        if not as_json:
            click.echo(f"{proof.table:<20}{proof.rows:>12,}  {proof.sha256}")

    proofs = copy_database(source, target, told)
    if as_json:
        print_json({"from": str(source), "to": str(target), "proofs": [asdict(proof) for proof in proofs]})
        return
    click.echo(f"{counted(sum(proof.rows for proof in proofs), 'row')} in {counted(len(proofs), 'table')} are equal.")
    shown = f"sqlite:///{target.absolute()}" if isinstance(target, Path) else target
    click.echo(f"Now set FLASHCARDS_DATABASE_URL to {shown} and start the service. {source} is as it was.")
