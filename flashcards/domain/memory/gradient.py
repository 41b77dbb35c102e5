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
        tape = []
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

    def _backward(
        self,
        tape: list[tuple[int, int, float, float, float, float, float, float]],
        rating: int,
        d_free: bool,
        gradient: list[float],
    ) -> None:
        w, decay, factor = self.w, self.decay, self.factor
        log = math.log
        by_s = by_d = 0.0
        for days, grade, s, d, log_s, first, r, second in reversed(tape):
            # The difficulty: d' = w7 easy + (1 - w7) (d - (10 - d) w6 (grade - 3) / 9), clamped.
            moved = d - (10 - d) * w[6] * (grade - 3) / 9
            after = w[7] * self.first_d[EASY] + (1 - w[7]) * moved
            d_by_d = 0.0
            if by_d and 1.0 < after < 10.0:
                gradient[6] -= by_d * (1 - w[7]) * (10 - d) * (grade - 3) / 9
                gradient[7] += by_d * (self.first_d[EASY] - moved)
                self.towards_easy += by_d
                d_by_d = by_d * self.kept_d[grade]
            if days == 0:
                if first:
                    now = by_s * s * first
                    gradient[17] += now * (grade - 3 + w[18])
                    gradient[18] += now * w[17]
                    gradient[19] -= now * log_s
                    by_s *= first * (1 - w[19])
                by_d = d_by_d
                continue
            by_r = 0.0
            if LEAST < r < _MOST:
                by_r = 1 / (1 - r) if grade == AGAIN else -1 / r
            s_by_s = 0.0
            if by_s:
                if grade != AGAIN:
                    gain = s * first * (second - 1)
                    now = by_s * gain
                    gradient[8] += now
                    gradient[9] -= now * log_s
                    slope = by_s * s * first * second
                    gradient[10] += slope * (1 - r)
                    by_r -= slope * w[10]
                    if grade == HARD:
                        gradient[15] += now / w[15] if w[15] else 0.0
                    elif grade == EASY:
                        gradient[16] += now / w[16]
                    d_by_d -= now / (11 - d)
                    s_by_s = by_s * (1 + first * (second - 1) * (1 - w[9]))
                elif first:
                    now = by_s * first * (second - 1)
                    gradient[11] += now / w[11]
                    gradient[12] -= now * log(d)
                    gradient[13] += by_s * first * second * log(s + 1)
                    gradient[14] += now * (1 - r)
                    by_r -= now * w[14]
                    d_by_d -= now * w[12] / d
                    s_by_s = by_s * first * w[13] * second / (s + 1)
                else:
                    now = by_s * s * self.cap
                    gradient[17] -= now * w[18]
                    gradient[18] -= now * w[17]
                    s_by_s = by_s * self.cap
            if by_r:
                u = 1 + factor * days / s
                slope = by_r * decay * r / u * days / s
                gradient[20] -= by_r * r * log(u) + slope * self.factor_by_decay
                s_by_s += slope * factor / s
            by_s, by_d = s_by_s, d_by_d
        gradient[rating - 1] += by_s
        if d_free:
            gradient[4] += by_d
            gradient[5] += by_d * self.first_d_by_w5[rating]
