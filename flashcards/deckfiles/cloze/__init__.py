"""Cloze deletions."""
