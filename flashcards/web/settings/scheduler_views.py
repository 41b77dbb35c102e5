"""The page on which a learner chooses who decides dates: first what would change, then the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.counted import counted
from flashcards.domain.memory.fsrs import LEAST_RETENTION, MOST_RETENTION
from flashcards.domain.schedulers import FSRS, SM2
from flashcards.errors import FlashcardsError, Invalid, NotFound
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.bar_charts import NARROW, WIDE, Bar, Stack, stacked
from flashcards.web.shared.dates import short_date
from flashcards.web.shared.errors import trouble_of
from flashcards.web.stats.views import indented_places

if TYPE_CHECKING:
    from flashcards.services.memory.scheduling import Preview

NAMES = {SM2: "SM-2", FSRS: "FSRS-6"}
LEAST_PERCENT, MOST_PERCENT = round(LEAST_RETENTION * 100), round(MOST_RETENTION * 100)


def scheduler() -> Response:
    """What is chosen; with a choice in the address, what that would change."""
    return _page(request.args if "scheduler" in request.args else None)


def choose() -> BaseResponse | Response:
    """Makes the choice, at once or card by card; the hidden id makes a second click harmless."""
    form = request.form
    if form.get("forget") is not None:
        services().scheduler.forget(learner(), form.get("folder", ""))
        return redirect("/settings/scheduler?done=forgot", 303)
    try:
        made = services().scheduler.choose(
            learner(),
            form.get("scheduler", ""),
            _retention(form),
            folder=form.get("folder", ""),
            at_once=form.get("when") == "now",
            id=form.get("id") or None,
        )
    except (Invalid, NotFound) as error:
        return _page(form, error)
    return redirect(f"/settings/scheduler?done={'moved' if made.moved else 'chosen'}", 303)


def undo_choice() -> BaseResponse:
    """Takes back the last action, which was a choice that moved dates."""
    services().review.undo(learner(), request.form.get("id") or None)
    return redirect("/settings/scheduler?done=undone", 303)


SAID = {
    "chosen": "Chosen. Each card gets its new date at its next answer.",
    "moved": "Chosen, and the dates are moved.",
    "undone": "Undone: dates and choice are as they were.",
    "forgot": "That folder follows the choice for everything again.",
}


def _retention(form: Any) -> float:
    text = (form.get("retention") or "90").strip().removesuffix("%").strip()
    try:
        percent = float(text.replace(",", "."))
    except ValueError:
        raise Invalid("Give a percentage, such as 90.", field="retention") from None
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:  # the service would name the limits as parts of one
        raise Invalid(f"Give a percentage from {LEAST_PERCENT} to {MOST_PERCENT}.", field="retention")
    return percent / 100


def _page(form: Any, error: FlashcardsError | None = None) -> Response:
    me = learner()
    preview: Preview | None = None
    if form is not None and error is None:
        try:
            preview = services().scheduler.preview(
                me, form.get("scheduler", ""), _retention(form), form.get("folder", "")
            )
        except FlashcardsError as refused:
            error = refused
    trouble = trouble_of(error) if error else None
    usual = services().scheduler.usual(me)
    last = services().review.last_action(me)
    today = services().review.study_day(me)
    html = render_template(
        "settings/scheduler.html",
        form=form if form is not None else {"scheduler": usual.scheduler, "retention": f"{usual.retention * 100:g}"},
        usual=usual,
        followed=services().plans.in_force(me),
        choices=services().scheduler.choices(me),
        preview=preview,
        charts=_charts(preview, today) if preview else None,
        rows=_rows(preview, today) if preview else (),
        names=NAMES,
        places=indented_places(),
        trouble=trouble,
        said=SAID.get(request.args.get("done", "")),
        last=last if last and last.verb == "scheduler" else None,
        action_id=uuid4(),
        least=LEAST_PERCENT,
        most=MOST_PERCENT,
    )
    return Response(html, status=trouble.status if trouble else 200, mimetype="text/html")


def _charts(preview: Preview, today: int) -> tuple[tuple[Stack, Stack], ...]:
    """Expected answers by day as things stand, and by the choice; both of one height."""
    most = max([1, *map(round, preview.now.load.days), *map(round, preview.then.load.days)])
    return tuple(
        (_chart(load.load.days, today, WIDE, 150, most), _chart(load.load.days, today, NARROW, 130, most))
        for load in (preview.now, preview.then)
    )


def _chart(days: tuple[float, ...], today: int, width: int, height: int, most: int) -> Stack:
    bars = [
        Bar(f"{short_date(today + index)}: {counted(round(count), 'card')}", (round(count),), _label(today + index))
        for index, count in enumerate(days)
    ]
    return stacked(bars, ("young",), width, height, most)


def _label(day: int) -> str:
    return short_date(day).rsplit(" ", 1)[0]


def _rows(preview: Preview, today: int) -> list[tuple[str, str, str]]:
    return [
        (short_date(today + index), f"{round(now):,}", f"{round(then):,}")
        for index, (now, then) in enumerate(zip(preview.now.load.days, preview.then.load.days, strict=True))
    ]
