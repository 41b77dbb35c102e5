"""Whatever comes from elsewhere: the deck that is written passes `check`, and what is lost is named."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.check.content import content_issues
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.card import Basic, Cloze, Content, Deck, Note
from flashcards.exchange.found import FoundDeck, Notice, Remembered
from flashcards.services.bring.fitting import Fitted, fit
from tests.unit.deckfiles.strategies import LINES

NOWHERE = Path(__file__).parent / "nowhere"
PICTURE = Path(__file__).parent.parent.parent / "data" / "import" / "csv"

TEXTS = LINES.filter(str.strip)
CONTENTS = st.builds(Basic, TEXTS, TEXTS, reversed=st.booleans()) | st.builds(
    lambda body: Cloze("", f"{body}\n\n{{{{c1::gap}}}}", (1,)), LINES
)


def deck(*contents: Content) -> FoundDeck:
    notes = tuple(Note("", False, line, content, "") for line, content in enumerate(contents, start=1))
    return FoundDeck(Deck("a", "a.md", "T", notes=notes), "source.md")


def lost(fitted: Fitted) -> set[int]:
    return {notice.line for notice in fitted.notices if notice.message.startswith("left out: ")}


@settings(max_examples=150)
@given(st.lists(CONTENTS, min_size=1, max_size=4))
def test_what_is_written_passes_and_what_is_lost_is_named(contents: list[Content]) -> None:
    fitted = fit(deck(*contents), NOWHERE)
    parsed = parse_deck("a.md", fitted.data)
    assert not parsed.structure_lost
    assert not [problem for problem in parsed.problems if problem.severity == "error"]
    assert not content_issues(parsed, NOWHERE)
    assert [note.id for note in parsed.deck.notes] == [note.id for note in fitted.deck.notes]
    assert {note.line for note in fitted.deck.notes} | lost(fitted) == set(range(1, len(contents) + 1))
    assert not {note.line for note in fitted.deck.notes} & lost(fitted)


def notices(content: Content, root: Path = NOWHERE) -> tuple[Content, list[Notice]]:
    fitted = fit(deck(content), root)
    return fitted.deck.notes[0].content, fitted.notices


def test_pictures() -> None:
    text = "![a](flag.png) ![b](none.png) ![c](https://e.org/c.png) ![](../x.png)"
    content, said = notices(Basic("q", text), PICTURE)
    assert content == Basic("q", "![a](flag.png) *b* [c](<https://e.org/c.png>) *x.png*")
    assert [(notice.path, notice.line) for notice in said] == [("source.md", 1)] * 3
    assert list(fit(deck(Basic("q", text)), PICTURE).media) == ["flag.png"]


def test_formulas_and_links() -> None:
    content, said = notices(
        Basic("q $x$", "$\\frac{1}$ [a](obsidian://x) [b](https://e.org) <file:///etc> `[c](js:1)`")
    )
    assert content == Basic("q $x$", "`` \\frac{1} `` a [b](https://e.org) `file:///etc` `[c](js:1)`")
    assert len(said) == 3


def test_ids_are_of_the_question_and_schedules_follow_them() -> None:
    remembered = Remembered(1, 2, 250)
    found = deck(Basic("Same?", "1"), Basic("Same?", "2"), Cloze("", "a {{c2::b}}", (2,)), Basic("Lost?", "{{c1::x"))
    found.schedules.update({1: {"forward": remembered}, 2: {"c2": remembered}})
    fitted = fit(found, NOWHERE)
    assert [note.id for note in fitted.deck.notes][:3] == ["same", "same-2", "a-b"]
    assert fitted.schedules == {("same-2", "forward"): remembered, ("a-b", "c2"): remembered}
