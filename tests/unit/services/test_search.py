"""The language of searches, and how words are cut for the index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.errors import Invalid
from flashcards.services.review.search import Prop, parse_search
from flashcards.storage.search_text import match_words, search_text


def test_a_search_is_taken_apart() -> None:
    found = parse_search(
        'bias "low variance" deck:ml/concepts tag:core is:due is:leech prop:ease<2 prop:due>=-3 id:x Map::y'
    )
    assert found.words == ["bias", "Map::y"]
    assert found.phrases == ["low variance"]
    assert (found.decks, found.tags, found.ids) == (["ml/concepts"], ["core"], ["x"])
    assert found.states == ["due", "leech"]
    assert found.props == [Prop("ease", "<", 200), Prop("due", ">=", -3)]
    assert parse_search('deck:"two words"').decks == ["two words"]


@pytest.mark.parametrize("text", ["is:old", "prop:ease", "prop:colour<2", "prop:ease~2", "x" * 501])
def test_what_is_not_known_is_said(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_search(text)
    assert caught.value.field == "q"


def test_words_become_terms() -> None:
    assert match_words(("bias", "+"), ("low variance",)) == '"bias"* AND "low variance"'
    assert match_words(("学习",), ()) == '"学  习"'
    assert match_words(('a"b',), ()) == '"a b"*'
    assert match_words(("->", "$"), ()) == ""
    assert search_text("k", "学习", "x") == " 学  习 \nx\nk"


@given(st.text(max_size=60))
def test_any_text_is_a_search_or_is_refused(text: str) -> None:
    try:
        found = parse_search(text)
    except Invalid:
        return
    expression = match_words(tuple(found.words), tuple(found.phrases))
    assert expression.count('"') % 2 == 0
    assert "\0" not in expression
