"""Numbers of the deck on evaluating a classifier: what its program prints, two models, costs by threshold."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from math import sqrt

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.decks.numbers.on_cards import said
from tests.decks.numbers.programs import FENCE
from tests.decks.test_facts import note_source

DECK = "code-evaluate-classifier"


def test_what_the_program_prints_is_what_the_long_form_says() -> None:
    out, names = StringIO(), {"__name__": DECK}
    with redirect_stdout(out):
        exec(compile(FENCE.findall(note_source(DECK, DECK))[0], DECK, "exec"), names)
    printed = out.getvalue()
    assert "threshold 0.32" in printed
    assert "baseline: ROC-AUC 0.50, AP 0.11, Brier 0.095" in printed
    assert "model: ROC-AUC 0.85, AP 0.56, Brier 0.067" in printed
    assert "[[1288   52]\n [  85   75]]" in printed
    assert "1295 rows, predicted 0.05, observed 0.05" in printed
    assert "104 rows, predicted 0.27, observed 0.34" in printed
    assert "15 rows, predicted 0.86, observed 0.93" in printed
    assert "[0.45 0.59]" in printed
    assert said(DECK, DECK, "75 found, 85 missed, 52 false alarms, 1 288 right", "0.45 to 0.59", "104 at 0.27 and 0.34")

    p, y = np.asarray(names["p"]), np.asarray(names["y_test"])
    costs = [int(5 * ((p < cut) & (y == 1)).sum() + ((p >= cut) & (y == 0)).sum()) for cut in (1 / 6, 0.32, 0.5)]
    assert costs == [424, 476, 555]
    assert (int(((p >= 0.5) & (y == 1)).sum()), int(((p >= 0.5) & (y == 0)).sum())) == (54, 25)
    assert said(DECK, DECK, "424 at 1/6, 476 at 0.32 and 555 at 0.5", "54 of 160 found, 25 false alarms")
    quantiles = [float(part.mean()) for part in np.array_split(np.sort(p), 5)]
    assert [round(value, 2) for value in quantiles] == [0.01, 0.02, 0.04, 0.09, 0.35]

    boosted = HistGradientBoostingClassifier(random_state=0)
    scores = boosted.fit(names["X_train"], names["y_train"]).predict_proba(names["X_test"])[:, 1]
    assert round(float(roc_auc_score(y, scores)), 2) == 0.88
    assert round(float(average_precision_score(y, scores)), 2) == 0.64
    rng = np.random.default_rng(0)
    first, gain = [], []
    for _ in range(300):
        rows = rng.integers(len(y), size=len(y))
        first.append(average_precision_score(y[rows], p[rows]))
        gain.append(average_precision_score(y[rows], scores[rows]) - first[-1])
    low, high = np.percentile(gain, [2.5, 97.5])
    assert 0.02 < low < 0.05
    assert 0.12 < high < 0.15
    assert np.percentile(first, 97.5) > 0.6


def test_intervals() -> None:
    assert round(100 * sqrt(0.25 / 160)) == 4
    assert round(196 * sqrt(0.93 * 0.07 / 15)) == 13
    assert said(DECK, DECK, "4 points, so ±8", "±13 points")
