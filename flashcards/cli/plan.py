"""`flashcards plan`: a plan to a date, in the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from flashcards.cli.common import Group, json_option, print_json, print_list, printable, services
from flashcards.cli.learner import choose_learner, user_option
from flashcards.counted import counted
from flashcards.domain.plan.model import Known
from flashcards.domain.study_day import Day, date_of, day_of
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.contract import Choice, Outlook, PlanRow
from flashcards.wiring import Services

whose_plan = user_option("Whose plan")
_DATE = click.DateTime(["%Y-%m-%d"])


@click.group("plan", cls=Group, invoke_without_command=True)
@whose_plan
@json_option
@click.pass_context
def plan_command(ctx: click.Context, user: str | None, as_json: bool) -> None:
    """Plan up to a date: what would be known, and what to do each day. Without a command: show what is planned.

    Example: flashcards plan make 2026-12-11 --minutes 45
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show, user=user, as_json=as_json)
    else:  # what is said before a command is meant for it
        ctx.default_map = {ctx.invoked_subcommand: {"user": user, "as_json": as_json}}


def _asked(function: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(
        (
            click.option("--minutes", type=int, default=45, show_default=True, help="Minutes a day."),
            click.option("--deck", "decks", multiple=True, metavar="D", help="A deck or folder; all where none."),
            click.option("--tag", "tags", multiple=True, metavar="T", help="What has this tag."),
            click.option("--search", "q", default="", metavar="Q", help="What a search finds."),
            click.option("--weight", "weights", multiple=True, metavar="D=N", help="A folder's weight, 0 to 3."),
            click.option(
                "--off", "off", multiple=True, type=_DATE, metavar="DAY", help="A day without study; may repeat."
            ),
            click.option("--core", is_flag=True, help="The core surely, not as much as possible."),
            whose_plan,
        )
    ):
        function = option(function)
    return function


def _choice(opened: Services, date: object, minutes: int, decks: tuple[str, ...], tags: tuple[str, ...], q: str,
            weights: tuple[str, ...], off: tuple[object, ...], core: bool) -> Choice:  # fmt: skip
    weighed = dict(map(_weight, weights))
    opened.plans.refuse_unknown(decks, "decks")
    opened.plans.refuse_unknown((place for place in weighed if not place.startswith("tag:")), "weights")
    return Choice(
        _day(date),
        minutes,
        decks=decks,
        tags=tags,
        q=q,
        weights=weighed,
        days_off=tuple(map(_day, off)),
        style="sure" if core else "most",
    )


def _weight(text: str) -> tuple[str, int]:
    place, equals, number = text.rpartition("=")
    if not (equals and number.isascii() and number.isdigit() and len(number) == 1):
        raise Invalid(f"{text!r} is no weight: give a folder and a number, such as ml/coding=3", field="weight")
    return place, int(number)


@plan_command.command("try")
@click.argument("date", type=_DATE)
@_asked
@json_option
def try_(user: str | None, as_json: bool, **asked: Any) -> None:
    """Say what a plan would bring; nothing is stored.

    Example: flashcards plan try 2026-12-11 --minutes 30 --deck ml/concepts
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        outlook = opened.plans.outlook(learner, _choice(opened, **asked))
    if as_json:
        print_json(_as_json(outlook))
    else:
        _say(outlook)


@plan_command.command("make")
@click.argument("date", type=_DATE)
@_asked
@json_option
def make(**asked: Any) -> None:
    """Make a plan and follow it: `flashcards review` then asks its day.

    Example: flashcards plan make 2026-12-11 --minutes 45 --weight ml/coding=3
    """
    _make(**asked)


@plan_command.command("set")
@click.option("--date", type=_DATE, required=True, metavar="DAY", help="The day on which is recalled.")
@_asked
@json_option
def set_(**asked: Any) -> None:
    """The same as make, with the date as an option.

    Example: flashcards plan set --date 2026-12-11 --minutes 45 --off 2026-12-06
    """
    _make(**asked)


def _make(user: str | None, as_json: bool, **asked: Any) -> None:
    with services() as opened:
        learner = choose_learner(opened, user)
        choice = _choice(opened, **asked)
        made = opened.plans.make(learner, choice)
        outlook = opened.plans.outlook(learner, choice)
    if as_json:
        print_json({"id": made.id, **_as_json(outlook)})
    else:
        _say(outlook)
    click.echo(f"Plan {made.id} is followed: flashcards review asks what it needs today.", err=True)


@plan_command.command("show")
@whose_plan
@json_option
def show(user: str | None, as_json: bool) -> None:
    """Show the plan that is followed, and today's part of it.

    Example: flashcards plan show
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        plan = _followed(opened, learner)
        outlook = opened.plans.outlook(learner, opened.plans.choice(plan))
        left = opened.review.queue(learner, limit=0).left
    if as_json:
        print_json({"id": plan.id, "left": left.total, **_as_json(outlook)})
        return
    _say(outlook)
    click.echo(f"Left today: {counted(left.total, 'card')}, {left.new} of them new")


@plan_command.command("list")
@whose_plan
@json_option
def list_(user: str | None, as_json: bool) -> None:
    """List the plans.

    Example: flashcards plan list
    """
    with services() as opened:
        plans = opened.plans.plans(choose_learner(opened, user))
    none = "There are no plans: make one with flashcards plan make DATE."
    print_list([_row(it) for it in plans], map(_line, plans), none, as_json=as_json)


@plan_command.command("minutes")
@click.argument("minutes", type=int)
@whose_plan
def minutes_(minutes: int, user: str | None) -> None:
    """Give the plan that is followed other minutes a day.

    Example: flashcards plan minutes 60
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        plan = _followed(opened, learner)
        opened.plans.change(learner, plan.id, replace(opened.plans.choice(plan), minutes=minutes))
    click.echo(f"Plan {plan.id}: {counted(minutes, 'minute')} a day", err=True)


@plan_command.command("follow")
@click.argument("number", type=int)
@whose_plan
def follow(number: int, user: str | None) -> None:
    """Follow another plan.

    Example: flashcards plan follow 1
    """
    with services() as opened:
        opened.plans.follow(choose_learner(opened, user), number)
    click.echo(f"Plan {number} is followed", err=True)


@plan_command.command("leave")
@whose_plan
def leave(user: str | None) -> None:
    """Follow none; plans and dates stay as they are.

    Example: flashcards plan leave
    """
    with services() as opened:
        opened.plans.leave(choose_learner(opened, user))
    click.echo("No plan is followed", err=True)


@plan_command.command("end")
@click.option("--outcome", metavar="TEXT", help="How it went; kept for you alone.")
@whose_plan
def end(outcome: str | None, user: str | None) -> None:
    """End the plan that is followed.

    Example: flashcards plan end --outcome "They asked about trees."
    """
    with services() as opened:
        learner = choose_learner(opened, user)
        plan = _followed(opened, learner)
        opened.plans.end(learner, plan.id, outcome)
    click.echo(f"Plan {plan.id} has ended", err=True)


@plan_command.command("break")
@click.argument("first", type=_DATE)
@click.argument("last", type=_DATE)
@whose_plan
def break_(first: object, last: object, user: str | None) -> None:
    """Enter a holiday: what falls into it comes before and after.

    Example: flashcards plan break 2026-12-24 2027-01-02
    """
    with services() as opened:
        moved = opened.plans.add_break(choose_learner(opened, user), _day(first), _day(last))
    click.echo(f"{counted(moved, 'card')} spread around it", err=True)


def _day(when: object) -> Day:
    date = getattr(when, "date", None)
    assert date is not None
    return day_of(date())


def _followed(opened: Services, learner: Learner) -> PlanRow:
    plan = opened.plans.followed(learner)
    if plan is None:
        raise NotFound("no plan is followed: flashcards plan make DATE --minutes N")
    return plan


def _say(outlook: Outlook) -> None:
    choice = outlook.choice
    click.echo(
        f"{date_of(choice.day)}, {counted(choice.minutes, 'minute')} a day: {_range(outlook.known)} of"
        f" {outlook.cards:,} cards known on the day, in eight of ten runs"
    )
    click.echo(f"Going on as without a plan: about {outlook.without:,.0f}; 15 minutes more: {outlook.more:+,.0f}")
    for group in outlook.groups:
        left = f", {group.left_out:,} left out" if group.left_out else ""
        click.echo(printable(f"  {group.title}: {_range(group.known)} of {group.cards:,}{left}"))
    today = outlook.days[0]
    click.echo(f"Today: {counted(today.new, 'new card')}, {today.again:,} again, {counted(today.minutes, 'minute')}")


def _range(known: Known) -> str:
    low, high = f"{known.low:,.0f}", f"{known.high:,.0f}"
    return low if low == high else f"{low} to {high}"


def _row(plan: PlanRow) -> dict[str, object]:
    return {
        "id": plan.id, "date": str(date_of(plan.day)), "minutes": plan.minutes, "title": plan.title,
        "followed": plan.followed, "ended": plan.ended_at is not None,
    }  # fmt: skip


def _line(plan: PlanRow) -> str:
    state = "followed" if plan.followed else "ended" if plan.ended_at else ""
    return f"{plan.id}\t{date_of(plan.day)}\t{counted(plan.minutes, 'minute')}\t{state}\t{printable(plan.title)}"


def _as_json(outlook: Outlook) -> dict[str, object]:
    return {
        "date": str(date_of(outlook.choice.day)),
        "minutes": outlook.choice.minutes,
        "cards": outlook.cards,
        "seen": outlook.seen,
        "known": outlook.known._asdict(),
        "without": outlook.without,
        "more": outlook.more,
        "folders": [
            {"path": it.address, "title": it.title, "cards": it.cards, "known": it.known._asdict(),
             "left_out": it.left_out}
            for it in outlook.groups
        ],
    }  # fmt: skip
