"""Anki's deletions as ours."""

from __future__ import annotations

import pytest

from flashcards.exchange.anki.to_notes import plain_deletions


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("{{c1::a}} {{c2::b::hint}}", "{{c1::a}} {{c2::b::hint}}"),
        ("{{c1,2::a}} b", "{{c1::{{c2::a}}}} b"),
        ("{{c1,2,7::a::hint}}", "{{c1::{{c2::{{c7::a::hint}}::hint}}::hint}}"),
        ("{{c1,2::a {{c3::b::in}} c}}", "{{c1::{{c2::a {{c3::b::in}} c}}}}"),
        ("{{c3::a {{c1,2::b}} c::out}}", "{{c3::a {{c1::{{c2::b}}}} c::out}}"),
        ("{{c1,1::a}}", "{{c1::a}}"),
        (f"{{{{c1,{'9' * 5000}::a}}}}", f"{{{{c1::{{{{c{'9' * 5000}::a}}}}}}}}"),
        ("{{c01::a}} }} {{c1,2::open", "{{c1::a}} }} {{c1::{{c2::open"),
    ],
)
def test_deletions_have_one_number(theirs: str, ours: str) -> None:
    assert plain_deletions(theirs) == ours
