"""Pages that few open, or seldom: their addresses are known from the start, their views loaded when they are asked for.

So the addresses stand here, and not beside the views.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Flask

PAGES = {
    ("admin", "flashcards.web.admin.views"): (
        "GET /admin/people people",
        "POST /admin/people add",
        "POST /admin/people/<int:who> set_roles",
        "POST /admin/people/<int:who>/reset reset",
        "POST /admin/invites invite",
        "POST /admin/invites/<int:link>/revoke revoke",
        "GET /admin/audit audit",
        "GET /admin/jobs jobs",
        "POST /admin/jobs/<name>/run run_job",
    ),
    ("analysis", "flashcards.web.analysis.views"): (
        "GET /analysis page",
        "POST /analysis/faults/<int:who>/<uuid:fault> answer_fault",
    ),
    ("exchange", "flashcards.web.exchange.export_views"): (
        "GET /export form",
        "POST /export start",
        "GET /export/<id_> progress",
        "GET /export/<id_>/progress progress_json",
        "GET /export/<id_>/<name>.apkg package",
    ),
    ("bring", "flashcards.web.exchange.import_views"): (
        "GET /import form",
        "POST /import start",
        "GET /import/<id_> progress",
        "GET /import/<id_>/progress progress_json",
    ),
    ("editor", "flashcards.web.decks.editor"): (
        "GET /decks/<path:address>/edit page",
        "POST /decks/<path:address>/edit act",
        "GET /new-deck new",
        "POST /new-deck create",
    ),
    ("plan", "flashcards.web.plan.views"): (
        "GET /plan page",
        "POST /plan follow",
        "POST /plan/<int:number>/follow follow_again",
        "POST /plan/<int:number>/minutes minutes",
        "POST /plan/leave leave",
        "POST /plan/<int:number>/delete delete",
        "GET /plan/after after",
        "POST /plan/after told",
        "POST /breaks add_break",
        "POST /breaks/delete delete_break",
    ),
    ("first_minute", "flashcards.web.plan.first_minute"): (
        "GET /welcome welcome",
        "POST /welcome welcomed",
    ),
    ("practice", "flashcards.web.practice.views"): (
        "GET /practice page",
        "POST /practice begin",
        "GET /practice/<uuid:round_id> question",
        "POST /practice/<uuid:round_id>/answer answer",
        "POST /practice/<uuid:round_id>/ticks ticks",
        "POST /practice/<uuid:round_id>/flag flag",
        "POST /practice/<uuid:round_id>/finish finish",
        "POST /practice/<uuid:round_id>/delete delete",
        "GET /practice/<uuid:round_id>/report report",
        "POST /practice/<uuid:round_id>/misses misses",
        "POST /practice/<uuid:round_id>/propose propose",
        "POST /practice/consent take_back_consent",
    ),
    ("partner", "flashcards.web.practice.partner_views"): (
        "POST /practice/<uuid:round_id>/partner make",
        "GET /practice/with/<secret> page",
        "POST /practice/with/<secret>/join join",
        "GET /practice/with/<secret>/state state",
        "POST /practice/with/<secret>/marks marks",
    ),
    ("reminders", "flashcards.web.reminders.views"): (
        "GET /settings/reminders page",
        "POST /settings/reminders save",
        "POST /settings/reminders/test test",
        "POST /settings/reminders/addresses add_address",
        "POST /settings/reminders/addresses/<int:number> change_address",
        "POST /settings/calendar calendar",
        "GET /calendar/<secret>.ics feed",
        "GET /reminders/confirm/<secret> to_confirm",
        "POST /reminders/confirm/<secret> confirm",
        "GET /reminders/stop/<secret> to_stop",
        "POST /reminders/stop/<secret> stop",
    ),
    ("stats", "flashcards.web.stats.views"): ("GET /stats page",),
    ("stats", "flashcards.web.stats.memory_views"): (
        "GET /stats/memory memory",
        "POST /stats/memory/fit fit",
    ),
    ("settings", "flashcards.web.settings.views"): (
        "GET /settings page",
        "POST /settings save",
        "POST /settings/password change_password",
        "POST /settings/sessions/<int:session>/revoke revoke_session",
        "POST /settings/sessions/revoke-others revoke_others",
        "POST /settings/tokens create_token",
        "POST /settings/tokens/<int:token>/revoke revoke_token",
        "GET /settings/activity activity",
        "GET /settings/my-data.json my_data",
        "POST /settings/leave leave",
    ),
    ("settings", "flashcards.web.settings.scheduler_views"): (
        "GET /settings/scheduler scheduler",
        "POST /settings/scheduler choose",
        "POST /settings/scheduler/undo undo_choice",
    ),
}
"""By the area's name and its module: method, address and view of each page."""


MARKS = frozenset({"is_public", "body_limit", "body_from"})
"""What is asked of a view before it is called: see `auth.login`."""


class LateView:
    """A view that is loaded when somebody asks for it, or for one of its marks."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _view(self) -> Callable[..., Any]:
        view: Callable[..., Any] = getattr(import_module(self._module), self._name)
        return view

    def __call__(self, **parts: Any) -> Any:
        return self._view()(**parts)

    def __getattr__(self, name: str) -> Any:
        if name not in MARKS:
            raise AttributeError(name)
        return getattr(self._view(), name)


def install(app: Flask) -> None:
    """Makes the pages known."""
    for (area, module), pages in PAGES.items():
        for page in pages:
            method, address, name = page.split()
            app.add_url_rule(address, f"{area}.{name}", LateView(module, name), methods=[method])
