"""What happened to accounts is noted, shown to its owner and to administrators, and outlives names, not 400 days."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.services.accounts.audit import ACTIONS
from tests.integration.test_invites import NEW, Clock
from tests.site import PASSWORD, Site, open_site

DAY = 86_400_000


def actions(site: Site) -> list[tuple[str, str, str]]:
    """(account, action, by) of everything, the oldest first."""
    rows = site.services.audit.all(site.services.accounts.learners())
    return [(it.name, it.action, it.by) for it in reversed(rows)]


def test_every_door_leaves_a_row(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        client = site.client()
        client.environ_base["REMOTE_ADDR"] = "203.0.113.77"
        site.services.accounts._first_needs_code = True  # as of a server that others reach
        code = site.services.accounts.setup_code()
        client.post("/signup", data={"name": "Ann", "password": PASSWORD, "code": code})
        ann = site.services.accounts.find("Ann")
        client.post("/admin/people", data={"name": "Bob", "password": PASSWORD})
        bob = site.services.accounts.find("Bob")
        client.post(f"/admin/people/{bob.id}", data={"author": "on"})
        client.post(f"/admin/people/{bob.id}", data={"author": "on"})  # nothing changes
        client.post("/settings/tokens", data={"name": "laptop"})
        client.post(f"/settings/tokens/{site.services.accounts.tokens(ann)[0].id}/revoke")
        client.get("/settings/my-data.json")
        client.post("/settings/password", data={"old": PASSWORD, "new": NEW})
        client.post(f"/admin/people/{bob.id}/reset")
        client.post("/admin/invites", data={})
        client.post(f"/admin/invites/{site.services.invites.open()[1].id}/revoke")
        site.services.accounts.delete_learner("Bob")
        assert actions(site) == [
            ("Ann", "signed up", ""), ("Ann", "login", ""), ("", "added", "Ann"), ("", "roles", "Ann"),
            ("Ann", "token", ""), ("Ann", "token revoked", ""), ("Ann", "export", ""), ("Ann", "password", ""),
            ("", "reset link", "Ann"), ("Ann", "invite", ""), ("Ann", "invite revoked", ""),
            ("", "deleted", "the server"),
        ]  # fmt: skip
        assert {action for _, action, _ in actions(site)} <= set(ACTIONS)
        rows = site.services.database.all("SELECT name_then, address_prefix, request_id FROM audit ORDER BY id")
        assert all("Bob" not in repr(row) for row in rows)
        assert rows[1][1] == "203.0.113.0/24"
        assert len(rows[1][2]) == 12


def test_a_failed_login_leaves_none_and_secrets_never_stand_there(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        ann = site.learner("Ann")
        token = site.services.accounts.create_token(ann, "a name of mine")
        site.client().post("/login", data={"name": "Ann", "password": "geheimnis"})
        stored = repr(site.services.database.all("SELECT * FROM audit"))
        assert "geheimnis" not in stored
        assert token.split("_", 2)[2] not in stored
        assert [action for _, action, _ in actions(site)] == ["signed up", "token"]


def test_its_owner_sees_their_own_and_administrators_all(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        ann, bob = site.learner("Ann"), site.learner("Bob")
        own = site.client(bob).get("/settings/activity").text
        assert "made the account" in own
        assert "Ann" not in own
        assert "/settings/activity" in site.client(bob).get("/settings").text
        everything = site.client(ann).get("/admin/audit").text
        assert everything.count("made the account") == 2
        assert "/admin/audit" in site.client(ann).get("/admin/people").text
        assert site.client(bob).get("/admin/audit").status_code == 403


def test_pages_go_back_to_the_first_row(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        ann = site.learner("Ann")
        for number in range(150):
            site.services.audit.note_alone(ann, "token", f"number {number};")
        first = site.client(ann).get("/settings/activity").text
        assert "number 149;" in first
        assert "number 49;" not in first
        before = first.partition("?before=")[2].partition('"')[0]
        second = site.client(ann).get(f"/settings/activity?before={before}").text
        assert "number 49;" in second
        assert "number 0;" in second
        assert "?before=" not in second


@pytest.mark.parametrize(("days", "kept"), [(399, True), (401, False)])
def test_it_is_kept_for_400_days(tmp_path: Path, days: int, kept: bool) -> None:
    clock = Clock()
    with open_site(tmp_path, clock=clock) as site:
        site.learner("Ann")
        clock.at += days * DAY
        site.services.invites.forget_over()
        assert bool(actions(site)) is kept
