"""Cards with a learner's schedule of them, the log as it is read, and what a day was like."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from flashcards.domain.pace import LONGEST_MS
from flashcards.domain.schedule import FIRST_LEECH, Schedule
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database, Row
from flashcards.storage.practice import MISSED
from flashcards.storage.schedules import COLUMNS, schedule_of

_REVIEWS = "coalesce((SELECT a.answers FROM card_answers a WHERE a.learner_id = :learner AND a.card_id = c.id), 0)"
_COLUMNS = f"""
    SELECT c.id, c.note_id, c.which, c.removed_at IS NOT NULL OR n.removed_at IS NOT NULL, n.draft,
           d.key, d.path, d.title, d.language, d.tags,
           n.key, n.title, n.line, n.section, n.typed, n.tags,
           coalesce(r.question_html, ''), coalesce(r.answer_html, ''), coalesce(r.extra, '{{}}'),
           coalesce(rn.extra, '{{}}'),
           {_REVIEWS},
           s.card_id IS NOT NULL, coalesce(s.lapses, 0), {", ".join(f"s.{column}" for column in COLUMNS)}, n.revision,
           coalesce(f.flag, 0), coalesce(s."by", 'sm2'),
           CASE WHEN s."by" <> 'sm2' THEN (SELECT max(v.study_day) FROM review v INDEXED BY review_card
               WHERE v.card_id = c.id AND v.learner_id = :learner AND v.undone = 0 AND v.kind IN ('scheduled', 'drill'))
           END
"""
_JOINS = """
    JOIN deck d ON d.id = n.deck_id
    LEFT JOIN rendering r ON r.key = n.render_key AND r.which = c.which
    LEFT JOIN rendering rn ON rn.key = n.render_key AND rn.which = 'note'
    LEFT JOIN schedule s ON s.learner_id = :learner AND s.card_id = c.id
    LEFT JOIN card_flag f ON f.learner_id = :learner AND f.card_id = c.id
"""
_CARD = f"{_COLUMNS} FROM card c JOIN note n ON n.id = c.note_id {_JOINS}"
# CROSS JOIN: in this order, so that the first page of a list is found without looking at the rest.
_LIST = f"{_COLUMNS} FROM note n CROSS JOIN card c ON c.note_id = n.id {_JOINS}"
_WORDS = "SELECT rowid FROM note_text WHERE note_text MATCH ? AND rowid >= ? ORDER BY rowid LIMIT ?"
_BEFORE = ", ".join(f"v.before_{column}" for column in COLUMNS)
_AFTER = ", ".join(f"v.after_{column}" for column in COLUMNS)
_LOG = f"""
    SELECT v.uid, v.seq, v.card_id, d.key, n.key, c.which, v.at, v.study_day, v.quality, v.kind, v.verb,
           v.took_ms, v.undone, {_BEFORE}, {_AFTER}
    FROM review v {{index}} JOIN card c ON c.id = v.card_id
    JOIN note n ON n.id = c.note_id JOIN deck d ON d.id = n.deck_id
"""
_LIVE = "c.removed_at IS NULL AND n.removed_at IS NULL"
_STATES = {
    "new": f"{_LIVE} AND s.due_on IS NULL AND coalesce(s.suspended, 0) = 0",
    "scheduled": f"{_LIVE} AND s.due_on IS NOT NULL AND s.suspended = 0",
    "due": "c.id IN (SELECT value FROM json_each(:due))",
    "buried": f"{_LIVE} AND s.buried_until > :today",
    "suspended": f"{_LIVE} AND s.suspended = 1",
    "leech": f"{_LIVE} AND s.lapses >= {FIRST_LEECH}",
    "failed": f"{_LIVE} AND c.id IN (SELECT card_id FROM review INDEXED BY review_day WHERE learner_id = :learner"
    f" AND study_day = :today AND quality < {REMEMBERED} AND undone = 0)",
    "changed": f"{_LIVE} AND n.revision > 1 AND n.revision > (SELECT v.revision FROM review v INDEXED BY review_card"
    " WHERE v.card_id = c.id AND v.learner_id = :learner AND v.quality IS NOT NULL AND v.undone = 0"
    " ORDER BY v.seq DESC LIMIT 1)",
    "missed": f"{_LIVE} AND c.id IN ({MISSED})",
    "removed": f"NOT ({_LIVE})",
}
_PROPS = {
    "ease": "coalesce(s.ease, 250)",
    "interval": "coalesce(s.interval, 0)",
    "due": "s.due_on - :today",
    "lapses": "coalesce(s.lapses, 0)",
    "repetition": "coalesce(s.repetition, 0)",
    "reviews": _REVIEWS,
}
_OPERATORS = frozenset({"<", "<=", ">", ">=", "=", "!="})


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A card, its text as HTML, and one learner's schedule of it.

    `tags` are the note's and its deck's. `stored` is whether the learner ever had a schedule for the card.
    """

    id: int
    note_id: int
    which: str
    removed: bool
    draft: bool
    deck_key: str
    path: str
    deck_title: str
    language: str
    note_key: str
    title: str
    line: int
    section: str | None
    typed: bool
    tags: tuple[str, ...]
    question_html: str
    answer_html: str
    typed_answer: str
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    in_full_html: str
    clarify_html: tuple[str, ...]
    reviews: int
    stored: bool
    lapses: int
    schedule: Schedule
    revision: int
    flag: int
    by: str
    moved_on: Day | None

    @property
    def interval(self) -> int:
        """The interval in days: SM-2's, or where another decides, the days from the last answer that moved the date."""
        due_on = self.schedule.due_on
        if self.moved_on is None or due_on is None:
            return self.schedule.interval
        return max(0, due_on - self.moved_on)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A row of the log with the key that its card has today."""

    uid: str
    seq: int
    card: int
    deck_key: str
    note_key: str
    which: str
    at: int
    study_day: Day
    quality: int | None
    kind: str
    verb: str | None
    took_ms: int | None
    undone: bool
    before: Schedule
    after: Schedule


class RecallFilter(NamedTuple):
    """What is asked of a card's recall: (today - last day) in millionths against the stability times `k`.

    It holds for memories that were computed with the parameters `name`; `others` are those for which it holds besides.
    """

    operator: str
    k: float
    name: str
    others: Collection[int] = ()


_FADED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The lower the recall, the longer the time."""


@dataclass(frozen=True, slots=True)
class CardFilter:
    """Which cards to list: all that is asked must hold. Without the state `removed` only those that are there.

    `match` is an expression of `search_text.match_words`; `props` are (name, operator, value); `ids` are cards'
    numbers or notes' ids; `flags` are 0 (none) to 7; `due` are the cards that the state due means.
    """

    today: Day
    due: Collection[int] = ()
    match: str = ""
    decks: Collection[int] | None = None
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    props: tuple[tuple[str, str, int], ...] = ()
    recalls: tuple[RecallFilter, ...] = ()
    ids: tuple[str, ...] = ()
    flags: tuple[int, ...] = ()
    drafts: bool = False


class CardRows:
    """Reads of cards and of the log, for one learner."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def cards(self, learner: int, ids: Iterable[int]) -> dict[int, CardRecord]:
        """The cards with these ids; ids of no card are left out."""
        sql = f"{_CARD} WHERE c.id IN (SELECT value FROM json_each(:ids))"
        rows = self._db.all(sql, {"learner": learner, "ids": json.dumps(list(ids))})
        return {row[0]: _card(row) for row in rows}

    def listed(self, learner: int, wanted: CardFilter, after: tuple[int, int], limit: int) -> list[CardRecord]:
        """Up to `limit` cards after the one that is (note, card), by note and card."""
        where, values = conditions(wanted, learner)
        values |= {"note": after[0], "card": after[1]}
        if not wanted.match:
            few = self._few(learner, wanted)
            if few is not None:
                where, values = (
                    [*where, "n.id IN (SELECT value FROM json_each(:few))"],
                    values | {"few": json.dumps(few)},
                )
            return self._listed(where, values, limit)
        # A word may be in every note: those that have it are taken in order, more at a time, until there are enough.
        found: list[CardRecord] = []
        first, batch = after[0], 4 * limit
        while True:
            notes = [note for (note,) in self._db.all(_WORDS, (wanted.match, first, batch))]
            among = [*where, "n.id IN (SELECT value FROM json_each(:notes))"]
            found += self._listed(among, values | {"notes": json.dumps(notes)}, limit - len(found))
            if len(found) == limit or len(notes) < batch:
                return found
            first, batch = notes[-1] + 1, 4 * batch

    def _listed(self, where: list[str], values: dict[str, Any], limit: int) -> list[CardRecord]:
        conditions = " AND ".join([*where, "n.id >= :note", "(n.id > :note OR c.id > :card)"])
        sql = f"{_LIST} WHERE {conditions} ORDER BY n.id, c.id LIMIT :limit"
        return [_card(row) for row in self._db.all(sql, values | {"limit": limit})]

    def _few(self, learner: int, wanted: CardFilter) -> list[int] | None:
        """The notes among which all that is wanted must be, where an index says that they are few; else None."""
        for sql, values in _rarely(learner, wanted):
            notes = [note for (note,) in self._db.all(f"{sql} LIMIT {_FEW + 1}", values)]
            if len(notes) <= _FEW:
                return notes
        return None

    def notes(self, learner: int, wanted: CardFilter) -> set[int]:
        """The notes of all cards that a filter finds."""
        where, values = conditions(wanted, learner)
        if wanted.match:
            where.append("n.id IN (SELECT rowid FROM note_text WHERE note_text MATCH :match)")
            values["match"] = wanted.match
        sql = f"SELECT DISTINCT n.id FROM note n CROSS JOIN card c ON c.note_id = n.id {_JOINS}"
        return {note for (note,) in self._db.all(f"{sql} WHERE {' AND '.join(where)}", values)}

    def log(self, learner: int, since: int, limit: int) -> list[LogRecord]:
        """Up to `limit` rows of the learner's log with `seq` above `since`, the oldest first."""
        sql = f"{_LOG.format(index='')} WHERE v.learner_id = ? AND v.seq > ? ORDER BY v.seq LIMIT ?"
        return [_log(row) for row in self._db.all(sql, (learner, since, limit))]

    def log_of_card(self, learner: int, card: int) -> list[LogRecord]:
        """The learner's log of one card, the oldest first."""
        sql = f"{_LOG.format(index='INDEXED BY review_card')} WHERE v.card_id = ? AND v.learner_id = ? ORDER BY v.seq"
        return [_log(row) for row in self._db.all(sql, (card, learner))]

    def answers_of_day(self, learner: int, day: Day) -> list[tuple[int, int, int]]:
        """(card, quality, milliseconds counted) of every answer of a day, in the order in which they were given."""
        rows = self._db.all(
            f"SELECT card_id, quality, min(coalesce(took_ms, 0), {LONGEST_MS}) FROM review INDEXED BY review_day"
            " WHERE learner_id = ? AND study_day = ? AND quality IS NOT NULL AND undone = 0 ORDER BY at, seq",
            (learner, day),
        )
        return [(card, quality, took) for card, quality, took in rows]

    def days_studied(self, learner: int, first: Day) -> dict[Day, int]:
        """How many answers there were on each day from `first` on that has any."""
        rows = self._db.all(
            "SELECT study_day, answers FROM learner_day WHERE learner_id = ? AND study_day >= ?"
            " AND answers > 0 ORDER BY study_day",
            (learner, first),
        )
        return dict(rows)

    def save_deck_setting(self, learner: int, deck: int, column: str, value: int | None) -> None:
        """Stores the learner's own `active` or `new_per_day` of a deck."""
        self._db.execute(
            f"INSERT INTO learner_deck(learner_id, deck_id, {column}) VALUES (?, ?, ?)"
            f" ON CONFLICT(learner_id, deck_id) DO UPDATE SET {column} = excluded.{column}",
            (learner, deck, value),
        )


_FEW = 2000
_LAPSED = "SELECT DISTINCT note_id FROM schedule INDEXED BY schedule_lapses WHERE learner_id = ? AND lapses"
_RARE_STATES = {
    "leech": f"{_LAPSED} > 0 AND lapses >= {FIRST_LEECH}",
    "suspended": "SELECT DISTINCT note_id FROM schedule INDEXED BY schedule_suspended"
    " WHERE learner_id = ? AND suspended = 1",
}
_RARE_PROPS = {
    "lapses": f"{_LAPSED} > 0 AND lapses {{operator}} ?",
    "reviews": "SELECT DISTINCT c.note_id FROM card_answers a INDEXED BY card_answers_most"
    " JOIN card c ON c.id = a.card_id WHERE a.learner_id = ? AND a.answers {operator} ?",
}


def _rarely(learner: int, wanted: CardFilter) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Queries, for the conditions that few cards may fulfil and that an index knows, of the notes that do."""
    yield from ((_RARE_STATES[state], (learner,)) for state in wanted.states if state in _RARE_STATES)
    for name, operator, value in wanted.props:
        # Cards without a row have none: they are not found where none is enough.
        if name in _RARE_PROPS and operator in {">", ">=", "="} and value > 0:
            yield _RARE_PROPS[name].format(operator=operator), (learner, value)


def conditions(wanted: CardFilter, learner: int) -> tuple[list[str], dict[str, Any]]:
    """What a filter asks, but for its words, in SQL over c, n, d, s and f, and the values for it."""
    where = [_STATES[state] for state in wanted.states] or [_LIVE]
    values: dict[str, Any] = {"learner": learner, "today": wanted.today, "due": json.dumps(list(wanted.due))}
    for number, (name, operator, value) in enumerate(wanted.props):
        assert operator in _OPERATORS
        where.append(f"{_PROPS[name]} {operator} :p{number}")
        values[f"p{number}"] = value
    for number, (operator, k, name, others) in enumerate(wanted.recalls):
        where.append(
            "(EXISTS (SELECT 1 FROM memory m WHERE m.learner_id = :learner AND m.card_id = c.id"
            f" AND m.parameters = :r{number}n AND (:today - m.last_on) * 1000000 {_FADED[operator]}"
            f" m.stability * :r{number}k) OR c.id IN (SELECT value FROM json_each(:r{number}o)))"
        )
        values |= {f"r{number}n": name, f"r{number}k": k, f"r{number}o": json.dumps(list(others))}
    for number, tag in enumerate(wanted.tags):
        where.append(
            f"(EXISTS (SELECT 1 FROM note_tag t WHERE t.note_id = n.id AND t.tag = :t{number})"
            f" OR EXISTS (SELECT 1 FROM json_each(d.tags) t WHERE t.value = :t{number}))"
        )
        values[f"t{number}"] = tag
    for number, id_ in enumerate(wanted.ids):
        where.append(f"(n.key = :i{number} OR CAST(c.id AS TEXT) = :i{number})")
        values[f"i{number}"] = id_
    for number, flag in enumerate(wanted.flags):
        where.append(f"coalesce(f.flag, 0) = :f{number}")
        values[f"f{number}"] = flag
    if not wanted.drafts:
        where.append("n.draft = 0")
    if wanted.decks is not None:
        where.append("n.deck_id IN (SELECT value FROM json_each(:decks))")
        values["decks"] = json.dumps(sorted(wanted.decks))
    return where, values


def _card(row: Row) -> CardRecord:
    deck_tags, note_tags = json.loads(row[9]), json.loads(row[15])
    own, shared = json.loads(row[18]), json.loads(row[19])
    return CardRecord(
        id=row[0], note_id=row[1], which=row[2], removed=bool(row[3]), draft=bool(row[4]),
        deck_key=row[5], path=row[6], deck_title=row[7], language=row[8],
        note_key=row[10], title=row[11], line=row[12], section=row[13], typed=bool(row[14]),
        tags=tuple(dict.fromkeys([*note_tags, *deck_tags])),
        question_html=row[16], answer_html=row[17], typed_answer=own.get("typed_answer") or "",
        rubric_html=tuple(shared.get("rubric_html", ())),
        follow_ups_html=tuple(shared.get("follow_ups_html", ())),
        sources_html=tuple(shared.get("sources_html", ())),
        in_full_html=shared.get("in_full_html", ""), clarify_html=tuple(shared.get("clarify_html", ())),
        reviews=row[20], stored=bool(row[21]), lapses=row[22], schedule=schedule_of(*row[23:29]),
        revision=row[29], flag=row[30], by=row[31], moved_on=row[32],
    )  # fmt: skip


def _log(row: Row) -> LogRecord:
    uid, seq, card, deck, note, which, at, day, quality, kind, verb, took_ms, undone, *schedules = row
    before, after = schedule_of(*schedules[:6]), schedule_of(*schedules[6:])
    return LogRecord(
        uid, seq, card, deck, note, which, at, day, quality, kind, verb, took_ms, bool(undone), before, after
    )
