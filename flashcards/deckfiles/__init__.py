"""Deck files: from Markdown text to domain values, to HTML, and back to text."""
