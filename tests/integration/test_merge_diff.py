"""The diff that a merge shows is one that git applies, also where lines end in other ways."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from flashcards.services.anki.file_diff import file_diff

GIT = shutil.which("git")


def edited(chance: random.Random) -> tuple[list[str], list[str], list[tuple[int, int]]]:
    """Lines, the same after some edits, and numbers of lines that belong together."""
    before, after, together = [], list[str](), []
    for _ in range(chance.randrange(60)):
        line = chance.choice("abc") + chance.choice(["", "\u2028", "\v"]) + chance.choice(["\n", "\n", "\r\n"])
        before.append(line)
        if chance.random() < 0.2:
            together.append((len(before), len(after) + 1))
        edit = chance.random()
        after += [] if edit < 0.1 else [line] if edit > 0.2 else ["new\n", line]
    return before, after, together


def applied(folder: Path, before: str, diff: str) -> str:
    """What `git apply` makes of a file."""
    file = folder / "deck.md"
    file.write_bytes(before.encode())
    command = [str(GIT), "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=folder, input=diff.encode(), check=True, capture_output=True)
    return file.read_bytes().decode()


@pytest.mark.skipif(GIT is None, reason="git is not installed")
def test_git_applies_it(tmp_path: Path) -> None:
    tried = 0
    for seed in range(40):
        lines, others, together = edited(random.Random(seed))
        before, after = "".join(lines), "".join(others)
        before = before.removesuffix("\n") if seed % 3 == 0 else before
        after = after.removesuffix("\n") if seed % 5 == 0 else after
        if before == after:
            assert file_diff("deck.md", before, after, together) == ""
        elif before and after:
            tried += 1
            assert applied(tmp_path, before, file_diff("deck.md", before, after, together)) == after
    assert tried > 30


def test_it_shows_three_lines_around_a_change() -> None:
    lines = [f"{number}\n" for number in range(1, 21)]
    others = [*lines[:9], "new\n", *lines[10:]]
    diff = file_diff("a/deck.md", "".join(lines), "".join(others), [(5, 5), (15, 15)])
    assert diff == "--- a/a/deck.md\n+++ b/a/deck.md\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+new\n 11\n 12\n 13\n"


def test_lines_that_do_not_belong_together_make_a_longer_diff_that_is_right(tmp_path: Path) -> None:
    if GIT is None:
        pytest.skip("git is not installed")
    diff = file_diff("deck.md", "a\nb\nc\n", "a\nb\nd\n", [(3, 1), (2, 9), (99, 99)])
    assert applied(tmp_path, "a\nb\nc\n", diff) == "a\nb\nd\n"
