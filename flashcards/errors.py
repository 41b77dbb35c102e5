"""The errors that services raise; the web and the command line each map them in one place."""

from __future__ import annotations


class FlashcardsError(Exception):
    """Base of every error with a message that is meant for people."""

    def told(self) -> str:
        """The message with the place it speaks of, for a terminal or a log."""
        return str(self)


class DeckError(FlashcardsError):
    """A deck file that cannot be used: where, and the stable code of the message."""

    def __init__(self, message: str, *, path: str, line: int = 1, column: int = 1, code: str) -> None:
        super().__init__(message)
        self.path = path
        self.line = line
        self.column = column
        self.code = code

    def told(self) -> str:
        return f"{self.path}: {self}"


class Invalid(FlashcardsError):
    """A value that a user gave is not acceptable; `field` names it."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(FlashcardsError):
    """No such thing, or another learner's."""


class Forbidden(FlashcardsError):
    """The learner's role does not allow it."""


class Unauthenticated(FlashcardsError):
    """Nobody is logged in, or the password, token or session is not good."""


class Conflict(FlashcardsError):
    """What was asked for contradicts what is stored."""


class TooMany(FlashcardsError):
    """Throttled; `retry_after` is in seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(FlashcardsError):
    """The database, the disk or the decks folder does not let us work; nothing was changed.

    `retry_after`, in seconds, is for what passes by itself.
    """

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
