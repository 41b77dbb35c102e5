"""A card says that its answer changed since the learner last answered it, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.services.review.text_changes import NO_NEWS
from flashcards.web.app import create_app
from tests.integration.edit_world import DECK, EditWorld
from tests.integration.study_world import DAY_MS
from tests.site import new_id

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
    whole = "Penalties\n\nRidge adds squares and [+the +]lasso adds absolute values."
    assert [world.words(f"penalties/{gap}") for gap in ("c1", "c2")] == [whole, whole]


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


def test_an_answer_is_of_the_text_that_the_client_showed(world: EditWorld) -> None:
    """A page loaded before an edit, answered after it; and a client whose clock is a day behind."""
    world.answer(RIDGE)
    before = world.queue()["l1/forward"].revision
    world.edit("to the loss", "to the training loss")
    world.answer(RIDGE, revision=before)
    assert world.words(RIDGE) is not None
    world.answer(RIDGE, revision=2, at=world.clock() - DAY_MS)
    assert world.words(RIDGE) is None


@pytest.mark.parametrize("revision", [0, -1, 3, 2**60])
def test_a_revision_that_cannot_be_is_ignored(world: EditWorld, revision: int) -> None:
    world.answer(RIDGE)
    world.edit("to the loss", "to the training loss")
    world.answer(RIDGE, revision=revision)
    assert world.words(RIDGE) is None


def test_pages_and_api_send_the_revision_that_was_shown(world: EditWorld) -> None:
    client = create_app(world.services, world.config).test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    client.set_cookie("flashcards_session", world.services.accounts.start_session(world.ada, "test"))
    for key in ("l1/forward", RIDGE):
        world.answer(key)
    world.clock.days(1)
    page = client.get(f"/review?card={world.card(RIDGE)}&show=1").text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split('id="grade-form"')[1]))
    queued = client.get("/api/v1/queue").json["cards"]  # type: ignore[index]
    other = next(card for card in queued if card["key"] == "ml#l1/forward")
    world.edit("to the loss", "to the training loss")
    world.edit("the absolute weights", "the absolute values")
    assert client.post("/review/answer", data=fields | {"grade": "4"}).status_code == 303
    answer = {"id": new_id(), "card": other["id"], "grade": 4, "revision": other["revision"]}
    assert client.post("/api/v1/reviews", json=answer).status_code == 201
    assert world.words(RIDGE) is not None
    assert world.words("l1/forward") is not None


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
