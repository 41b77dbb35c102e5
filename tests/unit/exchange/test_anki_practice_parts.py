"""References at the ends of points, as fields of Anki's hold them."""

from __future__ import annotations

import pytest

from flashcards.exchange.anki.practice_parts import items_with_references


@pytest.mark.parametrize("marked", ["\ue0f05\ue0f1", "&#xe0f0;5&#xE0F1;", "&#57584;5&#057585"])
def test_characters_that_are_marks_here_are_dropped(marked: str) -> None:
    field = f'<li data-ref="a.b">{marked} x</li>'
    items, references = items_with_references(field, lambda html: (html.partition(">")[2].removesuffix("</li>"),))
    assert (items, references) == (("5 x",), ("a.b",))


@pytest.mark.parametrize("marked", ["5", "ff", "z"])
def test_a_mark_that_comes_up_late_is_no_reason_to_fail(marked: str) -> None:
    items, _ = items_with_references("<li data-ref=''>x</li>", lambda _: (f"\ue0f0{marked}\ue0f1 x",))
    assert len(items) == 1
