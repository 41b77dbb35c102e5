"""A file that appears whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flashcards.exchange.whole_file import whole_file


def test_what_a_killed_process_left_is_in_nobody_s_way(tmp_path: Path) -> None:
    """In a container the next process has the same id."""
    (tmp_path / f".x.json.{os.getpid()}.partial").write_text("half")
    with whole_file(tmp_path / "x.json") as stream:
        stream.write(b"whole")
    assert (tmp_path / "x.json").read_text() == "whole"


def test_where_it_fails_nothing_is_left(tmp_path: Path) -> None:
    def write_half() -> None:
        with whole_file(tmp_path / "x.json") as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert list(tmp_path.iterdir()) == []
