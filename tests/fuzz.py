"""`make fuzz`: a coverage-guided fuzzer looks for a deck file that the parser cannot bear, for a bounded time.

``make fuzz SECONDS=600 SEED=7`` looks longer, and elsewhere. Whatever it finds is written to the current folder as
``crash-...``; put the text into a test and mend the parser.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["flashcards.deckfiles"]):
    from flashcards.deckfiles.identity.stamping import stamp
    from flashcards.deckfiles.parse.deck import parse_deck
    from flashcards.deckfiles.parse.printing import print_deck

from flashcards.deckfiles.text.source_text import normalise
from tests.unit.deckfiles.strategies import FRONT, PIECES
from tests.unit.deckfiles.test_parse_properties import check

DECKS = Path(__file__).parent.parent / "decks"
LONGEST = 4096


def one_input(data: bytes) -> None:
    """What must hold for every file: it parses, its messages have places, its ids can be stamped, it can be printed."""
    parsed = parse_deck("deck.md", data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        assert parsed.structure_lost
        return
    check(parsed, normalise(text))
    if not parsed.structure_lost:
        again = parse_deck("deck.md", stamp(data, parsed))
        assert [note.id for note in again.deck.notes] == [note.id for note in parsed.deck.notes]
        assert all(note.explicit for note in again.deck.notes)
        print_deck(parsed.deck)


def main(seconds: int, seed: int) -> None:
    """Fuzz from the built-in decks and the pieces of the property tests; the same seed takes the same walk."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = [*PIECES, *FRONT, *(path.read_text("utf-8")[:LONGEST] for path in sorted(DECKS.rglob("*.md"))[:20])]
        (folder / "corpus").mkdir()
        for number, text in enumerate(seeds):
            (folder / "corpus" / str(number)).write_text(text, "utf-8")
        words = [word for word in dict.fromkeys(PIECES) if word]
        quoted = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in words)
        (folder / "words").write_text("".join(f'"{word}"\n' for word in quoted), "utf-8")
        options = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}", "-print_final_stats=1"]
        options += ["-timeout=60", "-rss_limit_mb=2048", "-verbosity=0"]
        options += [f"-dict={folder / 'words'}", str(folder / "corpus")]
        atheris.Setup([sys.argv[0], *options], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
