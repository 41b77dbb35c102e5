"""The language of searches, and how words are cut for the index."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.errors import Invalid
from flashcards.services.review.search import Prop, Search, parse_search, read_search
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


@pytest.mark.parametrize(
    "text",
    ['"low variance"', "“low variance”", "„low variance“", "«low variance»", "”low variance”", "「low variance」"],
)
def test_typographic_quotes_are_quotes(text: str) -> None:
    assert parse_search(text).phrases == ["low variance"]
    assert parse_search(f"deck:{text} x") == Search(words=["x"], decks=["low variance"])
    assert parse_search("Bayes’ rule").words == ["Bayes’", "rule"]


@pytest.mark.parametrize("text", ["IS:due tag:core", "Is:due Tag:core", "iS:due TAG:core", "is: due  tag: core"])
def test_keys_are_keys_in_any_case(text: str) -> None:
    assert parse_search(text) == Search(tags=["core"], states=["due"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-(bias variance)", "-(bias cannot be answered: a minus leaves out one thing"),
        ("x −(tag:core)", "−(tag:core) cannot be answered"),
        ('variance -"!!"', "There is no word in -!!:"),
        ("-_ variance", "There is no word in -_:"),
        ("-tag:", "tag: says nothing"),
        ("-is:old", "is:old is not known"),
        ("-is: old", "is:old is not known"),
        ('"unclosed bias', "A quotation mark has no partner"),
        ("“unclosed bias", "A quotation mark has no partner"),
        ('bias "a" b"', "A quotation mark has no partner"),
        ("is:", "is: says nothing: write what it is to be, as in is:due."),
        ("bias Tag:", "tag: says nothing"),
        ("tag: is:due", "tag: says nothing"),
        ('bias deck:""', "deck: says nothing"),
        ("IS:DUE", "is:DUE is not known"),
        *((signs, f"There is no word in {signs}:") for signs in ("%", "?", "*", ".", '""', "_", "->", "% ?", "“”")),
    ],
)
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=re.escape(said)) as caught:
        parse_search(text)
    assert caught.value.field == "q"


def test_a_minus_within_words_is_none_of_leaving_out() -> None:
    found = parse_search('k-means "-1" a -> b bias - variance --no-cache prop:due>=-3 tag:a-b')
    assert found.words == ["k-means", "a", "->", "b", "bias", "-", "variance", "--no-cache"]
    assert found.without == []
    assert found.phrases == ["-1"]
    assert (found.props, found.tags) == ([Prop("due", ">=", -3)], ["a-b"])


def test_a_minus_leaves_out_one_thing() -> None:
    found = parse_search('bias -noise −tag:core -Deck: "a b" -"low bias" -is:due -prop:ease<2 -flag:1 -id:x x')
    assert found.words == ["bias", "x"]
    assert found.without == [
        Search(words=["noise"]), Search(tags=["core"]), Search(decks=["a b"]), Search(phrases=["low bias"]),
        Search(states=["due"]), Search(props=[Prop("ease", "<", 200)]), Search(flags=[1]), Search(ids=["x"]),
    ]  # fmt: skip
    assert (found.all_states, found.all_props) == ({"due"}, {"ease"})
    assert parse_search("-“low bias”") == parse_search('-"low bias"') == Search(without=[Search(phrases=["low bias"])])
    assert parse_search("–tag:core –noise 2–3") == parse_search("-tag:core -noise 2–3")
    assert parse_search("tag:#core -tag:#x") == parse_search("tag:core -tag:x")
    assert parse_search("-k-means") == Search(without=[Search(words=["k-means"])])


@pytest.mark.parametrize("text", ["-(bias)", "%", '"unclosed', "is:"])
def test_what_is_kept_can_be_read_all_the_same(text: str) -> None:
    assert read_search(text).words == [text.replace('"', "")]


@pytest.mark.parametrize("text", ["is:old", "prop:ease", "prop:colour<2", "prop:ease~2", "x" * 501])
def test_what_is_not_known_is_said(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_search(text)
    assert caught.value.field == "q"


def test_words_become_terms() -> None:
    assert match_words(("bias", "+"), ("low variance",)) == '"bias"* AND "low variance"'
    assert match_words(("学习",), ()) == '"学  习"'
    assert match_words(('a"b',), ()) == '"a b"*'
    assert match_words(("->", "$", "_"), ()) == ""
    assert match_words(("C++", "C#", "c"), ()) == '"c++" AND "c#" AND "c"*'
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
