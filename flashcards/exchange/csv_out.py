"""Notes as a CSV file with the headers that Anki's text import reads, which spreadsheets open as well."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from flashcards.exchange.anki.notetypes import NOTE_TYPES, Kind
from flashcards.exchange.anki.package_writer import clean_deck_name, tag_text
from flashcards.exchange.whole_file import whole_file

_COLUMNS = max(len(note_type.fields) for note_type in NOTE_TYPES.values())


class TextNote(NamedTuple):
    """A note as a line: `fields` are HTML, as many as its note type has."""

    guid: str
    kind: Kind
    deck: str
    tags: Sequence[str]
    fields: Sequence[str]


def write_text(target: Path, notes: Iterable[TextNote]) -> int:
    """Writes the file `target` and returns the number of notes. Raises OSError where it cannot be written."""
    count = 0
    with whole_file(target) as stream:
        text = codecs.getwriter("utf-8")(stream)
        text.write(_headers())
        plain = csv.writer(text, lineterminator="\n")
        quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for guid, kind, deck, tags, fields in notes:
            blank = [""] * (_COLUMNS - len(fields))
            row = [guid, NOTE_TYPES[kind].name, clean_deck_name(deck), tag_text(tags).strip()]
            writer = quoted if guid.startswith("#") else plain  # else the line would be a comment
            writer.writerow([*row, *fields, *blank])
            count += 1
    return count


def _headers() -> str:
    """Which column is what. Two note types share the columns of fields, so those are named by both."""
    basic, cloze = (list(NOTE_TYPES[kind].field_names) for kind in ("basic", "cloze"))
    cloze += [""] * (len(basic) - len(cloze))
    both = [" or ".join(dict.fromkeys(filter(None, names))) for names in zip(basic, cloze, strict=True)]
    columns = ",".join(["GUID", "Note type", "Deck", "Tags", *both])
    return (
        "#separator:Comma\n#html:true\n"
        f"#columns:{columns}\n"
        "#guid column:1\n#notetype column:2\n#deck column:3\n#tags column:4\n"
    )
