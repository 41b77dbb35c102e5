"""What a path, a disk or a limit refuses is said in a sentence, and is no fault of the program."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.full_disk import full_disk

NOBODY = 65534
DECK = "## What is asked?\n\nAn answer.\n"


def run(folder: Path, *arguments: str, user: int | None = None, stdout: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; `stdout` names a file for what it prints."""
    as_user = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    environ = {
        "FLASHCARDS_DATA": str(folder / "data"),
        "FLASHCARDS_DECKS": str(folder / "decks"),
        "HOME": "/nonexistent",
    }
    with open(stdout or os.devnull, "w") as output:  # noqa: PTH123 - a device
        return subprocess.run(
            [sys.executable, "-P", "-m", "flashcards", *arguments], stdout=output, stderr=subprocess.PIPE,
            encoding="utf-8", stdin=subprocess.DEVNULL, cwd="/", check=False, env=os.environ | environ, **as_user,
        )  # fmt: skip


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with decks and room for data, where every user may go: pytest's own are closed."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name in ("decks", "data"):
            (place / name).mkdir(mode=0o755)
        (place / "decks/a.md").write_text(DECK)
        (place / "decks/a.md").chmod(0o644)
        yield place


@pytest.fixture
def locked(place: Path) -> Path:
    """A folder that its owner alone may enter, as root's home is."""
    if os.geteuid():
        pytest.skip("another user's folder needs root")
    os.chown(place / "data", NOBODY, NOBODY)
    if run(place, "sync", user=NOBODY).returncode:
        pytest.skip("this Python cannot be run by another user")
    (place / "locked/sub").mkdir(parents=True)
    (place / "locked/sub/a.md").write_text(DECK)
    (place / "locked").chmod(0o700)
    return place / "locked"


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "-o", "LOCKED/o.zip"),
        ("check", "LOCKED/sub/a.md"),
        ("cards", "LOCKED/sub/a.md", "--json"),
        ("ids", "LOCKED/sub/a.md"),
        ("check", "PLACE/decks", "--decks", "LOCKED/sub"),
        ("import", "csv", "PLACE/decks/a.md", "--into", "LOCKED/q"),
        ("import", "hashcards", "LOCKED", "--into", "PLACE/data/q"),
    ],
)
def test_a_path_without_rights_is_named(place: Path, locked: Path, arguments: tuple[str, ...]) -> None:
    words = [it.replace("LOCKED", str(locked)).replace("PLACE", str(place)) for it in arguments]
    done = run(place, *words, user=NOBODY)
    assert done.returncode in (1, 2), done.stderr
    assert "fault of the program" not in done.stderr
    assert str(locked) in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", [("export", "json", "-o", "-"), ("doctor",), ("cards",)])
def test_a_full_disk_behind_the_output_is_no_fault_of_ours(place: Path, arguments: tuple[str, ...]) -> None:
    assert run(place, "sync").returncode == 0
    done = run(place, *arguments, stdout="/dev/full")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "report" not in done.stderr


@pytest.mark.parametrize("free", [100 << 10, 200 << 10, 400 << 10])
def test_a_first_start_without_room_says_so(place: Path, free: int) -> None:
    with full_disk(place, free=free) as disk:
        (disk.path / "decks").symlink_to(place / "decks")
        done = run(disk.path, "user", "list")
        assert done.returncode == 1
        assert "fault of the program" not in done.stderr
        assert disk.says in done.stderr or "No space left" in done.stderr


def test_a_database_without_room_to_be_opened_says_that_the_disk_is_full(place: Path) -> None:
    assert run(place, "user", "list").returncode == 0
    with full_disk(place, free=2 << 20) as disk:
        if disk.says != "The disk is full":
            pytest.skip("nothing can be mounted here")
        (disk.path / "data").mkdir()
        for file in ("flashcards.sqlite3", "secret.key"):
            (disk.path / "data" / file).write_bytes((place / "data" / file).read_bytes())
        with (disk.path / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        done = run(disk.path, "user", "list")
        assert (done.returncode, "The disk is full" in done.stderr) == (1, True), done.stderr
