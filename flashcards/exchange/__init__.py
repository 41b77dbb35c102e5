"""Other programs' formats: Anki, CSV, JSON and the Markdown dialects we can read."""
