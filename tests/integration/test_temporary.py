"""Temporary folders of processes that were killed go when the next one needs its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from flashcards.temporary import TemporaryFolder, remove_left_behind

HOUR = 3600
_MAKE = "import flashcards.temporary as t, time; print(t.TemporaryFolder().path, flush=True); time.sleep(600)"


@pytest.fixture(autouse=True)
def system_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _grow_old(folder: Path) -> None:
    long_ago = time.time() - HOUR
    os.utime(folder, (long_ago, long_ago))


def test_a_folder_goes_with_its_block(system_folder: Path) -> None:
    with TemporaryFolder() as folder:
        (folder / "below").mkdir()
        (folder / "below/file").write_text("x")
        assert folder.parent == system_folder
    assert list(system_folder.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_lives_is_not(system_folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _MAKE],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(system_folder)},
    )
    try:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        (folder / "upload").write_bytes(b"x" * 100)
        _grow_old(folder)
        with TemporaryFolder() as own:
            _grow_old(own)
            remove_left_behind()
            assert folder.is_dir()
            assert own.is_dir()
    finally:
        process.kill()
        process.communicate()
    with TemporaryFolder():
        assert not folder.exists()


def test_folders_of_others_and_young_ones_stay(system_folder: Path) -> None:
    stay = [system_folder / name for name in (".flashcards-work-mine", "flashcards-data", ".flashcards-work-ab_def12")]
    for folder in stay:
        folder.mkdir()
    (system_folder / ".flashcards-work-linked00").symlink_to(stay[1])
    for folder in stay[:2]:
        _grow_old(folder)
    remove_left_behind()
    assert all(folder.is_dir() for folder in stay)
    assert (system_folder / ".flashcards-work-linked00").is_symlink()
