"""What an API token may do: never more than its owner may, and often less."""

from __future__ import annotations

from collections.abc import Collection

from flashcards.errors import Invalid
from flashcards.services.accounts.people import Learner

READ, REVIEW, AUTHOR = "read", "review", "author"
SCOPES = {
    READ: "read cards, history and figures",
    REVIEW: "answer, and change what is your own",
    AUTHOR: "change decks",
}
"""Each in words. A token never administers."""
EXPIRY_DAYS = (30, 90, 365)
DAY_MS = 86_400_000


def scopes_of_role(learner: Learner) -> tuple[str, ...]:
    """All that a token of this learner may hold."""
    return tuple(SCOPES) if learner.is_author else (READ, REVIEW)


def checked_scopes(learner: Learner, wanted: Collection[str] | None) -> str:
    """What is stored: the wanted ones and reading, None for all of the role's. Raises Invalid (`scopes`)."""
    if wanted is None:
        return " ".join(scopes_of_role(learner))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise Invalid(f"A token may have the scopes {', '.join(SCOPES)}: choose at least one.", field="scopes")
    if not set(wanted) <= set(scopes_of_role(learner)):
        raise Invalid("Only an author's token changes decks.", field="scopes")
    return " ".join(scope for scope in SCOPES if scope in {READ, *wanted})


def checked_days(days: int | None) -> int | None:
    """For how many days a token is good, None for ever; raises Invalid (`days`)."""
    if days is not None and not 1 <= days <= 3660:
        raise Invalid("A token is good for 1 to 3660 days, or until it is revoked.", field="days")
    return days
