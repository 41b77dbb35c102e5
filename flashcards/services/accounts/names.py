"""The names of accounts: what is allowed, and when two are the same."""

from __future__ import annotations

import unicodedata

from flashcards.errors import Invalid

LONGEST = 40


def account_name(text: str) -> str:
    """The name as it is kept: NFKC, without spaces at its ends.

    Raises Invalid where it is empty, too long, or holds a character that cannot be seen.
    """
    name = unicodedata.normalize("NFKC", text).strip()
    if not name:
        raise Invalid("A name has at least one character.", field="name")
    if len(name) > LONGEST:
        raise Invalid(f"A name has at most {LONGEST} characters.", field="name")
    for character in name:
        # Control, format (bidirectional ones among them), surrogate, unassigned; separators but the space.
        category = unicodedata.category(character)
        if category.startswith("C") or (category.startswith("Z") and character != " "):
            raise Invalid(
                f"A name cannot hold the character U+{ord(character):04X}, which cannot be seen.",
                field="name",
            )
    return name


def name_key(text: str) -> str:
    """What two names have in common when they are the same one."""
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no text to a database
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())


def line_of(text: str, longest: int) -> str:
    """A text from outside, cut and without control characters, to be shown in a list."""
    return "".join(character for character in text[: longest * 2] if character.isprintable())[:longest].strip()
