"""Who learns at the terminal: the option `--user`, and what stands for it."""

from __future__ import annotations

from collections.abc import Callable

import click

from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.wiring import Services


def user_option(whose: str) -> Callable[[click.decorators.FC], click.decorators.FC]:
    """The option `--user`; `whose` is what a command shows or changes, such as "Whose plan"."""
    return click.option("--user", metavar="U", help=f"{whose}; not needed where there is one account.")


def choose_learner(opened: Services, name: str | None) -> Learner:
    """The named learner, or the only one; raises NotFound or Invalid saying what to do."""
    if name is not None:
        return opened.accounts.find(name)
    learners = opened.accounts.learners()
    if not learners:
        raise NotFound("there is no account yet: flashcards user add NAME --admin --author")
    if len(learners) > 1:
        raise Invalid("several people learn here: say who with --user NAME")
    return learners[0]
