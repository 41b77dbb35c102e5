"""Links that let somebody in: made by an administrator or at the terminal, good once, kept as a hash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from flashcards.errors import Invalid
from flashcards.services.accounts.facade import Learner
from tests.databases import settings_for
from tests.site import PASSWORD, Site, open_site

DAY = 86_400_000
NEW = "another long password"


class Clock:
    """Goes when it is told."""

    def __init__(self) -> None:
        self.at = 1_795_000_000_000

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    with open_site(tmp_path, clock=clock, signup="first") as site:
        yield site


@pytest.fixture
def ann(site: Site) -> Learner:
    """The administrator."""
    return site.learner("Ann")


def shown(page: str, what: str) -> str:
    """The link that a page shows."""
    found = re.search(rf'href="([^"]*/{what}/[^"]+)"', page)
    assert found
    return found[1]


def test_an_invitation_makes_one_account(site: Site, ann: Learner) -> None:
    page = site.client(ann).post("/admin/invites", data={"author": "on", "days": "7"})
    link = shown(page.text, "invite")
    guest = site.client()
    assert "Make your account" in guest.get(link).text
    taken = guest.post(link, data={"name": "Ann", "password": PASSWORD})
    assert (taken.status_code, "is taken" in taken.text) == (409, True)
    assert guest.post(link, data={"name": "Bob", "password": "short"}).status_code == 422
    made = guest.post(link, data={"name": "Bob", "password": PASSWORD, "timezone": "Europe/Berlin"})
    assert (made.status_code, made.location) == (303, "/welcome")
    bob = site.services.accounts.find("Bob")
    assert (bob.is_author, bob.is_admin, bob.timezone) == (True, False, "Europe/Berlin")
    assert guest.get("/settings").status_code == 200
    for again in (site.client().get(link), site.client().post(link, data={"name": "Eve", "password": PASSWORD})):
        assert again.status_code == 404
        assert "This link was used" in again.text
    assert link not in site.client(ann).get("/admin/people").text


def test_two_at_once_get_one_account(site: Site, ann: Learner) -> None:
    link = site.services.invites.invite(ann)

    def come(name: str) -> int:
        try:
            return int(site.client().post(link, data={"name": name, "password": PASSWORD}).status_code)
        finally:
            site.services.release_thread()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(come, ["Bob", "Cid", "Dan", "Eve"])) == [303, 404, 404, 404]
    assert len(site.services.accounts.learners()) == 2


def test_a_link_sets_a_password_once_and_ends_what_the_old_one_opened(site: Site, ann: Learner) -> None:
    bob = site.services.accounts.add_learner("Bob", PASSWORD)
    old, token = site.client(bob), site.services.accounts.create_token(bob, "")
    first = shown(site.client(ann).post(f"/admin/people/{bob.id}/reset").text, "reset")
    link = shown(site.client(ann).post(f"/admin/people/{bob.id}/reset").text, "reset")
    assert site.client().get(first).status_code == 404  # the newer one took its place
    guest = site.client()
    assert "For Bob." in guest.get(link).text
    assert guest.post(link, data={"password": "short"}).status_code == 422
    assert guest.post(link, data={"password": NEW}).location == "/"
    assert guest.get("/").status_code == 200
    assert old.get("/").status_code == 303
    assert site.services.accounts.by_token(token) is None
    assert site.client().post(link, data={"password": PASSWORD}).status_code == 404
    assert site.client().post("/login", data={"name": "Bob", "password": PASSWORD}).status_code == 401
    assert site.client().post("/login", data={"name": "Bob", "password": NEW}).status_code == 303


def test_a_password_changed_otherwise_ends_the_link(site: Site, ann: Learner) -> None:
    link = site.services.invites.reset(ann, ann)
    site.services.accounts.change_password(ann, PASSWORD, NEW, "")
    assert site.client().get(link).status_code == 404


def test_links_are_over_in_time_and_can_be_taken_back(site: Site, ann: Learner, clock: Clock) -> None:
    invites, client = site.services.invites, site.client(ann)
    invitation, reset = invites.invite(ann, days=7), invites.reset(ann, ann)
    clock.at += DAY
    assert client.get(reset).status_code == 404
    assert site.client().get(invitation).status_code == 200
    page = client.get("/admin/people").text
    revoke = re.search(r'action="(/admin/invites/\d+/revoke)"', page)
    assert revoke
    client.post(revoke[1])
    assert site.client().get(invitation).status_code == 404
    assert client.post(revoke[1]).status_code == 404
    later = invites.invite(ann, days=30)
    clock.at += 30 * DAY
    assert site.client().get(later).status_code == 404
    invites.forget_over()
    assert site.services.database.all("SELECT * FROM invite") == []


@pytest.mark.parametrize("left", ["deleted", "no administrator any more"])
def test_the_links_of_an_administrator_who_is_none_any_more_are_over(site: Site, ann: Learner, left: str) -> None:
    """Or who was put out could come in again, as administrator."""
    accounts, invites = site.services.accounts, site.services.invites
    bob = accounts.add_learner("Bob", PASSWORD, admin=True)
    theirs = [invites.invite(bob, admin=True), invites.reset(bob, ann)]
    anns = invites.invite(ann)
    accounts.set_roles("Bob", author=True)
    assert len(invites.open()) == 3
    if left == "deleted":
        accounts.delete_learner("Bob")
    else:
        accounts.set_roles("Bob", admin=False)
    guest = site.client()
    assert [guest.get(link).status_code for link in (*theirs, anns)] == [404, 404, 200]
    assert [(link.name, link.made_by) for link in invites.open()] == [("", "Ann")]


def test_a_link_is_of_one_kind_and_stored_as_a_hash(site: Site, ann: Learner) -> None:
    invitation, reset = site.services.invites.invite(ann), site.services.invites.reset(ann, ann)
    assert site.client().get(invitation.replace("invite", "reset")).status_code == 404
    assert site.client().get(reset.replace("reset", "invite")).status_code == 404
    stored = repr(site.services.database.all("SELECT * FROM invite"))
    assert all(link.rpartition("/")[2] not in stored for link in (invitation, reset))
    with pytest.raises(Invalid):
        site.services.invites.invite(ann, days=365)
    assert site.client(ann).post("/admin/invites", data={"days": "365"}).status_code == 422


def test_the_link_begins_with_the_servers_own_address_and_with_no_requests(tmp_path: Path) -> None:
    with open_site(tmp_path, url="https://cards.example.org/x", base_path="/x") as site:
        ann = site.learner("Ann")
        page = site.client(ann).post("/x/admin/invites", data={}, headers={"X-Forwarded-Host": "evil.example"})
        link = shown(page.text, "invite")
        assert link.startswith("https://cards.example.org/x/invite/")
        assert site.client().get(link.removeprefix("https://cards.example.org")).status_code == 200


def test_at_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flashcards.cli.people import user_command

    for name, value in settings_for(tmp_path, tmp_path).items():
        monkeypatch.setenv(name, value)
    with open_site(tmp_path, tmp_path) as site:
        site.learner("Ann")
    run = CliRunner()
    bare = run.invoke(user_command, ["invite", "--author"])
    assert bare.stdout.startswith("/invite/")
    assert "FLASHCARDS_URL" in bare.stderr
    monkeypatch.setenv("FLASHCARDS_URL", "https://cards.example.org")
    reset = run.invoke(user_command, ["reset", "ann"])
    assert reset.stdout.startswith("https://cards.example.org/reset/")
    with open_site(tmp_path, tmp_path, signup="closed") as site:
        made = site.client().post(bare.stdout.strip(), data={"name": "Bob", "password": PASSWORD})
        assert made.status_code == 303
        assert site.services.accounts.find("Bob").is_author
