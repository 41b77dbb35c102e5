"""The plan that is followed, whole: what it asks for, its day, and what it brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from flashcards.domain.ids import CardId
from flashcards.domain.plan.serving import fitting
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.plan.checks import place_of
from flashcards.services.plan.contract import OF_SEARCH, USUAL_WEIGHT, Choice, DayCounts, WholePlan
from flashcards.services.plan.facade import Plans, row_of
from flashcards.services.plan.scope import vanished
from flashcards.services.review.search import Search, parse_search
from flashcards.storage.plans import PlanDayRow, PlanRow


class About(NamedTuple):
    """A part of what a plan is about: a deck or folder, or what a search finds."""

    deck: str | None = None
    search: str | None = None
    weight: int = USUAL_WEIGHT


class WholePlans(Plans):
    """What a learner does with the one plan that is followed."""

    def about(self, choice: Choice, parts: Sequence[About]) -> Choice:
        """The choice, about these parts: decks, tags (searches for one tag alone), and one search. Raises Invalid."""
        decks: dict[str, None] = {}
        tags: dict[str, None] = {}
        weights: dict[str, int] = {}
        q = ""
        for it in parts:
            if (it.deck is None) == (it.search is None):
                raise Invalid("Give in each part of about a deck or a search.", field="about")
            if it.deck is not None:
                decks[place_of(it.deck)], weights[place_of(it.deck)] = None, it.weight
                continue
            text = (it.search or "").strip()
            found = parse_search(text)
            if len(found.tags) == 1 and found == Search(tags=found.tags):
                tags[found.tags[0]], weights[f"tag:{found.tags[0]}"] = None, it.weight
            elif not text:
                raise Invalid("A search in about is empty: write what it is to find.", field="about")
            elif q not in ("", text):
                raise Invalid(
                    "Give one search, and beside it searches for one tag each, as in tag:core.", field="about"
                )
            else:
                q, weights[OF_SEARCH] = text, it.weight
        self.refuse_unknown(decks, "about")
        return replace(choice, decks=tuple(decks), tags=tuple(tags), q=q, weights=weights)

    def refuse_unknown(self, places: Iterable[str], field: str) -> None:
        """Raises Invalid where one of the places is no deck or folder."""
        for place in vanished(self._rows.decks(), [place_of(it) for it in places]):
            raise Invalid(f"There is no deck or folder {place!r}: choose another.", field=field)

    def preview(self, learner: Learner, choice: Choice) -> WholePlan:
        """What a plan would bring; nothing is stored. Raises Invalid naming what cannot be."""
        outlook = self.outlook(learner, choice)
        today = self._review.study_day(learner)
        plan = row_of(outlook.choice, 0)
        counts = self._counts(learner, plan, self._days.make_day(learner.id, plan, today))
        return WholePlan(outlook.choice, None, choice.day - today, counts, outlook)

    def put(self, learner: Learner, choice: Choice) -> WholePlan:
        """Makes a plan and follows it; one that has the same id is changed to that. Raises Invalid."""
        same = next((it for it in self.plans(learner) if choice.id and it.scope.get("id") == choice.id), None)
        if same is None:
            self.make(learner, choice)
        else:
            # What is followed already, and asks for the same, keeps its day as it was made.
            if not same.followed or self.choice(same) != self._checked(choice, self._review.study_day(learner)):
                self.change(learner, same.id, choice)
                self.follow(learner, same.id)
        return self.whole(learner)

    def whole(self, learner: Learner) -> WholePlan:
        """The plan that is followed. Raises NotFound where none is."""
        plan = self.followed(learner)
        if plan is None:
            raise NotFound("No plan is followed.")
        today = self._review.study_day(learner)
        choice, days_left = self.choice(plan), max(0, plan.day - today)
        if not days_left or not self._days.cards(learner.id, plan):
            return WholePlan(choice, plan, days_left, DayCounts(0, 0, 0, 0), None)
        outlook = self.outlook(learner, choice)
        self._days.prepare(learner.id, today)
        day = self._rows.day(learner.id, plan.id, today) or self._days.make_day(learner.id, plan, today)
        return WholePlan(choice, plan, days_left, self._counts(learner, plan, day), outlook)

    def end_followed(self, learner: Learner) -> WholePlan:
        """Ends the plan that is followed; gives it as it was. Raises NotFound where none is."""
        found = self.whole(learner)
        assert found.plan is not None
        self.end(learner, found.plan.id)
        return found

    def _counts(self, learner: Learner, plan: PlanRow, day: PlanDayRow) -> DayCounts:
        """What a day promised, its cards named as the queue named them in the morning: by their dates.

        The date of a card that was answered since has moved: such a one is what the day's order says.
        """
        due_on = {card.card: card.due_on for card, _ in self._days.cards(learner.id, plan)}
        answered = self._rows.last_grades(learner.id, day.study_day)
        in_the_morning = {it.card: it.kind for it in day.cards if it.card in answered}

        def kind(card: CardId) -> str:
            date = due_on.get(card)
            if date is None:
                return "new"
            return "due" if date <= day.study_day else in_the_morning.get(card, "early")

        found = Counter(kind(CardId(card)) for card in fitting(day.cards, day.seconds))
        return DayCounts(round(day.seconds / 60), found["new"], found["due"], found["early"])
