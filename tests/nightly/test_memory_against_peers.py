"""Ten thousand random histories: our FSRS-6 beside the package `fsrs` and beside Anki's engine."""

from __future__ import annotations

import pytest

from tests.memory_against_peers import main


@pytest.mark.timeout(3600)
def test_ten_thousand_histories_agree() -> None:
    assert main(10_000, 1) == 0
