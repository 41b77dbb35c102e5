"""Makes backups while everything runs: by hand, every night, and before an upgrade. What is in one: `archive`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count
from pathlib import Path
from typing import NoReturn

from flashcards.clock import CLOCKS_APART_MS, Clock
from flashcards.deckfiles.parse.find import check_root
from flashcards.errors import Conflict, DeckError, FlashcardsError, Unavailable
from flashcards.new_names import flush_folder, give_name
from flashcards.services.upkeep.archive import DecksUnread, check_copy, copy_name, holds_accounts, pack
from flashcards.services.upkeep.backup_hook import run_hook
from flashcards.services.upkeep.disk import said
from flashcards.services.upkeep.generations import kept
from flashcards.storage.database import Database
from flashcards.temporary import TemporaryFolder

LOG = logging.getLogger("flashcards.backup")

FOLDER = "backups"
KEPT_BEFORE = 3
"""How many of those that were made before an upgrade are kept."""
_NIGHTLY, _BEFORE, _ALONE = "nightly-", "before-upgrade-", "-database-alone"
TROUBLE = "last-night.txt"
"""What keeps the nightly backups from being made, for every process to read: in the data folder."""
_LATE_MS = 36 * 3_600_000
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class BackupState:
    """How the nightly backups go: when the last whole one was made (epoch milliseconds), and what keeps the next from
    it."""

    made_at: int | None
    trouble: str | None
    late: bool


class BackupService:
    """Makes backups while everything runs."""

    def __init__(self, database: Database, data: Path, clock: Clock, decks: Path | None = None, hook: str = "") -> None:
        """`data` is the folder of the secret key; backups that are given no name go to ``backups`` below it. `hook` is
        the command that takes each night's elsewhere, "" for none."""
        self._db = database
        self._data = data
        self._clock = clock
        self._decks = decks
        self._hook = hook
        self._trouble: str | None = None

    @property
    def folder(self) -> Path:
        """Where backups go that are given no name."""
        return self._data / FOLDER

    def backup(self, path: Path | None = None, *, alone: bool = False) -> Path:
        """Writes a backup and returns where it is; checked before it gets its name, never half written. With `alone`
        it is of the database without the decks.

        Raises Conflict where the file is there already, Unavailable where it cannot be written, or where what belongs
        into it cannot be read or is not there.
        """
        target = path or _free(self.folder, f"flashcards-{self._now():%Y%m%d-%H%M%S}{_ALONE if alone else ''}")
        try:
            return self._write(target, None if alone else self._decks)
        except DecksUnread as error:
            raise Unavailable(
                f"No backup was made, as not all decks would be in it. {error} Without them, `flashcards backup"
                " --database-alone` saves everything else."
            ) from error

    def _write(self, target: Path, decks: Path | None) -> Path:
        """Raises as `backup` does, and DecksUnread; without `decks` it is of the database alone."""
        if target.exists():
            raise _taken(target)
        with said(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._packed(target.parent, target, decks) as packed:
                try:
                    give_name(packed, target)
                except FileExistsError as error:
                    raise _taken(target) from error
                flush_folder(target.parent)
        return target

    def nightly(self) -> Path | None:
        """Writes today's backup unless there is one, drops the old ones that no generation needs, and hands it to the
        hook; None where there was one, unless its hook had failed.

        None, too, where there is no account: in a week of such nights backups of nothing would push out those of
        a database that was lost. What goes wrong is remembered for the administrator's page, and raised.

        Where the decks cannot be read, the database alone is saved, under a name that says so, and that is raised.
        """
        target = self.folder / f"{_NIGHTLY}{self._now():%Y%m%d}.zip"
        made = target.exists()
        if made and not (self._hook and self.state().trouble):
            return None
        try:
            if not made:
                if not self._accounts():
                    return None
                try:
                    self._write(target, self._decks)
                except Conflict:  # another process has made it meanwhile: one that led before us
                    return None
                except DecksUnread as error:
                    self._save_database(target, error)
                self._drop_old()
            if self._hook:
                run_hook(self._hook, target)
        except FlashcardsError as error:
            self._remember(str(error))
            raise
        self._remember(None)
        return target

    def _save_database(self, whole: Path, unread: DecksUnread) -> NoReturn:
        """Saves tonight's database without the decks, unless an earlier run has; hands it to the hook, and raises."""
        target = whole.with_stem(f"{whole.stem}{_ALONE}")
        told = f"Only the database was saved, in {target.name}, and no decks. {unread}"
        try:
            with suppress(Conflict):
                self._write(target, None)
            self._drop_old()
            if self._hook:
                run_hook(self._hook, target)
        except Unavailable as error:
            if target.exists():
                raise Unavailable(f"{told} {error}") from error
            raise
        raise Unavailable(told) from unread

    def _drop_old(self) -> None:
        """Leaves the nightly backups of the last days, weeks and months: those of the database alone where their day
        has no whole one, and whole ones as if there were no others. Those of days to come, of a clock that was ahead,
        stay, and count for nothing: they would push out tonight's."""
        nights, today = _all(self.folder, _NIGHTLY), self._now().date()
        whole = {day: path for path in nights if (day := _day_of(path)) and day <= today}
        alone = {day: path for path in nights if (day := _day_of(path, _ALONE)) and day <= today}
        needed = kept({*whole, *alone}) - whole.keys()
        old = [whole[day] for day in whole.keys() - kept(whole)] + [alone[day] for day in alone.keys() - needed]
        for path in old:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def before_upgrade(self, version: str) -> Path:
        """Writes a backup of the database as an older version of this program left it; raises as `backup` does.

        Where the decks cannot be read it is of the database alone: an upgrade changes nothing in their folder.
        """
        stem = f"{_BEFORE}{version}-{self._now():%Y%m%d-%H%M%S}"
        target = _free(self.folder, stem)
        try:
            self._write(target, self._decks)
        except DecksUnread as error:
            target = self._write(_free(self.folder, f"{stem}{_ALONE}"), None)
            LOG.warning("the backup before the upgrade is of the database alone: %s", error)
        made = _all(self.folder, _BEFORE)
        _keep_last([path for path in made if _ALONE not in path.stem], KEPT_BEFORE)
        _keep_last([path for path in made if _ALONE in path.stem], KEPT_BEFORE)
        return target

    def state(self) -> BackupState:
        """How the nightly backups go, whichever process makes them."""
        whole = [path for path in _all(self.folder, _NIGHTLY) if not path.stem.endswith(_ALONE)]
        # A time that is yet to come is of a clock that was ahead: no night without a backup would count as late.
        made = max((at for at in map(_time_of, whole) if at <= self._clock() + CLOCKS_APART_MS), default=None)
        trouble = self._trouble
        if trouble is None:
            with suppress(OSError, ValueError):
                trouble = (self._data / TROUBLE).read_text("utf-8").strip() or None
        late = made is not None and self._clock() - made > _LATE_MS
        return BackupState(made, trouble, late)

    def _remember(self, trouble: str | None) -> None:
        self._trouble = trouble
        note = self._data / TROUBLE
        with suppress(OSError):  # on a full disk it stays in this process's memory
            if trouble is None:
                note.unlink(missing_ok=True)
            else:
                note.write_text(f"{trouble}\n", "utf-8")

    def _accounts(self) -> int:
        row = self._db.one("SELECT count(*) FROM learner")
        return int(row[0]) if row else 0

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock() / 1000, UTC)

    def _known_decks(self, decks: Path) -> list[str]:
        """The files of the decks that the database knows. Their folder has to be there then, and something in it:
        a disk that is not mounted looks like a folder without decks. Raises DecksUnread."""
        rows = self._db.all("SELECT path FROM deck WHERE removed_at IS NULL ORDER BY path")
        if rows:
            try:
                check_root(decks)
            except DeckError as error:
                raise DecksUnread(f"{error.told()}.") from error
        return [str(path) for (path,) in rows]

    @contextmanager
    def _packed(self, folder: Path, target: Path, decks: Path | None) -> Iterator[Path]:
        """A whole backup in a temporary folder in `folder`; `target` is what the disk's faults are told of."""
        known = self._known_decks(decks) if decks else []
        # In the target's own folder: a name is only given to a whole file by a rename within one disk.
        # What a process left there that was killed meanwhile goes with the next backup.
        with TemporaryFolder(folder) as temporary:
            copy, packed = temporary / copy_name(self._db.address), temporary / "backup.zip"
            self._db.backup(copy, target)
            self._check(copy)
            found = pack(packed, copy, self._data, decks, self._accounts())
            copy.unlink()
            if missing := [path for path in known if path not in found]:
                some = ", ".join(missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
                LOG.warning("the database knows decks that are not in the backup (%d): %s", len(missing), some)
            yield packed

    def _check(self, copy: Path) -> None:
        try:
            check_copy(copy)
        except Unavailable as error:  # the copy is what the database is, and nobody will find it at its place
            if not isinstance(self._db.address, Path):
                raise Unavailable(f"No backup of {self._db.address} was made. {error}") from error
            raise Unavailable(
                f"The database {self._db.address} is damaged, so no backup was made: run `flashcards doctor`, and"
                " restore a backup that is older."
            ) from error


def newest_with_accounts(data: Path) -> Path | None:
    """The last backup in the data folder that holds accounts."""
    newest_first = sorted(_all(data / FOLDER, ""), key=_time_of, reverse=True)
    return next((path for path in newest_first if holds_accounts(path)), None)


def _free(folder: Path, stem: str) -> Path:
    """A name in a folder that nothing has: who starts again within a second finds the one of before there."""
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return next(path for name in names if not (path := folder / f"{name}.zip").exists())


def _all(folder: Path, beginning: str) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(f"{beginning}*.zip") if path.is_file())
    except OSError:
        return []


def _keep_last(paths: list[Path], count: int) -> None:
    for old in sorted(paths, key=_time_of)[:-count]:
        with suppress(OSError):
            old.unlink(missing_ok=True)


def _day_of(path: Path, ending: str = "") -> date | None:
    """The day in the name of a nightly backup with this ending; None for one with another, and for a file that somebody
    put there."""
    try:
        return datetime.strptime(path.stem, f"{_NIGHTLY}%Y%m%d{ending}").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _time_of(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0


def _taken(target: Path) -> Conflict:
    return Conflict(f"{target} is there already: give another name.")
