"""What is said to a form whose sender is logged in no more: nothing was saved, and the form can be sent again.

The page holds what was sent, as text that was typed is nowhere else: pages of learners are kept by no browser.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from flask import Response, current_app, render_template, request

from flashcards.web.shared.security import clear_cache, safe_next, session_secret

_SECRETS = frozenset({"password", "old", "new", "leave"})
"""Fields of passwords: a form with one of them is filled in anew."""


def not_saved() -> Response:
    """The page, for a request that would have written something."""
    sent = _sent()
    page = render_template("auth/not-saved.html", sent=sent, address=_address(), back=quote(_came_from()))
    response = Response(page, status=401, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if session_secret():
        clear_cache(response)
    return response


def _sent() -> list[tuple[str, str]] | None:
    """The fields of the form; None where it cannot be sent again from this page: files, passwords, what is large."""
    size = request.content_length
    small = size is not None and size <= current_app.config["MAX_CONTENT_LENGTH"]
    if not small or request.mimetype != "application/x-www-form-urlencoded" or request.method != "POST":
        return None
    if any(request.form.get(name) for name in _SECRETS):
        return None
    return list(request.form.items(multi=True))


def _address() -> str:
    query = request.query_string.decode("ascii", "replace")
    return quote(request.path) + (f"?{query}" if query else "")


def _came_from() -> str:
    """The page of ours that the form was on; the first page where the browser does not say."""
    page = urlsplit(request.referrer or "")
    if page.netloc != request.host:
        return "/"
    path = page.path.removeprefix(request.script_root)
    return safe_next(f"{path}?{page.query}" if page.query else path)
