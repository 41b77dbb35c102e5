"""Who may do what: every address and method is listed here with the least role that it asks for.

A new address fails the first test until somebody has decided who may use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Invalid
from flashcards.services.accounts.facade import Learner
from tests.site import Site, open_site, prepared_data

GUEST, LEARNER, AUTHOR, ADMIN = "guest", "learner", "author", "administrator"

LEAST = {
    GUEST: """
        GET /healthz, GET /readyz, GET /metrics, GET /login, POST /login, POST /logout, GET /signup, POST /signup
        GET /practice/with/<secret>, GET /practice/with/<secret>/state
        POST /practice/with/<secret>/join, POST /practice/with/<secret>/marks
        GET /calendar/<secret>.ics, GET /reminders/confirm/<secret>, POST /reminders/confirm/<secret>
        GET /reminders/stop/<secret>, POST /reminders/stop/<secret>
        GET /invite/<secret>, POST /invite/<secret>, GET /reset/<secret>, POST /reset/<secret>
        GET /manifest.webmanifest, GET /sw.js, GET /offline, GET /static/<digest>/<path:name>
    """,
    LEARNER: """
        GET /, GET /help, GET /done, GET /review, POST /review/act, POST /review/answer, POST /review/undo
        GET /decks, GET /decks/<path:address>, POST /decks/<path:address>, GET /media/<name>
        POST /study, POST /study/<set_id>/end, GET /searches, POST /searches
        GET /api/v1/searches, PUT /api/v1/searches/<search_id>, DELETE /api/v1/searches/<search_id>
        GET /browse, POST /browse, GET /cards/<card_id>, POST /cards/<card_id>, POST /cards/<card_id>/undo, GET /stats
        POST /cards/<card_id>/fault
        GET /settings/scheduler, POST /settings/scheduler, POST /settings/scheduler/undo
        GET /api/v1/scheduler, POST /api/v1/scheduler/preview, PUT /api/v1/scheduler
        GET /stats/memory, POST /stats/memory/fit, GET /api/v1/memory, POST /api/v1/memory/fit
        GET /export, POST /export, GET /export/<id_>, GET /export/<id_>/progress, GET /export/<id_>/<name>.apkg
        GET /settings/reminders, POST /settings/reminders, POST /settings/reminders/test, POST /settings/calendar
        POST /settings/reminders/addresses, POST /settings/reminders/addresses/<int:number>
        GET /settings, POST /settings, POST /settings/password, GET /settings/my-data.json, POST /settings/leave
        GET /settings/activity
        POST /settings/sessions/<int:session>/revoke, POST /settings/sessions/revoke-others
        POST /settings/tokens, POST /settings/tokens/<int:token>/revoke
        GET /api/v1/openapi.json, GET /api/v1/decks, GET /api/v1/decks/version, GET /api/v1/queue, GET /api/v1/stats
        GET /api/v1/cards, GET /api/v1/cards/<card_id>
        POST /api/v1/cards/<card_id>/suspend, POST /api/v1/cards/<card_id>/unsuspend
        POST /api/v1/cards/<card_id>/bury, POST /api/v1/cards/<card_id>/unbury
        POST /api/v1/cards/<card_id>/reset, POST /api/v1/cards/<card_id>/due, POST /api/v1/cards/<card_id>/flag
        GET /api/v1/reviews, POST /api/v1/reviews, POST /api/v1/reviews/batch, GET /api/v1/reviews/last
        DELETE /api/v1/reviews/<uuid:review_id>, GET /api/v1/export.apkg
        GET /api/v1/me, PATCH /api/v1/me, GET /api/v1/sets, POST /api/v1/sets
        GET /api/v1/sets/<set_id>, DELETE /api/v1/sets/<set_id>
        GET /practice, POST /practice, GET /practice/<uuid:round_id>, GET /practice/<uuid:round_id>/report
        POST /practice/<uuid:round_id>/answer, POST /practice/<uuid:round_id>/ticks
        POST /practice/<uuid:round_id>/finish, POST /practice/<uuid:round_id>/delete
        POST /practice/<uuid:round_id>/partner, POST /practice/<uuid:round_id>/misses
        POST /practice/<uuid:round_id>/propose, POST /practice/<uuid:round_id>/flag
        POST /practice/consent
        GET /api/v1/rounds, POST /api/v1/rounds, GET /api/v1/rounds/<uuid:round_id>
        DELETE /api/v1/rounds/<uuid:round_id>, POST /api/v1/rounds/<uuid:round_id>/finish
        POST /api/v1/rounds/<uuid:round_id>/answers
        PATCH /api/v1/rounds/<uuid:round_id>/answers/<uuid:answer_id>
        GET /welcome, POST /welcome, GET /plan, POST /plan, POST /plan/leave, GET /plan/after, POST /plan/after
        POST /plan/<int:number>/follow, POST /plan/<int:number>/minutes, POST /plan/<int:number>/delete
        POST /breaks, POST /breaks/delete
        GET /api/v1/plans, POST /api/v1/plans, POST /api/v1/plans/outlook, GET /api/v1/plans/<int:number>
        PUT /api/v1/plans/<int:number>, PATCH /api/v1/plans/<int:number>, DELETE /api/v1/plans/<int:number>
        GET /api/v1/plans/<int:number>/days, POST /api/v1/plans/<int:number>/follow
        GET /api/v1/plan, PUT /api/v1/plan, DELETE /api/v1/plan, POST /api/v1/plan/preview
        GET /api/v1/breaks, POST /api/v1/breaks, DELETE /api/v1/breaks/<first>
    """,
    AUTHOR: """
        GET /analysis, POST /analysis/faults/<int:who>/<uuid:fault>, GET /new-deck, POST /new-deck
        GET /decks/<path:address>/edit, POST /decks/<path:address>/edit
        GET /import, POST /import, GET /import/<id_>, GET /import/<id_>/progress
        POST /api/v1/preview, GET /api/v1/source, PUT /api/v1/source, POST /api/v1/pictures
        POST /api/v1/import, GET /api/v1/import/<import_id>
    """,
    ADMIN: """
        GET /admin/people, POST /admin/people, POST /admin/people/<int:who>
        POST /admin/people/<int:who>/reset, POST /admin/invites, POST /admin/invites/<int:link>/revoke, GET /admin/audit
        GET /admin/jobs, POST /admin/jobs/<name>/run
    """,
}

ROLES = {
    tuple(line.split()): role for role, lines in LEAST.items() for line in re.split(r"[,\n]", lines) if line.strip()
}
HOLD = {"learner": {LEARNER}, "author": {LEARNER, AUTHOR}, "administrator": {LEARNER, ADMIN}}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data: Path = prepared_data(tmp_path_factory.mktemp("roles"))
    with open_site(data) as site:
        yield site


@pytest.fixture(scope="module")
def accounts(site: Site) -> dict[str, Learner]:
    """One account of each role alone; Ann, the first, has every role and is not asked."""
    site.learner("Ann")
    made = {name: site.learner(name) for name in HOLD}
    site.services.accounts.set_roles(made["author"].id, author=True, admin=None, acting=None)
    site.services.accounts.set_roles(made["administrator"].id, admin=True, author=None, acting=None)
    return made


READS = {"POST /api/v1/plans/outlook", "POST /api/v1/plan/preview", "POST /api/v1/scheduler/preview"}
"""What changes nothing, although it is sent as a body."""


def scope_of(method: str, rule: str) -> str:
    """The scope that a token needs, by the same table: authors' addresses, what is got, what changes something."""
    if ROLES[method, rule] == AUTHOR:
        return "author"
    return "read" if method == "GET" or f"{method} {rule}" in READS else "review"


def addresses(site: Site) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_address_has_a_role(site: Site) -> None:
    assert addresses(site) == set(ROLES)


@pytest.mark.parametrize(("method", "rule"), sorted(ROLES), ids=lambda part: part.replace("/", "|"))
def test_who_may(site: Site, accounts: dict[str, Learner], method: str, rule: str) -> None:
    """Those with the role are let in, whatever they then find; others are refused before anything is looked at."""
    least = ROLES[method, rule]
    rule = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", rule)
    path = re.sub(r"<int:\w+>|<\w+>", "999999", re.sub(r"<path:\w+>", "science/nothing", rule))
    in_api = rule.startswith("/api/")
    more = {"json": {}} if in_api and method in {"POST", "PUT"} else {}
    if least != GUEST:
        answer = site.client().open(path, method=method, **more)
        led = method == "GET" and not in_api
        assert answer.status_code == (303 if led else 401)
        assert not led or answer.location.startswith("/login")
    for name, roles in HOLD.items():
        answer = site.client(accounts[name]).open(path, method=method, **more)
        if least == GUEST or least in roles:
            assert answer.status_code not in {403, 500}, name
            assert (answer.status_code == 401) == (rule == "/login" and method == "POST")  # for want of a name
        else:
            assert answer.status_code == 403, name
            assert "may do this" in (answer.json["detail"] if in_api else answer.text)


API = sorted((method, rule) for method, rule in ROLES if rule.startswith("/api/"))


@pytest.mark.parametrize(("method", "rule"), API, ids=lambda part: part.replace("/", "|"))
def test_what_a_token_of_each_scope_may(site: Site, accounts: dict[str, Learner], method: str, rule: str) -> None:
    """A token is let in with the scope of the address, and refused without, before anything is looked at."""
    path = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", rule)
    path = re.sub(r"<int:\w+>|<\w+>", "999999", path)
    body = {} if method in {"POST", "PUT"} else None
    for scope in ("read", "review", "author"):
        token = site.services.accounts.create_token(site.services.accounts.find("author"), scope, scopes=[scope])
        headers = {"Authorization": f"Bearer {token}"}
        answer = site.app.test_client().open(path, method=method, headers=headers, json=body)
        if scope_of(method, rule) in {"read", scope}:
            assert answer.status_code not in {401, 403, 500}, scope
        else:
            assert answer.status_code == 403, scope
            assert f"lacks the scope {scope_of(method, rule)}" in answer.get_json()["detail"]


def test_no_scope_gives_a_role(site: Site, accounts: dict[str, Learner]) -> None:
    """A token opens no page, and an author's scope is worth nothing to who is an author no more."""
    made = site.services.accounts
    token = made.create_token(made.find("author"), "all")
    headers = {"Authorization": f"Bearer {token}"}
    guest = site.app.test_client()
    assert guest.get("/admin/people", headers=headers).status_code == 303
    assert guest.get("/settings", headers=headers).status_code == 303
    with pytest.raises(Invalid, match="author"):
        made.create_token(accounts["learner"], "more", scopes=["author"])
    with pytest.raises(Invalid, match="scopes"):
        made.create_token(accounts["learner"], "none", scopes=["admin"])
    made.set_roles(accounts["author"].id, author=False)
    try:
        assert guest.get("/api/v1/source?path=x", headers=headers).status_code == 403
    finally:
        made.set_roles(accounts["author"].id, author=True)
