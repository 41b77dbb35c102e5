"""The numbers of Anki's own FSRS, from the presets in a package: what remembers a learner's cards from then on."""

from __future__ import annotations

from collections import Counter

from flashcards.domain.ids import LearnerId
from flashcards.domain.memory import fsrs
from flashcards.domain.memory.fit import Fit
from flashcards.domain.memory.fsrs import DEFAULTS, Parameters
from flashcards.exchange.anki.package_values import Package
from flashcards.storage.memory import MemoryRows, StoredFit

FROM_ANKI = {"from": "anki"}
"""The figures of a fit that was not made here: nothing was measured."""
_ROUNDED = 1e-4
"""Anki keeps its numbers in single precision."""


def take_numbers(rows: MemoryRows, learner: LearnerId, package: Package, now: int) -> tuple[str, ...]:
    """Takes the numbers with which Anki reckoned most of the cards whose memory it tells, and says what came of it.

    They predict from then on, until the learner's own log says better; a fit of their own stays. Within the caller's
    transaction.
    """
    used = Counter(
        package.presets[card.deck] for card in package.cards if card.memory is not None and card.deck in package.presets
    )
    if not used:
        return ()
    numbers, _ = min(used.items(), key=lambda pair: (-pair[1], pair[0]))
    several = (
        (f"The decks have {len(used)} presets with numbers of FSRS: those of most cards count.",)
        if len(used) > 1 else ()
    )  # fmt: skip
    try:
        chosen = fsrs.parameters(numbers)
    except ValueError as error:
        return (f"FSRS's numbers in the preset are not taken: {error}. The cards' own memories came.",)
    said = (*several, *_brought_within(numbers, chosen))
    last = rows.last_fit(learner)
    if rows.last_fit(learner, taken=True) is not None:
        return (*said, "FSRS's numbers in the preset are not taken: those fitted to your own answers stay.")
    if chosen == DEFAULTS:
        return said
    number = last.number + 1 if last else 1
    rows.add_fit(learner, StoredFit(number, now, 0, {}, dict(FROM_ANKI), taken=True), Fit(chosen))
    return (
        *said,
        "FSRS's own numbers came from the preset: they predict until enough answers are here to fit better ones. Dates"
        " follow them where FSRS-6 is chosen under Settings.",
    )


def _brought_within(numbers: tuple[float, ...], chosen: Parameters) -> tuple[str, ...]:
    moved = [
        f"number {place} ({given:g}) was brought to {kept:g}"
        for place, (given, kept) in enumerate(zip(numbers, chosen.numbers, strict=True), start=1)
        if abs(given - kept) > _ROUNDED * max(1.0, abs(given))
    ]
    return (f"FSRS's numbers in the preset were beyond what the model allows: {', '.join(moved)}.",) if moved else ()
