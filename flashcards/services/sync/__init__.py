"""From the decks folder into the database: read, match, plan, store; and the decks that ship with the program."""
