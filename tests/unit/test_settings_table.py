"""Every setting is in the table of docs/interfaces.md, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from flashcards.config import SECRETS

ROOT = Path(__file__).parents[2]
SETTING = re.compile(r"FLASHCARDS_[A-Z]+(?:_[A-Z]+)*")


def _read() -> set[str]:
    """The settings that the code reads."""
    found: set[str] = set()
    for path in (ROOT / "flashcards").rglob("*.py"):
        found |= {name.strip('"') for name in re.findall(r'"FLASHCARDS_[A-Z_]+"', path.read_text("utf-8"))}
    return found | {f"{name}_FILE" for name in SECRETS}


def test_the_table_holds_exactly_the_settings_that_are_read() -> None:
    lines = (ROOT / "docs" / "interfaces.md").read_text("utf-8").splitlines()
    table = {
        name for line in lines if line.startswith("| `FLASHCARDS_") for name in SETTING.findall(line.split("|")[1])
    }
    assert table == _read()


def test_examples_and_pages_name_only_settings_that_exist() -> None:
    known = _read()
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs" / "examples").iterdir()]
    pages += [ROOT / "README.md", ROOT / "compose.yaml", ROOT / "compose.hosts.yaml", ROOT / "Containerfile"]
    for page in pages:
        named = set(re.findall(r"(?<![_A-Z])FLASHCARDS_[A-Z_]*[A-Z]", page.read_text("utf-8")))
        assert named <= known, page.name
