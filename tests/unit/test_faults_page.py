"""The page of faults names a test for each of its rows, and each of these tests is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rows() -> list[str]:
    lines = (ROOT / "docs" / "faults.md").read_text("utf-8").splitlines()
    return [line for line in lines if line.startswith("| ")][1:]


def test_each_fault_has_a_test_that_is_there() -> None:
    files = [*(ROOT / "tests").rglob("test_*.py")]
    there = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)}
    assert len(rows()) > 20
    for row in rows():
        named = re.findall(r"`(test_\w+)`", row)
        assert named, row
        assert set(named) <= there, row
