"""The figures behind the statistics page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flashcards.domain.statistics import KINDS, Retention, Share
from flashcards.web.api.operations import Reply, operation
from flashcards.web.api.queue import address
from flashcards.web.api.schema import Date, Field, ListOf, Nullable, Number, Object, Text, Whole
from flashcards.web.api.shapes import shape
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.dates import iso_date

if TYPE_CHECKING:
    from flashcards.services.review.statistics import Statistics

STATS_QUERY = Object(
    (
        Field(
            "days",
            Text(5, pattern=r"^(all|[1-9][0-9]{0,3}|[12][0-9]{4})$", wanted="give a number of days, or all"),
            about="The period: a number of days, or all; 90 where it is absent.",
        ),
        Field("deck", Text(1000), about="A deck's or a folder's path; everything where it is absent."),
    )
)  # fmt: skip
N = Whole(0)
SHARE = shape("Share", right=N, asked=N, rate=Nullable(Number(1)))
DUE = shape("DueCards", day=Date(), young=N, mature=N)
LEECH = shape("Leech", card=Text(), key=Text(), title=Text(), path=Text(), line=N, lapses=N)
STATS = shape(
    "Statistics",
    study_day=Date(), days=Nullable(Whole(1)), first_day=Date(), deck=Nullable(Text()),
    today=shape("StatsToday", answers=N, ms=N, again=N),
    remembered=SHARE, daily_load=Number(),
    cards=shape("CardCounts", total=N, new=N, young=N, mature=N, suspended=N, known=Number()),
    overdue=shape("Overdue", young=N, mature=N), forecast=ListOf(DUE),
    reviews=ListOf(shape("ReviewsOfDay", day=Date(), **dict.fromkeys(KINDS, N))),
    retention=ListOf(shape("Retention", window=Text(), young=SHARE, mature=SHARE, all=SHARE)),
    calendar=ListOf(shape("AnswersOfDay", day=Date(), answers=N)),
    intervals=ListOf(shape("CardsOfInterval", interval=N, cards=N)),
    eases=ListOf(shape("CardsOfEase", ease=N, cards=N)),
    hours=ListOf(shape("Hour", hour=Whole(0, 23), right=N, asked=N, rate=Nullable(Number(1)))),
    buttons=ListOf(N), added=ListOf(shape("CardsAdded", day=Date(), cards=N)), leeches=ListOf(LEECH),
)  # fmt: skip


@operation("GET", "/stats", "Statistics", {200: STATS}, query=STATS_QUERY, errors=(404, 422))
def get_stats(query: dict[str, Any]) -> Reply:
    """`reviews`, `hours`, `buttons` (of the grades 0 to 5) and `added` are of the period."""
    found = services().stats.statistics(learner(), days=query.get("days"), deck=address(query.get("deck")))
    return 200, stats_json(found)


def stats_json(found: Statistics) -> dict[str, Any]:
    """The figures; days without any answer are left out of `reviews`, `calendar` and `added`."""
    cards, today = found.cards, found.today
    return {
        "study_day": iso_date(found.study_day),
        "days": found.days,
        "first_day": iso_date(found.first_day),
        "deck": found.deck,
        "today": {"answers": today.answers, "ms": today.ms, "again": today.again},
        "remembered": _share(found.remembered),
        "daily_load": round(found.daily_load, 2),
        "cards": {
            "total": cards.total,
            "new": cards.new,
            "young": cards.young,
            "mature": cards.mature,
            "suspended": cards.suspended,
            "known": round(cards.known, 1),
        },
        "overdue": {"young": found.overdue.young, "mature": found.overdue.mature},
        "forecast": [{"day": iso_date(day.day), "young": day.young, "mature": day.mature} for day in found.forecast],
        "reviews": [{"day": iso_date(day), **kinds} for day, kinds in sorted(found.reviews.items())],
        "retention": [_retention(row) for row in found.retention],
        "calendar": [{"day": iso_date(day), "answers": count} for day, count in sorted(found.calendar.items())],
        "intervals": [{"interval": interval, "cards": count} for interval, count in found.intervals],
        "eases": [{"ease": ease, "cards": count} for ease, count in found.eases],
        "hours": [{"hour": hour, **_share(share)} for hour, share in enumerate(found.hours)],
        "buttons": list(found.buttons),
        "added": [{"day": iso_date(day), "cards": count} for day, count in sorted(found.added.items())],
        "leeches": [
            {
                "card": str(leech.card),
                "key": f"{leech.deck_key}#{leech.note_key}/{leech.which}",
                "title": leech.title,
                "path": leech.path,
                "line": leech.line,
                "lapses": leech.lapses,
            }
            for leech in found.leeches
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    return {"right": share.right, "asked": share.asked, "rate": None if share.rate is None else round(share.rate, 4)}


def _retention(row: Retention) -> dict[str, Any]:
    return {"window": row.window, "young": _share(row.young), "mature": _share(row.mature), "all": _share(row.both)}
