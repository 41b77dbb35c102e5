"""The pure parts of sync: deck ids that clash, guids, links between notes."""

from __future__ import annotations

from collections.abc import Collection

from flashcards.services.sync.across_files import duplicate_decks, link, required_keys
from flashcards.services.sync.plan import new_guids, unused_key
from flashcards.storage.deck_rows import Requirement


def nothing_taken(_guids: Collection[str]) -> Collection[str]:
    return ()


def test_deck_ids_that_clash() -> None:
    problems = duplicate_decks([("a.md", "x"), ("b.md", "y"), ("c.md", "x"), ("d.md", "x")])
    assert sorted(problems) == ["a.md", "c.md", "d.md"]
    assert "also that of c.md, d.md" in problems["a.md"].message


def test_guids_are_derived_from_deck_and_note() -> None:
    first = new_guids([("deck", "note", "basic"), ("deck", "other", "basic")], nothing_taken)
    assert first == new_guids([("deck", "note", "basic"), ("deck", "other", "basic")], nothing_taken)
    assert len(set(first)) == 2
    assert new_guids([("dec", "knote", "basic")], nothing_taken) != first[:1]


def test_guids_that_are_taken_give_way() -> None:
    (first,) = new_guids([("deck", "note", "basic")], nothing_taken)
    again = new_guids(
        [("deck", "note", "basic"), ("deck", "note", "basic")], lambda guids: [g for g in guids if g == first]
    )
    assert first not in again
    assert len(set(again)) == 2


def test_keys_of_files_that_were_never_sound() -> None:
    assert unused_key("a.md", ()) == "a.md"
    assert unused_key("a.md", {"a.md", "a.md!"}) == "a.md!!"


def requirement(note: int, name: str, *requires: tuple[str | None, str]) -> Requirement:
    return Requirement(note, 7, "d", name, "d.md", 10 + note, requires)


def test_links_resolve_and_faults_stand_where_they_are() -> None:
    asked = [
        requirement(1, "a", (None, "b"), ("other", "x")),
        requirement(2, "b", (None, "c")),
        requirement(3, "c", (None, "b")),
    ]
    assert required_keys(asked) == {("d", "b"), ("other", "x"), ("d", "c")}
    links = link(asked, {("d", "b"): 2, ("d", "c"): 3}, {"d"})
    assert links.edges == {(1, 2)}
    assert [(row, problem.line, problem.code) for row, problem in links.problems] == [
        (7, 11, "requires-unknown"),
        (7, 12, "requires-circle"),
        (7, 13, "requires-circle"),
    ]
