"""What a learner said stays theirs when something else is changed; what is gone does not bar the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flashcards.services.plan.facade import Plans
from tests.integration.practice_world import practice_site
from tests.integration.study_world import StudyWorld
from tests.integration.test_plans import CHOICE, here


def test_a_plan_that_has_ended_keeps_how_it_went(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    world.deck("notes", 10)
    ada, plans = world.learner(), Plans(world.db, world.clock, world.review, here)
    made = plans.make(ada, CHOICE)
    ended = plans.end(ada, made.id, "They asked about trees.")
    changed = plans.change(ada, made.id, replace(CHOICE, minutes=20))
    assert (changed.minutes, changed.outcome, changed.ended_at) == (20, "They asked about trees.", ended.ended_at)
    assert plans.follow(ada, made.id).outcome == "They asked about trees."
    world.close()


def test_minutes_of_thousands_of_digits_are_refused(tmp_path: Path) -> None:
    with practice_site(tmp_path) as site:
        refused = site.client(site.learner()).post("/welcome", data={"minutes": "9" * 5000})
    assert refused.status_code == 422
    assert "minutes a day" in refused.text


def test_what_was_left_out_is_studied_though_a_question_is_gone(tmp_path: Path) -> None:
    with practice_site(tmp_path) as site:
        ann = site.learner()
        opened = site.begin(ann)
        for position in range(len(opened.questions)):
            asked = site.say(ann, opened, position)
            site.tick(ann, opened, asked, marks=dict.fromkeys(asked.question.keys, "missed"))
        deck = site.config.decks / site.services.practice.open(ann, opened.round.id).questions[0].path
        deck.unlink()
        site.services.sync.sync()
        (gone, *_) = site.services.practice.open(ann, opened.round.id).questions
        assert gone.removed
        made = site.services.practice.put_into_review(ann, opened.round.id).made
        cards = {it.id for it in site.services.review.set_queue(ann, made.id).cards}
    assert cards
    assert gone.card not in cards
