"""What the API sends: the shapes as declared for the OpenAPI document, beside the functions that fill them."""

from __future__ import annotations

import re
from typing import Any

from flashcards.services.review.facade import Answered, CardState, DeckCounts, Left, LogRow, Queue, QueueCard, StudySet
from flashcards.services.review.text_changes import TextChange
from flashcards.web.api.schema import (
    Date,
    Either,
    Field,
    Flag,
    Instant,
    Kind,
    ListOf,
    MapOf,
    Nullable,
    Number,
    Object,
    Text,
    Whole,
)
from flashcards.web.cards.changes import diff_html
from flashcards.web.review.cloze import in_place
from flashcards.web.shared.dates import instant, iso_date

CLOZE = re.compile(r"c\d+")
HTML = Text(longest=1 << 20)
CARD_ID = Text(200)
REVIEW_ID = Text(36, format="uuid")
PATH_IDS: dict[str, Kind] = {
    "card_id": CARD_ID,
    "review_id": REVIEW_ID,
    "round_id": REVIEW_ID,
    "answer_id": REVIEW_ID,
    "set_id": REVIEW_ID,
    "search_id": REVIEW_ID,
    "number": Whole(1),
    "first": Date(),
}


def shape(name: str, /, **members: Kind) -> Object:
    """An object whose every member is always there."""
    return Object(tuple(Field(key, kind, required=True) for key, kind in members.items()), name)


def page_of(item: Object) -> Object:
    """A list and the cursor of what follows."""
    return shape(f"{item.name}List", items=ListOf(item), next=Nullable(Text()))


PROBLEM = Object(
    (
        Field("type", Text(), True),
        Field("title", Text(), True),
        Field("status", Whole(), True),
        Field("detail", Text(), True, "What is wrong and what to do, for people."),
        Field("field", Text(), about="The member or parameter that was refused."),
    ),
    "Problem",
)

DECK = shape(
    "Deck",
    id=Text(), title=Text(), path=Text(), active=Flag(), cards=Whole(0), unseen=Whole(0),
    new=Whole(0), due=Whole(0), drill=Whole(0), errors=Whole(0), address=Text(),
)  # fmt: skip

LEFT = Object(
    (
        *(Field(kind, Whole(0), True) for kind in ("due", "new", "drill")),
        Field("ahead", Whole(0), about="In the mode ahead alone; 1,000 stand for more."),
        Field("cram", Whole(0), about="In a set and in the mode cram alone: cards whose dates stay."),
        Field("plan", Whole(0), about="Cards asked before their date; under a plan alone."),
    ),
    "Left",
)

TEXT_CHANGE = shape("TextChange", at=Instant(), seen=Whole(1), now=Whole(1), diff_html=HTML)

QUEUE_CARD = shape(
    "QueueCard",
    id=CARD_ID, key=Text(), kind=Text(choices=("due", "new", "drill", "ahead", "cram", "plan")), question_html=HTML,
    answer_html=HTML, in_place_html=HTML, intervals=MapOf(Whole()), typed=Flag(), typed_answer=Text(1 << 16),
    deck_title=Text(), deck_address=Text(), section=Nullable(Text()), note=Text(), which=Text(), path=Text(),
    line=Whole(1), rubric_html=ListOf(HTML), follow_ups_html=ListOf(HTML), sources_html=ListOf(HTML),
    tags=ListOf(Text()), leech=Flag(), suspends=Flag(), language=Text(), revision=Whole(1),
    confusable=Nullable(Text()), changed=Nullable(TEXT_CHANGE), returned_on=Nullable(Date()), flag=Whole(0, 7),
    rights=Whole(1, 2), failed=Flag(), in_full_html=HTML, by_plan=Flag(), seconds=Nullable(Number()),
)  # fmt: skip

QUEUE = shape(
    "Queue",
    study_day=Date(), seq=Whole(0), left=LEFT, total_today=Whole(0), plan=Nullable(Whole(1)),
    seconds_left=Nullable(Whole(0)), cards=ListOf(QUEUE_CARD),
)  # fmt: skip

ANSWERED = shape(
    "Answered",
    id=REVIEW_ID, seq=Whole(1), card=CARD_ID, kind=Text(), repetition=Whole(0), ease=Whole(130), interval=Whole(0),
    due_on=Nullable(Date()), leech=Flag(),
)  # fmt: skip

CARD = shape(
    "Card",
    id=CARD_ID, key=Text(), deck=Text(), note=Text(), which=Text(),
    state=Text(choices=("new", "scheduled", "suspended", "removed")), repetition=Whole(0), ease=Whole(130),
    interval=Whole(0), due_on=Nullable(Date()), buried_until=Nullable(Date()), lapses=Whole(0), leech=Flag(),
    question_html=HTML, answer_html=HTML, title=Text(), tags=ListOf(Text()), path=Text(), line=Whole(0),
    reviews=Whole(0), flag=Whole(0, 7), recall=Nullable(Number(1)), stability=Nullable(Number()),
    difficulty=Nullable(Number(10)),
)  # fmt: skip

SCHEDULE = shape(
    "Schedule",
    repetition=Whole(0), ease=Whole(130), interval=Whole(0), due_on=Nullable(Date()), suspended=Flag(),
    buried_until=Nullable(Date()),
)  # fmt: skip

LOG_ROW = shape(
    "Review",
    id=REVIEW_ID, seq=Whole(1), card=CARD_ID, key=Text(), at=Instant(), study_day=Date(), grade=Nullable(Whole(0, 5)),
    kind=Text(), verb=Nullable(Text()), before=SCHEDULE, after=SCHEDULE, took_ms=Nullable(Whole(0)), undone=Flag(),
)  # fmt: skip

BATCH_ITEM = shape("BatchItem", status=Whole(), body=Either((ANSWERED, PROBLEM)))
BATCH_REPLY = shape("BatchReply", items=ListOf(BATCH_ITEM))
ACTED = shape("Acted", review=REVIEW_ID, seq=Whole(1), card=CARD)
UNDONE = Object(
    (*CARD.fields, Field("review", REVIEW_ID, True), Field("verb", Text(), True), Field("mode", Text(), True)), "Undone"
)
LAST = shape("LastAction", review=REVIEW_ID, verb=Text(), at=Instant(), cards=Whole(1))


def deck_json(deck: DeckCounts) -> dict[str, Any]:
    """A deck with its part of today."""
    return {
        "id": deck.key,
        "title": deck.title,
        "path": deck.path_address + ".md",
        "address": deck.path_address,
        "active": deck.active,
        "cards": deck.cards,
        "unseen": deck.unseen,
        "new": deck.new,
        "due": deck.due,
        "drill": deck.drill,
        "errors": deck.errors,
    }


def left_json(left: Left, mode: str, *, plan: bool = False) -> dict[str, int]:
    """What is left of today, of a plan's day, to study ahead, or of a set (in the mode cram)."""
    counts = {"due": left.due, "new": left.new, "drill": left.drill}
    if plan:
        counts["plan"] = left.early
    return counts | {"ahead": {"ahead": left.ahead}, "cram": {"cram": left.cram}}.get(mode, {})


STUDY_SET = shape(
    "StudySet",
    id=REVIEW_ID, q=Text(), mode=Text(choices=("review", "cram")), cards=Whole(1), study_day=Date(), made_at=Instant(),
    title=Text(),
)  # fmt: skip


def set_json(made: StudySet) -> dict[str, Any]:
    """A set of cards to study, as it was made."""
    return {
        "id": made.id,
        "q": made.query,
        "mode": made.mode,
        "cards": made.cards,
        "study_day": iso_date(made.study_day),
        "made_at": instant(made.made_at),
        "title": made.title,
    }


def queue_json(queue: Queue, mode: str = "review") -> dict[str, Any]:
    """The next cards."""
    return {
        "study_day": iso_date(queue.study_day),
        "seq": queue.seq,
        "left": left_json(queue.left, mode, plan=queue.plan is not None),
        "total_today": queue.total_today,
        "plan": queue.plan,
        "seconds_left": None if queue.plan is None else queue.plan_seconds,
        "cards": [queue_card_json(card) for card in queue.cards],
    }


def queue_card_json(card: QueueCard) -> dict[str, Any]:
    """A card to be asked."""
    return {
        "id": card.id,
        "key": card.key,
        "kind": card.kind,
        "question_html": card.question_html,
        "answer_html": card.answer_html,
        "in_place_html": cloze_in_place(card),
        "intervals": {str(quality): days for quality, days in card.intervals.items()},
        "typed": card.typed,
        "typed_answer": card.typed_answer,
        "deck_title": card.deck_title,
        "deck_address": card.deck_address,
        "section": card.section,
        "note": str(card.note_id),
        "which": card.which,
        "path": card.path,
        "line": card.line,
        "rubric_html": card.rubric_html,
        "follow_ups_html": card.follow_ups_html,
        "sources_html": card.sources_html,
        "tags": card.tags,
        "leech": card.leech,
        "suspends": card.suspends,
        "language": card.language,
        "revision": card.revision,
        "changed": _change_json(card.news.changed),
        "returned_on": iso_date(card.news.returned_on),
        "confusable": card.mark,
        "in_full_html": card.in_full_html,
        "flag": card.flag,
        "rights": card.rights,
        "failed": card.failed,
        "by_plan": card.by_plan,
        "seconds": None if card.seconds is None else round(card.seconds, 2),
    }


def cloze_in_place(card: QueueCard) -> str:
    """A cloze card's text with its gaps in place, see `review/cloze.py`; "" for other cards."""
    return in_place(card.question_html, card.answer_html) if CLOZE.fullmatch(card.which) else ""


def _change_json(change: TextChange | None) -> dict[str, Any] | None:
    """What became of an answer's text since the learner last answered the card."""
    if change is None:
        return None
    return {
        "at": instant(change.at),
        "seen": change.seen,
        "now": change.now,
        "diff_html": diff_html(change.pieces),
    }


def answered_json(answered: Answered) -> dict[str, Any]:
    """An answer as stored; the same whenever it is sent again, but for the HTTP status."""
    return {
        "id": answered.id,
        "seq": answered.seq,
        "card": answered.card,
        "kind": answered.kind,
        "repetition": answered.repetition,
        "ease": answered.ease,
        "interval": answered.interval,
        "due_on": iso_date(answered.due_on),
        "leech": answered.leech,
    }


def card_json(card: CardState) -> dict[str, Any]:
    """A card and the learner's schedule of it."""
    return {
        "id": card.id,
        "key": card.key,
        "deck": card.deck,
        "note": card.note,
        "which": card.which,
        "state": card.state,
        "repetition": card.repetition,
        "ease": card.ease,
        "interval": card.interval,
        "due_on": iso_date(card.due_on),
        "buried_until": iso_date(card.buried_until),
        "lapses": card.lapses,
        "leech": card.leech,
        "question_html": card.question_html,
        "answer_html": card.answer_html,
        "title": card.title,
        "tags": card.tags,
        "path": card.path,
        "line": card.line,
        "reviews": card.reviews,
        "flag": card.flag,
        "recall": _rounded(card.recall),
        "stability": _rounded(card.stability),
        "difficulty": _rounded(card.difficulty),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def log_json(row: LogRow) -> dict[str, Any]:
    """A row of the log."""
    return {
        "id": row.id,
        "seq": row.seq,
        "card": row.card,
        "key": row.key,
        "at": instant(row.at),
        "study_day": iso_date(row.study_day),
        "grade": row.grade,
        "kind": row.kind,
        "verb": row.verb,
        "before": _schedule_json(row.before),
        "after": _schedule_json(row.after),
        "took_ms": row.took_ms,
        "undone": row.undone,
    }


def _schedule_json(schedule: Any) -> dict[str, Any]:
    return {
        "repetition": schedule.repetition,
        "ease": schedule.ease,
        "interval": schedule.interval,
        "due_on": iso_date(schedule.due_on),
        "suspended": schedule.suspended,
        "buried_until": iso_date(schedule.buried_until),
    }
