"""What a grade would do, as the buttons say it: the pages, the terminal and the script use the same words."""

from __future__ import annotations

from flashcards.domain.sm2 import DRILLED_UNTIL, QUALITIES, REMEMBERED

BEST = max(QUALITIES)


def effect(quality: int, days: str, kind: str, *, drill: bool, suspends: bool = False, by_plan: bool = False) -> str:
    """What an answer of this `quality` does to a card that is due, new, in the drill, ahead, in a cram or of a plan.

    ``15 d``, the `days` given; ``today, then 36 d`` for what will be drilled; ``today`` within the drill; ``date
    stays`` ahead and in a cram, where what is failed comes ``again``; ``suspended`` for a lapse that makes a leech of
    it. `drill` is the learner's setting; `by_plan` is whether a plan says when the card comes again, whatever its own
    date: then ``today`` for what will be drilled, ``by plan`` for a right answer, and ``later`` for the best one, which
    the plan asks again after the others.
    """
    if kind == "cram":
        return "again" if quality < REMEMBERED else "date stays"
    if kind == "ahead":
        return "date stays"
    if suspends and quality < REMEMBERED:
        return "suspended"
    drilled, planned = drill and quality < DRILLED_UNTIL, by_plan or kind == "plan"
    if drilled and (planned or kind == "drill"):
        return "today"
    if planned:
        return "later" if quality == BEST else "by plan"
    return f"today, then {days}" if drilled else days
