"""How wrong the model is on a log, and which way each of its 21 numbers should go: by hand, without a library.

Each card's answers are walked forward, then backward (reverse accumulation): the derivatives of the loss by all 21
numbers cost about three times the loss alone. The formulas are those of `fsrs`, in floating point, unrounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from flashcards.domain.memory.chances import LEAST
from flashcards.domain.memory.fsrs import AGAIN, EASY, HARD

Step = tuple[int, int]
"""(study days since the card's last answer, rating 1 to 4); the first answer's days are 0."""

_Passed = tuple[int, int, float, float, float, float, float, float]
"""What the walk forward notes of an answer for the way back: days, rating, the stability and difficulty before it, the
logarithm of that stability, and three values of the step: see the methods that go through it."""

_LEAST_S, _MOST_S = 0.001, 36_500.0
_MOST = 1 - LEAST


def loss_and_gradient(cards: Sequence[Sequence[Step]], w: Sequence[float]) -> tuple[float, list[float]]:
    """The summed logarithmic loss over the first answers of later days, and its 21 derivatives.

    Predictions are clipped to 0.001 and 0.999; where that bites the derivative is 0.
    """
    total, gradient = 0.0, [0.0] * 21
    walk = _Walk(w)
    for steps in cards:
        total += walk.card(steps, gradient)
    walk.close(gradient)
    return total, gradient


class _Walk:
    """The numbers, and what follows from them, for one pass over the cards."""

    def __init__(self, w: Sequence[float]) -> None:
        self.w = w
        self.growth = math.exp(w[8])
        self.decay = w[20]
        self.to_factor = math.exp(-math.log(0.9) / w[20])
        self.factor = self.to_factor - 1
        self.factor_by_decay = self.to_factor * math.log(0.9) / w[20] ** 2
        self.cap = math.exp(-w[17] * w[18])
        self.first_d = [w[4] - math.exp(w[5] * (rating - 1)) + 1 for rating in range(5)]
        self.first_d_by_w5 = [-(rating - 1) * math.exp(w[5] * (rating - 1)) for rating in range(5)]
        self.kept_d = [(1 - w[7]) * (1 + w[6] * (rating - 3) / 9) for rating in range(5)]
        self.towards_easy = 0.0

    def close(self, gradient: list[float]) -> None:
        """Adds what all answers owe to the difficulty that every card returns to."""
        gradient[4] += self.towards_easy * self.w[7]
        gradient[5] += self.towards_easy * self.w[7] * self.first_d_by_w5[EASY]

    def card(self, steps: Sequence[Step], gradient: list[float]) -> float:
        """The loss of one card; adds its derivatives to `gradient`."""
        w, decay, factor = self.w, self.decay, self.factor
        exp, log = math.exp, math.log
        rating = steps[0][1]
        s = w[rating - 1]
        d = self.first_d[rating]
        d_free = 1.0 < d < 10.0
        d = min(10.0, max(1.0, d))
        loss = 0.0
        tape: list[_Passed] = []
        for days, grade in steps[1:]:
            log_s = log(s)
            if days == 0:
                change = exp(w[17] * (grade - 3 + w[18]) - w[19] * log_s)
                if grade != AGAIN and change < 1:
                    change = 0.0  # stays as it is
                then = s * change if change else s
                tape.append((0, grade, s, d, log_s, change, 0.0, 0.0))
            else:
                u = 1 + factor * days / s
                r = exp(-decay * log(u))
                if grade == AGAIN:
                    loss -= log(1 - min(_MOST, max(LEAST, r)))
                    log_d = log(d)
                    boost = exp(-w[12] * log_d + (1 - r) * w[14]) * w[11]
                    power = exp(w[13] * log(s + 1))
                    then = boost * (power - 1)
                    if then > s * self.cap:
                        then, boost = s * self.cap, 0.0
                    tape.append((days, grade, s, d, log_s, boost, r, power))
                else:
                    loss -= log(min(_MOST, max(LEAST, r)))
                    rise = exp((1 - r) * w[10])
                    base = self.growth * (11 - d) * exp(-w[9] * log_s)
                    if grade == HARD:
                        base *= w[15]
                    elif grade == EASY:
                        base *= w[16]
                    then = s * (1 + base * (rise - 1))
                    tape.append((days, grade, s, d, log_s, base, r, rise))
            s = min(_MOST_S, max(_LEAST_S, then))
            d = w[7] * self.first_d[EASY] + (1 - w[7]) * (d - (10 - d) * w[6] * (grade - 3) / 9)
            d = min(10.0, max(1.0, d))
        self._backward(tape, rating, d_free, gradient)
        return loss

    def _backward(self, tape: list[_Passed], rating: int, d_free: bool, gradient: list[float]) -> None:
        """From the last answer to the first: what the loss owes to the stability and difficulty before each."""
        by_s = by_d = 0.0
        for step in reversed(tape):
            days, grade = step[:2]
            before_d = self._through_difficulty(step, by_d, gradient) if by_d else 0.0
            if days == 0:
                by_s, by_d = self._through_the_same_day(step, by_s, gradient), before_d
                continue
            r = step[6]
            by_r = (1 / (1 - r) if grade == AGAIN else -1 / r) if LEAST < r < _MOST else 0.0
            before_s = 0.0
            if by_s:
                through = self._through_failure if grade == AGAIN else self._through_success
                before_s, more_d, more_r = through(step, by_s, gradient)
                before_d, by_r = before_d + more_d, by_r + more_r
            if by_r:
                before_s += self._through_recall(step, by_r, gradient)
            by_s, by_d = before_s, before_d
        gradient[rating - 1] += by_s
        if d_free:
            gradient[4] += by_d
            gradient[5] += by_d * self.first_d_by_w5[rating]

    def _through_difficulty(self, step: _Passed, by_d: float, gradient: list[float]) -> float:
        """d' = w7 easy + (1 - w7) (d - (10 - d) w6 (grade - 3) / 9), clamped; gives the derivative by d."""
        w, grade, d = self.w, step[1], step[3]
        moved = d - (10 - d) * w[6] * (grade - 3) / 9
        if not 1.0 < w[7] * self.first_d[EASY] + (1 - w[7]) * moved < 10.0:
            return 0.0
        gradient[6] -= by_d * (1 - w[7]) * (10 - d) * (grade - 3) / 9
        gradient[7] += by_d * (self.first_d[EASY] - moved)
        self.towards_easy += by_d
        return by_d * self.kept_d[grade]

    def _through_the_same_day(self, step: _Passed, by_s: float, gradient: list[float]) -> float:
        """s' = s change, with change = exp(w17 (grade - 3 + w18)) s ** -w19; 0 where it stays as it is."""
        _, grade, s, _, log_s, change, _, _ = step
        if not change:
            return by_s
        w = self.w
        now = by_s * s * change
        gradient[17] += now * (grade - 3 + w[18])
        gradient[18] += now * w[17]
        gradient[19] -= now * log_s
        return by_s * change * (1 - w[19])

    def _through_success(self, step: _Passed, by_s: float, gradient: list[float]) -> tuple[float, float, float]:
        """s' = s (1 + base (rise - 1)), with base = growth (11 - d) s ** -w9 and rise = exp((1 - r) w10).

        Gives the derivatives by s, by d and by r.
        """
        w = self.w
        _, grade, s, d, log_s, base, r, rise = step
        now = by_s * s * base * (rise - 1)
        gradient[8] += now
        gradient[9] -= now * log_s
        slope = by_s * s * base * rise
        gradient[10] += slope * (1 - r)
        if grade == HARD:
            gradient[15] += now / w[15] if w[15] else 0.0
        elif grade == EASY:
            gradient[16] += now / w[16]
        return by_s * (1 + base * (rise - 1) * (1 - w[9])), -now / (11 - d), -slope * w[10]

    def _through_failure(self, step: _Passed, by_s: float, gradient: list[float]) -> tuple[float, float, float]:
        """s' = boost (power - 1), with boost = w11 d ** -w12 exp((1 - r) w14) and power = (s + 1) ** w13.

        A boost of 0 stands for the cap, s exp(-w17 w18). Gives the derivatives by s, by d and by r.
        """
        w = self.w
        _, _, s, d, _, boost, r, power = step
        if not boost:
            now = by_s * s * self.cap
            gradient[17] -= now * w[18]
            gradient[18] -= now * w[17]
            return by_s * self.cap, 0.0, 0.0
        now = by_s * boost * (power - 1)
        gradient[11] += now / w[11]
        gradient[12] -= now * math.log(d)
        gradient[13] += by_s * boost * power * math.log(s + 1)
        gradient[14] += now * (1 - r)
        return by_s * boost * w[13] * power / (s + 1), -now * w[12] / d, -now * w[14]

    def _through_recall(self, step: _Passed, by_r: float, gradient: list[float]) -> float:
        """r = (1 + factor days / s) ** -decay; gives the derivative by s."""
        days, s, r = step[0], step[2], step[6]
        u = 1 + self.factor * days / s
        slope = by_r * self.decay * r / u * days / s
        gradient[20] -= by_r * r * math.log(u) + slope * self.factor_by_decay
        return slope * self.factor / s
