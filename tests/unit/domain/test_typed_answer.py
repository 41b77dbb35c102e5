"""A typed answer beside the expected one."""

from __future__ import annotations

from flashcards.domain.typed_answer import BLANK, Piece, compare


def test_a_missing_blank_is_marked_by_nothing_that_reads_as_text() -> None:
    typed = compare("(100,3)", "(100, 3)").typed

    assert typed == (Piece("same", "(100,"), Piece("missing", BLANK), Piece("same", "3)"))
    assert BLANK.isspace()
