"""Fitting what predicts a learner's answers to their own log: nightly and on request, in a child process."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import flashcards
from flashcards import apart
from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.domain.memory.fit import LEAST_ANSWERS, is_time
from flashcards.domain.memory.walk import Logged
from flashcards.errors import Conflict, FlashcardsError, Unavailable
from flashcards.services.memory.child import fit_json, fit_of
from flashcards.services.memory.state import MemoryState
from flashcards.storage.database import Database, IntegrityError
from flashcards.storage.memory import MemoryRows, StoredFit

LOG = logging.getLogger("flashcards.memory")
PATIENCE = 120
"""Seconds after which a fitting is given up."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from flashcards.services.memory.child import main; main()"


class FitService:
    """Decides by `domain/memory/fit.py` and stores what came of it: `FitService(database, clock)`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._memories = MemoryRows(database)
        self._states = MemoryState(database)

    def nightly(self) -> int:
        """Fits every learner whose log has grown enough, and computes what is not computed yet; gives how many fits.

        A learner whose fitting fails does not stop the others.
        """
        self._states.catch_up_all()
        with self._db.read():
            learners = self._memories.learners()
        count = 0
        for learner in learners:
            try:
                count += self._fit(learner, wanted=False) is not None
            except (FlashcardsError, IntegrityError) as error:  # the latter where the account goes meanwhile
                LOG.warning("the memory of learner %s was not fitted: %s", learner, error)
        return count

    def fit(self, learner: LearnerId) -> StoredFit:
        """Fits now, however little the log has grown. Raises Conflict where it is too short, Unavailable."""
        made = self._fit(learner, wanted=True)
        if made is None:
            raise Conflict(
                f"There is too little to fit: {LEAST_ANSWERS} first answers of a day to cards that had answers before"
                " are needed. Until then the model predicts as it comes."
            )
        return made

    def _fit(self, learner: LearnerId, *, wanted: bool) -> StoredFit | None:
        with self._db.read():
            log = self._memories.whole_log(learner)
            answers = day_firsts(log)
            last = self._memories.last_fit(learner)
            force = self._memories.in_force(learner)
        if answers < LEAST_ANSWERS or not (wanted or is_time(answers, last.answers if last else 0)):
            return None
        reply = _in_child({"log": log, "fit": fit_json(force.fit)})
        fit = fit_of(reply["fit"])
        with self._db.write():
            last = self._memories.last_fit(learner)
            number = last.number + 1 if last else 1
            tried, figures = reply["tried"], reply["figures"]
            made = StoredFit(number, self._clock(), reply["answers"], tried, figures, reply["taken"])
            self._memories.add_fit(learner, made, fit)
        self._states.catch_up(learner)
        return made


def day_firsts(log: list[Logged]) -> int:
    """How many answers of a log in its order are the first of a day to a card that had answers before."""
    last: dict[int, int] = {}
    count = 0
    for row in log:
        count += last.get(row.card, row.day) != row.day
        last[row.card] = row.day
    return count


def _in_child(request: dict[str, Any]) -> dict[str, Any]:
    root = str(Path(flashcards.__file__).resolve().parent.parent)
    try:
        command = [sys.executable, "-P", "-c", _PROGRAM, root]
        done = apart.run(command, given=json.dumps(request).encode(), seconds=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Unavailable("The fitting took too long and was stopped; what was in force stays.") from None
    except OSError as error:
        raise Unavailable(f"The process that fits cannot be started: {error}.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Unavailable(f"The fitting failed: {said or f'it ended with {done.returncode}'}.")
    reply: dict[str, Any] = json.loads(done.stdout)
    return reply
