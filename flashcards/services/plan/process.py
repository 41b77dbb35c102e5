"""Plans are reckoned in a child process: seconds of arithmetic would hold up everybody else in this one."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import flashcards
from flashcards import apart
from flashcards.domain.plan.model import Known, Learner, Plan, PlanCard, Request
from flashcards.domain.plan.plan import make_plan, with_days_more, with_minutes
from flashcards.errors import Unavailable

SECONDS = 60.0
# `-P`, and no `-m`: a folder in which someone runs us must not offer it modules.
_PROGRAM = """\
import sys
sys.path.append(sys.argv.pop(1))
from flashcards.services.plan.process import main
main()
"""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A plan, what would be known with other minutes a day, and with the days that were missed."""

    plan: Plan
    by_minutes: dict[int, Known]
    unmissed: Known


def reckon(
    request: Request, cards: Sequence[PlanCard], learner: Learner, minutes: Sequence[int], missed: int = 0
) -> Reckoned:
    """Here and now."""
    plan = make_plan(request, cards, learner)
    other = with_minutes(request, cards, learner, plan.known, minutes)
    return Reckoned(plan, other, with_days_more(request, cards, learner, plan.known, missed) if missed else plan.known)


def reckon_apart(work: bytes) -> Reckoned:
    """In a child process; `work` is what `packed` made. Raises Unavailable where it cannot be done."""
    root = str(Path(flashcards.__file__).resolve().parent.parent)
    try:
        done = apart.run([sys.executable, "-P", "-c", _PROGRAM, root], given=work, seconds=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"The plan could not be reckoned: {error}. Try again in a minute.", retry_after=60) from error
    if done.returncode:
        raise Unavailable("The plan could not be reckoned; try again in a minute.", retry_after=60)
    found = pickle.loads(done.stdout)  # noqa: S301 - of our own child
    assert isinstance(found, Reckoned)
    return found


def packed(
    request: Request, cards: Sequence[PlanCard], learner: Learner, minutes: Sequence[int], missed: int = 0
) -> bytes:
    """The work as bytes: the same work, the same bytes."""
    return pickle.dumps((request, list(cards), learner, list(minutes), missed), protocol=5)


def main() -> None:
    """The child: reads one work, writes what came of it."""
    work = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - of our own parent
    sys.stdout.buffer.write(pickle.dumps(reckon(*work), protocol=5))
