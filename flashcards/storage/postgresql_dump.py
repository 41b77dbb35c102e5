"""PostgreSQL's own tools: `pg_dump` copies a database into a file, `pg_restore` proves the file and brings it back.

What they have to know of the server goes to them in the variables of libpq: arguments can be read by everybody on the
machine, and there may be a password.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo

from flashcards import apart
from flashcards.database_address import ServerAddress
from flashcards.errors import Unavailable
from flashcards.storage.database import our_migrations

_DEBIAN = Path("/usr/lib/postgresql")
_HISTORY = "schema_migration"


def dump(address: ServerAddress, target: Path) -> None:
    """Copies a consistent state of the database into the new file `target`; nobody waits for that.

    Raises Unavailable where the tool is not there or fails, OSError where the disk is full.
    """
    arguments = ("--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--file={target}")
    _run("pg_dump", arguments, f"No backup of {address} was made", address)


def check_dump(file: Path) -> None:
    """Proves that a file is a whole copy of a database of ours that this program can use.

    All of it is read. Raises Unavailable saying what is wrong.
    """
    unreadable = f"The copy {file.name} cannot be read"
    _run("pg_restore", (f"--file={os.devnull}", file), unreadable)
    rows = _run("pg_restore", ("--data-only", f"--table={_HISTORY}", "--file=-", file), unreadable)
    applied = _first_column(rows.decode("utf-8", "replace"))
    unknown = applied - our_migrations()
    if not applied & our_migrations():
        raise Unavailable(f"The copy {file.name} is of a database, but not of one of this program.")
    if unknown:
        raise Unavailable(
            f"The copy {file.name} was made by a newer version of this program (it has {', '.join(sorted(unknown))}):"
            " install that version."
        )


def load_dump(file: Path, address: ServerAddress) -> None:
    """Brings a copy into a database that has no tables: all of it in one transaction, or nothing.

    Raises Unavailable.
    """
    arguments = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", file)
    _run("pg_restore", arguments, f"Nothing was brought back into {address}", address)


def _first_column(script: str) -> set[str]:
    """The first values of the rows that stand in a script of pg_restore's behind COPY."""
    _, _, rows = script.partition("\nCOPY ")
    lines = rows.splitlines()[1:]
    return {line.partition("\t")[0] for line in lines[: lines.index("\\.") if "\\." in lines else 0]}


def _run(program: str, arguments: tuple[str | Path, ...], failed: str, address: ServerAddress | None = None) -> bytes:
    """What a tool writes to its output; `failed` begins the sentence where it fails."""
    environment = {**os.environ, "LC_ALL": "C"}
    if address is not None:
        variables, connection = _connection(address)
        environment |= variables
        arguments = ("--no-password", f"--dbname={connection}", *arguments)
    command = [_find(program), *map(str, arguments)]
    done = apart.run(command, env=environment)
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    if os.strerror(errno.ENOSPC) in said and "server" not in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "server version mismatch" in said:
        said = f"{program} here is older than the server: install the client programs of the server's version"
    raise Unavailable(f"{failed} ({_first_line(said) or f'{program} ended with {done.returncode}'}).")


def _find(program: str) -> str:
    found = shutil.which(program) or max(
        map(str, _DEBIAN.glob(f"*/bin/{program}")), key=lambda path: int(Path(path).parts[4]), default=None
    )
    if found is None:
        raise Unavailable(
            f"{program} is not installed here: it comes with PostgreSQL's client programs (on Debian: apt install"
            " postgresql-client). Backups of a database on a server need it."
        )
    return found


def _connection(address: ServerAddress) -> tuple[dict[str, str], str]:
    """An address as libpq's variables, and the rest of it, which is no secret, as it takes it from an argument."""
    options = [option for option in pq.Conninfo.parse(address.url.encode()) if option.val is not None]
    variables = {option.envvar.decode(): (option.val or b"").decode() for option in options if option.envvar}
    rest = {
        option.keyword.decode(): (option.val or b"").decode()
        for option in options
        if not option.envvar and option.dispchar != b"*"
    }
    variables.setdefault("PGCONNECT_TIMEOUT", "5")
    return variables, make_conninfo("", dbname=address.name, **rest)


def _first_line(said: str) -> str:
    return next((line.strip().rstrip(".") for line in said.splitlines() if line.strip()), "")
