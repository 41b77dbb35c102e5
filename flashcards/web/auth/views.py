"""Signing up, in and out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, FlashcardsError, Forbidden, Invalid, TooMany, Unauthenticated
from flashcards.services.accounts.facade import Learner
from flashcards.web.auth.login import guest_or_learner, public, services
from flashcards.web.shared.errors import trouble_of
from flashcards.web.shared.proxies import is_plain_visit
from flashcards.web.shared.security import (
    clear_cache,
    devices,
    forget_login,
    safe_next,
    session_secret,
    set_devices,
    set_login,
)

auth = Blueprint("auth", __name__)
EXPECTED = (Conflict, Forbidden, Invalid, TooMany, Unauthenticated)


@auth.get("/signup")
@public
def signup_page() -> BaseResponse | Response:
    """The form; for a learner, the first page instead."""
    return redirect("/", 303) if guest_or_learner() else _signup_form()


@auth.post("/signup")
@public
def signup() -> BaseResponse | Response:
    """Makes the account and logs it in."""
    form = request.form
    try:
        who = services().accounts.sign_up(
            form.get("name", ""),
            form.get("password", ""),
            code=form.get("code"),
            timezone=form.get("timezone"),
            remote=remote(),
            plain=is_plain_visit(),
        )
    except EXPECTED as error:
        return _signup_form(error)
    return logged_in(who, services().accounts.start_session(who, browser_words()), "/welcome")


@auth.get("/login")
@public
def login_page() -> BaseResponse | Response:
    """The form; the very first visitor is led to sign up."""
    if guest_or_learner():
        return redirect(safe_next(request.args.get("next")), 303)
    if services().accounts.signup_state().first:
        return redirect("/signup", 303)
    return _login_form()


@auth.post("/login")
@public
def login() -> BaseResponse | Response:
    """Opens a new session; an older one of this browser ends."""
    form = request.form
    try:
        who, secret = services().accounts.log_in(
            form.get("name", ""),
            form.get("password", ""),
            user_agent=browser_words(),
            remote=remote(),
            devices=devices(),
        )
    except EXPECTED as error:
        return _login_form(error)
    if old := session_secret():
        services().accounts.log_out(old)
    return logged_in(who, secret, safe_next(form.get("next")))


@auth.post("/logout")
@public
def logout() -> BaseResponse:
    """Ends the session on the server and takes the cookie away."""
    if secret := session_secret():
        services().accounts.log_out(secret)
    response = redirect("/login", 303)
    forget_login(response)
    clear_cache(response)
    return response


def _signup_form(error: FlashcardsError | None = None) -> Response:
    state = services().accounts.signup_state(plain=is_plain_visit())
    if state.needs_code:
        services().accounts.say_setup_code()
    return _form("auth/signup.html", error, state=state, name=request.form.get("name", ""))


def _login_form(error: FlashcardsError | None = None) -> Response:
    state = services().accounts.signup_state()
    target = safe_next(request.values.get("next"))
    page = _form("auth/login.html", error, state=state, name=request.form.get("name", ""), next=target)
    if session_secret():  # of a login that was ended elsewhere
        clear_cache(page)
    return page


def _form(template: str, error: FlashcardsError | None, **values: object) -> Response:
    trouble = trouble_of(error) if error else None
    page = render_template(template, trouble=trouble, **values)
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    if trouble and trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def logged_in(who: Learner, secret: str, target: str) -> BaseResponse:
    """Leads on to `target`, with the cookies of a new login."""
    response = redirect(target, 303)
    set_login(response, secret)
    set_devices(response, services().accounts.remember_device(who, devices()))
    return response


def browser_words() -> str:
    """What the browser says of itself."""
    return request.headers.get("User-Agent", "")


def remote() -> str:
    """The client's address."""
    return request.remote_addr or ""
