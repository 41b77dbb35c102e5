"""Browse: cards found by a search."""
