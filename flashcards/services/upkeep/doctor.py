"""Proves that the database is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from flashcards.domain.schedulers import replay
from flashcards.errors import Unavailable
from flashcards.services.memory.replays import memory_faults
from flashcards.services.upkeep.database_note import database_note
from flashcards.services.upkeep.side_by_side import side_by_side
from flashcards.storage.card_ranges import CardRange
from flashcards.storage.checks import CheckRows
from flashcards.storage.database import Database

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` are for people and say what was examined as well; `findings` are what is wrong, alone."""

    ok: bool
    lines: tuple[str, ...]
    findings: tuple[str, ...]


class DoctorService:
    """Reads everything, writes nothing."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._rows = CheckRows(database)

    def examine(self) -> Report:
        """Integrity, foreign keys, logs against schedules and memories, orphans, counters, the database in use."""
        found: dict[str, list[str]] = {}
        totals: dict[str, int] = {}
        try:
            with self._db.long_read():
                for name, examination in self._examinations().items():
                    found[name] = []
                    _collect(examination, found[name])
                totals = self._rows.totals()
        except Unavailable as error:
            found["The database as a whole"] = [str(error)]
        findings = tuple(line for lines in found.values() for line in lines)
        lines = [
            database_note(self._db.address),
            *(line for name, faults in found.items() for line in _told(name, faults)),
        ]
        lines.append("Examined: " + ", ".join(f"{count:,} {what}" for what, count in totals.items()))
        return Report(not findings, tuple(lines), findings)

    def _examinations(self) -> dict[str, Iterator[str]]:
        return {
            "Integrity of the database": self._rows.integrity(),
            "References between tables": self._rows.foreign_keys(),
            "Logs replayed against schedules": self.replay_faults(),
            "Logs replayed against what is remembered": memory_faults(self._db),
            "Orphans": self._rows.orphans(),
            "Counters": self._rows.counters(),
        }

    def replay_faults(self) -> Iterator[str]:
        """Where the log, replayed, does not give exactly the stored schedule of a card."""
        for cards in self._rows.ranges():
            yield from self._replay_faults(cards)

    def _replay_faults(self, cards: CardRange) -> Iterator[str]:
        groups = groupby(self._rows.log(cards), key=lambda row: (row.learner, row.card))
        logs = ((place, list(rows)) for place, rows in groups)
        for (learner, card), entries, stored in side_by_side(logs, self._rows.schedules(cards)):
            who = f"learner {learner}, card {card}"
            if entries is None:
                yield f"{who}: there is a schedule, but nothing in the log"
                continue
            replayed = replay(row.entry for row in entries)
            schedule, lapses, by = stored or (None, 0, replayed.by)
            for position in replayed.faults:
                yield f"{who}: row {entries[position].seq} of the log does not follow from those before it"
            if schedule != replayed.schedule:
                yield f"{who}: the log gives {replayed.schedule}, stored is {schedule}"
            elif lapses != replayed.lapses:
                yield f"{who}: the log gives {replayed.lapses} lapses, stored are {lapses}"
            elif by != replayed.by:
                yield f"{who}: by the log {replayed.by} decides its date, stored is {by}"


def _collect(examination: Iterator[str], found: list[str]) -> None:
    """A file so damaged that it cannot be read on is a finding as well; what was found until then stays."""
    try:
        found.extend(examination)
    except Unavailable as error:
        found.append(str(error))


def _told(name: str, faults: list[str]) -> Iterator[str]:
    yield f"{name}: {f'{len(faults):,} faults' if faults else 'in order'}"
    yield from (f"  {line}" for line in faults[:_SHOWN])
    if len(faults) > _SHOWN:
        yield f"  and {len(faults) - _SHOWN:,} more"
