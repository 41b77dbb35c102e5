"""A deck that was edited after a learner learnt it, for tests and screenshots of what is said of that."""

from __future__ import annotations

from pathlib import Path

from flashcards.services.accounts.facade import Learner
from flashcards.services.review.facade import Answer
from tests.browser.live import Live
from tests.site import new_id

DAY = 86_400_000
DECK = """\
---
title: Gradient descent
---

## How does gradient descent update the weights? {#update .core}

It moves each weight against its gradient, scaled by the learning rate, which is the one number that has to be chosen
by hand. A step that is too large jumps over the minimum; one that is too small takes for ever.

```python
def step(weights, gradient, rate):
    return weights - rate * gradient
```

### Rubric
- names the learning rate
- says what a rate that is too large does

## Momentum {#momentum}

Momentum keeps a {{c1::moving average}} of the gradients.
"""
EDITED = (
    ("scaled by the learning rate", "scaled by the learning rate $\\eta$"),
    ("jumps over the minimum", "overshoots the minimum, or diverges"),
    ("rate * gradient", "rate * gradient.clip(-1, 1)"),
    ("- names the learning rate\n", "- names the learning rate\n- writes the update down\n"),
)


def change_deck(live: Live, learner: Learner, decks: Path) -> str:
    """Learnt three days ago, edited since, and said to be substantive: the card is due today. Gives its id."""
    file, services = decks / "ml" / "descent.md", live.services
    file.parent.mkdir(exist_ok=True)
    file.write_text(DECK)
    services.sync.sync()
    card = next(card.id for card in services.review.cards(learner, q="id:update").items)
    services.review.answer(learner, Answer(new_id(), card, 4, at=services.clock() - 3 * DAY))
    today = services.review.study_day(learner)
    services.review.act(learner, card, "due", due_on=today + 9)
    text = DECK
    for old, new in EDITED:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)
    services.sync.sync()
    services.edits.mark(["ml/descent#update"])
    with services.database.write():  # a night passes
        services.database.execute("UPDATE review SET after_due_on = after_due_on - 1 WHERE verb = 'edited'")
        services.database.execute("UPDATE schedule SET due_on = due_on - 1 WHERE card_id = ?", (int(card),))
    return card
