"""What hashcards knows of its cards: `hashcards.db`, the SQLite file in a collection's folder.

The schema is that of hashcards 0.1 to 0.4 (`src/schema.sql` in eudoxia0/hashcards): `cards` holds the state of a card
under the BLAKE3 of its text, `reviews` every answer with the state after it. Times are the wall clock's, without a
zone. No value is believed: what cannot be is left out, and counted.
"""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from flashcards.domain import sm2
from flashcards.domain.study_day import Day, day_of, raw_study_day, zone
from flashcards.errors import Unavailable
from flashcards.exchange.found import Notice, Remembered, RememberedAnswer
from flashcards.exchange.hashcards_names import Name

FILE = "hashcards.db"

_CLOCKS_APART_MS = 86_400_000
"""How far in the future an answer may be: two devices' clocks differ."""
_WAIT_SECONDS = 2
_QUALITY = {"forgot": 1, "hard": 3, "good": 4, "easy": 5}
_STATE = "stability, difficulty, interval_days, due_date"
_CARDS = f"SELECT card_hash, last_reviewed_at, {_STATE}, review_count FROM cards"
_REVIEWS = f"SELECT card_hash, reviewed_at, {_STATE}, grade FROM reviews ORDER BY reviewed_at, review_id"


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose history it becomes: the time zone in which hashcards' times are read, and the present instant."""

    timezone: str
    now: int


@dataclass(slots=True)
class Collection:
    """A collection's memory: ask for each card as it is met, and then what did not come.

    `known` is by the hash of the card; so are `torn`, the answers that stay there as the log is not whole, and `odd`,
    the cards with a value that cannot be.
    """

    hashed: Callable[[Name], str]
    known: Mapping[str, Remembered]
    torn: Mapping[str, int]
    odd: frozenset[str]
    taken: set[str] = field(default_factory=set)
    doubled: int = 0

    def take(self, name: Name) -> Remembered | None:
        """What is remembered of a card. Of cards with one text the first has it: hashcards asks but one of them."""
        key = self.hashed(name)
        if key in self.taken:
            self.doubled += 1
        if key in self.taken or key not in self.known:
            return None
        self.taken.add(key)
        return self.known[key]

    def notices(self) -> Iterator[Notice]:
        """What did not come, once all files have been read."""
        left, odd = len(self.known) - len(self.taken), len(self.odd & self.taken)
        torn = [count for key, count in self.torn.items() if key in self.taken]
        if left:
            yield _notice(f"{_cards(left)} that hashcards knows, in none of these files as edited or deleted since")
        if self.doubled:
            yield _notice(f"{_cards(self.doubled)} in these files a second time: only the first has the history")
        if torn:
            told = f"{_cards(len(torn))} without a whole log: {sum(torn):,} of their answers stay there"
            yield _notice(f"{told}, stability, difficulty and date came")
        if odd:
            yield _notice(f"{_cards(odd)} with a date, stability or difficulty that cannot be: the rest of it came")


def open_collection(path: Path, whose: Whose) -> Collection:
    """Reads a collection's database; it is not written.

    Raises Unavailable where BLAKE3 is not installed, and where the file is in use, damaged or of another schema.
    """
    hashed = _hasher()
    try:
        uri = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            database.execute("BEGIN")
            cards, reviews = database.execute(_CARDS).fetchall(), database.execute(_REVIEWS).fetchall()
    except sqlite3.Error as error:
        raise Unavailable(_why(error)) from error
    return _collection(hashed, cards, reviews, whose)


def _hasher() -> Callable[[Name], str]:
    try:
        from blake3 import blake3
    except ImportError as error:
        told = "what hashcards knows of a card is found by its BLAKE3, which needs a library more:"
        raise Unavailable(f"{told} pip install 'flashcards-in-git[hashcards]'") from error
    return lambda name: blake3(name).hexdigest()


def _why(error: sqlite3.Error) -> str:
    told = str(error)
    if "locked" in told or "busy" in told:
        return "the database is in use: end hashcards' session"
    if "no such" in told:
        return f"the database is none of hashcards 0.1 to 0.4 ({told}): open it once with hashcards"
    return f"the database cannot be read ({told}): open the collection with hashcards, which says what is wrong with it"


def _notice(message: str) -> Notice:
    return Notice(FILE, 1, message)


def _cards(count: int) -> str:
    return "1 card" if count == 1 else f"{count:,} cards"


# Values --------------------------------------------------------------------------------------------------


class _State(NamedTuple):
    """A card after an answer; None for what cannot be. `memory` is stability and difficulty."""

    at: int | None
    memory: tuple[float, float] | None
    interval: int | None
    due_on: Day | None
    quality: int | None = None


def _collection(
    hashed: Callable[[Name], str], cards: Sequence[Any], reviews: Sequence[Any], whose: Whose
) -> Collection:
    values = _Values(whose)
    logs: dict[str, list[_State]] = defaultdict(list)
    for key, *state, grade in reviews:
        logs[str(key).lower()].append(values.state(*state)._replace(quality=_QUALITY.get(grade)))
    known: dict[str, Remembered] = {}
    torn: dict[str, int] = {}
    odd: set[str] = set()
    for key, *row, count in cards:
        key = str(key).lower()
        log = logs.get(key, [])
        sound = all(it.at is not None and it.quality is not None for it in log)
        state = None if None in row else values.state(*row)
        if log and sound and (state is None or (state.at or 0) < (log[-1].at or 0)):
            state = log[-1]  # the session was cut off before the card was told
        if state is None:
            continue
        whole = sound and bool(log) and log[-1].at == state.at and len(log) >= (count if type(count) is int else 0)
        if not whole:
            torn[key] = len(log)
        if None in state[:4]:
            odd.add(key)
        due_on, interval = values.due(state)
        if due_on != state.due_on:
            odd.add(key)
        known[key] = Remembered(
            due_on, interval, sm2.START_EASE, memory=state.memory, lapses=values.lapses(log), last_at=state.at,
            answers=tuple(_answers(log)) if whole else (),
        )  # fmt: skip
    return Collection(hashed, known, torn, frozenset(odd))


def _answers(log: Sequence[_State]) -> Iterator[RememberedAnswer]:
    """The answers of a log in which nothing is impossible."""
    before = 0
    for it in log:
        if it.at is not None and it.quality is not None:
            interval = it.interval or 0
            yield RememberedAnswer(it.at, it.quality, before, interval)
            before = interval


class _Values:
    """Takes a database's values for what they are, if they can be."""

    def __init__(self, whose: Whose) -> None:
        self._zone = zone(whose.timezone)
        self._timezone = whose.timezone
        self._latest = whose.now + _CLOCKS_APART_MS
        self._today = self._day(whose.now)

    def state(self, at: object, stability: object, difficulty: object, interval: object, due: object) -> _State:
        return _State(self._instant(at), _memory(stability, difficulty), _interval(interval), _date(due))

    def due(self, state: _State) -> tuple[Day, int]:
        """When the card is due, and its interval; counted from its last answer, or today, where a date cannot be."""
        last = self._today if state.at is None else self._day(state.at)
        interval = state.interval
        if interval is None:
            interval = 1 if state.due_on is None else min(max(state.due_on - last, 1), sm2.MAXIMUM_INTERVAL)
        due_on = last + interval if state.due_on is None else state.due_on
        if not 0 <= due_on - interval <= self._today + 1:
            due_on = last + interval
        return due_on, max(interval, 1)

    def lapses(self, log: Sequence[_State]) -> int:
        """How often the card was forgotten on a later day than the first, at the first asking of that day."""
        days: dict[Day, bool] = {}
        for it in log:
            if it.at is not None and it.quality is not None:
                days.setdefault(self._day(it.at), it.quality < sm2.REMEMBERED)
        return sum(list(days.values())[1:])

    def _day(self, at: int) -> Day:
        return raw_study_day(at, self._timezone, 0)

    def _instant(self, value: object) -> int | None:
        """The instant of a wall clock's time, in epoch milliseconds."""
        try:
            when = datetime.fromisoformat(value) if isinstance(value, str) else None
            if when is None or when.tzinfo is not None:
                return None
            at = round(when.replace(tzinfo=self._zone).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            return None
        return at if 0 <= at <= self._latest else None


def _memory(stability: object, difficulty: object) -> tuple[float, float] | None:
    if not isinstance(stability, int | float) or not isinstance(difficulty, int | float):
        return None
    return (float(stability), float(difficulty)) if 0 < stability < math.inf and 1 <= difficulty <= 10 else None


def _interval(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= sm2.MAXIMUM_INTERVAL else None


def _date(value: object) -> Day | None:
    try:
        return day_of(date.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None
