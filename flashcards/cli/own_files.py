"""The service's own files, which no command writes over for somebody whose shell has completed the wrong name."""

from __future__ import annotations

import os
from pathlib import Path

from flashcards.config import Config
from flashcards.errors import Invalid
from flashcards.exchange.anki.foreign import PATTERN as KEPT_FOR_ANKI
from flashcards.services.authoring.deck_history import FOLDER as HISTORY
from flashcards.services.sync.bundled_decks import MANIFEST
from flashcards.services.upkeep.backup import FOLDER as BACKUPS
from flashcards.services.upkeep.backup import TROUBLE
from flashcards.services.upkeep.secret_key import FILE_NAME as KEY

_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal", ".lock", ".migrating", ".syncing")
_DECK_ENDINGS = (".md", ".yml", ".toml")


def refuse_own(output: Path, settings: Config) -> None:
    """Raises Invalid where a file of this name is the service's own, or would be taken for one."""
    what = _what(_real(output), settings) or _same_file(output, settings)
    if what:
        raise Invalid(f"{output} is {what}: name another file to write.")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # what cannot be looked at, or leads round, is told when it is written


def _what(path: Path, settings: Config) -> str:
    if path in _of_database(settings):
        return "the database of the service, or belongs to it"
    data, decks = _real(settings.data), _real(settings.decks)
    within = [folder for folder in (data, decks) if path.is_relative_to(folder)]
    if not within:
        return ""
    if max(within, key=lambda folder: len(folder.parts)) == decks:  # one of them may lie in the other
        is_own = path.suffix in _DECK_ENDINGS or path.match(KEPT_FOR_ANKI)
        return "a deck file, or belongs to one" if is_own and os.path.lexists(path) else ""
    top, *below = path.relative_to(data).parts or ("",)
    if top == KEY:
        return "the secret key of the service"
    if top == BACKUPS and below:  # a new one may lie there
        return "a backup" if os.path.lexists(path) else ""
    # A file that somebody wrote into the data folder before, an export in a container say, may be written anew.
    is_own = (
        top in (HISTORY, MANIFEST, TROUBLE, "compiled-templates")
        or top.startswith((".", "replaced-"))
        or top.endswith(".lock")
    )
    return "a file of the service" if is_own else ""


def _of_database(settings: Config) -> tuple[Path, ...]:
    if not isinstance(settings.database, Path):
        return ()
    database = _real(settings.database)
    return tuple(database.with_name(database.name + ending) for ending in _BESIDE_DATABASE)


def _same_file(output: Path, settings: Config) -> str:
    """Of a file that has two names, or whose name is written in another case."""
    own = [*_of_database(settings), settings.data / KEY]
    try:
        there = output.stat()
    except OSError:
        return ""
    is_same = any(os.path.exists(path) and os.path.samestat(there, path.stat()) for path in own)  # noqa: PTH110
    return "a file of the service" if is_same else ""
