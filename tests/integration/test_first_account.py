"""The first account from the environment: made once, and by nobody's visit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flashcards.errors import Invalid
from tests.site import PASSWORD, open_site


def test_it_is_made_once_and_stays_what_its_owner_makes_of_it(tmp_path: Path) -> None:
    given: dict[str, Any] = {"admin": "Ada", "admin_password": PASSWORD, "signup": "first"}
    with open_site(tmp_path, **given) as site:
        line = site.services.make_first_account()
        assert line
        assert PASSWORD not in line
        accounts = site.services.accounts
        ada = accounts.find("Ada")
        assert ada.is_author
        assert ada.is_admin
        assert accounts.setup_code() is None
        assert not accounts.signup_state().open
        accounts.set_password("Ada", "another long password")
        assert site.services.make_first_account() is None
    with open_site(tmp_path, **given) as site:
        assert site.services.make_first_account() is None
        login = {"name": "Ada", "password": "another long password"}
        assert site.client().post("/login", data=login).status_code == 303


def test_of_two_hosts_that_start_at_once_one_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"admin": "Ada", "admin_password": PASSWORD}
    with open_site(tmp_path, **given) as first, open_site(tmp_path, **given) as second:
        accounts = second.services.accounts
        assert first.services.make_first_account()
        monkeypatch.setattr(accounts, "learners", list)  # it had looked before the other one made it
        assert second.services.make_first_account() is None
        assert [it.name for it in first.services.accounts.learners()] == ["Ada"]


def test_a_password_that_is_no_use_is_said(tmp_path: Path) -> None:
    with open_site(tmp_path, admin="Ada", admin_password="short") as site:
        with pytest.raises(Invalid, match="password"):
            site.services.make_first_account()
        assert not site.services.accounts.learners()
