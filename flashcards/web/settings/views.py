"""What a learner sets: themselves, their days, their buttons, their password, logins and tokens."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, FlashcardsError, Invalid, TooMany
from flashcards.services.accounts.scopes import SCOPES, scopes_of_role
from flashcards.temporary import TemporaryFolder
from flashcards.web.admin.views import audit_page, numbered
from flashcards.web.auth.login import learner, services
from flashcards.web.shared.errors import trouble_of
from flashcards.web.shared.security import clear_cache, forget_login, session_secret

SAID = {
    "settings": "Saved.",
    "password": "The password is changed; your other logins, your calendar's address and your API tokens have ended.",
    "password-alone": "The password is changed; your other logins and calendar's address have ended, API tokens go on.",
    "session": "That login has ended.",
    "sessions": "Your other logins have ended.",
    "token": "The token is revoked.",
}


def page() -> Response:
    """All of it."""
    return _page(said=SAID.get(request.args.get("done", "")))


def save() -> BaseResponse | Response:
    """Saves the settings of the first form, all or none."""
    try:
        services().accounts.save_settings(learner(), **_read(request.form))
    except (Invalid, Conflict) as error:
        return _page(error, form=request.form)
    return _done("settings")


def _read(form: Any) -> dict[str, object]:
    """The form's fields as settings; an unticked box sends nothing."""
    return {
        "name": form.get("name", ""),
        "timezone": form.get("timezone", ""),
        "theme": form.get("theme", ""),
        "day_start": _whole(form, "day_start"),
        "new_per_day": _whole(form, "new_per_day"),
        "due_per_day": _whole(form, "due_per_day") if form.get("due_per_day", "").strip() else None,
        "buttons": _whole(form, "buttons"),
        "new_order": form.get("new_order", "decks"),
        "drill": "drill" in form,
        "letter_keys": "letter_keys" in form,
        "suspend_leeches": "suspend_leeches" in form,
    }


def _whole(form: Any, field: str) -> int:
    text = form.get(field, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Invalid("Give a whole number.", field=field)
    return int(text)


def change_password() -> BaseResponse | Response:
    """Changes the password and ends the other logins; tokens go on only where that was ticked."""
    form = request.form
    keep = "keep_tokens" in form
    try:
        services().accounts.change_password(
            learner(), form.get("old", ""), form.get("new", ""), session_secret() or "", keep_tokens=keep
        )
    except (Invalid, TooMany) as error:
        return _page(error)
    return _done("password-alone" if keep else "password")


def revoke_session(session: int) -> BaseResponse:
    """Ends a login."""
    services().accounts.revoke_session(learner(), session)
    return _done("session")


def revoke_others() -> BaseResponse:
    """Ends every login but this one."""
    services().accounts.revoke_other_sessions(learner(), session_secret() or "")
    return _done("sessions")


def create_token() -> Response:
    """Makes a token and shows it, this once: it cannot be shown after a redirect."""
    form = request.form
    # Who sends a name alone means a token that may do all that its owner may.
    scopes = form.getlist("scope") if "expires" in form else None
    try:
        token = services().accounts.create_token(
            learner(), form.get("name", ""), scopes=scopes, days=_token_days(form.get("expires", ""))
        )
    except Invalid as error:
        return _page(error)
    return _page(token=token)


def _token_days(text: str) -> int | None:
    """For how many days; None for ever. What is no number is refused by whoever makes the token."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def revoke_token(token: int) -> BaseResponse:
    """Revokes a token."""
    services().accounts.revoke_token(learner(), token)
    return _done("token")


def activity() -> Response:
    """What happened to the learner's account."""
    before = numbered(request.args.get("before"))
    rows = services().audit.of(learner(), before)
    return audit_page("/settings/activity", rows, before=before, everybody=False)


def my_data() -> Response:
    """Everything that is stored of the learner, with the decks: what `flashcards import json` reads elsewhere."""
    me = learner()
    services().audit.note_alone(me, "export")
    with TemporaryFolder() as folder:
        path = folder / "flashcards.json"
        services().export.json(path, learner=me)
        data = path.read_bytes()
    headers = {"Cache-Control": "no-store", "Content-Disposition": "attachment; filename=flashcards.json"}
    return Response(data, mimetype="application/json", headers=headers)


def leave() -> BaseResponse | Response:
    """Deletes the account and logs out."""
    try:
        services().accounts.leave(learner(), request.form.get("leave", ""))
    except (Conflict, Invalid, TooMany) as error:
        return _page(error)
    response = redirect("/login", 303)
    forget_login(response)
    clear_cache(response)
    return response


def _done(what: str) -> BaseResponse:
    return redirect(f"/settings?done={what}", 303)


def _page(
    error: FlashcardsError | None = None, *, form: Any = None, said: str | None = None, token: str | None = None
) -> Response:
    me, trouble = learner(), trouble_of(error) if error else None
    form = form or _filled(me)
    page = render_template(
        "settings/page.html",
        form=form,
        zone_listed=any(form.get("timezone", "") in names for _, names in _zones()),
        trouble=trouble,
        said=said,
        token=token,
        zones=_zones(),
        sessions=services().accounts.sessions(me, session_secret() or ""),
        tokens=services().accounts.tokens(me),
        followed=services().plans.in_force(me),
        waiting=services().plans.waiting(me),
        scopes={scope: SCOPES[scope] for scope in scopes_of_role(me)},
        breaks=services().plans.breaks(me),
        model=services().practice.model,
        agreed=services().practice.consent(me),
        study_day=services().review.study_day(me),
    )
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _filled(me: Any) -> dict[str, str]:
    """The first form as it stands."""
    form = {
        field: str(getattr(me, field))
        for field in ("name", "timezone", "theme", "day_start", "new_per_day", "buttons", "new_order")
    }
    form["due_per_day"] = "" if me.due_per_day is None else str(me.due_per_day)
    return form | {field: "on" for field in ("drill", "letter_keys", "suspend_leeches") if getattr(me, field)}


@cache
def _zones() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The time zones by region."""
    regions: dict[str, list[str]] = {"": ["UTC"]}
    for name in sorted(available_timezones()):
        region, slash, _ = name.partition("/")
        if slash and region not in {"Etc", "SystemV", "US", "posix", "right"}:
            regions.setdefault(region, []).append(name)
    return tuple((region, tuple(names)) for region, names in regions.items())
