"""Who learns here, and what the account service gives."""

from __future__ import annotations

from dataclasses import dataclass

from flashcards.domain.ids import LearnerId


@dataclass(frozen=True, slots=True)
class Learner:
    """An account. `timezone` is an IANA name, `day_start` the hour at which the learner's day starts.

    `due_per_day` None means no limit. `buttons` is 4 or 6, `theme` auto, light or dark. `new_order` is how new cards
    come across decks: deck after deck, across the folders in turn, core first, or random.
    """

    id: LearnerId
    name: str
    is_author: bool
    is_admin: bool
    timezone: str
    day_start: int
    new_per_day: int
    due_per_day: int | None
    drill: bool
    buttons: int
    letter_keys: bool
    theme: str
    suspend_leeches: bool
    created_at: int
    new_order: str = "decks"


@dataclass(frozen=True, slots=True)
class SignupState:
    """Whether somebody may sign up now; `first` is whether there is no account yet."""

    open: bool
    first: bool
    needs_code: bool


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A login on some device; instants are epoch milliseconds."""

    id: int
    user_agent: str
    created_at: int
    seen_at: int
    current: bool


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """An API token, without its secret; `prefix` is its visible beginning. `expires_at` None: until it is revoked."""

    id: int
    name: str
    prefix: str
    created_at: int
    used_at: int | None
    scopes: tuple[str, ...] = ()
    expires_at: int | None = None


def roles_of(learner: Learner) -> str:
    """The learner's roles in words."""
    roles = [name for name, held in (("author", learner.is_author), ("administrator", learner.is_admin)) if held]
    return " and ".join(roles) or "learner"
