"""The deck preset in a package. Where "Import any deck presets" is ticked, Anki refuses a package without one.

It is Anki's own default, number 1, which Anki never takes over what a collection has under that number: a learner's
own settings stay.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple


class FsrsPreset(NamedTuple):
    """FSRS-6 for some decks: its 21 numbers, and the retention that the model is asked for."""

    numbers: tuple[float, ...]
    retention: float

    @property
    def id(self) -> int:
        """A number that the same content always gets, within those that JavaScript holds exactly."""
        digest = blake2b(repr(self).encode(), digest_size=5).digest()
        return (1 << 41) + int.from_bytes(digest, "big")

    def as_json(self) -> dict[str, Any]:
        """The preset as Anki stores it. Without steps Anki asks for no more answers on a day than we do."""
        return DEFAULT_PRESET | {
            "id": self.id,
            "name": f"Flashcards, FSRS-6 at {self.retention:.2%}",
            "new": DEFAULT_PRESET["new"] | {"delays": []},
            "lapse": DEFAULT_PRESET["lapse"] | {"delays": []},
            "fsrsParams6": list(self.numbers),
            "desiredRetention": self.retention,
        }


DEFAULT_PRESET: dict[str, Any] = {
    "id": 1,
    "name": "Default",
    "mod": 0,
    "usn": 0,
    "maxTaken": 60,
    "autoplay": True,
    "timer": 0,
    "replayq": True,
    "dyn": False,
    "new": {"bury": False, "delays": [1.0, 10.0], "initialFactor": 2500, "ints": [1, 4, 0], "order": 1, "perDay": 20},
    "rev": {"bury": False, "ease4": 1.3, "ivlFct": 1.0, "maxIvl": 36500, "perDay": 200, "hardFactor": 1.2},
    "lapse": {"delays": [10.0], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0.0},
}
