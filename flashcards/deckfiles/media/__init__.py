"""Pictures and sounds that decks refer to."""
