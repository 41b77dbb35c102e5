"""How much a question matters to the learner: what the plan that they follow gives its deck."""

from __future__ import annotations

from collections.abc import Callable

from flashcards.domain.ids import DeckId, LearnerId, NoteId
from flashcards.services.plan.contract import USUAL_WEIGHT
from flashcards.services.plan.days import PlanDays
from flashcards.storage.plans import PlanRows

OUTSIDE = 0.25
"""What is not in the plan's scope may be asked all the same, but seldom."""


def plan_weight(plans: PlanRows, days: PlanDays, learner: LearnerId) -> Callable[[DeckId, NoteId], float] | None:
    """From (deck, note) to a weight, 1 for what is in scope as usual; None where no plan is followed."""
    plan = plans.followed(learner)
    if plan is None:
        return None
    weighed = days.weighed(learner, plan)
    return lambda deck, note: weighed.weight(deck, note) / USUAL_WEIGHT or OUTSIDE
