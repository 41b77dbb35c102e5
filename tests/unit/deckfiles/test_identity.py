"""Whose history a note of today has: each rule, and the order of the rules."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.identity.matching import FreshNote, KnownNote, pair, sides
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.text.similarity import ratio
from tests.unit.deckfiles.decks import text

LONG = "The penalty shrinks every weight towards zero, and the large ones most of all."


def known(
    ref: int,
    note_id: str,
    question: str,
    answer: str,
    *,
    deck: str = "d",
    explicit: bool = False,
    removed: bool = False,
) -> KnownNote:
    return KnownNote(ref, deck, note_id, explicit, question, answer, f"## {question}\n\n{answer}", removed)


def fresh(
    index: int, note_id: str, question: str, answer: str, *, deck: str = "d", explicit: bool = False
) -> FreshNote:
    return FreshNote(index, deck, note_id, explicit, question, answer, f"## {question}\n\n{answer}")


def paired(gone: list[KnownNote], new: list[FreshNote]) -> list[tuple[int, int, str]]:
    return [(pairing.known.ref, pairing.fresh.index, pairing.how) for pairing in pair(gone, new)]


def edit(before: str, after: str, deck_after: str = "d.md") -> dict[str, tuple[str, str]]:
    """Edit a file: for each note of today, by id, the id of the note that it was and how."""
    old = parse_deck("d.md", text(before).encode()).deck
    new = parse_deck(deck_after, text(after).encode()).deck
    same = {(old.id, note.id, note.source) for note in old.notes} & {
        (new.id, note.id, note.source) for note in new.notes
    }
    gone = [
        KnownNote(index, old.id, note.id, note.explicit, *sides(note), note.source, section=note.section)
        for index, note in enumerate(old.notes)
        if (old.id, note.id, note.source) not in same
    ]
    come = [FreshNote.of(index, new.id, note) for index, note in enumerate(new.notes)
            if (new.id, note.id, note.source) not in same]  # fmt: skip
    return {new.notes[p.fresh.index].id: (p.known.note_id, p.how) for p in pair(gone, come)}


# Rule 1 --------------------------------------------------------------------------------------------------


def test_an_explicit_id_keeps_its_history_through_any_edit() -> None:
    assert edit("## Q? {#a}\n\nold\n", "## Quite another question? {#a}\n\nnew\n") == {"a": ("a", "edited")}


def test_an_explicit_id_beats_exact_text() -> None:
    before = "## One? {#a}\n\n1\n\n## Two? {#b}\n\n2\n"
    after = "## Two? {#a}\n\n2\n\n## One? {#b}\n\n1\n"
    assert edit(before, after) == {"a": ("a", "edited"), "b": ("b", "edited")}


def test_two_without_ids_that_swap_places_do_not_swap_histories() -> None:
    before = "## Q?\n\nfirst answer\n\n## Q?\n\nsecond answer\n"
    after = "## Q?\n\nsecond answer\n\n## Q?\n\nfirst answer\n"
    assert edit(before, after) == {"q": ("q-2", "kept"), "q-2": ("q", "kept")}


def test_one_without_id_keeps_its_slug_when_its_answer_is_edited() -> None:
    assert edit("## Q?\n\nold\n", "## Q?\n\nquite new\n") == {"q": ("q", "edited")}


def test_exact_text_comes_before_the_slug() -> None:
    gone = [known(0, "q", "Q?", "one")]
    new = [fresh(0, "q", "Q?", "two"), fresh(1, "q-2", "Q?", "one")]
    assert paired(gone, new) == [(0, 1, "kept")]


def test_stamping_an_id_while_editing() -> None:
    assert edit("## Q?\n\nold\n", "## Q? {#q}\n\nnew\n") == {"q": ("q", "edited")}


# Rule 2 --------------------------------------------------------------------------------------------------


def test_an_explicit_id_in_another_deck_is_moved() -> None:
    gone = [known(0, "a", "Q?", "1", deck="x", explicit=True)]
    assert paired(gone, [fresh(0, "a", "Other?", "2", deck="y", explicit=True)]) == [(0, 0, "moved")]


def test_a_slug_in_another_deck_is_not_enough() -> None:
    gone = [known(0, "a", "A b", "1", deck="x")]
    new = [fresh(0, "a", "a, b?", "2", deck="y"), fresh(1, "c", "Other?", "3", deck="x")]
    assert paired(gone, new) == []


def test_an_explicit_id_in_another_deck_comes_before_exact_text() -> None:
    gone = [known(0, "a", "Q?", "1", deck="x", explicit=True)]
    new = [fresh(0, "b", "Q?", "1", deck="x"), fresh(1, "a", "R?", "2", deck="y", explicit=True)]
    assert paired(gone, new) == [(0, 1, "moved")]


def test_exact_text_in_the_same_deck_first() -> None:
    gone = [known(0, "a", "Q?", "1", deck="x"), known(1, "b", "Q?", "1", deck="y")]
    new = [fresh(0, "c", "Q?", "1", deck="y"), fresh(1, "d", "Q?", "1", deck="z")]
    assert paired(gone, new) == [(1, 0, "kept"), (0, 1, "moved")]


def test_an_explicit_id_that_is_replaced_by_another_with_the_same_text() -> None:
    assert edit("## Q? {#a}\n\n1\n", "## Q? {#b}\n\n1\n") == {"b": ("a", "kept")}


def test_the_same_question() -> None:
    gone = [known(0, "a", "What is it?", "old", explicit=True)]
    assert paired(gone, [fresh(0, "b", "What  is it?", "quite new", explicit=True)]) == [(0, 0, "edited")]


def test_the_same_question_in_another_deck_only_if_unique() -> None:
    gone = [known(0, "a", "What is it?", "1", deck="x"), known(1, "b", "Which?", "2", deck="x")]
    new = [
        fresh(0, "c", "What is it?", "new", deck="y"),
        fresh(1, "d", "Which?", "new", deck="y"),
        fresh(2, "e", "Which?", "newer", deck="z"),
    ]
    assert paired(gone, new) == [(0, 0, "moved")]


def test_a_unique_same_answer() -> None:
    assert paired([known(0, "a", "Old?", "Paris")], [fresh(0, "b", "Quite another one?", "Paris")]) == [
        (0, 0, "edited")
    ]


def test_a_same_answer_that_is_not_unique() -> None:
    gone = [known(0, "a", "One?", "yes"), known(1, "b", "Two?", "yes")]
    assert paired(gone, [fresh(0, "c", "Quite another question", "yes")]) == []


def test_a_same_answer_in_another_deck_must_say_something() -> None:
    assert paired([known(0, "a", "Old?", "Yes.", deck="x")], [fresh(0, "b", "New?", "Yes.", deck="y")]) == []
    assert paired([known(0, "a", "Old?", LONG, deck="x")], [fresh(0, "b", "New?", LONG, deck="y")]) == [(0, 0, "moved")]


def test_similarity_within_a_deck() -> None:
    changed = LONG.replace("every weight", "all the weights")
    gone = [known(0, "a", "What does an L2 penalty do?", LONG)]
    assert paired(gone, [fresh(0, "b", "What does the L2 penalty do to weights?", changed)]) == [(0, 0, "edited")]
    assert paired(gone, [fresh(0, "b", "What does the L2 penalty do to weights?", changed, deck="e")]) == []
    assert paired(gone, [fresh(0, "b", "Why is the sky blue?", "Rayleigh scattering")]) == []


def test_two_different_explicit_ids_never_pair_by_similarity() -> None:
    changed = LONG.replace("every weight", "all the weights")
    gone = [known(0, "a", "What does an L2 penalty do?", LONG, explicit=True)]
    assert paired(gone, [fresh(0, "b", "What does the L2 penalty do?", changed, explicit=True)]) == []
    assert paired(gone, [fresh(0, "b", "What does the L2 penalty do?", changed)]) == [(0, 0, "edited")]


def test_similarity_wants_a_clear_best() -> None:
    gone = [
        known(0, "a", "What does an L1 penalty do?", LONG),
        known(1, "b", "What does an L2 penalty do?", LONG + "!"),
    ]
    assert paired(gone, [fresh(0, "c", "What does an L3 penalty do?", LONG + "?")]) == []


def test_a_renamed_file_keeps_the_ids_within_it() -> None:
    before = "## Q?\n\nshort\n\n## R?\n\nother\n\n## S? {#s}\n\nthird\n"
    after = "## Q?\n\nquite different now\n\n## R?\n\nother\n\n## New wording {#s}\n\n3\n"
    assert edit(before, after, "e.md") == {"q": ("q", "moved"), "r": ("r", "moved"), "s": ("s", "moved")}


def test_a_rename_comes_before_equal_text_elsewhere() -> None:
    gone = [known(i, f"n{i}", f"Q{i}?", f"{i}", deck="old") for i in range(3)]
    new = [fresh(0, "copy", "Q0?", "0", deck="copy")]
    new += [fresh(1 + i, f"n{i}", f"Q{i}?", f"{i}", deck="renamed") for i in range(3)]
    assert paired(gone, new) == [(0, 1, "moved"), (1, 2, "moved"), (2, 3, "moved")]


def test_a_file_of_which_a_few_notes_moved_is_not_renamed() -> None:
    gone = [known(i, f"n{i}", f"Q{i}?", f"answer {i}", deck="old") for i in range(4)]
    new = [fresh(0, "n0", "Q0?", "answer 0", deck="new"), fresh(1, "n1", "Unlike!", "quite", deck="new")]
    assert paired(gone, new) == [(0, 0, "moved")]


# Rule 3 --------------------------------------------------------------------------------------------------


def test_removed_notes_come_back() -> None:
    gone = [known(0, "a", "Q?", "1", deck="x", removed=True)]
    assert paired(gone, [fresh(0, "b", "Q?", "1", deck="y")]) == [(0, 0, "restored")]
    assert paired(gone, [fresh(0, "a", "Q?", "edited", deck="x")]) == [(0, 0, "restored")]


def test_notes_just_gone_come_before_removed_ones() -> None:
    gone = [known(0, "a", "Q?", "1", removed=True), known(1, "b", "Q?", "1")]
    assert paired(gone, [fresh(0, "c", "Q?", "1")]) == [(1, 0, "kept")]


def test_a_removed_note_does_not_stand_in_the_way_of_an_edit() -> None:
    gone = [known(0, "a", "What does an L2 penalty do?", LONG + "!", removed=True),
            known(1, "b", "What does an L2 penalty do?!", LONG)]  # fmt: skip
    assert paired(gone, [fresh(0, "c", "What does an L2 penalty really do?", LONG + "?")]) == [(1, 0, "edited")]


# Several of one question ---------------------------------------------------------------------------------


def test_of_one_question_the_one_with_a_like_answer_stays_when_another_goes() -> None:
    before = "## Definition\n\nAlpha, which is one thing.\n\n## Definition\n\nBeta, quite another matter.\n"
    assert edit(before, "## Definition\n\nBeta, quite another matter, edited.\n") == {
        "definition": ("definition-2", "edited")
    }


def test_of_one_question_the_one_with_a_like_answer_stays_when_another_comes() -> None:
    alpha, beta = "## Definition\n\nAlpha, which is one thing.\n\n", "## Definition\n\nBeta, quite another matter.\n\n"
    after = "## Definition\n\nSomething new.\n\n" + alpha + beta.replace("quite", "very much")
    assert edit(alpha + beta, after) == {
        "definition-2": ("definition", "kept"),
        "definition-3": ("definition-2", "edited"),
    }


def test_of_one_question_sections_tell_apart_what_was_rewritten() -> None:
    sections = [f"# {name}\n\n## Use\n\nUse of {name}.\n\n" for name in ("Ridge", "Lasso", "Trees")]
    after = "".join(sections[1:]).replace("Use of", "When there is a need of")
    assert edit("# T\n\n" + "".join(sections), "# T\n\n" + after) == {
        "use": ("use-2", "edited"),
        "use-2": ("use-3", "edited"),
    }


# What holds always ---------------------------------------------------------------------------------------

WORDS = st.sampled_from(["a", "b", "Paris", LONG, LONG + "!", ""])
NOTES = st.tuples(st.sampled_from("xyz"), st.sampled_from(["i", "j", "k"]), st.booleans(), WORDS, WORDS)


@given(st.lists(st.tuples(NOTES, st.booleans()), max_size=8), st.lists(NOTES, max_size=8))
def test_each_note_at_most_once(
    gone: list[tuple[tuple[str, str, bool, str, str], bool]], new: list[tuple[str, str, bool, str, str]]
) -> None:
    knowns = [KnownNote(i, d, n, e, q, a, q + a, removed) for i, ((d, n, e, q, a), removed) in enumerate(gone)]
    freshes = [FreshNote(i, d, n, e, q, a, q + a) for i, (d, n, e, q, a) in enumerate(new)]
    pairings = pair(knowns, freshes)
    assert len({p.known.ref for p in pairings}) == len(pairings)
    assert [p.fresh.index for p in pairings] == sorted({p.fresh.index for p in pairings})
    left = {f.text for f in freshes} - {p.fresh.text for p in pairings}
    assert not left & ({k.text for k in knowns} - {p.known.text for p in pairings}), "equal texts always pair"


@given(st.text("ab c", max_size=30), st.text("ab c", max_size=30))
def test_ratio(left: str, right: str) -> None:
    assert 0 <= ratio(left, right) <= 1
    assert (ratio(left, right) == 1) == (left == right)


def test_ratio_is_that_of_difflib() -> None:
    assert ratio("abcd", "bcde") == 0.75
    assert ratio("", "") == 1
    assert ratio("x " * 5000, "y " * 5000) < 0.75


def test_a_whole_collection_rewritten() -> None:
    """2,000 notes gone against 2,000 new ones, each slightly edited: all find their history."""
    dice = random.Random(1)
    words = [f"word{number}" for number in range(3000)]
    texts = [" ".join(dice.choices(words, k=40)) for _ in range(2000)]
    gone = [known(i, f"k{i}", f"Question {i} about {t[:60]}?", t) for i, t in enumerate(texts)]
    new = [fresh(i, f"f{i}", f"Question on {t[:60]}, again?", t[:-9] + "something new") for i, t in enumerate(texts)]
    assert paired(gone, new) == [(i, i, "edited") for i in range(2000)]
