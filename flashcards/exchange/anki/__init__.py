"""Anki packages: the two note types that we write, the writer, and how schedules translate."""
