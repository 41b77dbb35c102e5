"""How well cards are remembered, and by which numbers: what is stored, and the log that it follows from.

Plain SQL, within the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.evidence import Beginning, Evidence, Remembered, is_evidence
from flashcards.domain.memory.fit import AS_IT_IS, Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Memory, Parameters
from flashcards.domain.memory.walk import Logged
from flashcards.domain.study_day import Day
from flashcards.storage.database import Database, Row

NOT_YET = ""
"""The parameters of a row whose numbers are still to be computed."""
MILLION = 1_000_000
_COLUMNS = "stability, difficulty, last_on, last_at, answers, parameters"
_OF_MEMORY = ", ".join(f"m.{name}" for name in _COLUMNS.split(", "))
_SAVE = f"""
    INSERT INTO memory(learner_id, card_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(learner_id, card_id) DO UPDATE SET stability = excluded.stability, difficulty = excluded.difficulty,
        last_on = excluded.last_on, last_at = excluded.last_at, answers = excluded.answers,
        parameters = excluded.parameters
"""
_IN_FORCE = """
    SELECT p.name, p.numbers, f.intercept, f.slope FROM learner_fit f JOIN fsrs_parameters p ON p.name = f.parameters
    WHERE f.learner_id = ? AND f.taken = 1 ORDER BY f.number DESC LIMIT 1
"""
_AT_ANSWER = f"""
    SELECT p.name, p.numbers, f.intercept, f.slope,
           EXISTS (SELECT 1 FROM learner_scheduler WHERE learner_id = ?1), m.card_id, {_OF_MEMORY}
    FROM (SELECT 1) LEFT JOIN memory m ON m.learner_id = ?1 AND m.card_id = ?2
    LEFT JOIN learner_fit f ON f.learner_id = ?1
        AND f.number = (SELECT max(number) FROM learner_fit WHERE learner_id = ?1 AND taken = 1)
    LEFT JOIN fsrs_parameters p ON p.name = f.parameters
"""
_LOG = """
    SELECT r.card_id, r.study_day, r.at, r.seq, r.quality, r.verb, r.stability, r.difficulty, r.parameters,
           r.after_due_on - r.after_interval, r.before_interval, i.type, i.factor
    FROM review r{index} LEFT JOIN imported_review i ON i.learner_id = r.learner_id AND i.seq = r.seq
    WHERE r.learner_id = :learner AND r.undone = 0
        AND (r.quality IS NOT NULL OR r.verb = 'reset' OR (r.stability IS NOT NULL AND r.verb IN ('import', 'sync')))
"""
_WHOLE_LOG = _LOG.format(index="")
_LOG_BY_CARD = _LOG.format(index=" INDEXED BY review_card")
_MARK_ALL = """
    INSERT INTO memory(learner_id, card_id, stability, difficulty, last_on, last_at, answers, parameters)
    SELECT DISTINCT learner_id, card_id, 0, 0, 0, 0, 0, ? FROM review WHERE undone = 0
"""


class InForce(NamedTuple):
    """What predicts a learner's answers, and the name of its parameters."""

    fit: Fit
    name: str


class StoredFit(NamedTuple):
    """A fitting that was made: `tried` are the losses of each way, `figures` say how well the log was predicted."""

    number: int
    at: int
    answers: int
    tried: dict[str, float]
    figures: dict[str, Any]
    taken: bool


class LogLine(NamedTuple):
    """A row of the log that says something of the memory, and what it says was remembered after it, if it does."""

    says: Evidence | Beginning
    memory: Memory | None
    parameters: str | None


class CardMemory(NamedTuple):
    """What is remembered of a card, in the order in which it is stored: see the table `memory`."""

    card: int
    stability: int
    difficulty: int
    last_on: Day
    last_at: int
    answers: int
    parameters: str

    @property
    def remembered(self) -> Remembered:
        """The same as a value of the domain."""
        return Remembered(Memory(self.stability, self.difficulty), self.last_on, self.last_at, self.answers)


class AtAnswer(NamedTuple):
    """What predicts, whether the learner ever chose a scheduler, and what is stored of the card."""

    force: InForce
    chose: bool
    memory: CardMemory | None


DEFAULT_NAME = DEFAULTS.name
_AS_IT_COMES = InForce(AS_IT_IS, DEFAULT_NAME)


class MemoryRows:
    """Reads and writes of memories, fits and the logs behind them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def in_force(self, learner: int) -> InForce:
        """What predicts the learner's answers now: the model as it comes, until a fit was taken."""
        row = self._db.one(_IN_FORCE, (learner,))
        return _in_force(*row) if row else _AS_IT_COMES

    def at_answer(self, learner: int, card: int) -> AtAnswer:
        """What an answer to a card begins with: all in one look."""
        name, numbers, intercept, slope, chose, *memory = self._db.one(_AT_ANSWER, (learner, card)) or (None,) * 12
        force = _AS_IT_COMES if name is None else _in_force(name, numbers, intercept, slope)
        return AtAnswer(force, bool(chose), None if memory[0] is None else CardMemory(*memory))

    def parameters(self) -> dict[str, Parameters]:
        """Every stored set, by name."""
        return {
            name: parameters_of(numbers)
            for name, numbers in self._db.all("SELECT name, numbers FROM fsrs_parameters ORDER BY name")
        }

    def keep_parameters(self, chosen: Parameters) -> str:
        """Stores a set, unless it is there, and gives its name."""
        name = chosen.name
        self._db.execute(
            "INSERT INTO fsrs_parameters(name, numbers) VALUES (?, ?) ON CONFLICT(name) DO NOTHING",
            (name, chosen.canonical),
        )
        return name

    def last_fit(self, learner: int, *, taken: bool = False) -> StoredFit | None:
        """The learner's newest fit, or the newest that was taken."""
        row = self._db.one(
            "SELECT number, at, answers, tried, figures, taken FROM learner_fit WHERE learner_id = ?"
            f"{' AND taken = 1' if taken else ''} ORDER BY number DESC LIMIT 1",
            (learner,),
        )
        if row is None:
            return None
        number, at, answers, tried, figures, was_taken = row
        return StoredFit(number, at, answers, json.loads(tried), json.loads(figures), bool(was_taken))

    def add_fit(self, learner: int, it: StoredFit, fit: Fit) -> None:
        """Stores what came of a fitting; `fit` is in force from now on."""
        self._db.execute(
            "INSERT INTO learner_fit(learner_id, number, at, answers, parameters, slope, intercept, tried, figures,"
            " taken) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                learner, it.number, it.at, it.answers, self.keep_parameters(fit.parameters),
                round(fit.calibration.slope * MILLION), round(fit.calibration.intercept * MILLION),
                json.dumps(it.tried, sort_keys=True), json.dumps(it.figures, sort_keys=True), int(it.taken),
            ),
        )  # fmt: skip

    # --- what is remembered ---------------------------------------------------------------------------

    def of_card(self, learner: int, card: int) -> CardMemory | None:
        """What is stored of a card; its parameters may not be those in force."""
        row = self._db.one(
            f"SELECT card_id, {_COLUMNS} FROM memory WHERE learner_id = ? AND card_id = ?", (learner, card)
        )
        return CardMemory(*row) if row else None

    def of_cards(self, learner: int, cards: Collection[int] | None = None) -> list[CardMemory]:
        """What is stored of these cards, or of all, by card."""
        among = "" if cards is None else " AND card_id IN (SELECT value FROM json_each(:cards))"
        rows = self._db.all(
            f"SELECT card_id, {_COLUMNS} FROM memory WHERE learner_id = :learner{among} ORDER BY card_id",
            {"learner": learner, "cards": json.dumps(list(cards or ()))},
        )
        return [CardMemory(*row) for row in rows]

    def of_decks(self, learner: int, decks: Collection[int]) -> list[tuple[int, CardMemory]]:
        """(deck, what is stored of it) of every card in these decks that is there and was answered."""
        rows = self._db.all(
            f"SELECT n.deck_id, m.card_id, {_OF_MEMORY}"
            " FROM memory m JOIN card c ON c.id = m.card_id JOIN note n ON n.id = c.note_id"
            " WHERE m.learner_id = :learner AND c.removed_at IS NULL AND n.removed_at IS NULL AND n.draft = 0"
            " AND n.deck_id IN (SELECT value FROM json_each(:decks)) ORDER BY n.deck_id, m.card_id",
            {"learner": learner, "decks": json.dumps(list(decks))},
        )
        return [(row[0], CardMemory(*row[1:])) for row in rows]

    def cards_of_active_decks(self, learner: int) -> dict[int, int]:
        """How many cards each deck holds that the learner has not switched off, in study order."""
        rows = self._db.all(
            "SELECT d.id, d.cards FROM deck d LEFT JOIN learner_deck l ON l.learner_id = ? AND l.deck_id = d.id"
            " WHERE d.removed_at IS NULL AND coalesce(l.active, 1) = 1 ORDER BY d.position",
            (learner,),
        )
        return dict(rows)

    def stale(self, learner: int, name: str, limit: int | None = None) -> list[int]:
        """Up to `limit` cards whose memory was computed with other parameters than `name`, or not yet."""
        rows = self._db.all(
            "SELECT card_id FROM memory WHERE learner_id = ?1 AND parameters < ?2 UNION ALL"
            " SELECT card_id FROM memory WHERE learner_id = ?1 AND parameters > ?2 LIMIT ?3",
            (learner, name, -1 if limit is None else limit),
        )
        return [card for (card,) in rows]

    def learners(self) -> list[int]:
        """The learners with anything to remember."""
        return [learner for (learner,) in self._db.all("SELECT DISTINCT learner_id FROM memory ORDER BY learner_id")]

    def all_learners(self) -> list[int]:
        """Every learner."""
        return [learner for (learner,) in self._db.all("SELECT id FROM learner ORDER BY id")]

    def save(self, learner: int, card: int, it: Remembered | None, name: str) -> None:
        """Stores what is remembered of a card by the parameters `name`; None where it is nothing."""
        if it is None:
            self._db.execute("DELETE FROM memory WHERE learner_id = ? AND card_id = ?", (learner, card))
        else:
            self._db.execute(_SAVE, _values(learner, card, it, name))

    def save_many(self, learner: int, found: Iterable[tuple[int, Remembered | None]], name: str) -> None:
        """As `save`, for (card, what is remembered)."""
        pairs = list(found)
        gone = [(learner, card) for card, it in pairs if it is None]
        if gone:
            self._db.executemany("DELETE FROM memory WHERE learner_id = ? AND card_id = ?", gone)
        self._db.executemany(_SAVE, (_values(learner, card, it, name) for card, it in pairs if it is not None))

    def mark(self, learner: int, cards: Iterable[int]) -> None:
        """Says of cards that their log has changed: what is remembered of them is to be computed."""
        self._db.executemany(_SAVE, ((learner, card, 0, 0, 0, 0, 0, NOT_YET) for card in cards))

    def mark_all(self) -> None:
        """The same of every card that was ever answered: the logs came from elsewhere."""
        self._db.execute(_MARK_ALL, (NOT_YET,))

    # --- the log --------------------------------------------------------------------------------------

    def log_of_card(self, learner: int, card: int) -> list[Evidence | Beginning]:
        """What the log says of the memory of a card, in no order."""
        rows = self._db.all(f"{_LOG_BY_CARD} AND r.card_id = :card", {"learner": learner, "card": card})
        return [it.says for row in rows if (it := _line(row)) is not None]

    def logs(self, learner: int, cards: Collection[int] | None) -> Iterator[tuple[int, list[LogLine]]]:
        """(card, what the log says of its memory, by `seq`) of these cards, or of all that are in the log."""
        among = "" if cards is None else " AND r.card_id IN (SELECT value FROM json_each(:cards))"
        log = _WHOLE_LOG if cards is None else _LOG_BY_CARD
        rows = self._db.all(
            f"{log}{among} ORDER BY r.card_id, r.seq", {"learner": learner, "cards": json.dumps(list(cards or ()))}
        )
        for card, group in groupby(rows, key=itemgetter(0)):
            yield card, [it for row in group if (it := _line(row)) is not None]

    def whole_log(self, learner: int) -> list[Logged]:
        """All evidence in its order, for looking back. A card that was reset is another card from there on."""
        rows = self._db.each(f"{_WHOLE_LOG} ORDER BY r.study_day, r.at, r.seq", {"learner": learner})
        lives: dict[int, int] = {}
        found: list[Logged] = []
        for card, day, at, seq, quality, verb, _, _, _, _, interval, type_, factor in rows:
            if verb == "reset":
                lives[card] = seq
            elif is_evidence(quality, anki=None if type_ is None else (type_, factor)):
                found.append(Logged(day, at, seq, -lives[card] if card in lives else card, quality, interval))
        return found


@lru_cache(maxsize=1024)
def _in_force(name: str, numbers: str, intercept: int, slope: int) -> InForce:
    return InForce(Fit(parameters_of(numbers), Calibration(intercept / MILLION, slope / MILLION)), name)


def _values(learner: int, card: int, it: Remembered, name: str) -> Row:
    memory = it.memory
    return learner, card, memory.stability, memory.difficulty, it.last_on, it.last_at, it.answers, name


def _line(row: Row) -> LogLine | None:
    _, day, at, seq, quality, _, stability, difficulty, parameters, began, _, type_, factor = row
    memory = None if stability is None else Memory(stability, difficulty)
    if quality is None:
        known = None if memory is None else Remembered(memory, min(day, day if began is None else began), 0, 0)
        return LogLine(Beginning(day, at, seq, known), None, None)
    if type_ is not None and not is_evidence(quality, anki=(type_, factor)):
        return None
    return LogLine(Evidence(day, at, seq, quality), memory, parameters)


@lru_cache(maxsize=256)
def parameters_of(numbers: str) -> Parameters:
    """The set that a row of `fsrs_parameters` holds."""
    return fsrs.parameters(json.loads(numbers))
