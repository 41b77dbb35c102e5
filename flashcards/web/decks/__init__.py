"""The tree of decks, a deck's page, the editor, media."""
