"""A stored card as the review service shows it."""

from __future__ import annotations

from dataclasses import replace

from flashcards.domain import grade, sm2
from flashcards.domain.card import card_key
from flashcards.domain.leech import becomes_leech, is_leech
from flashcards.domain.study_day import Day
from flashcards.services.accounts.people import Learner
from flashcards.services.review.contract import CardState, CardStatus, LogRow, QueueCard, QueueKind
from flashcards.services.review.text_changes import CardNews
from flashcards.storage.cards import CardRecord, LogRecord


def queue_card(
    card: CardRecord,
    kind: QueueKind,
    learner: Learner,
    today: Day,
    mark: int | None,
    news: CardNews,
    days: dict[int, int] | None = None,
    *,
    by_plan: bool = False,
    seconds: float | None = None,
) -> QueueCard:
    """A card to be asked today, with what each answer would do; `mark` is shared by confusable cards.

    `days` are those on the buttons where they are not what SM-2 gives; `by_plan` says that a plan decides instead.
    `seconds` is how long it takes of a plan's day.
    """
    return QueueCard(
        id=str(card.id),
        key=card_key(card.deck_key, card.note_key, card.which),
        kind=kind,
        question_html=card.question_html,
        answer_html=card.answer_html,
        intervals=_intervals(card, kind, today) if days is None else days,
        typed=card.typed,
        typed_answer=card.typed_answer,
        deck_title=card.deck_title,
        deck_address=card.path.removesuffix(".md"),
        section=card.section,
        note_id=card.note_id,
        which=card.which,
        path=card.path,
        line=card.line,
        rubric_html=card.rubric_html,
        follow_ups_html=card.follow_ups_html,
        sources_html=card.sources_html,
        tags=card.tags,
        leech=is_leech(card.lapses),
        suspends=kind == "due" and learner.suspend_leeches and becomes_leech(card.lapses + 1),
        language=card.language,
        revision=card.revision,
        flag=card.flag,
        mark=None if mark is None else format(mark, "x"),
        news=news,
        in_full_html=card.in_full_html,
        by_plan=by_plan,
        seconds=seconds,
    )


def _intervals(card: CardRecord, kind: QueueKind, today: Day) -> dict[int, int]:
    if kind not in {"drill", "ahead", "cram", "plan"}:
        return grade.previews(card.schedule.memory)
    standing = max(0, (card.schedule.due_on or today) - today)
    return dict.fromkeys(sm2.QUALITIES, standing)


def card_state(card: CardRecord, learner: Learner) -> CardState:
    """A card and where it stands. The text of a draft is for authors."""
    schedule = card.schedule
    if card.draft and not learner.is_author:
        card = replace(card, question_html="", answer_html="", title="", in_full_html="", clarify_html=())
    return CardState(
        id=str(card.id),
        key=card_key(card.deck_key, card.note_key, card.which),
        deck=card.deck_key,
        deck_address=card.path.removesuffix(".md"),
        deck_title=card.deck_title,
        note=card.note_key,
        which=card.which,
        state=_status(card),
        repetition=schedule.repetition,
        ease=schedule.ease,
        interval=card.interval,
        due_on=schedule.due_on,
        suspended=schedule.suspended,
        buried_until=schedule.buried_until,
        lapses=card.lapses,
        leech=is_leech(card.lapses),
        question_html=card.question_html,
        answer_html=card.answer_html,
        title=card.title,
        path=card.path,
        line=card.line,
        reviews=card.reviews,
        tags=card.tags,
        language=card.language,
        in_full_html=card.in_full_html,
        clarify_html=card.clarify_html,
        flag=card.flag,
    )


def _status(card: CardRecord) -> CardStatus:
    if card.removed:
        return "removed"
    if card.schedule.suspended:
        return "suspended"
    return "new" if card.schedule.due_on is None else "scheduled"


def log_row(row: LogRecord) -> LogRow:
    """A row of the log."""
    return LogRow(
        id=row.uid,
        seq=row.seq,
        card=str(row.card),
        key=card_key(row.deck_key, row.note_key, row.which),
        at=row.at,
        study_day=row.study_day,
        grade=row.quality,
        kind=row.kind,
        verb=row.verb,
        before=row.before,
        after=row.after,
        took_ms=row.took_ms,
        undone=row.undone,
    )
