"""A page, read by axe."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

COLOUR = ["color-contrast"]
VIEWS: tuple[tuple[int, Any, list[str] | None], ...] = (
    (1280, "light", None),
    (390, "dark", None),
)
"""Every rule at each width and in each scheme."""
OTHER_VIEWS: tuple[tuple[int, Any, list[str] | None], ...] = (
    (1280, "dark", COLOUR),
    (390, "light", COLOUR),
)
"""The same width in the other scheme differs in colours alone; `make nightly` looks at these as well."""


def check(page: Page) -> None:
    """Every rule once at each width."""
    problems: list[str] = []
    page.evaluate(AXE_SCRIPT)
    for width, scheme, only in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if only:
            options["runOnly"] = {"type": "rule", "values": only}
        found = page.evaluate("options => axe.run(document, options)", options)
        assert found["passes"], f"{page.url}: axe looked at nothing"
        problems += [
            f"{width} {scheme} {one['id']}: {node['html'][:160]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
    assert not problems, f"{page.url}\n" + "\n".join(problems)
