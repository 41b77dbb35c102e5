"""Spaced repetition for people who write their cards as text, in Git."""

__version__ = "0.1.0"
