"""From files to decks, notes and cards, and back to text."""
