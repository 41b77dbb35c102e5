"""Edits that rendering finds an error in: learners go on with the version before, until the error is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.sync.run import SyncReport
from tests.integration.sync_world import World, counts
from tests.integration.test_deck_pages import png

GOOD = """\
## What is one? {#one}

The first number.

## What is two? {#two .reversed}

The second number.
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two synced decks of three cards each, every card answered once."""
    made = World(tmp_path)
    made.write("numbers.md", GOOD)
    made.write("other.md", GOOD)
    assert made.counts() == {"new": 6}
    yield made
    made.close()


def assert_kept(world: World, cards: dict[str, int]) -> None:
    for key, card in cards.items():
        world.assert_history(card, key)


def codes(report: SyncReport) -> list[tuple[str, str]]:
    return sorted({(problem.path, problem.code) for problem in report.errors})


@pytest.mark.parametrize(
    ("fault", "code"), [("$\\nope$", "math"), ("![a](gone.png)", "media-missing"), ("[x](page.html)", "link-relative")]
)
def test_an_edit_that_cannot_be_shown_whole_keeps_the_last_good_version(world: World, fault: str, code: str) -> None:
    note = "## {} {{#sum}}\n\nWhat {} gives. {}\n\n"
    world.write("numbers.md", GOOD + "\n" + note.format("What is a sum?", "adding", ""))
    world.sync()
    cards = world.study_all()
    world.write("numbers.md", GOOD.replace("first", "1st") + "\n" + note.format("A sum?", "plus", fault))
    report = world.sync()
    world.check_stored(report)
    assert counts(report) == {"edited": 1, "unchanged": 6}
    assert codes(report) == [("numbers.md", code)]
    assert_kept(world, cards)
    assert world.db.all("SELECT question, source LIKE '%adding gives%', revision FROM note WHERE key = 'sum'") == [
        ("What is a sum?", 1, 1)
    ]
    world.edit("numbers.md", lambda text: text + "\n## More?\n\nYes.\n")
    assert counts(world.sync()) == {"new": 1, "unchanged": 7}, "it is no good version meanwhile"
    world.edit("numbers.md", lambda text: text.replace(fault, ""))
    assert world.counts() == {"edited": 1, "unchanged": 7}


def test_what_never_was_whole_is_shown_with_its_error(world: World) -> None:
    world.edit("numbers.md", lambda text: text + "\n## Sum? {#sum}\n\nThis $\\nope$.\n")
    assert counts(world.sync()) == {"new": 1, "unchanged": 6}
    world.edit("numbers.md", lambda text: text.replace("This", "That"))
    report = world.sync()
    assert counts(report) == {"edited": 1, "unchanged": 6}
    assert codes(report) == [("numbers.md", "math")]


def test_a_picture_that_goes_leaves_its_note(world: World) -> None:
    world.write("a.png", png(2, 2))
    world.edit("numbers.md", lambda text: text.replace("first", "first ![a](a.png)"))
    assert world.counts() == {"edited": 1, "unchanged": 5}
    world.delete("a.png")
    report = world.sync()
    assert (counts(report), codes(report)) == ({"unchanged": 6}, [("numbers.md", "media-missing")])
    assert "a.png is not there" in str(world.db.all("SELECT extra FROM rendering WHERE which = 'note'"))
