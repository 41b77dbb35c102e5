"""Practice rounds: what they ask, what was answered and ticked, and the links of partners.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.practice.marks import FOLLOW, NOT_SAID
from flashcards.domain.practice.rounds import Given, Point, Question, Round, Work
from flashcards.storage.database import Database, Row
from flashcards.storage.models import Card, Note, RoundMark

CORE = "core"
"""The tag of the questions that an interviewer asks."""


def missed(learner: LearnerId) -> Any:
    """A query of the cards behind what the learner did not say in full when it was ticked last.

    Of each point or follow-up it is one card: the one that teaches it while it can be asked, else the question's own.
    """
    mark, later, card, note = RoundMark.alias(), RoundMark.alias(), Card.alias(), Note.alias()
    again = later.select(later.card).where(
        later.card == mark.card, later.learner == mark.learner, later.who == "self", later.point == mark.point,
        later.at > mark.at,
    )  # fmt: skip
    teaching = (
        card.select(card.id)
        .join(note, on=(note.id == card.note))
        .where(card.id == mark.taught_by, card.removed_at.is_null(), note.removed_at.is_null(), note.draft == 0)
    )
    return mark.select(fn.coalesce(teaching, mark.card)).where(
        mark.learner == learner, mark.who == "self", mark.mark.in_(NOT_SAID), ~fn.EXISTS(again)
    )


_CANDIDATES = """
    SELECT c.id, n.id, n.deck_id, d.path, d.title, d.tags, n.tags, n.title, n.revision,
           coalesce(ld.active, 1), coalesce(s.suspended, 0)
    FROM note_tag t JOIN note n ON n.id = t.note_id AND n.removed_at IS NULL AND n.draft = 0
    JOIN deck d ON d.id = n.deck_id
    JOIN card c ON c.note_id = n.id AND c.removed_at IS NULL
        AND c.ordinal = (SELECT min(o.ordinal) FROM card o WHERE o.note_id = n.id AND o.removed_at IS NULL)
    LEFT JOIN schedule s ON s.learner_id = ?1 AND s.card_id = c.id
    LEFT JOIN learner_deck ld ON ld.learner_id = ?1 AND ld.deck_id = n.deck_id
    WHERE t.tag = ?2 AND (CAST(?3 AS integer) IS NULL OR c.id = ?3) AND (CAST(?4 AS text) IS NULL OR d.path = ?4)
    ORDER BY d.position, n.position
"""
_HTML = """
    SELECT c.id, n.id, coalesce(r.extra, '{}')
    FROM card c JOIN note n ON n.id = c.note_id
    LEFT JOIN rendering r ON r.key = n.render_key AND r.which = 'note'
    WHERE c.id IN (SELECT value FROM json_each(?))
"""
_POINTS = """
    SELECT note_id, position, point, text, level, teaches_card FROM rubric_point
    WHERE note_id IN (SELECT value FROM json_each(?)) ORDER BY note_id, position
"""
_FOLLOW_UPS = """
    SELECT note_id, position, '', text, NULL, answered_by_card FROM follow_up
    WHERE note_id IN (SELECT value FROM json_each(?)) ORDER BY note_id, position
"""
_ROUND = "id, kind, level, minutes, seed, scope, questions, started_at, finished_at, plan_id"
_LINES = """
    SELECT id, kind, minutes, started_at, finished_at, questions ->> '$[0].title',
           (SELECT json_group_array(json_array_length(q.value, '$.points')) FROM json_each(questions) q)
    FROM practice_round WHERE learner_id = ? ORDER BY started_at DESC, id
"""
_LAST_MARKS = """
    SELECT card_id, sum(mark = 'missed'), count(*)
    FROM (SELECT card_id, point, mark, max(at) FROM round_mark WHERE learner_id = ? AND who = 'self'
          GROUP BY card_id, point)
    GROUP BY card_id
"""
_UNSAID = """
    SELECT c.id, p.text, n.title, d.path, n.line, count(DISTINCT m.learner_id), sum(m.mark = 'said'),
           sum(m.mark = 'missed'), count(*)
    FROM round_mark m JOIN card c ON c.id = m.card_id JOIN note n ON n.id = c.note_id AND n.removed_at IS NULL
    JOIN deck d ON d.id = n.deck_id JOIN rubric_point p ON p.note_id = n.id AND p.point = m.point
    WHERE m.who = 'self' AND (?2 IS NULL OR n.deck_id IN (SELECT value FROM json_each(?2)))
    GROUP BY n.id, p.point HAVING count(DISTINCT m.learner_id) >= ?1
    ORDER BY avg(m.mark = 'missed') DESC, count(*) DESC, n.id LIMIT ?3
"""
_ANSWER = "id, position, card_id, revision, text, work, started_at, took_ms, at, closed_at, review_seq"
_LINK = "learner_id, round_id, created_at, expires_at, joined_at, session_hash, ended_at"


@dataclass(frozen=True, slots=True)
class CoreNote:
    """A question that can be practised; `active` and `suspended` are the learner's choice."""

    card: CardId
    note: NoteId
    deck: DeckId
    path: str
    topic: str
    deck_tags: tuple[str, ...]
    tags: tuple[str, ...]
    title: str
    revision: int
    active: bool
    suspended: bool


class StoredLine(NamedTuple):
    """A round in a list; `title` is that of its first question, `points` how many each question has."""

    id: str
    kind: str
    minutes: int
    started_at: int
    finished_at: int | None
    title: str
    points: tuple[int, ...]


class AnswerLine(NamedTuple):
    """An answer without what was said."""

    round: str
    position: int
    skipped: int
    closed: int
    took_ms: int


class UnsaidPoint(NamedTuple):
    """A point over all learners: how many ticked it, and how often it was said and missed, of `ticks`."""

    card: CardId
    text: str
    title: str
    path: str
    line: int
    learners: int
    said: int
    missed: int
    ticks: int


class PointText(NamedTuple):
    """A point, or a follow-up (whose `key` is empty), as its deck has it; `card` teaches or answers it."""

    key: str
    text: str
    html: str
    level: str | None
    card: CardId | None


class RubricText(NamedTuple):
    """A note's points and follow-ups."""

    points: tuple[PointText, ...]
    follow_ups: tuple[PointText, ...]


class LinkedCard(NamedTuple):
    """A card that teaches a point or answers a follow-up."""

    card: CardId
    title: str
    question_html: str
    answer_html: str


@dataclass(frozen=True, slots=True)
class Link:
    """A partner's link to a round; instants are epoch milliseconds."""

    learner: LearnerId
    round: str
    created_at: int
    expires_at: int
    joined_at: int | None
    session_hash: bytes | None
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A tick: whose, on which point of which question, and when."""

    round: str
    position: int
    who: str
    point: str
    mark: str
    at: int
    evidence: str | None


class PracticeRows:
    """Reads and writes of one learner's rounds."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # --- what can be asked

    def core_notes(self, learner: LearnerId, *, card: CardId | None = None, path: str | None = None) -> list[CoreNote]:
        """The questions that can be practised, in study order: all, the one of a card, or those of a deck's file."""
        return [_core_note(row) for row in self._db.all(_CANDIDATES, (learner, CORE, card, path))]

    def folder_titles(self) -> dict[str, str]:
        """What folders call themselves, by path; those that have no title are left out."""
        return dict(self._db.all("SELECT path, title FROM folder WHERE title IS NOT NULL AND title <> ''"))

    def texts(self, cards: Iterable[CardId]) -> dict[CardId, RubricText]:
        """The points and follow-ups of these cards' notes."""
        html = {card: (note, json.loads(extra)) for card, note, extra in self._db.all(_HTML, (_listed(cards),))}
        notes = _listed(note for note, _ in html.values())
        points, follow_ups = (_by_note(self._db.all(sql, (notes,))) for sql in (_POINTS, _FOLLOW_UPS))
        return {
            card: RubricText(
                _point_texts(points.get(note, ()), rendered.get("rubric_html", ())),
                _point_texts(follow_ups.get(note, ()), rendered.get("follow_ups_html", ())),
            )
            for card, (note, rendered) in html.items()
        }

    def linked(self, cards: Iterable[CardId]) -> dict[CardId, LinkedCard]:
        """What these cards say, removed ones too."""
        rows = self._db.all(
            "SELECT c.id, n.title, coalesce(r.question_html, ''), coalesce(r.answer_html, '')"
            " FROM card c JOIN note n ON n.id = c.note_id"
            " LEFT JOIN rendering r ON r.key = n.render_key AND r.which = c.which"
            " WHERE n.draft = 0 AND c.id IN (SELECT value FROM json_each(?))",
            (_listed(cards),),
        )
        return {row[0]: LinkedCard(*row) for row in rows}

    def last_asked(self, learner: LearnerId) -> dict[CardId, int]:
        """When each card was last asked and not skipped."""
        rows = self._db.all(
            "SELECT card_id, max(at) FROM round_answer WHERE learner_id = ? AND text IS NOT NULL GROUP BY card_id",
            (learner,),
        )
        return dict(rows)

    # --- rounds

    def add(self, learner: LearnerId, round_: Round) -> None:
        """Stores a new round."""
        scope = json.dumps({"decks": round_.decks, "tags": round_.tags}, ensure_ascii=False)
        questions = json.dumps([_question_json(one) for one in round_.questions], ensure_ascii=False)
        self._db.execute(
            f"INSERT INTO practice_round(learner_id, {_ROUND}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                learner, round_.id, round_.kind, round_.level, round_.minutes, round_.seed, scope, questions,
                round_.started_at, round_.finished_at, round_.plan_id,
            ),
        )  # fmt: skip

    def round(self, learner: LearnerId, id: str) -> Round | None:
        """The learner's round with that id."""
        row = self._db.one(f"SELECT {_ROUND} FROM practice_round WHERE learner_id = ? AND id = ?", (learner, id))
        return _round(row) if row else None

    def lines(self, learner: LearnerId) -> list[StoredLine]:
        """The learner's rounds, the newest first, without what they ask."""
        rows = self._db.all(_LINES, (learner,))
        return [StoredLine._make((*row[:6], tuple(json.loads(row[6])))) for row in rows]

    def finish(self, learner: LearnerId, id: str, at: int) -> None:
        """Ends a round that has not ended yet."""
        self._db.execute(
            "UPDATE practice_round SET finished_at = ? WHERE learner_id = ? AND id = ? AND finished_at IS NULL",
            (at, learner, id),
        )

    def delete(self, learner: LearnerId, id: str) -> None:
        """Forgets a round with its answers, ticks and link; the log keeps its grades."""
        self._db.execute("DELETE FROM practice_round WHERE learner_id = ? AND id = ?", (learner, id))
        for table in ("round_answer", "round_mark", "partner_link"):
            self._db.execute(f"DELETE FROM {table} WHERE learner_id = ? AND round_id = ?", (learner, id))

    # --- answers

    def add_answer(self, learner: LearnerId, round_id: str, given: Given) -> None:
        """Stores a new answer."""
        self._db.execute(
            f"INSERT INTO round_answer(learner_id, round_id, {_ANSWER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                learner, round_id, given.id, given.position, int(given.card), given.revision, given.text,
                _work_json(given.work), given.started_at, given.took_ms, given.at, given.closed_at, given.review_seq,
            ),
        )  # fmt: skip

    def answers(self, learner: LearnerId, round_id: str) -> tuple[Given, ...]:
        """The answers of a round, in the order in which they came."""
        rows = self._db.all(
            f"SELECT {_ANSWER} FROM round_answer WHERE learner_id = ? AND round_id = ? ORDER BY at, id",
            (learner, round_id),
        )
        return tuple(map(_given, rows))

    def answered(self, learner: LearnerId) -> list[AnswerLine]:
        """The answers of all rounds in the order in which they came, without what was said."""
        rows = self._db.all(
            "SELECT round_id, position, text IS NULL, closed_at IS NOT NULL, took_ms FROM round_answer"
            " WHERE learner_id = ? ORDER BY at, id",
            (learner,),
        )
        return [AnswerLine(*row) for row in rows]

    def save_work(self, learner: LearnerId, round_id: str, given: Given, work: Work) -> None:
        """Replaces what was written beside an answer."""
        self._db.execute(
            "UPDATE round_answer SET work = ? WHERE learner_id = ? AND round_id = ? AND id = ?",
            (_work_json(work), learner, round_id, given.id),
        )

    def close_answer(self, learner: LearnerId, round_id: str, given: Given, at: int, review_seq: int | None) -> None:
        """The learner went on; without a grade, one that is stored stays."""
        self._db.execute(
            "UPDATE round_answer SET closed_at = coalesce(closed_at, ?), review_seq = coalesce(?, review_seq)"
            " WHERE learner_id = ? AND round_id = ? AND id = ?",
            (at, review_seq, learner, round_id, given.id),
        )

    # --- ticks

    def save_mark(self, learner: LearnerId, question: Question, row: MarkRow) -> None:
        """Stores a tick on a point of the question, or what it is now."""
        taught_by = question.taught_by(row.point)
        self._db.execute(
            "INSERT INTO round_mark(learner_id, round_id, position, who, point, card_id, mark, at, evidence, taught_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(learner_id, round_id, position, who, point)"
            " DO UPDATE SET mark = excluded.mark, at = excluded.at, evidence = excluded.evidence",
            (
                learner, row.round, row.position, row.who, row.point, int(question.card), row.mark, row.at,
                row.evidence, None if taught_by is None else int(taught_by),
            ),
        )  # fmt: skip

    def consent(self, learner: LearnerId) -> int | None:
        """Since when the learner's written answers may go to the model; None: they may not."""
        row = self._db.one("SELECT consent_llm_at FROM learner WHERE id = ?", (learner,))
        return row[0] if row else None

    def save_consent(self, learner: LearnerId, at: int | None) -> None:
        """Keeps the learner's consent, or that there is none."""
        self._db.execute("UPDATE learner SET consent_llm_at = ? WHERE id = ?", (at, learner))

    def forget_marks(self, learner: LearnerId, round_id: str, position: int, who: str) -> None:
        """Forgets somebody's ticks on a question."""
        self._db.execute(
            "DELETE FROM round_mark WHERE learner_id = ? AND round_id = ? AND position = ? AND who = ?",
            (learner, round_id, position, who),
        )

    def marks(self, learner: LearnerId, round_id: str) -> list[MarkRow]:
        """Every tick of a round."""
        rows = self._db.all(
            "SELECT round_id, position, who, point, mark, at, evidence FROM round_mark"
            " WHERE learner_id = ? AND round_id = ?",
            (learner, round_id),
        )
        return [MarkRow(*row) for row in rows]

    def mark_counts(self, learner: LearnerId) -> list[tuple[str, int, str, int]]:
        """(round, position, mark, how many) of the learner's own ticks on points; those on follow-ups left out."""
        return self._db.all(
            "SELECT round_id, position, mark, count(*) FROM round_mark WHERE learner_id = ? AND who = 'self'"
            f" AND point NOT LIKE '{FOLLOW}%' GROUP BY round_id, position, mark",
            (learner,),
        )

    def last_missed(self, learner: LearnerId) -> dict[CardId, float]:
        """For each question that was ticked, the share of its points that were missed when each was ticked last."""
        return {card: missed / count for card, missed, count in self._db.all(_LAST_MARKS, (learner,))}

    def card_marks(self, learner: LearnerId, cards: Iterable[CardId]) -> dict[CardId, dict[str, list[str]]]:
        """The learner's own ticks of these cards' points over time, the oldest first: card to point to marks."""
        rows = self._db.all(
            "SELECT card_id, point, mark FROM round_mark WHERE learner_id = ? AND who = 'self'"
            " AND card_id IN (SELECT value FROM json_each(?)) ORDER BY at",
            (learner, json.dumps(list(cards))),
        )
        found: dict[CardId, dict[str, list[str]]] = {}
        for card, point, mark in rows:
            found.setdefault(card, {}).setdefault(point, []).append(mark)
        return found

    def grades(self, learner: LearnerId, rows: Iterable[int]) -> dict[int, int]:
        """The grades that stand in these rows of the learner's log; those that were taken back are left out."""
        found = self._db.all(
            "SELECT seq, quality FROM review WHERE learner_id = ? AND undone = 0"
            " AND seq IN (SELECT value FROM json_each(?))",
            (learner, json.dumps(list(rows))),
        )
        return dict(found)

    def unsaid(self, least: int, decks: Collection[DeckId] | None, limit: int) -> list[UnsaidPoint]:
        """The points that at least so many learners have ticked, those missed most first."""
        listed = None if decks is None else json.dumps(sorted(decks))
        return [UnsaidPoint(*row) for row in self._db.all(_UNSAID, (least, listed, limit))]

    # --- the partner

    def save_link(self, learner: LearnerId, round_id: str, secret_hash: bytes, now: int, expires_at: int) -> None:
        """Makes the round's link; an earlier one is dead with that."""
        self._db.execute("DELETE FROM partner_link WHERE learner_id = ? AND round_id = ?", (learner, round_id))
        self._db.execute(
            "INSERT INTO partner_link(learner_id, round_id, secret_hash, created_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (learner, round_id, secret_hash, now, expires_at),
        )

    def link(self, secret_hash: bytes) -> Link | None:
        """The link that a secret opens."""
        row = self._db.one(f"SELECT {_LINK} FROM partner_link WHERE secret_hash = ?", (secret_hash,))
        return Link(*row) if row else None

    def link_of(self, learner: LearnerId, round_id: str) -> Link | None:
        """The round's link."""
        row = self._db.one(
            f"SELECT {_LINK} FROM partner_link WHERE learner_id = ? AND round_id = ?", (learner, round_id)
        )
        return Link(*row) if row else None

    def join(self, link: Link, session_hash: bytes, now: int) -> None:
        """Binds the link to one browser."""
        self._db.execute(
            "UPDATE partner_link SET joined_at = ?, session_hash = ?"
            " WHERE learner_id = ? AND round_id = ? AND joined_at IS NULL",
            (now, session_hash, link.learner, link.round),
        )

    def end_link(self, learner: LearnerId, round_id: str, now: int) -> None:
        """The link leads nowhere from now on."""
        self._db.execute(
            "UPDATE partner_link SET ended_at = ? WHERE learner_id = ? AND round_id = ? AND ended_at IS NULL",
            (now, learner, round_id),
        )


def _core_note(row: Row) -> CoreNote:
    card, note, deck, path, topic, deck_tags, tags, title, revision, active, suspended = row
    return CoreNote(
        card, note, deck, path, topic, tuple(json.loads(deck_tags)), tuple(json.loads(tags)), title, revision,
        bool(active), bool(suspended),
    )  # fmt: skip


def _listed(numbers: Iterable[int]) -> str:
    return json.dumps(list(numbers))


def _by_note(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for note, *rest in rows:
        found.setdefault(note, []).append(tuple(rest))
    return found


def _point_texts(rows: Iterable[Row], html: Sequence[str]) -> tuple[PointText, ...]:
    """Points with their HTML; one that is not rendered yet is left out."""
    return tuple(
        PointText(key, text, html[position], level, card)
        for position, key, text, level, card in rows
        if position < len(html)
    )


def _round(row: Row) -> Round:
    id_, kind, level, minutes, seed, scope, questions, started_at, finished_at, plan_id = row
    asked_for = json.loads(scope)
    return Round(
        id_, kind, level, minutes, seed, tuple(asked_for["decks"]), tuple(asked_for["tags"]),
        tuple(map(_question, json.loads(questions))), started_at, finished_at, plan_id,
    )  # fmt: skip


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "card": question.card,
        "revision": question.revision,
        "title": question.title,
        "topic": question.topic,
        "kind": question.kind,
        "level": question.level,
        "points": [_point_json(point) for point in question.points],
        "follow_ups": [_point_json(point) for point in question.follow_ups],
    }


def _point_json(point: Point) -> list[Any]:
    return [point.key, point.html, point.kind, point.level, point.card]


def _question(stored: dict[str, Any]) -> Question:
    points, follow_ups = (tuple(Point(*one) for one in stored[name]) for name in ("points", "follow_ups"))
    return Question(**{**stored, "points": points, "follow_ups": follow_ups})


def _work_json(work: Work) -> str:
    return json.dumps(
        {"numbers": work.numbers, "sketch": work.sketch, "follow_ups": work.follow_ups}, ensure_ascii=False
    )


def _given(row: Row) -> Given:
    id_, position, card, revision, text, work, *times = row
    stored = json.loads(work)
    beside = Work(
        tuple((what, many) for what, many in stored.get("numbers", ())),
        tuple((tool, tuple(numbers), label) for tool, numbers, label in stored.get("sketch", ())),
        stored.get("follow_ups", {}),
    )
    return Given(id_, position, str(card), revision, text, beside, *times)
