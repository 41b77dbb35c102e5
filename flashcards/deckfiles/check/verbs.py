"""Verbs that questions and rubric points begin with, as far as style warnings know them."""

from __future__ import annotations

import re

IMPERATIVES = frozenset(
    re.findall(
        r"\w+",
        """add analyse analyze apply argue arrange assess balance build calculate categorise categorize choose cite
    classify clarify code combine compare complete compute conjugate consider construct contrast convert correct
    count create debug decide decline decode decompose deduce defend define demonstrate derive describe design
    determine develop diagnose differentiate discuss distinguish divide draw encode enumerate estimate evaluate
    expand explain express extend factor fill find finish fix form formulate generalise generalize give given
    guess identify illustrate imagine implement improve indicate infer integrate interpret invert invent judge
    justify label let list locate make map mark match mention minimise minimize model multiply name negate
    normalise normalize order outline paraphrase pick place plan plot point predict prove propose provide put
    quote rank read recall recite reduce refactor relate rephrase replace restate rewrite round say select sketch
    simplify show solve sort specify spell split state subtract suggest suppose sum summarise summarize tell
    trace train transcribe transform translate transpose try use verify walk weigh write""",
    )
)
"""What a request begins with."""

_ALSO_TOLD = re.findall(
    r"\w+",
    """accept account act align alternate ask assess attribute avoid begin bound bring call check clarify clean cover
    cut deal drop enforce equate expect fit go guard handle have hold hunt initialise inspect join keep know
    lead leave link look make mask measure mention move need pair put qualify quantify question read refit
    reject remember report reserve restart run see send set shuffle stabilise standardise start stop stratify
    take tell test tie treat turn validate warn watch weigh work""",
)


def _third_person(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"


TOLD = frozenset(map(_third_person, {*IMPERATIVES, *_ALSO_TOLD}))
"""What a rubric point says of the one who answers: names, says, computes."""
