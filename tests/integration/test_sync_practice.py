"""What sync stores for practice: points and follow-ups with the cards that teach and answer them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.domain.practice.rubric_ticks import point_key
from tests.integration.sync_world import World

CORE = """\
## How do you treat missing values? {#missing .core}

First why, then what.

### In full

**Why** first.

### Clarify
- How much is missing? A *tenth*.

### Rubric
- names the kinds {#kinds .senior}
- adds an indicator
- keeps the split clean {#prep/leakage#leak}

### Follow-ups
- Why not drop rows? {#drop}
- And in SQL?

## Which kinds are there? {#kinds}

{{c2::MCAR}}, {{c1::MAR}}, MNAR.
"""
LEAK = "---\nid: prep/leakage\n---\n\n## What leaks? {#leak}\n\nThe mean.\n"
DROP = "\n## When may rows go? {#drop}\n\nSeldom.\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.write("missing.md", CORE)
    made.sync()
    yield made
    made.close()


def points(world: World) -> list[tuple[str, str | None, str | None]]:
    """Key, level and the card's key of each point of the note."""
    return world.db.all(
        "SELECT p.point, p.level, n.key || '/' || c.which FROM rubric_point p LEFT JOIN card c ON c.id = p.teaches_card"
        " LEFT JOIN note n ON n.id = c.note_id ORDER BY p.note_id, p.position"
    )


def answers(world: World) -> list[tuple[str, str | None]]:
    return world.db.all(
        "SELECT f.text, n.key FROM follow_up f LEFT JOIN card c ON c.id = f.answered_by_card"
        " LEFT JOIN note n ON n.id = c.note_id ORDER BY f.note_id, f.position"
    )


def unknown(world: World) -> int:
    return sum("reference-unknown" in text for (text,) in world.db.all("SELECT problems FROM deck"))


def test_what_is_there_is_found_and_what_comes_later_then(world: World) -> None:
    kinds, indicator, leak = points(world)
    assert kinds == ("kinds", "senior", "kinds/c1")
    assert indicator == (point_key("adds an indicator"), None, None)
    assert leak == ("prep/leakage#leak", None, None)
    assert answers(world) == [("Why not drop rows?", None), ("And in SQL?", None)]
    assert unknown(world) == 1

    world.write("other.md", LEAK)
    world.sync()
    assert points(world)[2] == ("prep/leakage#leak", None, "leak/forward")

    world.write("missing.md", CORE + DROP)
    world.sync()
    assert answers(world)[0] == ("Why not drop rows?", "drop")
    assert unknown(world) == 0

    world.delete("other.md")
    world.sync()
    assert points(world)[2] == ("prep/leakage#leak", None, None)
    assert unknown(world) == 1


def test_references_alone_are_no_edit(world: World) -> None:
    before = world.db.all("SELECT note_id, number, source FROM revision")
    renderings = world.db.all("SELECT key FROM rendering")
    world.edit("missing.md", lambda text: text.replace("- adds an indicator", "- adds an indicator {#drop .mid}"))
    report = world.sync()

    assert (report.edited, report.new, report.removed) == (0, 0, 0)
    assert world.db.all("SELECT note_id, number, source FROM revision") == before
    assert world.db.all("SELECT key FROM rendering") == renderings
    assert points(world)[1] == ("drop", "mid", None)

    world.write("missing.md", CORE.replace(" {#kinds .senior}", "").replace(" {#drop}", "") + DROP)
    world.sync()
    assert points(world)[0] == (point_key("names the kinds"), None, None)
    assert answers(world)[0] == ("Why not drop rows?", None)


def test_other_words_are_an_edit_and_another_point(world: World) -> None:
    key = points(world)[1][0]
    world.edit("missing.md", lambda text: text.replace("adds an indicator", "adds a flag"))
    report = world.sync()

    assert report.edited == 1
    assert points(world)[1][0] != key
    assert points(world)[0][0] == "kinds"


def test_a_draft_teaches_nobody(world: World) -> None:
    world.edit("missing.md", lambda text: text.replace("{#kinds}", "{#kinds .draft}"))
    world.sync()

    assert points(world)[0] == ("kinds", "senior", None)
    assert unknown(world) == 1  # for the note of the other deck


def test_the_long_form_and_what_to_clarify_are_rendered_once_for_the_note(world: World) -> None:
    (extra,) = world.db.one(
        "SELECT r.extra FROM rendering r JOIN note n ON n.render_key = r.key AND r.which = 'note'"
        " WHERE n.key = 'missing'"
    ) or ("",)

    assert '"in_full_html":"<p><strong>Why</strong> first.</p>"' in extra
    assert '"clarify_html":["How much is missing? A <em>tenth</em>."]' in extra
