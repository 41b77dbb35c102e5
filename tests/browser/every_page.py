"""Every page there is, in a site in which each of them has something to show."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from flashcards.clock import system_clock
from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from flashcards.services.plan.contract import Choice
from flashcards.services.review.facade import Answer
from tests.browser.exchange_states import exchange_pages
from tests.browser.live import Live, serve
from tests.browser.shots_practice import a_round
from tests.practice_decks import write_decks
from tests.site import DECKS, new_id, prepared_data

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Visit:
    """A page, and whose it is; nobody's where nobody is logged in."""

    name: str
    address: str
    learner: Learner | None


@contextmanager
def everything(folder: Path) -> Iterator[tuple[Live, list[Visit]]]:
    """A served site with learners in several states, and a visit to each page."""
    decks, release, days = folder / "decks", threading.Event(), [0]
    shutil.copytree(DECKS, decks)
    write_decks(decks)
    clock = lambda: system_clock() + days[0] * DAY_MS  # noqa: E731
    with serve(prepared_data(folder / "data", decks), decks, clock=clock) as live:
        try:
            yield live, [*_visits(live, release), *_of_a_plan(live, days)]
        finally:
            release.set()


def _visits(live: Live, release: threading.Event) -> Iterator[Visit]:
    services = live.services
    ann = live.site.learner("Ann", new_per_day=100)
    for card, grade in zip(services.review.queue(ann, limit=6).cards, (1, 3, 4, 5, 4, 2), strict=True):
        services.review.answer(ann, Answer(new_id(), card.id, grade, took_ms=9_000))
    services.review.make_set(ann, id=new_id(), mode="review", q="capital")
    services.review.save_search(ann, id=new_id(), name="Capitals, all of them", q="capital", on_today=True)
    services.accounts.create_token(ann, "laptop")
    answered = services.review.log(ann)[0].card
    begun = a_round(live, ann, "smp", close=2, kind="concepts")
    design = a_round(live, ann, "smp", close=0, kind="design")
    ended = a_round(live, ann, "smp", close=20, kind="concepts")
    secret = services.practice.make_link(ann, begun.rpartition("/")[2])
    addresses = {
        "today": "/", "done": "/done", "decks": "/decks", "folder": "/decks/science/",
        "deck": "/decks/science/extremes", "deck-of-code": "/decks/programming/python",
        "editor": "/decks/programming/python/edit", "editor-of-extremes": "/decks/science/extremes/edit",
        "new-deck": "/new-deck", "card": f"/cards/{answered}",
        "browse": "/browse", "found": "/browse?q=capital", "browse-refused": "/browse?q=is:asleep",
        "searches": "/searches", "stats": "/stats", "memory": "/stats/memory", "analysis": "/analysis",
        "settings": "/settings", "activity": "/settings/activity", "reminders": "/settings/reminders",
        "scheduler": "/settings/scheduler", "what-would-change": "/settings/scheduler?scheduler=fsrs-6&retention=90",
        "people": "/admin/people", "audit": "/admin/audit", "jobs": "/admin/jobs", "help": "/help",
        "practice": "/practice", "question": begun, "rubric": f"{begun}?q=1", "design": design,
        "report": f"{ended}/report", "missing": "/nothing",
    }  # fmt: skip
    for name, address in {**addresses, **exchange_pages(live, ann, release)}.items():
        yield Visit(name, address, ann)
    links = (services.invites.invite(ann), services.invites.reset(ann, ann), services.reminders.stop_link(ann.id))
    invite, reset, stop = (urlsplit(link).path for link in links)
    guests = {
        "login": "/login", "signup": "/signup", "offline": "/offline", "join": f"/practice/with/{secret}",
        "invite": invite, "reset": reset, "stop": stop,
    }  # fmt: skip
    for name, address in guests.items():
        yield Visit(name, address, None)


def refused(live: Live, page: Page, learner: Learner) -> Iterator[str]:
    """The pages that only a form leads to, by their names: of the last, the learner's logins are over."""
    today = date_of(live.services.review.study_day(learner))
    for name, last in {"break": -1, "not-saved": 1}.items():
        page.goto(f"{live.url}/settings")
        if name == "not-saved":
            live.services.accounts.revoke_other_sessions(learner, "")
        page.locator("#first").fill(str(today + timedelta(9)))
        page.locator("#last").fill(str(today + timedelta(9 + last)))
        page.locator("#breaks").get_by_role("button", name="Enter").click()
        expect(page.get_by_role("heading", level=1)).to_have_text({"break": "A break"}.get(name, "Nothing was saved."))
        yield name


def _of_a_plan(live: Live, days: list[int]) -> Iterator[Visit]:
    plans, review = live.services.plans, live.services.review
    fresh, planned, over = live.site.learner("Ben"), live.site.learner("Cy"), live.site.learner("Di")
    today = review.study_day(fresh)
    plans.make(planned, Choice(today + 19, 15))
    plans.add_break(planned, today + 5, today + 9)
    days[0] = -20
    plans.make(over, Choice(today - 1, 40))
    days[0] = 0
    yield Visit("welcome", "/welcome", fresh)
    yield Visit("review", "/review", fresh)
    yield Visit("today-of-a-plan", "/", planned)
    yield Visit("plan", "/plan", planned)
    yield Visit("after-a-plan", "/plan/after", over)
