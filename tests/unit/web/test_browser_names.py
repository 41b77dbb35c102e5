"""Browsers by the names that people know."""

from __future__ import annotations

import pytest

from flashcards.web.shared.browser_names import browser_name

LINUX = "Mozilla/5.0 (X11; Linux x86_64)"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (f"{LINUX} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        ("curl/8.5.0", "curl"),
        (LINUX, "A browser on Linux"),
        ("", "unknown"),
        ("x" * 100, "x" * 40),
    ],
)
def test_names(said: str, name: str) -> None:
    assert browser_name(said) == name
