"""A fresh checkout: what is imported is declared, what is installed is ours, and no test hides another."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.chromium import MISSING
from tests.databases import OF_SQLITE

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OF_DEVELOPERS = {"test", "dev", "bench", "nightly", "fuzz", "code"}
"""Extras that nothing which ships may need."""


def imported(folder: Path) -> set[str]:
    """The first names of all modules that the Python files of a folder import, wherever in them."""

    def names(tree: ast.AST) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield node.module

    trees = (ast.parse(file.read_text("utf-8")) for file in folder.rglob("*.py"))
    return {name.partition(".")[0] for tree in trees for name in names(tree)}


def declared(*extras: str) -> dict[str, Requirement]:
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(it.name): it for it in map(Requirement, texts)}


def test_whatever_is_imported_is_declared() -> None:
    known = {canonicalize_name(name) for name in declared(*PROJECT["optional-dependencies"].keys() - OF_DEVELOPERS)}
    installed = packages_distributions()
    foreign = {name: installed.get(name, [name]) for name in imported(ROOT / "flashcards") - sys.stdlib_module_names}
    del foreign["flashcards"]
    assert {"bs4", "werkzeug"} <= foreign.keys()
    assert [name for name, of in foreign.items() if not known & {canonicalize_name(one) for one in of}] == []


@pytest.mark.parametrize(
    ("system", "machine", "python", "asked"),
    [
        ("linux", "x86_64", "3.11", True), ("linux", "aarch64", "3.11", False), ("linux", "armv7l", "3.13", False),
        ("darwin", "arm64", "3.13", True), ("linux", "x86_64", "3.15", False),
    ],
)  # fmt: skip
def test_sqlite_of_its_own_is_asked_for_only_where_it_need_not_be_compiled(
    system: str, machine: str, python: str, asked: bool
) -> None:
    marker = declared()["pysqlite3"].marker
    assert marker
    assert marker.evaluate({"sys_platform": system, "platform_machine": machine, "python_version": python}) is asked


def test_no_test_that_failed_is_run_again() -> None:
    """What passes the second time would be hidden."""
    again = re.compile(r"rerun|\bflaky\b|pytest-retry", re.I)
    files = [ROOT / "pyproject.toml", ROOT / "Makefile", *(ROOT / ".ci").iterdir(), *(ROOT / "locked").glob("*.txt")]
    assert [file.name for file in files if again.search(file.read_text("utf-8"))] == []


def test_what_is_installed_is_locked_and_the_newest_and_the_lowest_are_tested_too() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "--require-hashes -r locked/$(1).txt" in makefile
    assert "--require-hashes -r locked/lowest.txt" in makefile
    for file in (ROOT / "locked").glob("*.txt"):
        lines = file.read_text("utf-8").split("\n")
        pinned = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9._-]+(\[.*\])?==", line, re.I)]
        assert pinned
        assert [lines[number] for number in pinned if "--hash=sha256:" not in lines[number + 1]] == [], file.name
    tests = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    assert {"lowest", "newest"} <= set(re.findall(r"dependencies: (\w+)", tests))
    versions = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if ":: Python :: 3." in line]
    assert {*versions} <= set(re.findall(r'"(3\.\d+)"', tests))


def test_pages_install_this_program_and_no_stranger_of_its_name() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), ROOT / "Containerfile"]
    pages += [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-hooks.yaml"]
    texts = {page: page.read_text("utf-8") for page in pages if page.exists()}
    installed = [
        (page.name, line.strip())
        for page, text in texts.items()
        for line in text.splitlines()
        if re.search(r"\b(?:pip|pipx|uv pip|uv tool|uvx) (?!uninstall )(?:install|run )?.*\bflashcards\b", line)
    ]
    ours = re.compile(rf"\b{re.escape(PROJECT['name'])}\b|\bgit\+https://|(?:install|-e|['\" ])\s*\.(?:\[|\s|'|\"|$)")
    assert [(page, line) for page, line in installed if not ours.search(line)] == []
    assert [page.name for page, text in texts.items() if re.search(r"git\+https://[\w.]*example\.", text)] == []


def test_what_is_left_out_on_postgresql_is_there() -> None:
    for name in OF_SQLITE:
        file, _, test = name.partition("::")
        text = (ROOT / "tests" / "integration" / file).read_text("utf-8")
        assert not test or f"def {test}(" in text, name


def test_without_a_chromium_everything_else_runs_and_the_last_line_says_so(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "CHROMIUM"} | {"PATH": str(tmp_path)}
    tests = ["tests/browser/test_keys.py", "tests/unit/test_drawings.py::test_there_are_drawings"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests],
        cwd=ROOT, env=environ, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "deselected" in done.stdout
    assert MISSING in done.stdout
