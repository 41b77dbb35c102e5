"""Who is an author, who is an administrator; administrators only."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

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
def set_roles(who: int) -> BaseResponse | Response:
    """Gives or takes roles; the last administrator stays one."""
    acting, form = administrator(), request.form
    try:
        services().accounts.set_roles(who, author="author" in form, admin="admin" in form, acting=acting)
    except Conflict as error:
        return _page(error)
    return redirect("/admin/people", 303)


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
