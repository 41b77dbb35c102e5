"""Days for plans in tests."""

from __future__ import annotations

from datetime import timedelta

from flashcards.domain.study_day import date_of
from flashcards.services.accounts.facade import Learner
from tests.site import Site


def on(site: Site, learner: Learner, days: int) -> str:
    """The date so many days after the learner's study day."""
    return str(date_of(site.services.review.study_day(learner)) + timedelta(days))
