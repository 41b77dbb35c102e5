"""What holds for every file, however broken."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flashcards.deckfiles.check.codes import CODES
from flashcards.deckfiles.cloze import deletions as cloze
from flashcards.deckfiles.cloze import plain_text as plain_cloze
from flashcards.deckfiles.parse.attributes import ID
from flashcards.deckfiles.parse.deck import Parsed, parse_deck
from flashcards.deckfiles.parse.front_matter import read_front_matter
from flashcards.deckfiles.text.outline import Outline, _is_plain, _plain, _scanned
from flashcards.deckfiles.text.source_text import normalise
from flashcards.domain.card import Basic
from tests.unit.deckfiles.strategies import LINES, SOURCES

MANY = settings(max_examples=300)


def check(parsed: Parsed, text: str) -> None:
    lines = text.split("\n")
    for problem in parsed.problems:
        assert problem.code in CODES
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    assert parsed.structure_lost <= any(problem.severity == "error" for problem in parsed.problems)
    ids = [note.id for note in parsed.deck.notes]
    assert len(ids) == len(set(ids))
    assert not set(ids) & {note.id for note in parsed.broken}
    for note in parsed.deck.notes:
        assert ID.fullmatch(note.id)
        assert 1 <= note.line <= len(lines)
        assert note.whiches
    for broken in parsed.broken:
        assert any(problem.severity == "error" for problem in parsed.problems)
        assert 1 <= broken.line <= len(lines)
    for prose in parsed.deck.prose:
        assert prose.text.strip()
        assert 0 <= prose.position <= len(ids)


def check_places(parsed: Parsed, text: str) -> None:
    """Every character of every text of a note stands in the file where its origin says."""
    lines = text.split("\n")
    for note in parsed.deck.notes:
        content = note.content
        fields = ("question", "answer") if isinstance(content, Basic) else ("heading", "body")
        for name in fields:
            value = getattr(content, name)
            for offset, character in enumerate(value):
                line, column = parsed.where(note.id, name, offset)
                if character not in "\n" and offset and value[offset - 1] != "\n":
                    assert lines[line - 1][column - 1] == character
        for name in ("rubric", "follow_ups", "sources", "clarify"):
            for number, item in enumerate(getattr(note, name)):
                for offset, character in enumerate(item):
                    line, column = parsed.where(note.id, f"{name}.{number}", offset)
                    assert character == "\n" or lines[line - 1][column - 1] == character
        ends = parsed.places[note.id].item_ends
        for name, at in parsed.places[note.id].refs_at.items():
            assert text[at] + text[ends[name] - 1] == "{}"


@MANY
@given(SOURCES)
@example("## Q {#a}\n<!-- x -->\n\n### Answer\ny")
@example("## Q {#a}\n\ny\n\n### Sources\n1. [ ] a\n   b <!-- x --> c\n\td\ne\n-\n  f\n\n      g\n")
@example("## Q {#a}\n\ny\n\n### Rubric\n-   a\n    b\n    <!-- x -->\n    c {#a\n    .senior}\n- b\n  d {#a}\n")
def test_pieces_of_decks(source: str) -> None:
    parsed = parse_deck("a/d.md", source.encode())
    check(parsed, normalise(source))
    check_places(parsed, normalise(source))


@given(st.text(max_size=200))
def test_any_text(source: str) -> None:
    parsed = parse_deck("d.md", source.encode("utf-8", "surrogatepass"))
    if not any(problem.code == "not-utf8" for problem in parsed.problems):
        check(parsed, normalise(source))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert parse_deck("d.md", data).deck.path == "d.md"


@given(SOURCES, st.sampled_from(["\r\n", "\r"]), st.sampled_from(["", "\ufeff"]))
def test_line_ends_and_a_bom_change_nothing(source: str, end: str, bom: str) -> None:
    plain = parse_deck("d.md", source.encode())
    other = parse_deck("d.md", (bom + source.replace("\n", end)).encode())
    assert (other.deck, other.problems, other.broken) == (plain.deck, plain.problems, plain.broken)


def outline_of(outline: Outline) -> tuple[object, ...]:
    return outline.headings, outline.comments, outline.lost, [issue.code for issue in outline.issues]


@MANY
@given(LINES)
def test_both_ways_to_an_outline_agree(source: str) -> None:
    start = read_front_matter(source).end
    padded = "\n" + source[start:]
    if _is_plain(padded):
        plain = _plain(padded, start - 1)
        if plain is not None:
            assert outline_of(plain) == outline_of(_scanned(padded[1:], start))


CLOZE_PIECES = st.sampled_from(
    ["{{c1::a}}", "{{c2::b::hint}}", "{{c1::", "}}", "{{c3:: }}", "::", "text ", "\n", "\n\n", "{", "}", "{{c500::x}}",
     "{{c1::a\nb}}", "`", "$", "- ", "{{c12::two words}}", "{{c1::::x}}", "{{c1::a::}}", "> ", "\\", "{{c", "# "]
)  # fmt: skip


@MANY
@given(st.lists(CLOZE_PIECES, max_size=12).map("".join))
def test_both_ways_to_deletions_agree(text: str) -> None:
    deletions, problems = cloze.find_deletions(text)
    numbers, issues = plain_cloze.find_numbers(text)
    assert numbers == {deletion.number for deletion in deletions}
    assert [(issue.offset, issue.code) for issue in issues] == [(p.offset, p.code) for p in problems]
    assert plain_cloze.reveal(text) == cloze.reveal(text)
    for number in (1, 2, 12):
        assert plain_cloze.gap(text, number) == cloze.gap(text, number)


UNITS = [
    "## Q?\n", "- ", "> ", "[", "[a]: b\n", "[^a]: b\n", "<!--", "x<!-- -->", "```\n", "{{c1::", "a :: b\n", " ::", "`",
    "[ :: ](b) :: ", "$$", "{#a}", "\u200b", "\x00", "\n", "\t", "### Rubric\n", "    ", "x\n---\n", "{",
    "## Q {#a}\n\nA\n",
]  # fmt: skip


def steps(source: str) -> int:
    """How many calls parsing takes: a measure of work that does not depend on the machine."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    data = source.encode()
    sys.setprofile(profile)
    try:
        parse_deck("d.md", data)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("before", ["", "## Q?\n\n", "## Q?\n\n### Rubric\n", "[x]: y\n\n[x] :: "])
def test_hostile_files_take_linear_work(unit: str, before: str) -> None:
    small, large = (steps(before + unit * (size // len(unit))) for size in (1_500, 6_000))
    assert large <= 5 * small + 1_000
