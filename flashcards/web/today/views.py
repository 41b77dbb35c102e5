"""The first page, the end of a session, and the help."""

from __future__ import annotations

import logging
from uuid import uuid4

from flask import Blueprint, Response, jsonify, render_template, request

from flashcards.domain.day_in_words import minutes_of
from flashcards.errors import Unavailable
from flashcards.services.review.contract import FolderCounts, Today
from flashcards.web.auth.login import learner, public, services
from flashcards.web.review.filters import Filters, queue_of, read_filters
from flashcards.web.review.undone import told

FAILED = "is:failed"

log = logging.getLogger(__name__)
today = Blueprint("today", __name__)
PATIENCE = 1.0
"""Seconds that the page waits for what a plan will bring; without, it comes without its plot."""


@today.get("/")
def page() -> str:
    """What there is to do today."""
    me = learner()
    now = services().review.today(me)
    collection = services().decks.collection_state()
    if not collection.cards:
        return render_template("today/empty.html", collection=collection)
    total = now.due + now.new + now.drill + now.early
    plan = services().plans.today(me, PATIENCE) if now.plan is not None else None
    followed = None if plan else services().plans.followed(me)
    if plan:
        from flashcards.web.plan.charts import path_rows, today_chart
    return render_template(
        "today/page.html",
        now=now,
        total=total,
        minutes_left=minutes_of(now.plan_seconds),
        beyond=services().review.beyond_limit(me) if now.new_limit_reached or (plan and not total) else None,
        ahead=0 if total else _ahead(Filters(None, None)),
        sets=services().review.open_sets(me),
        searches=services().review.saved_searches(me, on_today=True),
        busy=[folder for folder in now.folders if folder.total],
        idle=(idle := [folder for folder in now.folders if not folder.total]),
        why_idle=_why_idle(now, idle),
        plan=plan,
        plot=today_chart(plan, now.study_day) if plan else None,
        path=path_rows(plan.path, plan.known) if plan and plan.known else (),
        over=followed if followed and followed.day <= now.study_day else None,
        waiting=None if followed or plan else services().plans.waiting(me),
        falling=services().plans.falling(me),
        broken=services().decks.failing() if collection.errors else (),
        collection=collection,
        errors=collection.errors,
        active=bool(now.folders),
        unseen=sum(folder.unseen for folder in now.folders),
        aloud=services().practice.one_aloud(me),
        aloud_id=uuid4(),
    )


@today.get("/done")
def done() -> str:
    """How the session went; leads back to the review while cards are left."""
    from flashcards.web.shared import charts

    me, review, filters = learner(), services().review, read_filters(request.args)
    deck, tag = filters.deck, filters.tag
    queue = queue_of(filters, 0)
    left = queue.left.total
    study_set = review.study_set(me, filters.set) if filters.set else None
    everything = review.today(me) if deck or tag or filters.ahead or study_set else None
    summary = review.summary_of_set(me, filters.set) if filters.set else review.summary(me)
    beyond = None if left or filters.ahead or study_set else review.beyond_limit(me, deck=deck, tag=tag)
    return render_template(
        "today/done.html",
        left=left,
        done=queue.done,
        plan=queue.plan,
        ahead=0 if left or study_set or (beyond and queue.plan) else _ahead(filters),
        beyond=beyond,
        study_set=study_set,
        failed=review.found(me, FAILED).cards,
        undone=told(request.args),
        set_id=uuid4(),
        filters=filters,
        summary=summary,
        study_day=queue.study_day,
        last=review.last_action(me),
        elsewhere=everything.due + everything.new + everything.drill + everything.early if everything else 0,
        wide=charts.forecast(summary.next_days, queue.study_day, 880, 150),
        narrow=charts.forecast(summary.next_days, queue.study_day, 288, 170),
    )


def _why_idle(now: Today, idle: list[FolderCounts]) -> str:
    """Why folders have nothing to do today, while others have."""
    if now.plan is None:
        if not any(folder.unseen for folder in idle):
            return "nothing is due"
        return "nothing is due, and " + ("new cards come from other folders" if now.new else "no new card comes today")
    within = sum(folder.in_plan for folder in idle)
    reasons = (
        "done" if now.done and within else "",
        "today's minutes go to what gains more" if within else "",
        ("your plan leaves some out" if within else "your plan leaves them out") if within < len(idle) else "",
    )
    return ", or ".join(filter(None, reasons))


def _ahead(filters: Filters) -> int:
    """How many cards could be studied ahead."""
    return services().review.queue(learner(), deck=filters.deck, tag=filters.tag, limit=0, mode="ahead").left.ahead


@today.get("/help")
def help_page() -> str:
    """Keys, buttons, what works offline."""
    return render_template("today/help.html")


@today.get("/healthz")
@public
def healthz() -> Response:
    """200 when the database answers; 503 otherwise."""
    services().accounts.signup_state()
    response = jsonify({"status": "ok"})
    response.headers["Cache-Control"] = "no-store"
    return response


@today.get("/readyz")
@public
def readyz() -> Response:
    """200 when an answer would be stored; 503, with the reason for the log alone, otherwise."""
    try:
        services().ready.check()
    except Unavailable as error:
        log.warning("not ready: %s", error)
        response = jsonify({"status": "not ready"})
        response.status_code = 503
    else:
        response = jsonify({"status": "ready"})
    response.headers["Cache-Control"] = "no-store"
    return response
