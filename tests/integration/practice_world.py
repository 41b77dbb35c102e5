"""A site over decks to practise, whose clock the test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flashcards.services.practice.contract import Asked, OpenRound, Spoken, Ticks, Wish
from flashcards.wiring import open_services
from tests.practice_decks import write_decks
from tests.site import Site, config_for, copy_decks_and_data, make_app, new_id

START = 1_795_000_000_000
MINUTE = 60_000
DAY = 86_400_000


class Practice(Site):
    """The site, with what tests of rounds say often."""

    now: int = START

    def later(self, ms: int) -> None:
        """Time goes by; it may go back."""
        self.now += ms

    def begin(self, learner: Any, kind: str = "concepts", **more: Any) -> OpenRound:
        """A round, begun."""
        return self.services.practice.begin(learner, Wish(kind=kind, **{"id": new_id(), "seed": 1, **more}))

    def say(self, learner: Any, round_: OpenRound, position: int = 0, text: str = "I say.", **more: Any) -> Asked:
        """A question, answered."""
        spoken = Spoken(**{"id": new_id(), "position": position, "text": text, **more})
        return self.services.practice.answer(learner, round_.round.id, spoken).questions[position]

    def tick(self, learner: Any, round_: OpenRound, asked: Asked, **more: Any) -> OpenRound:
        """Marks, follow-ups, a grade."""
        assert asked.given is not None
        return self.services.practice.tick(learner, round_.round.id, asked.given.id, Ticks(**more))


@contextmanager
def open_practice(folder: Path, decks: Path, **more: Any) -> Iterator[Practice]:
    """The site over a data folder; the decks may be edited."""
    config = config_for(folder, decks, **more)
    holder: list[Practice] = []
    services = open_services(config, lambda: holder[0].now if holder else START)
    try:
        site = Practice(config, services, make_app(services, config))
        holder.append(site)
        yield site
    finally:
        services.close()


@contextmanager
def practice_site(tmp_path: Path, prepared: Path | None = None, **more: Any) -> Iterator[Practice]:
    """A new site over decks of its own; `prepared` is a folder of `prepare`, which saves the rendering."""
    if prepared is None:
        prepared = prepare(tmp_path / "made")
    folder = copy_decks_and_data(prepared, tmp_path)
    with open_practice(folder / "data", folder / "decks", **more) as site:
        yield site


def prepare(folder: Path) -> Path:
    """Decks, and a data folder that knows them."""
    decks = write_decks(folder / "decks")
    with open_practice(folder / "data", decks) as site:
        report = site.services.sync.sync()
        assert not report.errors, report.errors
    return folder
