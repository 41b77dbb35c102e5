"""Practice rounds: what they ask, what was answered and ticked, and the links of partners.

Every method runs within the caller's transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import JOIN, SQL, fn

from flashcards.domain.ids import CardId, DeckId, LearnerId, NoteId
from flashcards.domain.practice.rounds import Given, Point, Question, Round, Work
from flashcards.domain.practice.rubric_ticks import FOLLOW, NOT_SAID
from flashcards.storage.database import Database, Row
from flashcards.storage.models import (
    Card,
    Deck,
    Folder,
    FollowUp,
    Learner,
    LearnerDeck,
    Note,
    NoteTag,
    PartnerLink,
    PracticeRound,
    Rendering,
    Review,
    RoundAnswer,
    RoundMark,
    RubricPoint,
    Schedule,
)
from flashcards.storage.prepared import Among, Number, Prepared, Query, inserting, prepared, storing

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


@prepared
def _candidates(learner: int, tag: str, card: int | None = None, path: str | None = None) -> Query:
    other = Card.alias()
    first = other.select(fn.min(other.ordinal)).where(other.note == Note.id, other.removed_at.is_null())
    is_shown = (NoteTag.note == Note.id) & Note.removed_at.is_null() & (Note.draft == 0)
    is_asked = (Card.note == Note.id) & Card.removed_at.is_null() & (Card.ordinal == first)
    of_deck = (LearnerDeck.learner == learner) & (LearnerDeck.deck == Note.deck)
    query = (
        NoteTag.select(
            Card.id, Note.id, Note.deck, Deck.path, Deck.title, Deck.tags, Note.tags, Note.title, Note.revision,
            fn.coalesce(LearnerDeck.active, 1), fn.coalesce(Schedule.suspended, 0),
        )
        .join(Note, on=is_shown)
        .join(Deck, on=(Deck.id == Note.deck))
        .join(Card, on=is_asked)
        .join(Schedule, JOIN.LEFT_OUTER, on=(Schedule.learner == learner) & (Schedule.card == Card.id))
        .join(LearnerDeck, JOIN.LEFT_OUTER, on=of_deck)
        .where(NoteTag.tag == tag)
        .order_by(Deck.position, Note.position)
    )  # fmt: skip
    if card is not None:
        query = query.where(Card.id == card)
    return query if path is None else query.where(Deck.path == path)


@prepared
def _folder_titles() -> Query:
    return Folder.select(Folder.path, Folder.title).where(Folder.title.is_null(False), Folder.title != "")


@prepared
def _rendered_parts(cards: Collection[int]) -> Query:
    of_note = (Rendering.key == Note.render_key) & (Rendering.which == "note")
    shown = Card.select(Card.id, Note.id, fn.coalesce(Rendering.extra, "{}")).join(Note)
    return shown.join(Rendering, JOIN.LEFT_OUTER, on=of_note).where(Among(Card.id, cards))


@prepared
def _points(notes: Collection[int]) -> Query:
    it = RubricPoint
    query = it.select(it.note, it.position, it.point, it.text, it.level, it.teaches_card)
    return query.where(Among(it.note, notes)).order_by(it.note, it.position)


@prepared
def _follow_ups(notes: Collection[int]) -> Query:
    it = FollowUp
    query = it.select(it.note, it.position, SQL("''"), it.text, SQL("NULL"), it.answered_by_card)
    return query.where(Among(it.note, notes)).order_by(it.note, it.position)


@prepared
def _linked(cards: Collection[int]) -> Query:
    side = (Rendering.key == Note.render_key) & (Rendering.which == Card.which)
    html = (fn.coalesce(Rendering.question_html, ""), fn.coalesce(Rendering.answer_html, ""))
    shown = Card.select(Card.id, Note.title, *html).join(Note).join(Rendering, JOIN.LEFT_OUTER, on=side)
    return shown.where(Note.draft == 0, Among(Card.id, cards))


@prepared
def _last_asked(learner: int) -> Query:
    it = RoundAnswer
    asked = it.select(it.card, fn.max(it.at)).where(it.learner == learner, it.text.is_null(False))
    return asked.group_by(it.card)


_ROUND = (
    PracticeRound.id, PracticeRound.kind, PracticeRound.level, PracticeRound.minutes, PracticeRound.seed,
    PracticeRound.scope, PracticeRound.questions, PracticeRound.started_at, PracticeRound.finished_at,
    PracticeRound.plan_id,
)  # fmt: skip
_add_round = inserting(PracticeRound, PracticeRound.learner, *_ROUND)


@prepared
def _stored_round(learner: int, id: str) -> Query:
    return PracticeRound.select(*_ROUND).where(PracticeRound.learner == learner, PracticeRound.id == id)


@prepared
def _lines(learner: int) -> Query:
    it = PracticeRound
    line = it.select(it.id, it.kind, it.minutes, it.started_at, it.finished_at, it.questions)
    return line.where(it.learner == learner).order_by(it.started_at.desc(), it.id)


@prepared
def _finish(at: int, learner: int, id: str) -> Query:
    it = PracticeRound
    return it.update({it.finished_at: at}).where(it.learner == learner, it.id == id, it.finished_at.is_null())


@prepared
def _delete_round(learner: int, id: str) -> Query:
    return PracticeRound.delete().where(PracticeRound.learner == learner, PracticeRound.id == id)


def _deleting(model: Any) -> Prepared[...]:
    """The query that deletes what a table has of a round."""

    def delete(learner: int, round_id: str) -> Query:
        return model.delete().where(model.learner == learner, model.round_id == round_id)

    return prepared(delete)


_delete_answers, _delete_marks, _delete_link = map(_deleting, (RoundAnswer, RoundMark, PartnerLink))
_ANSWER = (
    RoundAnswer.id, RoundAnswer.position, RoundAnswer.card, RoundAnswer.revision, RoundAnswer.text, RoundAnswer.work,
    RoundAnswer.started_at, RoundAnswer.took_ms, RoundAnswer.at, RoundAnswer.closed_at, RoundAnswer.review_seq,
)  # fmt: skip
_add_answer = inserting(RoundAnswer, RoundAnswer.learner, RoundAnswer.round_id, *_ANSWER)


@prepared
def _answers(learner: int, round_id: str) -> Query:
    it = RoundAnswer
    return it.select(*_ANSWER).where(it.learner == learner, it.round_id == round_id).order_by(it.at, it.id)


@prepared
def _answered(learner: int) -> Query:
    it = RoundAnswer
    skipped, closed = Number(it.text.is_null()), Number(it.closed_at.is_null(False))
    line = it.select(it.round_id, it.position, skipped, closed, it.took_ms)
    return line.where(it.learner == learner).order_by(it.at, it.id)


@prepared
def _save_work(work: str, learner: int, round_id: str, id: str) -> Query:
    it = RoundAnswer
    return it.update({it.work: work}).where(it.learner == learner, it.round_id == round_id, it.id == id)


@prepared
def _close_answer(at: int, learner: int, round_id: str, id: str, review_seq: int | None = None) -> Query:
    it = RoundAnswer
    changed: dict[Any, Any] = {it.closed_at: fn.coalesce(it.closed_at, at)}
    if review_seq is not None:
        changed[it.review_seq] = review_seq
    return it.update(changed).where(it.learner == learner, it.round_id == round_id, it.id == id)


_save_mark = storing(
    RoundMark, RoundMark.learner, RoundMark.round_id, RoundMark.position, RoundMark.who, RoundMark.point,
    RoundMark.card, RoundMark.mark, RoundMark.at, RoundMark.evidence, RoundMark.taught_by,
    key=(RoundMark.learner, RoundMark.round_id, RoundMark.position, RoundMark.who, RoundMark.point),
    once=(RoundMark.card, RoundMark.taught_by),
)  # fmt: skip


@prepared
def _consent(learner: int) -> Query:
    return Learner.select(Learner.consent_llm_at).where(Learner.id == learner)


@prepared
def _save_consent(at: int | None, learner: int) -> Query:
    return Learner.update({Learner.consent_llm_at: at}).where(Learner.id == learner)


@prepared
def _forget_marks(learner: int, round_id: str, position: int, who: str) -> Query:
    it = RoundMark
    there = (it.learner == learner, it.round_id == round_id, it.position == position, it.who == who)
    return it.delete().where(*there)


@prepared
def _marks(learner: int, round_id: str) -> Query:
    it = RoundMark
    row = it.select(it.round_id, it.position, it.who, it.point, it.mark, it.at, it.evidence)
    return row.where(it.learner == learner, it.round_id == round_id)


@prepared
def _mark_counts(learner: int) -> Query:
    it = RoundMark
    of_point = (it.learner == learner, it.who == "self", ~it.point.startswith(FOLLOW))
    place = (it.round_id, it.position, it.mark)
    return it.select(*place, fn.count(it.point)).where(*of_point).group_by(*place)


@prepared
def _last_marks(learner: int) -> Query:
    it = RoundMark
    latest_first = fn.row_number().over(partition_by=[it.card, it.point], order_by=[it.at.desc(), it.round_id])
    own = it.select(it.card, it.mark, latest_first.alias("age")).where(it.learner == learner, it.who == "self")
    query = it.select(own.c.card_id, fn.sum(Number(own.c.mark == "missed")), fn.count(own.c.mark)).from_(own)
    return query.where(own.c.age == 1).group_by(own.c.card_id)


@prepared
def _card_marks(learner: int, cards: Collection[int]) -> Query:
    it = RoundMark
    own = (it.learner == learner, it.who == "self", Among(it.card, cards))
    return it.select(it.card, it.point, it.mark).where(*own).order_by(it.at)


@prepared
def _grades(learner: int, rows: Collection[int]) -> Query:
    standing = (Review.learner == learner, Review.undone == 0, Among(Review.seq, rows))
    return Review.select(Review.seq, Review.quality).where(*standing)


@prepared
def _unsaid(least: int, limit: int, decks: Collection[int] | None = None) -> Query:
    mark, point = RoundMark, RubricPoint
    said, missed = (Number(mark.mark == value) for value in ("said", "missed"))
    learners, ticks = fn.count(mark.learner.distinct()), fn.count(mark.mark)
    counted = (learners, fn.sum(said), fn.sum(missed), ticks)
    query = (
        mark.select(fn.min(Card.id), point.text, Note.title, Deck.path, Note.line, *counted)
        .join(Card, on=(Card.id == mark.card))
        .join(Note, on=(Note.id == Card.note) & Note.removed_at.is_null())
        .join(Deck, on=(Deck.id == Note.deck))
        .join(point, on=(point.note == Note.id) & (point.point == mark.point))
        .where(mark.who == "self")
        .group_by(point.note, point.point, Note.id, Deck.id)
        .having(learners >= least)
        .order_by(fn.avg(missed).desc(), ticks.desc(), Note.id)
        .limit(limit)
    )
    return query if decks is None else query.where(Among(Note.deck, decks))


_add_link = inserting(
    PartnerLink, PartnerLink.learner, PartnerLink.round_id, PartnerLink.secret_hash, PartnerLink.created_at,
    PartnerLink.expires_at,
)  # fmt: skip
_LINK = (
    PartnerLink.learner, PartnerLink.round_id, PartnerLink.created_at, PartnerLink.expires_at, PartnerLink.joined_at,
    PartnerLink.session_hash, PartnerLink.ended_at,
)  # fmt: skip


@prepared
def _link(secret_hash: bytes) -> Query:
    return PartnerLink.select(*_LINK).where(PartnerLink.secret_hash == secret_hash)


@prepared
def _link_of(learner: int, round_id: str) -> Query:
    return PartnerLink.select(*_LINK).where(PartnerLink.learner == learner, PartnerLink.round_id == round_id)


@prepared
def _join(now: int, session_hash: bytes, learner: int, round_id: str) -> Query:
    it = PartnerLink
    free = (it.learner == learner, it.round_id == round_id, it.joined_at.is_null())
    return it.update({it.joined_at: now, it.session_hash: session_hash}).where(*free)


@prepared
def _end_link(now: int, learner: int, round_id: str) -> Query:
    it = PartnerLink
    open_ = (it.learner == learner, it.round_id == round_id, it.ended_at.is_null())
    return it.update({it.ended_at: now}).where(*open_)


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
        return [_core_note(row) for row in _candidates.all(self._db, learner, CORE, card, path)]

    def folder_titles(self) -> dict[str, str]:
        """What folders call themselves, by path; those that have no title are left out."""
        return dict(_folder_titles.all(self._db))

    def texts(self, cards: Iterable[CardId]) -> dict[CardId, RubricText]:
        """The points and follow-ups of these cards' notes."""
        html = {card: (note, json.loads(extra)) for card, note, extra in _rendered_parts.all(self._db, list(cards))}
        notes = [note for note, _ in html.values()]
        points, follow_ups = (_by_note(query.all(self._db, notes)) for query in (_points, _follow_ups))
        return {
            card: RubricText(
                _point_texts(points.get(note, ()), rendered.get("rubric_html", ())),
                _point_texts(follow_ups.get(note, ()), rendered.get("follow_ups_html", ())),
            )
            for card, (note, rendered) in html.items()
        }

    def linked(self, cards: Iterable[CardId]) -> dict[CardId, LinkedCard]:
        """What these cards say, removed ones too."""
        return {row[0]: LinkedCard(*row) for row in _linked.all(self._db, list(cards))}

    def last_asked(self, learner: LearnerId) -> dict[CardId, int]:
        """When each card was last asked and not skipped."""
        return dict(_last_asked.all(self._db, learner))

    # --- rounds

    def add(self, learner: LearnerId, round_: Round) -> None:
        """Stores a new round."""
        scope = json.dumps({"decks": round_.decks, "tags": round_.tags}, ensure_ascii=False)
        questions = json.dumps([_question_json(one) for one in round_.questions], ensure_ascii=False)
        _add_round.run(
            self._db, learner, round_.id, round_.kind, round_.level, round_.minutes, round_.seed, scope, questions,
            round_.started_at, round_.finished_at, round_.plan_id,
        )  # fmt: skip

    def round(self, learner: LearnerId, id: str) -> Round | None:
        """The learner's round with that id."""
        row = _stored_round.one(self._db, learner, id)
        return _round(row) if row else None

    def lines(self, learner: LearnerId) -> list[StoredLine]:
        """The learner's rounds, the newest first, without what they ask."""
        return [_line(*row) for row in _lines.all(self._db, learner)]

    def finish(self, learner: LearnerId, id: str, at: int) -> None:
        """Ends a round that has not ended yet."""
        _finish.run(self._db, at, learner, id)

    def delete(self, learner: LearnerId, id: str) -> None:
        """Forgets a round with its answers, ticks and link; the log keeps its grades."""
        for delete in (_delete_round, _delete_answers, _delete_marks, _delete_link):
            delete.run(self._db, learner, id)

    # --- answers

    def add_answer(self, learner: LearnerId, round_id: str, given: Given) -> None:
        """Stores a new answer."""
        _add_answer.run(
            self._db, learner, round_id, given.id, given.position, int(given.card), given.revision, given.text,
            _work_json(given.work), given.started_at, given.took_ms, given.at, given.closed_at, given.review_seq,
        )  # fmt: skip

    def answers(self, learner: LearnerId, round_id: str) -> tuple[Given, ...]:
        """The answers of a round, in the order in which they came."""
        return tuple(map(_given, _answers.all(self._db, learner, round_id)))

    def answered(self, learner: LearnerId) -> list[AnswerLine]:
        """The answers of all rounds in the order in which they came, without what was said."""
        return [AnswerLine(*row) for row in _answered.all(self._db, learner)]

    def save_work(self, learner: LearnerId, round_id: str, given: Given, work: Work) -> None:
        """Replaces what was written beside an answer."""
        _save_work.run(self._db, _work_json(work), learner, round_id, given.id)

    def close_answer(self, learner: LearnerId, round_id: str, given: Given, at: int, review_seq: int | None) -> None:
        """The learner went on; without a grade, one that is stored stays."""
        _close_answer.run(self._db, at, learner, round_id, given.id, review_seq)

    # --- ticks

    def save_mark(self, learner: LearnerId, question: Question, row: MarkRow) -> None:
        """Stores a tick on a point of the question, or what it is now."""
        taught_by = question.taught_by(row.point)
        _save_mark.run(
            self._db, learner, row.round, row.position, row.who, row.point, int(question.card), row.mark, row.at,
            row.evidence, None if taught_by is None else int(taught_by),
        )  # fmt: skip

    def consent(self, learner: LearnerId) -> int | None:
        """Since when the learner's written answers may go to the model; None: they may not."""
        row = _consent.one(self._db, learner)
        return row[0] if row else None

    def save_consent(self, learner: LearnerId, at: int | None) -> None:
        """Keeps the learner's consent, or that there is none."""
        _save_consent.run(self._db, at, learner)

    def forget_marks(self, learner: LearnerId, round_id: str, position: int, who: str) -> None:
        """Forgets somebody's ticks on a question."""
        _forget_marks.run(self._db, learner, round_id, position, who)

    def marks(self, learner: LearnerId, round_id: str) -> list[MarkRow]:
        """Every tick of a round."""
        return [MarkRow(*row) for row in _marks.all(self._db, learner, round_id)]

    def mark_counts(self, learner: LearnerId) -> list[tuple[str, int, str, int]]:
        """(round, position, mark, how many) of the learner's own ticks on points; those on follow-ups left out."""
        return _mark_counts.all(self._db, learner)

    def last_missed(self, learner: LearnerId) -> dict[CardId, float]:
        """For each question that was ticked, the share of its points that were missed when each was ticked last."""
        return {card: missed / count for card, missed, count in _last_marks.all(self._db, learner)}

    def card_marks(self, learner: LearnerId, cards: Iterable[CardId]) -> dict[CardId, dict[str, list[str]]]:
        """The learner's own ticks of these cards' points over time, the oldest first: card to point to marks."""
        found: dict[CardId, dict[str, list[str]]] = {}
        for card, point, mark in _card_marks.all(self._db, learner, list(cards)):
            found.setdefault(card, {}).setdefault(point, []).append(mark)
        return found

    def grades(self, learner: LearnerId, rows: Iterable[int]) -> dict[int, int]:
        """The grades that stand in these rows of the learner's log; those that were taken back are left out."""
        return dict(_grades.all(self._db, learner, list(rows)))

    def unsaid(self, least: int, decks: Collection[DeckId] | None, limit: int) -> list[UnsaidPoint]:
        """The points that at least so many learners have ticked, those missed most first."""
        listed = None if decks is None else sorted(decks)
        return [UnsaidPoint(*row) for row in _unsaid.all(self._db, least, limit, listed)]

    # --- the partner

    def save_link(self, learner: LearnerId, round_id: str, secret_hash: bytes, now: int, expires_at: int) -> None:
        """Makes the round's link; an earlier one is dead with that."""
        _delete_link.run(self._db, learner, round_id)
        _add_link.run(self._db, learner, round_id, secret_hash, now, expires_at)

    def link(self, secret_hash: bytes) -> Link | None:
        """The link that a secret opens."""
        row = _link.one(self._db, secret_hash)
        return Link(*row) if row else None

    def link_of(self, learner: LearnerId, round_id: str) -> Link | None:
        """The round's link."""
        row = _link_of.one(self._db, learner, round_id)
        return Link(*row) if row else None

    def join(self, link: Link, session_hash: bytes, now: int) -> None:
        """Binds the link to one browser."""
        _join.run(self._db, now, session_hash, link.learner, link.round)

    def end_link(self, learner: LearnerId, round_id: str, now: int) -> None:
        """The link leads nowhere from now on."""
        _end_link.run(self._db, now, learner, round_id)


def _core_note(row: Row) -> CoreNote:
    card, note, deck, path, topic, deck_tags, tags, title, revision, active, suspended = row
    return CoreNote(
        card, note, deck, path, topic, tuple(json.loads(deck_tags)), tuple(json.loads(tags)), title, revision,
        bool(active), bool(suspended),
    )  # fmt: skip


def _line(id: str, kind: str, minutes: int, started_at: int, finished_at: int | None, questions: str) -> StoredLine:
    asked = json.loads(questions)
    points = tuple(len(question["points"]) for question in asked)
    return StoredLine(id, kind, minutes, started_at, finished_at, asked[0]["title"] if asked else "", points)


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
