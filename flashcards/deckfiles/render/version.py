"""Which renderer this is."""

from __future__ import annotations

RENDERER_VERSION = "6"
"""Raised when the same text would be shown or read otherwise: all decks are then read and rendered anew."""
