"""The API against its own description: what it allows works, what it forbids is refused, and answers are as described.

Schemathesis (MIT) makes up the requests from the OpenAPI document, sensible and senseless ones, and looks at every
answer with all of its checks. `make nightly` installs it.

Each request stands alone: the description has no links from one operation's answer to the next one's question, which a
stateful run would follow. What learners do one after the other is played by the exploration (`make explore`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from flashcards.web.api.openapi import PATH_PART
from flashcards.web.api.operations import OPERATIONS
from tests.site import open_site, prepared_data

schemathesis = pytest.importorskip("schemathesis", reason="make nightly installs it")

EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
"""Requests of each kind and operation: `EXAMPLES=200 make nightly` looks longer."""
DECK = "# Signs\n\n" + "\n\n".join(f"## Question {number}? {{#q{number}}}\n\nAnswer {number}." for number in range(20))


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description of a site in which Ann, who may do everything, has a token."""
    folder: Path = tmp_path_factory.mktemp("described")
    decks = folder / "decks"
    decks.mkdir()
    (decks / "signs.md").write_text(DECK, "utf-8")
    with open_site(prepared_data(folder / "data", decks), decks) as site:
        ann = site.learner("Ann", new_per_day=100)
        token = site.services.accounts.create_token(ann, "tests")
        document = site.client(ann).get("/api/v1/openapi.json").json
        found = schemathesis.openapi.from_dict(document)
        found.app = site.app
        found.config.update(
            headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}, base_url="http://localhost/"
        )
        yield found


# No description can say what is refused because of today's date, of what is stored or stands in a file, or by a list
# of names that is longer than the description; and of a path, sentences say more than a pattern would.
DEPENDS = re.compile(
    "day is past|break is over|before it begins|1970 or later|No deck has a question|a search, or else the ids"
    "|no picture|no sound note|refuse the characters|the package itself|lies in the future|another break"
    "|within the next hundred years|within the next two years|No card is found"
    "|at most 365 days|choose another|save the deck first|has at least one character|without one everything is found"
    "|give a path inside the decks folder|a name in it is empty|levels deep"
    "|a deck or a search|A search in about|Give one search|Nothing is left to learn"
    "|There is no word in|mark has no partner|a search leaves nothing out|says nothing: write"
    "|no time zone|cannot be seen|Name a folder such as|Give a name of at most|is no path|leaves the decks folder"
)
ADDRESSES = [(operation.method, PATH_PART.sub(r"{\1}", operation.path)) for operation in OPERATIONS]


@pytest.mark.parametrize("mode", ["positive", "negative"])
@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_an_operation_keeps_to_its_description(described: Any, method: str, path: str, mode: str) -> None:
    operation = described[f"/api/v1{path}"][method.lower()]
    if mode == "negative" and not (operation.path_parameters or operation.query or operation.body):
        pytest.skip("nothing can be wrong with it")

    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def ask(case: Any) -> None:
        response = case.call()
        try:
            case.validate_response(response)
        except BaseExceptionGroup as group:  # what schemathesis raises is no ExceptionGroup
            if response.status_code != 422 or not DEPENDS.search(response.json()["detail"]):
                raise
            for failure in group.exceptions:
                if type(failure).__name__ != "RejectedPositiveData":
                    raise

    try:
        ask()
    except Unsatisfiable:
        pytest.skip("nothing can be wrong with it: any text may stand in its address")
