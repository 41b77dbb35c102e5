"""The statistics page."""

from __future__ import annotations

from flask import render_template, request

from flashcards.services.review.statistics import PERIODS, USUAL_PERIOD
from flashcards.web.api.queue import address
from flashcards.web.auth.login import learner, services
from flashcards.web.shared import charts
from flashcards.web.stats.charts import main_charts, more_charts

PERIOD_NAMES = {"30": "1 month", "90": "3 months", "365": "1 year", "all": "All"}


def page() -> str:
    """What was done, what is remembered, what will come: of all decks or of one, over a period."""
    me = learner()
    days, deck = request.args.get("days") or USUAL_PERIOD, address(request.args.get("deck"))
    found = services().stats.statistics(me, days=days, deck=deck)
    return render_template(
        "stats/page.html",
        found=found,
        follows=services().plans.in_force(me) is not None,
        days=days,
        deck=deck,
        periods=[(period, PERIOD_NAMES[period]) for period in PERIODS],
        places=indented_places(),
        charts=main_charts(found),
        more=more_charts(found, me.buttons),
        wide=charts.calendar(found.calendar, found.study_day, charts.WEEKS_WIDE),
        narrow=charts.calendar(found.calendar, found.study_day, charts.WEEKS_NARROW),
    )


def indented_places() -> list[tuple[str, str]]:
    """(address, title) of every folder and deck, deeper ones moved to the right."""
    return [(place, "\u2003" * depth + title) for place, title, depth in services().decks.places()]
