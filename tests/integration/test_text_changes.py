"""A card says that its answer changed since the learner last answered it, and how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.text_changes import NO_NEWS
from tests.integration.edit_world import DECK, EditWorld

RIDGE = "ridge/forward"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[EditWorld]:
    world = EditWorld(tmp_path)
    yield world
    world.close()


def test_an_edited_answer_is_told_until_it_is_answered_again(world: EditWorld) -> None:
    world.answer(RIDGE)
    assert world.news(RIDGE) == NO_NEWS
    world.edit("to the loss", "to the training loss")
    expected = (
        "It adds the sum of squared weights to the [+training +]loss.\n\n### Rubric\n\n- names the squared weights"
    )
    assert world.words(RIDGE) == expected
    changed = world.news(RIDGE).changed
    assert changed is not None
    assert (changed.seen, changed.now, changed.at) == (1, 2, world.clock() - 3_600_000)
    world.clock.days(1)
    assert world.queue()[RIDGE].news.changed == changed
    given = world.answer(RIDGE, 1)
    assert world.queue()[RIDGE].kind == "drill"
    assert world.queue()[RIDGE].news == NO_NEWS
    world.services.review.undo(world.ada, given)
    assert world.queue()[RIDGE].news.changed == changed


def test_a_card_never_answered_has_nothing_to_say(world: EditWorld) -> None:
    world.edit("to the loss", "to the training loss")
    assert world.queue()[RIDGE].news == NO_NEWS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{#ridge .core}", "{#ridge .core .mid}"),
        ("- Hastie", "- Hastie, chapter 3"),
        ("What is ridge regression?", "What does ridge regression do?"),
        ("sum of squared", "sum of\nsquared"),
        ("- L1 ::: the", "- L1 penalty ::: the"),
    ],
)
def test_what_does_not_matter_to_the_answer_is_not_told(world: EditWorld, old: str, new: str) -> None:
    for key in (RIDGE, "l1/forward"):
        world.answer(key)
    world.edit(old, new)
    assert world.words(RIDGE) is None
    assert world.words("l1/forward") is None


def test_back_and_forth_is_no_change(world: EditWorld) -> None:
    world.answer(RIDGE)
    world.edit("to the loss", "to nothing")
    world.edit("to nothing", "to the loss")
    assert world.words(RIDGE) is None
    world.edit("squared weights to", "squares to")
    world.edit("to the loss", "to a loss")
    assert world.words(RIDGE) is not None
    assert "[-squared weights -][+squares +]to [-the -][+a +]loss" in str(world.words(RIDGE))


def test_rubrics_are_a_part_of_the_answer(world: EditWorld) -> None:
    world.answer(RIDGE)
    world.edit("- names the squared weights", "- names the squared weights\n- says why")
    assert str(world.words(RIDGE)).endswith("- names the squared weights\n[+- says why+]")


def test_cloze_cards_are_told_of_their_own_gap(world: EditWorld) -> None:
    for key in ("penalties/c1", "penalties/c2"):
        world.answer(key)
    world.edit("{{c2::absolute values}}", "absolute {{c2::values}}")
    assert world.words("penalties/c1") is None
    assert world.words("penalties/c2") == "[[-absolute -]values]"
    world.edit("lasso adds", "the lasso adds")
    assert world.words("penalties/c1") == ("Penalties\n\nRidge adds squares and [+the +]lasso adds absolute values.")


def test_a_reversed_card_answers_with_the_question(world: EditWorld) -> None:
    for key in ("l1/forward", "l1/backward"):
        world.answer(key)
    world.edit("- L1 :::", "- L1 penalty :::")
    assert world.words("l1/backward") == "L1 [+penalty+]"
    assert world.words("l1/forward") is None


def test_an_answer_given_before_the_edit_and_sent_after_it_was_of_the_old_text(world: EditWorld) -> None:
    offline = world.clock()
    world.edit("to the loss", "to the training loss")
    world.answer(RIDGE, at=offline)
    assert world.words(RIDGE) is not None
    world.clock.days(1)
    world.answer(RIDGE)
    assert world.words(RIDGE) is None


def test_another_kind_of_note_is_no_change_of_an_answer(world: EditWorld) -> None:
    world.answer("penalties/c1")
    world.edit("{{c1::squares}} and lasso adds {{c2::absolute values}}", "squares")
    world.edit("Ridge adds squares.", "Ridge adds {{c1::squares}}.")
    assert world.words("penalties/c1") == "Penalties\n\nRidge adds squares[-and lasso adds absolute values-]."


def test_a_draft_is_told_to_authors_only(world: EditWorld) -> None:
    bob = world.learner("Bob")
    for who in (world.ada, bob):
        world.answer(RIDGE, learner=who)
    card = world.card(RIDGE)
    world.edit("to the loss", "to the secret loss")
    assert world.services.review.news(bob, card).changed is not None
    world.edit("{#ridge .core}", "{#ridge .core .draft}")
    assert world.services.review.news(bob, card) == NO_NEWS
    assert world.services.review.news(world.ada, card).changed is not None


def test_a_note_with_footnotes(tmp_path: Path) -> None:
    world = EditWorld(tmp_path, DECK.replace("the loss.", "the loss[^1].") + "\n[^1]: The mean.\n")
    try:
        world.answer(RIDGE)
        world.edit("The mean.", "The sum.")
        assert "[^1]: The [-mean-][+sum+]." in str(world.words(RIDGE))
    finally:
        world.close()
