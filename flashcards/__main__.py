"""`python -m flashcards` is the command `flashcards`."""

from flashcards.cli.main import main

main()
