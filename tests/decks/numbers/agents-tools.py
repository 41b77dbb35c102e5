"""The numbers on the cards of `agents-tools`: compounding errors, tokens, repeats, and filters; and its loop."""

import re
from pathlib import Path
from typing import Any

DECK = Path(__file__).parents[3] / "decks/ml/llm/agents-tools.md"


def test_compounding() -> None:
    assert round(0.95**10, 2) == 0.60
    assert round(0.99**50, 2) == 0.61
    assert round(0.9 ** (1 / 20), 4) == 0.9947


def test_tokens_of_a_growing_history() -> None:
    prompts = [2_000 + 800 * step for step in range(20)]

    assert sum(prompts) == 192_000
    assert prompts[-1] == 17_200


def test_repeats() -> None:
    assert round(1 - 0.3**4, 2) == 0.99
    assert round(0.7**4, 2) == 0.24
    assert (1 + 0.4) / 2 == 0.7
    assert round((1**4 + 0.4**4) / 2, 2) == 0.51


def test_filters() -> None:
    assert round(1 - 0.95**50, 2) == 0.92
    assert round(0.01 * 999, 2) == 9.99
    assert round(100 * 0.99 / (0.99 + 9.99)) == 9


def test_the_loop_stops_books_once_and_answers_errors() -> None:
    code = re.search(r"```python\n(.*?)```", DECK.read_text("utf-8"), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code.group(1), names)

    assert names["BOOKED"] == {"order-1": 20.0}
    order = {"tool": "refund", "args": {"key": "order-2", "amount": 500.0}}
    answer, log = names["run"](lambda log: order, "refund 500")
    assert answer is None
    assert log[1:] == ["waits for approval"] * 6
    assert "order-2" not in names["BOOKED"]
    assert names["call"]("refund", {"amount": "much"}).startswith("error")
    assert names["call"]("delete", {}).startswith("error")
