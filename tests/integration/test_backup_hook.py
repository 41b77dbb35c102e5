"""The command that takes a night's backup elsewhere: a real program, that works, fails, hangs, or is not there."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Unavailable
from flashcards.services.upkeep.backup import BackupService
from flashcards.services.upkeep.backup_hook import run_hook
from flashcards.services.upkeep.secret_key import load_secret_key
from tests.integration.study_world import StudyWorld
from tests.site import open_site


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StudyWorld]:
    data = tmp_path / "data"
    load_secret_key(data)
    world = StudyWorld(data)
    world.learner()
    yield world
    world.close()


def program(folder: Path, text: str) -> Path:
    path = folder / "take away"
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def backups(world: StudyWorld, hook: str) -> BackupService:
    return BackupService(world.db, world.folder, world.clock, hook=hook)


def test_it_gets_the_path_and_no_setting_of_ours(
    world: StudyWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASHCARDS_SMTP_URL", "smtp://u:geheim@h")
    away = tmp_path / "away; touch hacked"
    away.mkdir()
    take = program(tmp_path, 'cp "$2" "$1/"; env > "$1/environment"')
    made = backups(world, f"'{take}' '{away}'").nightly()
    assert made
    assert (away / made.name).read_bytes() == made.read_bytes()
    assert "geheim" not in (away / "environment").read_text()
    assert not list(tmp_path.rglob("hacked"))


def test_it_may_use_every_signal_among_its_children(world: StudyWorld) -> None:
    """Also the one that is held back from what is our own."""
    held = "import signal, sys; sys.exit(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    assert backups(world, f"{sys.executable} -c '{held}'").nightly()


def test_where_it_fails_the_backup_stays_it_is_said_and_the_next_run_tries_again(
    world: StudyWorld, tmp_path: Path
) -> None:
    take = program(tmp_path, 'echo "no route" >&2; exit 3')
    service = backups(world, f"'{take}'")
    for _ in range(2):
        with pytest.raises(Unavailable, match="was made, but FLASHCARDS_BACKUP_HOOK ended with 3: no route"):
            service.nightly()
    assert len(list(service.folder.glob("nightly-*.zip"))) == 1
    assert "no route" in str(service.state().trouble)
    take.write_text("#!/bin/sh\nexit 0\n", "utf-8")
    assert service.nightly()
    assert service.state().trouble is None
    assert service.nightly() is None


@pytest.mark.parametrize(
    ("text", "seconds", "told"),
    [
        ("exec sleep 600", 0.3, "took longer than 0 s"),
        (None, 120, "could not be started"),
        ("kill -9 $$", 120, "ended with -9"),
    ],
    ids=["hangs", "not there", "dies"],
)
def test_one_that_hangs_dies_or_is_not_there_is_bounded(
    tmp_path: Path, text: str | None, seconds: float, told: str
) -> None:
    backup = tmp_path / "nightly-20261128.zip"
    backup.touch()
    command = f"'{program(tmp_path, text)}'" if text else "/nowhere/at-all"
    with pytest.raises(Unavailable, match=told):
        run_hook(command, backup, seconds=seconds)


def test_the_setting_reaches_it(tmp_path: Path) -> None:
    take = program(tmp_path, f'echo "$1" > {tmp_path}/told')
    with open_site(tmp_path / "data", backup_hook=f"'{take}'") as site:
        site.learner("Ann")
        made = site.services.backup.nightly()
    assert (tmp_path / "told").read_text().strip() == str(made)
