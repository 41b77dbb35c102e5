"""The environment: defaults, and every bad value named at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flashcards.config import SECRETS, Config, database_address
from flashcards.errors import Invalid


def test_defaults_put_everything_into_the_data_folder(tmp_path: Path) -> None:
    config = Config.from_env({"FLASHCARDS_DATA": str(tmp_path)})

    assert config.decks == tmp_path / "decks"
    assert config.database == tmp_path / "flashcards.sqlite3"
    assert (config.host, config.port, config.signup) == ("127.0.0.1", 8000, "first")
    assert config.loopback
    assert not config.own_decks


def test_a_named_decks_folder_is_the_users_own(tmp_path: Path) -> None:
    config = Config.from_env({"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_DECKS": str(tmp_path / "mine")})

    assert config.own_decks
    assert config.decks == tmp_path / "mine"


def test_every_bad_value_is_named_at_once(tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.touch()
    environ = {
        "FLASHCARDS_DATA": str(a_file),
        "FLASHCARDS_PORT": "70000",
        "FLASHCARDS_SIGNUP": "maybe",
        "FLASHCARDS_HOST": "http://here",
        "FLASHCARDS_DATABASE_URL": "mysql://localhost/cards",
        "FLASHCARDS_TRUSTED_HOSTS": "cards.example, https://cards.example/",
    }

    with pytest.raises(Invalid) as caught:
        Config.from_env(environ)

    lines = str(caught.value).splitlines()
    assert len(lines) == len(environ)
    for name, value in environ.items():
        begins = f"{name}: " if name in SECRETS else f"{name}={value}: "
        assert any(line.startswith(begins) for line in lines), name


@pytest.mark.parametrize("data", ["/dev/null/data", "/proc/nowhere/data", "/" + "x" * 300, "~nobody-of-that-name/data"])
def test_a_data_folder_that_cannot_be_made_is_named_with_the_rest(data: str) -> None:
    with pytest.raises(Invalid) as caught:
        Config.from_env({"FLASHCARDS_DATA": data, "FLASHCARDS_PORT": "x"})
    folder, port = str(caught.value).splitlines()
    assert folder.startswith(f"FLASHCARDS_DATA={data}: ")
    assert port.startswith("FLASHCARDS_PORT=x: ")


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The superuser, as whom tests may run, may write anywhere: the system's answer is made up.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(Invalid, match=r"FLASHCARDS_DATA=.*cannot be written"):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path)})


def test_looking_at_a_data_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    assert Config.from_env({"FLASHCARDS_DATA": str(tmp_path / "a/b")}).data == tmp_path / "a/b"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["a b", "a/b", "999.1.1.1", "1.2.3", "localhost:8000", "::g", "[::1]:80", "me@here"])
def test_hosts_that_cannot_be(host: str) -> None:
    with pytest.raises(Invalid, match="FLASHCARDS_HOST"):
        Config.from_env({"FLASHCARDS_HOST": host})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1", "[::1]", "fe80::1%eth0", "cards.example", "3com.example"])
def test_hosts_that_can_be(host: str) -> None:
    environ = {"FLASHCARDS_HOST": host, "FLASHCARDS_TRUSTED_HOSTS": f"{host} other.example"}
    config = Config.from_env(environ)
    assert (config.host, config.trusted_hosts) == (host, (host, "other.example"))


def test_a_database_in_memory_is_none() -> None:
    with pytest.raises(Invalid, match="would lose every answer"):
        Config.from_env({"FLASHCARDS_DATABASE_URL": "sqlite:///:memory:"})


@pytest.mark.parametrize("port", ["", "0", "-1", "８０", "80.0", "1e3"])
def test_ports_are_plain_numbers(port: str) -> None:
    if port == "":
        assert Config.from_env({"FLASHCARDS_PORT": port}).port == 8000
    else:
        with pytest.raises(Invalid, match="FLASHCARDS_PORT"):
            Config.from_env({"FLASHCARDS_PORT": port})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("cards.example.org", False),
    ],
)
def test_which_hosts_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert Config.from_env({"FLASHCARDS_HOST": host}).loopback is loopback


def test_database_urls(tmp_path: Path) -> None:
    absolute = Config.from_env({"FLASHCARDS_DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"})
    relative = Config.from_env({"FLASHCARDS_DATABASE_URL": "sqlite:///x.sqlite3"})

    assert absolute.database == tmp_path / "x.sqlite3"
    assert relative.database == Path.cwd() / "x.sqlite3"


def test_mail_needs_the_servers_own_address_and_shows_no_password(tmp_path: Path) -> None:
    smtp = {"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_SMTP_URL": "smtp://ada:gehe%40im@mail.example.org"}
    with pytest.raises(Invalid, match="set FLASHCARDS_URL") as caught:
        Config.from_env(smtp)
    assert "gehe" not in str(caught.value)

    config = Config.from_env({**smtp, "FLASHCARDS_URL": "https://cards.example.org/"})
    assert config.mail is not None
    assert (config.mail.host, config.mail.port, config.mail.password) == ("mail.example.org", 587, "gehe@im")
    assert (config.url, config.mail_from) == ("https://cards.example.org", "flashcards@cards.example.org")
    assert "gehe" not in repr(config)


def test_the_mail_server_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "smtp"
    file.write_text("smtps://ada:geheim@mail.example.org\n", "utf-8")
    environ = {"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_URL": "https://cards.example.org"}
    config = Config.from_env({**environ, "FLASHCARDS_SMTP_URL_FILE": str(file), "FLASHCARDS_MAIL_FROM": "a@b.example"})
    assert config.mail is not None
    assert (config.mail.port, config.mail.tls, config.mail_from) == (465, True, "a@b.example")


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://a:geheim@h:x"])
def test_a_bad_mail_server_is_named_without_what_it_says(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid, match="FLASHCARDS_SMTP_URL: give smtp://") as caught:
        Config.from_env(
            {"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_URL": "https://x.example", "FLASHCARDS_SMTP_URL": url}
        )
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["cards.example.org", "ftp://x", "https://x?y", "https://u:p@x.example", "https://a b"])
def test_a_bad_address_of_the_server_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid, match="FLASHCARDS_URL"):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_URL": url})


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file_and_is_never_repeated(tmp_path: Path, name: str) -> None:
    file, secret = tmp_path / "secret", "ge heim"
    environ = {"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_URL": "https://x.example", f"{name}_FILE": str(file)}
    with pytest.raises(Invalid, match=f"{name}: the file {file} cannot be read"):
        Config.from_env(environ)
    file.write_text(f"{secret}\n", "utf-8")
    with pytest.raises(Invalid, match=f"{name}: it is given twice") as caught:
        Config.from_env({**environ, name: secret})
    assert secret not in str(caught.value)
    if name.endswith(("_URL", "_TOKEN")):  # it is read, and is no address, and no token
        with pytest.raises(Invalid, match=f"^{name}: ") as caught:
            Config.from_env(environ)
        assert secret not in str(caught.value)
    else:
        assert secret not in repr(
            Config.from_env({**environ, "FLASHCARDS_ADMIN": "ada"} if "ADMIN" in name else environ)
        )


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"FLASHCARDS_BASE_PATH": "/cards/"}, "/cards"),
        ({"FLASHCARDS_BASE_PATH": "/"}, ""),
        ({"FLASHCARDS_URL": "https://x.example/a/b"}, "/a/b"),
        ({"FLASHCARDS_URL": "https://x.example/cards", "FLASHCARDS_BASE_PATH": "/cards"}, "/cards"),
    ],
)
def test_the_path_below_which_it_lives(tmp_path: Path, given: dict[str, str], path: str) -> None:
    assert Config.from_env({"FLASHCARDS_DATA": str(tmp_path), **given}).base_path == path


@pytest.mark.parametrize(
    "given",
    [
        *({"FLASHCARDS_BASE_PATH": path} for path in ("cards", "//x", "/a b", "/..", "/a/./b", "/a?b", '/"', "/ü")),
        {"FLASHCARDS_URL": "https://x.example", "FLASHCARDS_BASE_PATH": "/cards"},
    ],
)
def test_a_path_that_is_none_or_that_the_address_contradicts_is_named(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(Invalid, match="FLASHCARDS_BASE_PATH"):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), **given})


def test_the_first_account_needs_both_its_name_and_its_password(tmp_path: Path) -> None:
    data = {"FLASHCARDS_DATA": str(tmp_path)}
    for half in ({"FLASHCARDS_ADMIN": "ada"}, {"FLASHCARDS_ADMIN_PASSWORD": "geheimes Wort"}):
        with pytest.raises(Invalid, match="FLASHCARDS_ADMIN"):
            Config.from_env({**data, **half})
    config = Config.from_env({**data, "FLASHCARDS_ADMIN": "ada", "FLASHCARDS_ADMIN_PASSWORD": "geheimes Wort"})
    assert (config.admin, config.admin_password) == ("ada", "geheimes Wort")
    assert "geheim" not in repr(config)


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user that no table of the system knows, as `DynamicUser` of systemd makes."""
    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 65_123)
    return tmp_path  # made while the user was known


@pytest.mark.skipif(os.name != "posix", reason="users are numbers elsewhere, too")
def test_a_user_without_a_home_names_the_data_folder(homeless: Path) -> None:
    assert Config.from_env({"FLASHCARDS_DATA": str(homeless)}).data == homeless
    with pytest.raises(Invalid, match=r"FLASHCARDS_DATA.*name a folder"):
        Config.from_env({})


def test_a_database_that_cannot_be_looked_at_is_said(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"FLASHCARDS_DATABASE_URL: .*name a file"):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_DATABASE_URL": f"sqlite:////{'a' * 300}/b"})


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_an_empty_file_of_a_secret_is_not_taken_for_none(name: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(Invalid, match=f"{name}: the file {empty} is empty"):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), f"{name}_FILE": str(empty)})


@pytest.mark.parametrize(
    "address", ["postgresql://u:ge%heim@localhost/cards", "postgresql://postgres:gehe@im@127.0.0.1:5432/cards"]
)
def test_a_password_with_signs_is_explained_and_not_repeated(address: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="write % as %25, @ as %40") as caught:
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), "FLASHCARDS_DATABASE_URL": address})
    assert "heim" not in str(caught.value)
    with pytest.raises(Invalid) as caught:
        database_address(address.replace("postgresql", "psql"))
    assert "im@" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("FLASHCARDS_TRUSTED_HOSTS", "*"), ("FLASHCARDS_BACKUP_HOOK", "/nowhere/at/all --to backups")]
)
def test_what_cannot_work_is_said_at_start(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=name):
        Config.from_env({"FLASHCARDS_DATA": str(tmp_path), name: value})
