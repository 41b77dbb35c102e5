"""Ways out: Anki packages, CSV, and everything as JSON."""
