"""Practice rounds: begun, answered, ticked, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import request

from flashcards.domain.practice.kinds import LEVELS, LONGEST, MOST_QUESTIONS, QUESTION_KINDS, ROUND_KINDS, SHORTEST
from flashcards.domain.practice.rubric_ticks import MARKS
from flashcards.errors import NotFound
from flashcards.services.practice.limits import LONGEST_REPLY, LONGEST_TEXT, MOST_SEED
from flashcards.web.api import shapes
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.schema import Field, Flag, Instant, ListOf, Nullable, Object, Text, Whole
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import instant

if TYPE_CHECKING:
    from flashcards.domain.practice.rounds import Point
    from flashcards.services.practice.contract import Asked, OpenRound, RoundLine

PLACE = Text(1000)
POINT_KEY = Text(100)
MOST_TICKS = 200

ROUND_BODY = Object(
    (
        Field("id", shapes.REVIEW_ID, about="Made by the client; sending it again begins no second round."),
        Field("kind", Text(choices=ROUND_KINDS), True, "What is asked: one kind of question, mixed, or one alone."),
        Field("minutes", Whole(SHORTEST, LONGEST), about="How long it should take; the kind's usual where absent."),
        Field("questions", Whole(1, MOST_QUESTIONS), about="How many are asked; as many as fit where absent."),
        Field("level", Nullable(Text(choices=LEVELS)), about="Any where absent; questions without a level fit all."),
        Field("decks", ListOf(PLACE, 100), about="Paths of decks or folders; all that are switched on where absent."),
        Field("tags", ListOf(Text(200), 100), about="Tags, of which a question has at least one."),
        Field("seed", Whole(0, MOST_SEED), about="The same seed draws the same questions of the same decks and log."),
        Field("card", shapes.CARD_ID, about="This one question, in place of a draw."),
        Field("again", shapes.REVIEW_ID, about="A round whose questions are asked again, in place of a draw."),
    ),
    "NewRound",
)
ANSWER_BODY = Object(
    (
        Field("id", shapes.REVIEW_ID, True, "Made by the client; sending it again is harmless."),
        Field("question", shapes.CARD_ID, True, "The card of the question."),
        Field("took_ms", Whole(0, 2**53), about="Milliseconds from question to answer; 3,600,000 are stored at most."),
        Field("text", Text(4 * LONGEST_TEXT), about=f"What was written, {LONGEST_TEXT:,} characters at most."),
        Field("skipped", Flag(), about="Passes the question over."),
        Field("numbers", ListOf(ListOf(Text(1000), 2), 100), about="Lines of what and how many."),
        Field("sketch", ListOf(None, 1000), about="Strokes: tool, coordinates, text."),
    ),
    "NewRoundAnswer",
)
POINT_TICK = Object(
    (Field("point", POINT_KEY, True, "A point's key."), Field("mark", Text(choices=MARKS), True)), "PointTick"
)
FOLLOW_UP_TICK = Object(
    (
        Field("point", POINT_KEY, True, "A follow-up's key."),
        Field("mark", Text(choices=MARKS)),
        Field("text", Text(4 * LONGEST_REPLY), about="What the learner would say."),
    ),
    "FollowUpTick",
)
TICKS_BODY = Object(
    (
        Field("points", ListOf(POINT_TICK, MOST_TICKS)),
        Field("follow_ups", ListOf(FOLLOW_UP_TICK, MOST_TICKS)),
        Field("grade", Whole(0, 5), about="Stored once, as an answer of the kind mock; it moves no date."),
        Field("done", Flag(), about="Closes the question without a grade."),
        Field("at", Instant(), about="When it was done; now where it is absent or in the future."),
    ),
    "RoundTicks",
)

ROUND_POINT = shapes.shape("RoundPoint", point=POINT_KEY, text_html=shapes.HTML, card=Nullable(shapes.CARD_ID))
ROUND_TALLY = shapes.shape("RoundTally", said=Whole(0), partly=Whole(0), missed=Whole(0), unmarked=Whole(0))
ROUND_MARK = shapes.shape("RoundMark", who=Text(), point=POINT_KEY, mark=Text(choices=MARKS))
ROUND_ANSWER = shapes.shape(
    "RoundAnswer",
    id=shapes.REVIEW_ID, text=Nullable(Text(LONGEST_TEXT)), took_ms=Whole(0), skipped=Flag(), closed=Flag(),
    answer_html=shapes.HTML, marks=ListOf(ROUND_MARK), grade=Nullable(Whole(0, 5)), proposed=Nullable(Whole(0, 5)),
)  # fmt: skip
ROUND_QUESTION = Object(
    (
        Field("card", shapes.CARD_ID, True),
        Field("key", Text(), True),
        Field("kind", Text(choices=QUESTION_KINDS), True),
        Field("title", Text(), True),
        Field("question_html", shapes.HTML, True),
        Field("removed", Flag(), True, "Whether its deck no longer has it."),
        Field("edited", Flag(), True, "Whether its text was changed since the round began."),
        Field("points", ListOf(ROUND_POINT), True, "What a good answer says; empty until the question is answered."),
        Field("follow_ups", ListOf(ROUND_POINT), True, "Empty until the question is answered."),
        Field("answer", ROUND_ANSWER, about="The learner's answer; absent until there is one."),
    ),
    "RoundQuestion",
)
ROUND = shapes.shape(
    "Round",
    id=shapes.REVIEW_ID, kind=Text(choices=ROUND_KINDS), level=Nullable(Text(choices=LEVELS)), minutes=Whole(1),
    seed=Whole(0), state=Text(choices=("open", "finished")), started_at=Instant(), finished_at=Nullable(Instant()),
    questions=ListOf(ROUND_QUESTION),
)  # fmt: skip
ROUND_LINE = shapes.shape(
    "RoundLine",
    id=shapes.REVIEW_ID, kind=Text(choices=ROUND_KINDS), title=Text(), started_at=Instant(),
    finished_at=Nullable(Instant()), minutes=Whole(1), asked=Whole(0), done=Whole(0), took_ms=Whole(0),
    points=ROUND_TALLY,
)  # fmt: skip
ROUND_LIST = shapes.shape("RoundList", items=ListOf(ROUND_LINE), next=Nullable(Text()))
ERRORS = (400, 404, 409, 413, 415, 422)


@operation(
    "POST", "/rounds", "Begin a practice round", {201: ROUND, 200: ROUND}, body=ROUND_BODY, errors=ERRORS,
    location=lambda round_: f"/rounds/{round_['id']}",
)  # fmt: skip
def post_round(body: dict[str, Any]) -> Reply:
    """201 with the questions that were drawn; 200 with the round as it stands where the id is known."""
    from flashcards.services.practice.contract import Wish

    wish = Wish(**{**body, "decks": tuple(body.get("decks", ())), "tags": tuple(body.get("tags", ()))})
    opened = services().practice.begin(learner(), wish)
    return 201 if opened.created else 200, round_json(opened)


@operation("GET", "/rounds", "The learner's rounds, the newest first", {200: ROUND_LIST})
def get_rounds() -> Reply:
    """All of them; `next` is always null."""
    return 200, {"items": [line_json(line) for line in services().practice.rounds(learner())], "next": None}


@operation("GET", "/rounds/<uuid:round_id>", "A round as it stands", {200: ROUND}, errors=(404,))
def get_round(round_id: UUID) -> Reply:
    """Points and the model answer of a question are given once it is answered."""
    return 200, round_json(services().practice.open(learner(), str(round_id)))


@operation("DELETE", "/rounds/<uuid:round_id>", "Forget a round", {204: None}, errors=(404,))
def delete_round(round_id: UUID) -> Reply:
    """Its answers and ticks go with it; its grades stay in the log."""
    services().practice.delete(learner(), str(round_id))
    return 204, ""


@operation(
    "POST", "/rounds/<uuid:round_id>/answers", "Answer a question of a round",
    {201: ROUND_QUESTION, 200: ROUND_QUESTION}, body=ANSWER_BODY, errors=ERRORS,
    location=lambda asked: f"/rounds/{(request.view_args or {})['round_id']}/answers/{asked['answer']['id']}",
)  # fmt: skip
def post_round_answer(round_id: UUID, body: dict[str, Any]) -> Reply:
    """The question with its points and the model answer; 200 where the answer is stored already."""
    practice, me = services().practice, learner()
    position = _position(practice.open(me, str(round_id)), body["question"])
    if body.get("skipped"):
        opened = practice.skip(me, str(round_id), position, body["id"])
    else:
        from flashcards.services.practice.contract import Spoken
        from flashcards.services.practice.incoming import checked_work

        work = checked_work(body.get("numbers", ()), body.get("sketch", ()))
        spoken = Spoken(body["id"], position, body.get("text", ""), body.get("took_ms"), work=work)
        opened = practice.answer(me, str(round_id), spoken)
    return 201 if opened.created else 200, _question_json(opened.questions[position])


@operation(
    "PATCH", "/rounds/<uuid:round_id>/answers/<uuid:answer_id>", "Tick points, answer follow-ups, grade an answer",
    {200: ROUND_QUESTION}, body=TICKS_BODY, errors=ERRORS,
)  # fmt: skip
def patch_round_answer(round_id: UUID, answer_id: UUID, body: dict[str, Any]) -> Reply:
    """What is given is stored, the rest stays; all of it may be sent again. 409 for a second, other grade."""
    followed = body.get("follow_ups", ())
    marks = {tick["point"]: tick["mark"] for tick in (*body.get("points", ()), *followed) if "mark" in tick}
    from flashcards.services.practice.contract import Ticks

    ticks = Ticks(
        marks=marks,
        follow_ups={tick["point"]: tick["text"] for tick in followed if "text" in tick},
        grade=body.get("grade"),
        done=body.get("done", False),
        at=body.get("at"),
    )
    opened = services().practice.tick(learner(), str(round_id), str(answer_id), ticks)
    return 200, _question_json(next(asked for asked in opened.questions if _holds(asked, str(answer_id))))


@operation("POST", "/rounds/<uuid:round_id>/finish", "End a round", {200: ROUND}, errors=(404,))
def post_round_finish(round_id: UUID) -> Reply:
    """A partner's link ends with it. Repeatable."""
    return 200, round_json(services().practice.finish(learner(), str(round_id)))


def _position(opened: OpenRound, card: str) -> int:
    found = next((asked.position for asked in opened.questions if asked.card == card), None)
    if found is None:
        raise NotFound(f"This round does not ask the card {card}.")
    return found


def _holds(asked: Asked, answer_id: str) -> bool:
    return any(one is not None and one.id == answer_id for one in (asked.given, *asked.others))


def round_json(opened: OpenRound) -> dict[str, Any]:
    """A round with its questions."""
    round_ = opened.round
    return {
        "id": round_.id,
        "kind": round_.kind,
        "level": round_.level,
        "minutes": round_.minutes,
        "seed": round_.seed,
        "state": opened.state,
        "started_at": instant(round_.started_at),
        "finished_at": None if round_.finished_at is None else instant(round_.finished_at),
        "questions": [_question_json(asked) for asked in opened.questions],
    }


def line_json(line: RoundLine) -> dict[str, Any]:
    """A round in a list."""
    return {
        "id": line.id,
        "kind": line.kind,
        "title": line.title,
        "started_at": instant(line.started_at),
        "finished_at": None if line.finished_at is None else instant(line.finished_at),
        "minutes": line.minutes,
        "asked": line.questions,
        "done": line.done,
        "took_ms": line.ms,
        "points": {
            "said": line.tally.said,
            "partly": line.tally.partly,
            "missed": line.tally.missed,
            "unmarked": line.tally.unmarked,
        },
    }


def _question_json(asked: Asked) -> dict[str, Any]:
    given = asked.given
    told = given is not None and not given.skipped
    body: dict[str, Any] = {
        "card": asked.card,
        "key": asked.key,
        "kind": asked.question.kind,
        "title": asked.question.title,
        "question_html": asked.question_html,
        "removed": asked.removed,
        "edited": asked.edited,
        "points": [_point_json(point) for point in asked.question.points] if told else [],
        "follow_ups": [_point_json(point) for point in asked.question.follow_ups] if told else [],
    }
    if given is not None:
        body["answer"] = {
            "id": given.id,
            "text": given.text,
            "took_ms": given.took_ms,
            "skipped": given.skipped,
            "closed": given.closed_at is not None,
            "answer_html": asked.answer_html if told else "",
            "marks": [
                {"who": who, "point": point, "mark": mark}
                for who, marks in sorted(asked.marks.items())
                for point, mark in marks.items()
            ],
            "grade": asked.grade,
            "proposed": asked.proposed,
        }
    return body


def _point_json(point: Point) -> dict[str, Any]:
    return {"point": point.key, "text_html": point.html, "card": point.card}
