"""A starter deck: what `flashcards new` writes."""

from __future__ import annotations

from pathlib import Path

from flashcards.deckfiles.parse.find import title_of
from flashcards.deckfiles.parse.printing import print_deck
from flashcards.domain.card import Deck
from flashcards.errors import Conflict, Invalid, Unavailable

_BODY = """
Words here are shown on the deck's page and are no card.

- term :: what it means, on one line {#term}

## What does a heading with two marks begin? {#note}

A note: the heading is the question, the text below it the answer.

## Deletions {#deletions}

Each {{c1::numbered gap}} of a text is a {{c2::card}} of its own.
"""

FIRST_WORDS = """
<!-- Write cards below: a heading asks, the text below it answers.

## What is asked?

The answer, with {{c1::gaps}} if you like.
-->
"""
"""What a deck made in the browser begins with: no card, for nothing shall be served that its author did not save."""


def starter(title: str, body: str = _BODY) -> str:
    """The text of a new deck; it passes `check --style`."""
    return print_deck(Deck(id="deck", path="deck.md", title=title)) + body


def new_deck(path: Path, title: str | None, *, body: str = _BODY) -> Path:
    """Writes a starter deck and returns its path, which ends in ``.md``. Never overwrites.

    Raises Invalid for a name that is no deck's, Conflict where a file is there, Unavailable where it cannot be.
    """
    path = path if path.name.endswith(".md") else path.with_name(f"{path.name}.md")
    if path.name[0] in "._" or path.name.lower() == "readme.md":
        message = f"{path.name} is not read as a deck: README.md and names that begin with '.' or '_' are left out."
        raise Invalid(message, field="path")
    title = " ".join((title_of(path.stem) if title is None else title).split())
    if not title or not title.isprintable():
        raise Invalid("Give a title of one line of text.", field="title")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(starter(title, body))
    except FileExistsError as error:
        raise Conflict(f"{error.filename} is there already; name another file.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Unavailable(f"{path} cannot be written: {reason}.") from error
    return path
