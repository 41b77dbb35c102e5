"""Who is an author, who is an administrator, and how the server goes; administrators only."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.domain.ids import LearnerId
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound
from flashcards.services.accounts.audit import PAGE, Happening
from flashcards.web.auth.login import administrator, services
from flashcards.web.shared.errors import trouble_of

SAID = {"added": "The account of {} is made.", "roles": "The roles of {} are saved."}


def people() -> Response:
    """Everybody with their roles, and what was just done."""
    administrator()
    said, who = SAID.get(request.args.get("done", "")), numbered(request.args.get("who"))
    if said is None or who is None:
        return _page()
    try:
        return _page(said=said.format(services().accounts.by_number(LearnerId(who)).name))
    except NotFound:
        return _page()


def add() -> BaseResponse | Response:
    """Makes an account for somebody, where sign-up is closed."""
    administrator()
    form = request.form
    try:
        made = services().accounts.add_learner(
            form.get("name", ""), form.get("password", ""), author="author" in form, admin="admin" in form
        )
    except (Conflict, Invalid) as error:
        return _page(error, adding=form)
    return _done("added", made.id)


def set_roles(who: LearnerId) -> BaseResponse | Response:
    """Gives or takes roles; the last administrator stays one."""
    acting, form = administrator(), request.form
    try:
        services().accounts.set_roles(who, author="author" in form, admin="admin" in form, acting=acting)
    except Conflict as error:
        return _page(error)
    if who == acting.id and "admin" not in form:
        return redirect("/settings?done=settings", 303)  # this page is theirs no more
    return _done("roles", who)


def _done(what: str, who: LearnerId) -> BaseResponse:
    return redirect(f"/admin/people?{urlencode({'done': what, 'who': who})}", 303)


def reset(who: LearnerId) -> Response:
    """Makes a link by which somebody sets their password, and shows it this once."""
    acting = administrator()
    whose = services().accounts.by_number(who)
    return _page(link=services().invites.reset(acting, whose), link_for=whose.name)


def invite() -> Response:
    """Makes an invitation and shows it, this once."""
    acting, form = administrator(), request.form
    days = form.get("days", "7")
    try:
        link = services().invites.invite(
            acting, author="author" in form, admin="admin" in form, days=int(days) if days in {"1", "7", "30"} else 0
        )
    except Invalid as error:
        return _page(error)
    return _page(link=link)


def revoke(link: int) -> BaseResponse:
    """Takes a link back."""
    services().invites.revoke(administrator(), link)
    return redirect("/admin/people#links", 303)


def audit() -> Response:
    """What happened to everybody's account."""
    administrator()
    before = numbered(request.args.get("before"))
    rows = services().audit.all(services().accounts.learners(), before)
    return audit_page("/admin/audit", rows, before=before, everybody=True)


def numbered(text: str | None) -> int | None:
    """A row's number from an address; None where there is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None


def audit_page(here: str, rows: list[Happening], *, before: int | None, everybody: bool) -> Response:
    """The page of what happened, with the way further back."""
    more = rows[-1].id if len(rows) == PAGE else None
    page = render_template("admin/audit.html", here=here, rows=rows, more=more, older=before, everybody=everybody)
    response = Response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def jobs() -> Response:
    """What runs by itself and how it went, and how large everything is."""
    administrator()
    asked = request.args.get("asked", "")
    states = services().job_log.states()
    page = render_template(
        "admin/jobs.html",
        states=states,
        runs={it.job.name: services().job_log.runs(it.job.name) for it in states},
        asked=next((it.job.title for it in states if it.job.name == asked), None),
        backups=services().backup.state(),
        sizes=services().sizes.measure(),
        collection=services().decks.collection_state(),
        failing=services().decks.failing(),
    )
    response = Response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def run_job(name: str) -> BaseResponse:
    """Lets the process that runs the jobs run one now."""
    administrator()
    services().job_log.ask(name)
    return redirect(f"/admin/jobs?{urlencode({'asked': name})}", 303)


def _page(
    error: FlashcardsError | None = None,
    *,
    said: str | None = None,
    adding: Mapping[str, str] | None = None,
    link: str = "",
    link_for: str = "",
) -> Response:
    trouble = trouble_of(error) if error else None
    page = render_template(
        "admin/people.html",
        people=services().accounts.learners(),
        backups=services().backup.state(),
        links=services().invites.open(),
        link=link,
        link_for=link_for,
        said=said,
        adding=adding or {},
        trouble=trouble,
    )
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
