"""A year of a learner's life goes to a server and comes back by the commands: nothing is different."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from flashcards.cli.commands import run
from flashcards.config import Config
from flashcards.database_address import DatabaseAddress
from flashcards.services.review.facade import Answer
from flashcards.storage.database import Database
from flashcards.wiring import examine, open_services
from tests.demo import CHECKOUT, NAME, live_a_year
from tests.postgresql_server import MISSING, Server, is_installed, running_server
from tests.site import config_for, new_id

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)


@pytest.fixture
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


def what_is_seen(config: Config) -> object:
    """What the learner is shown of it: figures of every kind, and the cards that are next."""
    with closing(open_services(config)) as services:
        ada = services.accounts.find(NAME)
        next_cards = [card.id for card in services.review.queue(ada, limit=200).cards]
        found = services.review.cards(ada, q="is:due").items
        return (
            services.stats.statistics(ada),
            services.review.forecast(ada, days=30),
            next_cards,
            [it.id for it in found],
        )


@pytest.mark.timeout(3000)
def test_a_year_there_and_back(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    live_a_year(tmp_path / "data")
    lived = config_for(tmp_path / "data", CHECKOUT / "decks")
    back = tmp_path / "back.sqlite3"
    urls = [server.new_database().url, f"sqlite:///{back}"]
    configs = [lived]
    monkeypatch.setenv("FLASHCARDS_DATA", str(lived.data))
    monkeypatch.setenv("FLASHCARDS_DECKS", str(lived.decks))
    told: list[list[str]] = []
    seconds: list[float] = []
    for url in urls:
        began = time.monotonic()
        assert run(["database", "copy", url]) == 0
        seconds.append(time.monotonic() - began)
        told.append(capsys.readouterr().out.splitlines()[:-2])
        monkeypatch.setenv("FLASHCARDS_DATABASE_URL", url)
        address: DatabaseAddress = Config.from_env(os.environ).database
        configs.append(replace(lived, database=address))
    assert told[0] == told[1]
    rows = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in told[0]}
    assert rows["review"] > 10_000
    for config in configs:
        url = f"sqlite:///{config.database}" if isinstance(config.database, Path) else config.database.url
        assert run(["database", "check", url]) == 0
        assert capsys.readouterr().out.splitlines()[:-1] == told[0]
        report = examine(config)
        assert report.ok, report.findings
    first, *others = map(what_is_seen, configs)
    assert all(other == first for other in others)
    # It goes on where it was left, on each.
    for config in configs:
        with closing(open_services(config)) as services:
            ada = services.accounts.find(NAME)
            (card,) = services.review.queue(ada, limit=1).cards
            services.review.answer(ada, Answer(new_id(), card.id, 4))
        with closing(Database.open(config.database)) as database:
            assert database.one("SELECT count(*) FROM review") == (rows["review"] + 1,)
    print(f"{sum(rows.values()):,} rows, {rows['review']:,} answers; {seconds[0]:.0f} s there, {seconds[1]:.0f} s back")
