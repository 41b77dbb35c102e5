"""Decks that authors edit while learners learn them, over a clock that is set; everything real."""

from __future__ import annotations

import uuid
from pathlib import Path

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer, QueueCard
from flashcards.services.review.text_changes import CardNews
from flashcards.wiring import Services, open_services
from tests.integration.study_world import SetClock
from tests.site import PASSWORD, config_for

DECK = """\
# Ridge

- L1 ::: the absolute weights {#l1}

## What is ridge regression? {#ridge .core}

It adds the sum of squared weights to the loss.

### Rubric
- names the squared weights

### Sources
- Hastie

## Penalties {#penalties}

Ridge adds {{c1::squares}} and lasso adds {{c2::absolute values}}.
"""


class EditWorld:
    """One deck, `ml.md`, read once; hours pass with each edit."""

    def __init__(self, folder: Path, text: str = DECK) -> None:
        self.clock = SetClock()
        self.file = folder / "decks" / "ml.md"
        self.file.parent.mkdir()
        self.file.write_text(text)
        self.config = config_for(folder / "data", folder / "decks")
        self.services: Services = open_services(self.config, self.clock)
        self.services.sync.sync()
        self.ada = self.learner("Ada")

    def close(self) -> None:
        self.services.close()

    def learner(self, name: str, **settings: str) -> Learner:
        accounts = self.services.accounts
        made = accounts.sign_up(name, PASSWORD, code=None, timezone="UTC", remote="test")
        return accounts.save_settings(made, **settings) if settings else made

    def edit(self, old: str, new: str) -> None:
        """An author changes the file, an hour later."""
        before = self.file.read_text()
        assert old in before
        self.clock.seconds(3600)
        self.file.write_text(before.replace(old, new))
        self.services.sync.sync()
        self.clock.seconds(3600)

    def card(self, key: str) -> str:
        cards = self.services.review.cards(self.ada, limit=100).items
        return next(card.id for card in cards if card.key == f"ml#{key}")

    def answer(self, key: str, grade: int = 4, learner: Learner | None = None, **more: int) -> str:
        """Answers a card; gives the answer's id."""
        given = Answer(str(uuid.uuid4()), self.card(key), grade, **more)  # type: ignore[arg-type]
        return self.services.review.answer(learner or self.ada, given).id

    def put_off(self, key: str, days: int = 30, learner: Learner | None = None) -> None:
        """Answers a card, and then sets its due date."""
        who = learner or self.ada
        self.answer(key, learner=who)
        day = self.services.review.study_day(who) + days
        self.services.review.act(who, self.card(key), "due", due_on=day)

    def due_in(self, key: str, learner: Learner | None = None) -> int | None:
        who = learner or self.ada
        due = self.services.review.card(who, self.card(key)).due_on
        return None if due is None else due - self.services.review.study_day(who)

    def news(self, key: str) -> CardNews:
        return self.services.review.news(self.ada, self.card(key))

    def words(self, key: str) -> str | None:
        """How the answer changed: [-old-][+new+]; None where it did not."""
        changed = self.news(key).changed
        if changed is None:
            return None
        marks = {"same": "{}", "deleted": "[-{}-]", "inserted": "[+{}+]"}
        return "".join(marks[piece.mark].format(piece.text) for piece in changed.pieces)

    def queue(self) -> dict[str, QueueCard]:
        cards = self.services.review.queue(self.ada, limit=100).cards
        return {card.key.partition("#")[2]: card for card in cards}
