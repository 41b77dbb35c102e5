"""Accounts: signing up and in, sessions, tokens, settings, roles, and what is stored of secrets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.domain.ids import LearnerId
from flashcards.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from flashcards.services.accounts import passwords
from flashcards.services.accounts.devices import Devices
from flashcards.services.accounts.facade import AccountService, Learner, SignupState
from flashcards.services.accounts.login_limits import LoginLimits
from flashcards.storage import models
from tests.databases import opened
from tests.integration.study_world import DAY_MS, KEY, SetClock, StudyWorld

PASSWORD = "correct horse"


class World:
    def __init__(self, folder: Path) -> None:
        self.db = opened(folder / "flashcards.sqlite3")
        self.clock = SetClock()

    def limits(self) -> LoginLimits:
        """What counts attempts, of a server with another key: nobody's device is known to it."""
        return LoginLimits(self.db, self.clock, Devices(lambda text: text.encode()))

    def service(self, signup: str = "open", *, code: bool = False) -> AccountService:
        return AccountService(self.db, self.clock, secret_key=KEY, signup=signup, first_needs_code=code)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.db.close()


def sign_up(service: AccountService, name: str, **more: Any) -> Learner:
    values: dict[str, Any] = {"code": None, "timezone": None, "remote": "1.2.3.4"} | more
    return service.sign_up(name, values.pop("password", PASSWORD), **values)


def log_in(service: AccountService, name: str, password: str = PASSWORD, remote: str = "1.2.3.4") -> str:
    return service.log_in(name, password, user_agent="Firefox", remote=remote)[1]


# --- signing up


def test_the_first_account_is_author_and_administrator_and_then_the_door_closes(world: World) -> None:
    service = world.service("first")
    assert service.signup_state() == SignupState(open=True, first=True, needs_code=False)
    assert service.setup_code() is None
    ada = sign_up(service, "Ada", timezone="Europe/London")
    assert (ada.name, ada.is_author, ada.is_admin, ada.timezone) == ("Ada", True, True, "Europe/London")
    assert (ada.day_start, ada.new_per_day, ada.due_per_day, ada.drill, ada.buttons) == (4, 20, None, True, 4)
    assert service.signup_state() == SignupState(open=False, first=False, needs_code=False)
    with pytest.raises(Forbidden):
        sign_up(service, "Ben")


def test_open_and_closed(world: World) -> None:
    with pytest.raises(Forbidden):
        sign_up(world.service("closed"), "Ada")
    service = world.service("open")
    sign_up(service, "Ada")
    ben = sign_up(service, "Ben", timezone="Etc/Nowhere")
    assert (ben.is_author, ben.is_admin, ben.timezone) == (False, False, "UTC")


def test_of_many_first_visitors_one_gets_in(world: World) -> None:
    service = world.service("first")
    results: list[str] = []

    def visit(name: str) -> None:
        try:
            results.append(sign_up(service, name).name)
        except Forbidden:
            results.append("")
        world.db.close_thread()

    threads = [threading.Thread(target=visit, args=(f"v{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, results)) == [False] * 5 + [True]
    assert len(service.learners()) == 1


def test_where_others_can_reach_the_server_the_first_needs_the_code(world: World) -> None:
    service = world.service("first", code=True)
    code = service.setup_code()
    assert code is not None
    assert len(code) == 8
    assert service.signup_state().needs_code
    for wrong in (None, "", "AAAAAAAA", code[:-1], "ä" * 8):
        with pytest.raises(Forbidden, match="code"):
            sign_up(service, "Ada", code=wrong)
    with pytest.raises(TooMany):
        sign_up(service, "Ada", code=code)
    with pytest.raises(Forbidden, match="code"):  # of another client, five wrong ones are nobody else's
        sign_up(service, "Ada", remote="5.6.7.8")
    world.clock.seconds(61)
    assert sign_up(service, "Ada", code=f" {code[:4].lower()}-{code[4:]} ").is_admin
    assert service.setup_code() is None
    assert world.service("open", code=True).signup_state() == SignupState(True, False, False)
    other = AccountService(world.db, world.clock, secret_key=b"x" * 32, signup="first", first_needs_code=True)
    assert other._setup_code() != code


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\nb", "a\0b", "a\u202eb", "a\u200bb", "a\ud800", "a\ue000"])
def test_names_that_cannot_be(world: World, name: str) -> None:
    with pytest.raises(Invalid) as error:
        sign_up(world.service(), name)
    assert error.value.field == "name"


def test_names_are_the_same_whatever_their_case_and_width(world: World) -> None:
    service = world.service()
    assert sign_up(service, "  Straße \u00a0").name == "Straße"
    for name in ("STRASSE", "ｓｔｒａｓｓｅ", "straße"):
        with pytest.raises(Conflict):
            sign_up(service, name)
        assert service.find(name).name == "Straße"
        assert log_in(service, name)
    assert sign_up(service, "日本 太郎").name == "日本 太郎"


@pytest.mark.parametrize("password", ["", "short", "x" * 7, "x" * 1001, "\ud800" * 9])
def test_passwords_that_cannot_be(world: World, password: str) -> None:
    service = world.service()
    with pytest.raises(Invalid) as error:
        sign_up(service, "Ada", password=password)
    assert error.value.field == "password"
    assert service.learners() == []


def test_passwords_of_any_script_typed_on_any_keyboard(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada", password="пароль é 密码")
    assert log_in(service, "Ada", "пароль e\u0301 密码")
    sign_up(service, "Ben", password="x" * 1000)
    assert log_in(service, "Ben", "x" * 1000)
    with pytest.raises(Unauthenticated):
        log_in(service, "Ben", "x" * 1_000_000)


# --- signing in


def test_a_wrong_password_and_an_unknown_name_sound_and_take_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = world.service()
    sign_up(service, "Ada")
    checked: list[str] = []
    monkeypatch.setattr(passwords, "_HASHER", Spy(passwords._HASHER, checked))
    messages = set()
    for name, password in (("Ada", "wrong horse"), ("Nobody", PASSWORD), ("a\ud800b", PASSWORD), ("", "")):
        with pytest.raises(Unauthenticated) as error:
            log_in(service, name, password)
        messages.add(str(error.value))
    assert len(messages) == 1
    # The same work each time: one verification, of a hash of the same costs.
    assert len(checked) == 4
    assert {stored.rpartition("$")[0].rpartition("$")[0] for stored in checked} == {"$argon2id$v=19$m=19456,t=2,p=1"}


class Spy:
    def __init__(self, hasher: Any, checked: list[str]) -> None:
        self._hasher = hasher
        self._checked = checked

    def verify(self, stored: str, password: bytes) -> bool:
        self._checked.append(stored)
        return bool(self._hasher.verify(stored, password))


def test_ten_attempts_a_minute_for_a_name(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    sign_up(service, "Ben")
    for number in range(10):
        with pytest.raises(Unauthenticated):
            log_in(service, ("ADA", "ada ")[number % 2], "wrong horse")
    with pytest.raises(TooMany) as error:
        log_in(service, "Ada")
    assert log_in(service, "Ada", remote="9.9.9.9")
    assert 1 <= error.value.retry_after <= 60
    assert log_in(service, "Ben")
    world.clock.seconds(60)
    assert log_in(service, "Ada")
    # Who logs in starts anew.
    for _ in range(9):
        with pytest.raises(Unauthenticated):
            log_in(service, "Ada", "wrong horse")
    assert log_in(service, "Ada")
    with pytest.raises(Unauthenticated):
        log_in(service, "Ada", "wrong horse")


def test_a_remote_address_cannot_try_name_after_name(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    outcomes = []
    limits = world.limits()
    for number in range(50):  # fifty attempts without the 20 milliseconds of each
        limits.count_login(f"guess{number}", "6.6.6.6", "")
    for number in range(15):
        try:
            log_in(service, f"name{number}", "wrong horse", remote="6.6.6.6")
        except (Unauthenticated, TooMany) as error:
            outcomes.append(type(error))
    assert outcomes == [Unauthenticated] * 10 + [TooMany] * 5
    with pytest.raises(TooMany):
        log_in(service, "Ada", remote="6.6.6.6")
    assert log_in(service, "Ada", remote="7.7.7.7")


def test_many_networks_together_try_one_name_a_hundred_times_a_minute(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    _, secret = service.log_in("Ada", PASSWORD, user_agent="", remote="1.1.1.1")
    mine = service.remember_device(service.find("Ada"), "")
    for number in range(99):  # without the 20 milliseconds of each
        world.limits().count_login("ada", f"6.6.{number}.6", "")
    with pytest.raises(TooMany):
        log_in(service, "Ada", remote="9.9.9.9")
    assert service.log_in("Ada", PASSWORD, user_agent="", remote="9.9.9.9", devices=mine)
    world.clock.seconds(61)
    assert log_in(service, "Ada", remote="9.9.9.9")
    assert secret


def test_attempts_and_logins_that_are_long_over_are_forgotten(world: World) -> None:
    """Whoever guesses must not fill the disk."""
    service = world.service()
    sign_up(service, "Ada")
    secret = log_in(service, "Ada")
    world.limits().count_login("nobody", "6.6.6.6", "")
    service.forget_old()
    assert (world.db.one("SELECT count(*) FROM throttle") or (0,))[0] > 0
    world.clock.days(2)
    service.forget_old()
    assert world.db.one("SELECT count(*) FROM throttle") == (0,)
    assert service.by_session(secret)
    world.clock.days(91)
    service.forget_old()
    assert world.db.one("SELECT count(*) FROM session") == (0,)


def test_attempts_at_the_same_moment_do_not_slip_through(world: World) -> None:
    limits = world.limits()
    allowed: list[bool] = []

    def attack() -> None:
        for _ in range(20):
            try:
                limits.count_password(LearnerId(7))
                allowed.append(True)
            except TooMany:
                allowed.append(False)
        world.db.close_thread()

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (160, 10)


def test_a_clock_set_back_does_not_lock_anybody_out(world: World) -> None:
    limits = world.limits()
    for _ in range(10):
        limits.count_password(LearnerId(7))
    with pytest.raises(TooMany):
        limits.count_password(LearnerId(7))
    world.clock.days(-1)
    limits.count_password(LearnerId(7))
    assert world.db.one("SELECT hits FROM throttle WHERE bucket = 'password:7'") == (1,)


# --- sessions


def test_sessions(world: World) -> None:
    service = world.service()
    ada = sign_up(service, "Ada")
    here, there = log_in(service, "Ada"), service.start_session(ada, "Safari\n\x1b[31m" + "x" * 500)
    assert here != there
    assert service.by_session(here) == service.by_session(there) == ada
    assert service.by_session("nonsense") is service.by_session("") is None
    world.clock.seconds(1)
    first, second = sorted(service.sessions(ada, here), key=lambda it: it.id)
    assert (first.user_agent, first.current, second.current) == ("Firefox", True, False)
    assert second.user_agent.startswith("Safari[31mxxx")
    assert len(second.user_agent) == 200
    ben = sign_up(service, "Ben")
    with pytest.raises(NotFound):
        service.revoke_session(ben, second.id)
    service.revoke_session(ada, second.id)
    assert service.by_session(there) is None
    with pytest.raises(NotFound):
        service.revoke_session(ada, second.id)
    service.log_out(here)
    service.log_out(here)
    assert service.by_session(here) is None


def test_a_session_lives_90_days_from_its_last_use(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    secret = log_in(service, "Ada")
    for _ in range(3):
        world.clock.days(89)
        assert service.by_session(secret)
    world.clock.days(90)
    assert service.by_session(secret) is None
    assert log_in(service, "Ada")
    assert world.db.one("SELECT count(*) FROM session") == (1,)


def test_the_use_of_a_session_is_written_at_most_every_five_minutes(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    secret = log_in(service, "Ada")
    seen = []
    for _ in range(6):
        world.clock.seconds(100)
        service.by_session(secret)
        seen.append(world.db.one("SELECT seen_at FROM session"))
    assert len(set(seen)) == 3


def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    service = world.service()
    ada = sign_up(service, "Ada")
    here, there = log_in(service, "Ada"), log_in(service, "Ada")
    with pytest.raises(Invalid) as error:
        service.change_password(ada, "wrong horse", "new password", here)
    assert error.value.field == "old"
    with pytest.raises(Invalid) as error:
        service.change_password(ada, PASSWORD, "short", here)
    assert error.value.field == "new"
    service.change_password(ada, PASSWORD, "new password", here)
    assert service.by_session(here)
    assert service.by_session(there) is None
    with pytest.raises(Unauthenticated):
        log_in(service, "Ada")
    third = log_in(service, "Ada", "new password")
    service.revoke_other_sessions(ada, third)
    assert service.by_session(here) is None
    service.set_password("ada", "by the admin")
    assert service.by_session(third) is None
    assert log_in(service, "Ada", "by the admin")


def test_hashes_of_older_costs_are_renewed(world: World) -> None:
    service = world.service()
    sign_up(service, "Ada")
    cheap = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with world.db.write():
        world.db.execute("UPDATE learner SET password_hash = ?", (cheap,))
    log_in(service, "Ada")
    row = world.db.one("SELECT password_hash FROM learner")
    assert row is not None
    assert row[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_no_secret_is_stored(world: World) -> None:
    service = world.service()
    ada = sign_up(service, "Ada")
    secret, token = log_in(service, "Ada"), service.create_token(ada, "laptop")
    tables = [getattr(models, name)._meta.table_name for name in models.__all__]
    rows = [row for table in tables for row in world.db.all(f"SELECT * FROM {table}")]
    stored = " ".join(value.hex() if isinstance(value, bytes) else str(value) for row in rows for value in row)
    assert "Ada" in stored
    # A secret may hold an underscore of its own.
    kept_secret = token.split("_", 2)[2]
    for hidden in (PASSWORD, secret, token, kept_secret, secret.encode().hex(), kept_secret.encode().hex()):
        assert hidden not in stored


# --- tokens


def test_tokens(world: World) -> None:
    service = world.service()
    ada, ben = sign_up(service, "Ada"), sign_up(service, "Ben")
    token = service.create_token(ada, " laptop\n")
    assert token.startswith("fc_")
    assert service.by_token(token) == ada
    (info,) = service.tokens(ada)
    assert (info.name, info.prefix, info.used_at) == ("laptop", token.split("_")[1], world.clock())
    for wrong in ("", "fc_", "fc__", token[:-1], token + "x", token.replace("fc_", "xx_"), f"fc_{info.prefix}_", "ä"):
        assert service.by_token(wrong) is None
    other_key = AccountService(world.db, world.clock, secret_key=b"other", signup="open")
    assert other_key.by_token(token) is None
    with pytest.raises(NotFound):
        service.revoke_token(ben, info.id)
    service.revoke_token(ada, info.id)
    assert service.by_token(token) is None
    assert service.tokens(ada) == []


# --- settings and roles


def test_settings(world: World) -> None:
    service = world.service()
    ada = sign_up(service, "Ada")
    changes: dict[str, Any] = {
        "name": "Ada L", "timezone": "America/Sao_Paulo", "day_start": 0, "new_per_day": 0, "due_per_day": 7,
        "drill": False, "buttons": 6, "letter_keys": False, "theme": "dark", "suspend_leeches": True,
    }  # fmt: skip
    saved = service.save_settings(ada, **changes)
    assert {field: getattr(saved, field) for field in changes} == changes
    assert service.find("ada l") == saved
    assert service.save_settings(saved) == saved
    assert service.save_settings(saved, due_per_day=None).due_per_day is None
    sign_up(service, "Ben")
    with pytest.raises(Conflict):
        service.save_settings(saved, name="BEN")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", 5), ("timezone", "Mars/Base"), ("timezone", ""), ("timezone", None),
        ("day_start", 24), ("day_start", -1), ("day_start", "4"), ("day_start", True), ("new_per_day", 10_000),
        ("new_per_day", None), ("due_per_day", -1), ("due_per_day", 1.5), ("drill", 1), ("drill", "on"),
        ("buttons", 5), ("buttons", "4"), ("letter_keys", None), ("theme", "pink"), ("suspend_leeches", 0),
        ("is_admin", True), ("password_hash", "x"), ("id", 7),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(world: World, field: str, value: Any) -> None:
    service = world.service()
    ada = sign_up(service, "Ada")
    with pytest.raises(Invalid) as error:
        service.save_settings(ada, **{"drill": False, field: value})
    assert error.value.field == field
    assert service.find("Ada") == ada


def test_roles_never_leave_nobody_in_charge(world: World) -> None:
    service = world.service()
    ada, ben = sign_up(service, "Ada"), sign_up(service, "Ben")
    with pytest.raises(Forbidden):
        service.set_roles(ben.id, admin=True, acting=ben)
    for acting in (ada, None):
        with pytest.raises(Conflict):
            service.set_roles(ada.id, admin=False, acting=acting)
    with pytest.raises(Conflict):
        service.delete_learner("Ada")
    assert service.set_roles("BEN", admin=True, author=True, acting=ada).is_author
    assert not service.set_roles(ada.id, admin=False, acting=ada).is_admin
    assert service.find("Ada").is_author
    with pytest.raises(NotFound):
        service.set_roles(99, admin=True)
    with pytest.raises(NotFound):
        service.find("nobody\ud800")


def test_accounts_made_by_others(world: World) -> None:
    service = world.service("closed")
    cat = service.add_learner("Cat", PASSWORD, author=True, timezone="Asia/Tokyo")
    assert (cat.is_author, cat.is_admin, cat.timezone) == (True, False, "Asia/Tokyo")
    with pytest.raises(Conflict):
        service.add_learner("cat", PASSWORD)
    with pytest.raises(Invalid):
        service.add_learner("Dan", PASSWORD, timezone="Mars/Base")
    assert [it.name for it in service.learners()] == ["Cat"]


def test_a_deleted_account_takes_everything_with_it(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("d", 2)
    for name in ("ada", "ben"):
        learner = world.learner(name)
        world.answer(learner, "d#n1", 1)
        world.accounts.create_token(learner, "t")
        world.accounts.start_session(learner, "")
    world.review.set_deck_active(world.accounts.find("ada"), "d", False)
    world.accounts.delete_learner("ada")
    for table in ("schedule", "review", "learner_deck", "learner_day", "session", "token"):
        assert world.db.all(f"SELECT DISTINCT learner_id FROM {table}") == [(2,)], table
    assert [it.name for it in world.accounts.learners()] == ["ben"]
    world.clock.now += DAY_MS
    assert world.answer(world.accounts.find("ben"), "d#n1", 4).kind == "scheduled"
    world.close()
