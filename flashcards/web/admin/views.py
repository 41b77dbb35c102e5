"""Who is an author, who is an administrator, and how the server goes; administrators only."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.domain.ids import LearnerId
from flashcards.errors import Conflict, FlashcardsError, Invalid
from flashcards.web.auth.login import administrator, services
from flashcards.web.shared.errors import trouble_of

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("/people")
def people() -> Response:
    """Everybody with their roles."""
    administrator()
    return _page()


@admin.post("/people")
def add() -> BaseResponse | Response:
    """Makes an account for somebody, where sign-up is closed."""
    administrator()
    form = request.form
    try:
        services().accounts.add_learner(
            form.get("name", ""), form.get("password", ""), author="author" in form, admin="admin" in form
        )
    except (Conflict, Invalid) as error:
        return _page(error)
    return redirect("/admin/people", 303)


@admin.post("/people/<int:who>")
def set_roles(who: LearnerId) -> BaseResponse | Response:
    """Gives or takes roles; the last administrator stays one."""
    acting, form = administrator(), request.form
    try:
        services().accounts.set_roles(who, author="author" in form, admin="admin" in form, acting=acting)
    except Conflict as error:
        return _page(error)
    return redirect("/admin/people", 303)


@admin.get("/jobs")
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


@admin.post("/jobs/<name>/run")
def run_job(name: str) -> BaseResponse:
    """Lets the process that runs the jobs run one now."""
    administrator()
    services().job_log.ask(name)
    return redirect(f"/admin/jobs?{urlencode({'asked': name})}", 303)


def _page(error: FlashcardsError | None = None) -> Response:
    trouble = trouble_of(error) if error else None
    page = render_template(
        "admin/people.html",
        people=services().accounts.learners(),
        backups=services().backup.state(),
        trouble=trouble,
    )
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
