"""Decks from other programs' text files."""
