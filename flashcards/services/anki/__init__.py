"""From Anki and to a running Anki: packages in, edits merged, notes pushed."""
