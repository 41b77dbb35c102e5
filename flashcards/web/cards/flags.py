"""The seven coloured flags, named as Anki names them."""

from __future__ import annotations

from flashcards.errors import Invalid

FLAGS = {1: "Red", 2: "Orange", 3: "Green", 4: "Blue", 5: "Pink", 6: "Turquoise", 7: "Purple"}


def read_flag(text: str) -> int:
    """The flag that a form names, 0 for none; raises Invalid."""
    if not (len(text) == 1 and text in "01234567"):
        raise Invalid("Give a flag from 1 to 7, or 0 for none.", field="flag")
    return int(text)


def history_words(verb: str) -> str:
    """What a row of the log did to a flag: ``Flag 3, green``."""
    flag = int(verb.partition(":")[2])
    return f"Flag {flag}, {FLAGS[flag].lower()}" if flag else "Flag taken off"
