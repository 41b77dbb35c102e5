"""The pages about importing and Git, the map of the code and the records of decisions name what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from flashcards.cli.bring import FORMATS
from flashcards.cli.commands import cli
from flashcards.cli.imports import import_command

ROOT = Path(__file__).parent.parent.parent


def command(words: list[str]) -> click.Command:
    found: click.Command = cli
    for word in words:
        if not isinstance(found, click.Group) or word.startswith("-"):
            break
        following = found.get_command(click.Context(found), word)
        assert following is not None, f"there is no command {word}"
        found = following
    return found


@pytest.mark.parametrize("kind", FORMATS)
def test_each_importer_has_its_page(kind: str) -> None:
    page = (ROOT / "docs" / f"import-{kind}.md").read_text("utf-8")
    assert f"flashcards import {kind} " in page
    assert kind in import_command.commands


@pytest.mark.parametrize("page", ["ci.md", "anki.md", *(f"import-{kind}.md" for kind in FORMATS)])
def test_commands_on_the_pages_exist_with_their_options(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    lines = re.findall(r"^(?:\s*- run: )?(flashcards [^\n#>]*)", text, re.M)
    assert lines
    for line in lines:
        words = shlex.split(line)[1:]
        known = {option for parameter in command(words).params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_hooks_run_commands_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in hooks] == ["flashcards-check", "flashcards-ids"]
    for hook in hooks:
        words = hook["entry"].split()[1:]
        assert set(words[1:]) <= {option for it in command(words).params for option in it.opts}
        for path, taken in (("decks/a.md", True), ("decks/README.md", False), ("decks/_x/a.md", False)):
            assert (re.search(hook["exclude"], path) is None) is taken


CODE = (ROOT, ROOT / "flashcards", ROOT / "flashcards" / "web")


@pytest.mark.parametrize(
    "page", ["architecture.md", *sorted(f"decisions/{it.name}" for it in (ROOT / "docs" / "decisions").glob("0*.md"))]
)
def test_code_that_is_named_is_there(page: str) -> None:
    named = re.findall(r"`([\w./*]+(?:\.py|\.js|/))`", (ROOT / "docs" / page).read_text("utf-8"))
    assert [path for path in named if not any(list(folder.glob(path)) for folder in CODE)] == []
    assert named or page != "architecture.md"


def test_every_option_is_explained() -> None:
    silent = []
    waiting: list[tuple[str, click.Command]] = [("flashcards", cli)]
    for name, one in waiting:
        silent += [name] if "Example: " not in (one.help or "") else []
        silent += [f"{name} {it.opts[0]}" for it in one.params if isinstance(it, click.Option) and not it.help]
        if isinstance(one, click.Group):
            context = click.Context(one)
            waiting += [
                (f"{name} {it}", found) for it in one.list_commands(context) if (found := one.get_command(context, it))
            ]
    assert len(waiting) > 30
    assert silent == []
