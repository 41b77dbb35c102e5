"""Stamping ids: everything else stays, byte for byte, and so does every identity."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.identity.stamping import missing_ids, stamp
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.errors import DeckError
from tests.unit.deckfiles.strategies import SOURCES


def stamped(source: str) -> str:
    data = source.encode()
    return stamp(data, parse_deck("d.md", data)).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("## What is it?\n\nA\n", "## What is it? {#what-is-it}\n\nA\n"),
        ("## Q?  \t\r\n\r\nA\r\n", "## Q? {#q}  \t\r\n\r\nA\r\n"),
        ("## Q?\r\rA", "## Q? {#q}\r\rA"),
        ("\ufeff---\ntitle: x\n---\n## Q?\nA", "\ufeff---\ntitle: x\n---\n## Q? {#q}\nA"),
        ("## Q? {.mid}\nA", "## Q? {#q .mid}\nA"),
        ("## Q? { .mid }\nA", "## Q? {#q .mid }\nA"),
        ("## Q? ##\nA", "## Q? ## {#q}\nA"),
        ("## Q? {.mid} ##\nA", "## Q? {#q .mid} ##\nA"),
        ("## {.mid}\n\nQ?\n\n### Answer\n\nA\n", "## {#note-633bc2707d20 .mid}\n\nQ?\n\n### Answer\n\nA\n"),
        ("##  {.mid} ##\n\n{{c1::b}}\n", "##  {#note-5eb8739238e7 .mid} ##\n\n{{c1::b}}\n"),
        ("## Q? {1, 2}\nA", "## Q? {1, 2} {#q-1-2}\nA"),
        ("## Q? <!-- x -->\nA", "## Q? {#q} <!-- x -->\nA"),
        ("## Q? <!-- x\n-->\nA", "## Q? {#q} <!-- x\n-->\nA"),
        ("- a :: b  \n2) c ::: d {.x}\n", "- a :: b {#a}  \n2) c ::: d {#c .x}\n"),
        ("## {#a}\n\n{{c1::b}}\n", "## {#a}\n\n{{c1::b}}\n"),
        ("## Q?\n\n1\n\n## Q?\n\n2\n", "## Q? {#q}\n\n1\n\n## Q? {#q-2}\n\n2\n"),
        ("## Q?\n\n```\n## no\n```\n", "## Q? {#q}\n\n```\n## no\n```\n"),
        ("## Q?\n\n## R?\n\nB\n", "## Q?\n\n## R? {#r}\n\nB\n"),
    ],
)
def test_where_the_id_goes(before: str, after: str) -> None:
    assert stamped(before) == after


def test_an_empty_heading_gets_its_hash() -> None:
    after = stamped("##\n\n{{c1::b}}\n")
    assert after.startswith("## {#note-")
    assert after.endswith("}\n\n{{c1::b}}\n")


def test_which_notes_lack_one() -> None:
    parsed = parse_deck("d.md", b"## A? {#x}\n\n1\n\n## B?\n\n2\n")
    assert [(note.id, note.line) for note in missing_ids(parsed)] == [("b", 5)]


def test_a_file_whose_structure_is_unknown_is_left_alone() -> None:
    data = b"## A?\n\n```\n1\n"
    with pytest.raises(DeckError, match="never closed") as caught:
        stamp(data, parse_deck("d.md", data))
    assert (caught.value.line, caught.value.code) == (3, "fence-not-closed")


@given(SOURCES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\ufeff"]))
def test_stamping_changes_no_identity_and_no_text(source: str, end: str, bom: str) -> None:
    data = (bom + source.replace("\n", end)).encode()
    before = parse_deck("d.md", data)
    if before.structure_lost:
        return
    result = stamp(data, before)
    after = parse_deck("d.md", result)
    assert [replace(note, explicit=True) for note in before.deck.notes] == list(after.deck.notes)
    assert missing_ids(after) == ()
    assert stamp(result, after) == result
    stripped = result.decode()
    for note in missing_ids(before):
        stripped = stripped.replace(f" {{#{note.id}}}", "", 1).replace(f"{{#{note.id} ", "{", 1)
    assert len(stripped) <= len(result.decode())
