"""The child process that fits and evaluates one log: a server goes on answering meanwhile.

One request comes on standard input as JSON, one reply goes out on standard output.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from flashcards.domain.memory import fsrs
from flashcards.domain.memory.calibration import Calibration
from flashcards.domain.memory.evaluation import evaluate
from flashcards.domain.memory.fit import Fit, Ledger, choose
from flashcards.domain.memory.walk import Logged
from flashcards.services.memory.measure import kept_figures


def main() -> None:
    """Reads the request, works at a lower priority, writes the reply."""
    os.nice(5)
    json.dump(fitted(json.load(sys.stdin)), sys.stdout)


def fit_json(fit: Fit) -> dict[str, Any]:
    """A fit on its way between the processes."""
    numbers, calibration = fit.parameters.numbers, fit.calibration
    return {"numbers": list(numbers), "intercept": calibration.intercept, "slope": calibration.slope}


def fit_of(it: dict[str, Any]) -> Fit:
    """The way back."""
    return Fit(fsrs.parameters(it["numbers"]), Calibration(it["intercept"], it["slope"]))


def fitted(request: dict[str, Any]) -> dict[str, Any]:
    """What comes of a fitting: the log is `log`, what was in force `fit`."""
    log = [Logged(*row) for row in request["log"]]
    choice = choose(Ledger(log), fit_of(request["fit"]))
    return {
        "fit": fit_json(choice.fit),
        "taken": choice.taken,
        "answers": choice.answers,
        "tried": {way: round(loss, 4) for way, loss in choice.losses},
        "figures": kept_figures(evaluate(log)),
    }
