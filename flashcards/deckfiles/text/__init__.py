"""Markdown source as text: characters, positions, blocks, spans, links."""
