"""Where learners say how they want to hear of due cards, the calendar feed, and the pages that mails lead to."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from flashcards.errors import Conflict, FlashcardsError, Invalid, TooMany, Unavailable
from flashcards.services.reminders.channels import MOST
from flashcards.services.reminders.reminders import HOURS
from flashcards.web.auth.login import learner, public, services
from flashcards.web.shared.errors import trouble_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SAID = {
    "saved": "Saved.",
    "confirm": "Saved. Reminders begin when you have opened the link in the mail that is on its way to you.",
    "test": "A mail is on its way to you.",
    "address": "Saved. Send a test to see whether messages arrive there.",
    "removed": "The address is forgotten.",
    "sent": "The message was taken. It should be there now.",
    "calendar": "Here is the address. Whoever knows it sees how many cards are due.",
    "calendar-off": "The address leads nowhere any more.",
}


def page() -> Response:
    """Where and when to remind, and the calendar's address."""
    return _page(said=SAID.get(request.args.get("done", "")))


def save() -> BaseResponse | Response:
    """Stores when to remind and the mail address; a new one gets a link to confirm it."""
    form = request.form
    letter = f"{day}-{form.get('letter_hour', '')}" if (day := form.get("letter_day", "")) else ""
    try:
        sent = services().reminders.save(learner(), form.get("email"), form.get("hour", ""), letter)
    except (Conflict, Invalid, TooMany, Unavailable) as error:
        return _page(error, form=form)
    return _done("confirm" if sent else "saved")


def test() -> BaseResponse | Response:
    """Sends a mail now."""
    try:
        services().reminders.test(learner())
    except (Conflict, TooMany, Unavailable) as error:
        return _page(error)
    return _done("test")


def add_address() -> BaseResponse | Response:
    """Stores an address of another service."""
    try:
        services().channels.add(learner(), request.form.get("url", ""))
    except (Conflict, Invalid, TooMany, Unavailable) as error:
        return _page(error)
    return _done("address")


def change_address(number: int) -> BaseResponse | Response:
    """Sends a message to one of the addresses now, or forgets it."""
    if request.form.get("what") == "remove":
        services().channels.remove(learner(), number)
        return _done("removed")
    try:
        services().channels.test(learner(), number)
    except (Conflict, TooMany, Unavailable) as error:
        return _page(error)
    return _done("sent")


def calendar() -> BaseResponse | Response:
    """Makes an address for the calendar, or takes it back."""
    if request.form.get("what") == "revoke":
        services().calendar.revoke(learner())
        return _done("calendar-off")
    try:
        services().calendar.make(learner())
    except Conflict as error:
        return _page(error)
    return _done("calendar")


@public
def feed(secret: str) -> Response:
    """The calendar, for the program that was given the address."""
    response = Response(services().calendar.feed(secret), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, max-age=900"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# Opening a link changes nothing: programs open links, too, to look for harm in them.


@public
def to_confirm(secret: str) -> Response:
    """The button that confirms an address."""
    return _link_page("confirm", secret, address=services().reminders.to_confirm(secret))


@public
def confirm(secret: str) -> Response:
    """Confirms it."""
    return _link_page("confirm", secret, address=services().reminders.confirm(secret), done=True)


@public
def to_stop(secret: str) -> Response:
    """The button that ends the reminders, or the letters."""
    _, what = services().reminders.to_stop(secret)
    return _link_page(what, secret)


@public
def stop(secret: str) -> Response:
    """Ends them; mail programs do that by themselves, too (RFC 8058)."""
    return _link_page(services().reminders.stop(secret), secret, done=True)


def _link_page(what: str, secret: str, *, address: str = "", done: bool = False) -> Response:
    page = render_template("reminders/link.html", what=what, secret=secret, address=address, done=done)
    response = Response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _filled(email: str | None, reminder: str | None, letter: str | None) -> dict[str, str]:
    """What stands in the form where nobody has typed anything yet."""
    day, _, hour = (letter or "").partition("-")
    return {"email": email or "", "hour": reminder or "", "letter_day": day, "letter_hour": hour or reminder or "07:00"}


def _done(what: str) -> BaseResponse:
    return redirect(f"/settings/reminders?done={what}", 303)


def _page(error: FlashcardsError | None = None, *, said: str | None = None, form: Any = None) -> Response:
    trouble, me = trouble_of(error) if error else None, learner()
    wishes, calendar = services().reminders.wishes(me), services().calendar
    channels = services().channels.of(me)
    page = render_template(
        "settings/reminders.html",
        trouble=trouble,
        said=said,
        form=form or _filled(wishes.email, wishes.reminder, wishes.letter),
        wishes=wishes,
        hours=HOURS,
        weekdays=WEEKDAYS,
        sends_mail=services().reminders.possible,
        sends_elsewhere=services().channels.possible,
        channels=channels,
        room=len(channels) < MOST,
        given=request.form.get("url", "") if trouble and trouble.field == "url" else "",
        possible=calendar.possible,
        address=calendar.address(me),
    )
    response = Response(page, status=trouble.status if trouble else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
