"""The drawings of the built-in decks follow the theme: each of their colours has one for the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DRAWINGS = sorted((Path(__file__).parents[2] / "decks").rglob("*.svg"))


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_every_colour_has_one_for_the_dark(drawing: Path) -> None:
    text = drawing.read_text()
    [style] = re.findall(r"<style>@media \(prefers-color-scheme:dark\)\{(.*?)\}</style>", text)
    used = set(re.findall(r'((?:fill|stroke|stop-color)="#[0-9A-Fa-f]{6}")', text.replace(style, "")))
    assert used == set(re.findall(r"\[([^]]+)\]", style))
    assert "svg{background:#151413}" in style


def test_there_are_drawings() -> None:
    assert DRAWINGS
