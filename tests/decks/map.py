"""The map of the built-in decks: `python -m tests.decks.map` writes docs/decks.md."""

from __future__ import annotations

from pathlib import Path

import yaml

from flashcards.deckfiles.parse.deck import parse_deck

ROOT = Path(__file__).parents[2]
DECKS = ROOT / "decks"
PAGE = ROOT / "docs" / "decks.md"
TRACKS = {
    "mle": "ML engineer",
    "data-scientist": "Data scientist",
    "llm-engineer": "LLM engineer",
    "research": "Research",
}
HEAD = """# The built-in decks

The decks under `decks/ml/` prepare for interviews on machine learning. Each is one question as an interviewer asks it,
with a spoken answer, what the interviewer listens for, what comes next, and the cards that teach it. Coding and design
questions also have a long form: the answer as it is worked through in 45 minutes, with its numbers.

**Levels.** Every card is junior, mid or senior (`tag:junior`, `tag:mid`, `tag:senior`): definitions and small sums;
then reasons, comparisons and the usual faults; then limits, scale and what experience teaches. The question itself is
`tag:core`. In practice a point that only a senior is expected to make is marked so.

**Tracks.** A tag says for whom a deck matters: `mle`, `data-scientist`, `llm-engineer`, `research`. Search for one
(`tag:llm-engineer`) to study it, to plan it or to draw a round from it. A dot below marks the track.

**Where to begin.** One week: the concepts that all four tracks share, your own project, two design questions aloud.
Six weeks: a track from top to bottom, with a round of practice every third day. Prerequisites lead from card to
card, from softmax to attention to the Transformer, whichever folder they lie in.
"""


def rows() -> list[tuple[str, list[tuple[str, str, frozenset[str]]]]]:
    """(folder's title, its decks as (title, question, tracks)), in the order in which learners see them."""
    folders = []
    for path in DECKS.glob("ml/*/_folder.yml"):
        folder = yaml.safe_load(path.read_text("utf-8"))
        decks = []
        for file in path.parent.glob("*.md"):
            deck = parse_deck(file.relative_to(DECKS).as_posix(), file.read_bytes()).deck
            (core,) = [note for note in deck.notes if "core" in note.tags]
            question = str(getattr(core.content, "question", "")).split("\n")[0]
            tracks = frozenset(TRACKS) & set(deck.tags)
            decks.append((deck.order if deck.order is not None else 1e9, (deck.title, question, tracks)))
        folders.append((folder["order"], (folder["title"], [row for _, row in sorted(decks, key=lambda d: d[0])])))
    return [row for _, row in sorted(folders, key=lambda f: f[0])]


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for title, decks in rows():
        parts.append(f"\n## {title}\n\n| deck | the question | {' | '.join(TRACKS.values())} |")
        parts.append("|---|---|" + ":-:|" * len(TRACKS))
        for name, question, tracks in decks:
            dots = " | ".join("•" if track in tracks else " " for track in TRACKS)
            parts.append(f"| {name} | {question} | {dots} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
