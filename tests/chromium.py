"""The Chromium that browser tests and benchmarks drive."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "No Chromium: browser tests are left out. Install it (Debian, Ubuntu: apt install chromium), or set CHROMIUM."


def find_chromium() -> str | None:
    """The path of a Chromium: $CHROMIUM, or one on the path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
