"""What the deck pages get: the tree, a deck as a document, pictures, and what the collection holds."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import NotFound
from flashcards.services.review.deck_tree import DeckInfo, Folder, NoteBlock, ProseBlock, SectionBlock
from tests.integration.sync_world import DUE_ON, Learner, World

LEARNER = Learner()

DOCUMENT = """\
---
title: Everything
description: All that a deck can hold.
tags: [sample]
---

Text *before* the first card.

- L1 :: absolute weights {#l1}

More text.

# Second part

What comes in the second part.

## What is **bold**? {#bold .easy .reversed}

Heavy letters.

### Rubric
- says *heavy*

### Follow-ups
- And italics?

### Sources
- A book

## Planets {#planets}

{{c1::Mercury}} comes before {{c2::Venus}}.

## Not yet? {#later .draft}

Soon.
"""


def png(width: int, height: int, grey: int = 0) -> bytes:
    """A small real picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_deck_reads_as_a_document(world: World) -> None:
    world.write("all.md", DOCUMENT)
    world.counts()
    page = world.pages.page(LEARNER, "all", author=True)
    assert (page.info.title, page.info.description, page.info.tags) == (
        "Everything",
        "All that a deck can hold.",
        ("sample",),
    )
    assert (page.info.address, page.path, page.info.cards, page.info.problems) == ("all", "all.md", 5, 0)
    shape = [(type(block).__name__, block.key if isinstance(block, NoteBlock) else "") for block in page.blocks]
    assert shape == [
        ("ProseBlock", ""),
        ("NoteBlock", "l1"),
        ("ProseBlock", ""),
        ("SectionBlock", ""),
        ("ProseBlock", ""),
        ("NoteBlock", "bold"),
        ("NoteBlock", "planets"),
        ("NoteBlock", "later"),
    ]
    first, _, _, section, _, bold, planets, later = page.blocks
    assert first == ProseBlock("<p>Text <em>before</em> the first card.</p>")
    assert section == SectionBlock("Second part")
    assert isinstance(bold, NoteBlock)
    assert (bold.title, bold.kind, bold.line, bold.tags) == ("What is bold?", "basic", 17, ("sample", "easy"))
    assert bold.question_html == "<p>What is <strong>bold</strong>?</p>"
    assert bold.answer_html == "<p>Heavy letters.</p>"
    assert (bold.rubric_html, bold.follow_ups_html) == (("says <em>heavy</em>",), ("And italics?",))
    assert bold.sources_html == ("A book",)
    assert [card.which for card in bold.cards] == ["forward", "backward"]
    assert isinstance(planets, NoteBlock)
    assert planets.answer_html.count('<span class="cz">') == 2, "every gap is marked"
    assert "Mercury" in planets.answer_html
    assert "Venus" in planets.answer_html
    assert isinstance(later, NoteBlock)
    assert later.draft


def test_drafts_are_for_authors(world: World) -> None:
    world.write("all.md", DOCUMENT)
    world.counts()
    page = world.pages.page(LEARNER, "all", author=False)
    assert "later" not in [block.key for block in page.blocks if isinstance(block, NoteBlock)]


def test_cards_show_the_learners_own_state(world: World) -> None:
    world.write("all.md", DOCUMENT)
    world.counts()
    card = world.study("all#bold/forward")
    blocks = world.pages.page(LEARNER, "all", author=False).blocks
    bold = next(block for block in blocks if isinstance(block, NoteBlock) and block.key == "bold")
    forward, backward = bold.cards
    assert (forward.id, forward.state, forward.due_on) == (str(card), "scheduled", DUE_ON + card)
    assert (forward.interval, forward.ease, forward.repetition) == (14, 240, 3)
    assert (backward.state, backward.due_on, backward.ease) == ("new", None, 250)

    with world.db.write():
        world.db.execute("UPDATE schedule SET suspended = 1 WHERE card_id = ?", (card,))
    blocks = world.pages.page(LEARNER, "all", author=False).blocks
    bold = next(block for block in blocks if isinstance(block, NoteBlock) and block.key == "bold")
    assert bold.cards[0].state == "suspended"
    other = world.pages.page(Learner(2), "all", author=False).blocks
    assert all(card.state == "new" for block in other if isinstance(block, NoteBlock) for card in block.cards)


def test_a_note_that_went_is_counted_not_shown(world: World) -> None:
    world.write("all.md", DOCUMENT)
    world.counts()
    world.edit("all.md", lambda text: text.replace("- L1 :: absolute weights {#l1}\n", ""))
    world.counts()
    page = world.pages.page(LEARNER, "all", author=True)
    assert page.removed_notes == 1
    assert "l1" not in [block.key for block in page.blocks if isinstance(block, NoteBlock)]


def test_unknown_addresses(world: World) -> None:
    world.write("a/all.md", DOCUMENT)
    world.counts()
    for address in ("", "a", "all", "a/all.md", "a/ALL", "../a/all", "a/all/"):
        with pytest.raises(NotFound):
            world.pages.page(LEARNER, address, author=True)


def test_a_deck_whose_file_went_has_no_page(world: World) -> None:
    world.write("all.md", DOCUMENT)
    world.write("other.md", "## One?\n\nYes.\n")
    world.counts()
    world.delete("all.md")
    world.counts()
    with pytest.raises(NotFound):
        world.pages.page(LEARNER, "all", author=True)
    assert [deck.path for deck in world.pages.tree().decks] == ["other.md"]


def test_the_tree_is_in_study_order(world: World) -> None:
    for path in ("b/two.md", "b/one.md", "b/deep/x.md", "a.md", "c-10.md", "c-9.md"):
        world.write(path, f"## Is this {path}?\n\nYes.\n")
    world.write("b/_folder.yml", "title: The Bees\norder: 2\n")
    world.edit("b/two.md", lambda text: "---\norder: 1\n---\n" + text)
    world.counts()

    def shown(folder: Folder) -> list[object]:
        return [entry.path if isinstance(entry, DeckInfo) else (entry.title, shown(entry)) for entry in folder.entries]

    tree = world.pages.tree()
    assert shown(tree) == [
        ("The Bees", ["b/two.md", ("Deep", ["b/deep/x.md"]), "b/one.md"]),
        "a.md",
        "c-9.md",
        "c-10.md",
    ]
    assert tree.cards == 6
    assert list(world.pages.places()) == [
        ("b", "The Bees/", 0), ("b/two", "Two", 1), ("b/deep", "Deep/", 1), ("b/deep/x", "X", 2), ("b/one", "One", 1),
        ("a", "A", 0), ("c-9", "C 9", 0), ("c-10", "C 10", 0),
    ]  # fmt: skip


def test_collection_state(world: World) -> None:
    assert world.pages.collection_state().cards == 0
    world.write("all.md", DOCUMENT)
    world.write("bad.md", "## What?\n\n![no](missing.png)\n\n## No answer?\n")
    world.sync()
    state = world.pages.collection_state()
    assert (state.decks_root, state.decks, state.notes, state.cards) == (str(world.root), 2, 4, 6)
    assert (state.errors, state.trouble) == (2, "")
    world.root.rename(world.root.with_name("elsewhere"))
    gone = world.pages.collection_state()
    assert (gone.cards, gone.trouble) == (6, "decks-missing")
    world.root.mkdir()
    assert world.pages.collection_state().trouble == "decks-empty"
    world.root.rmdir()
    world.root.write_text("a file")
    assert world.pages.collection_state().trouble == "decks-unreadable"


def test_problems_name_their_line(world: World) -> None:
    world.write("bad.md", "Text with ![a picture](gone.png).\n\n## What is $\\nonsense$?\n\nSee ![it](no.png).\n")
    report = world.sync()
    page = world.pages.page(LEARNER, "bad", author=False)
    assert page.problems == report.errors
    places = {(problem.line, problem.code) for problem in page.problems}
    assert places == {(1, "media-missing"), (3, "math"), (5, "media-missing")}
    world.edit("bad.md", lambda text: text + "\n## Another?\n\nYes.\n")
    assert world.sync().errors == report.errors, "what was rendered before still has its problems"


# Pictures -------------------------------------------------------------------------------------------------


def test_pictures_are_served_by_their_content(world: World) -> None:
    picture = world.write("images/a b.png", png(30, 20))
    world.write("deck.md", "## What is shown?\n\n![grey](images/a%20b.png)\n")
    world.counts()
    html = world.db.all("SELECT answer_html FROM rendering WHERE which = 'forward'")[0][0]
    name = html.split("/media/")[1].split('"')[0]
    assert 'width="30"' in html
    served = world.pages.media(name)
    assert served.path.read_bytes() == png(30, 20)
    assert (served.mime, served.size) == ("image/png", len(png(30, 20)))

    picture.write_bytes(png(40, 20, grey=7))
    os.utime(picture, (1_000_000, 1_000_000))
    with pytest.raises(NotFound):
        world.pages.media(name)
    for wrong in ("", "nonsense.png", "../deck.md", "images/a b.png"):
        with pytest.raises(NotFound):
            world.pages.media(wrong)


def test_a_picture_that_changes_gets_a_new_address(world: World) -> None:
    world.write("a.png", png(30, 20))
    world.write("deck.md", "## What is shown?\n\n![grey](a.png)\n")
    world.counts()
    card = world.study("deck#what-is-shown/forward")
    assert not world.service.changed()
    world.write("a.png", png(31, 20))
    world.just_now("a.png")
    assert not world.service.changed(), "not still yet"
    world.touch("a.png")
    assert world.service.changed()
    assert world.counts() == {"unchanged": 1}
    world.assert_history(card, "deck#what-is-shown/forward")
    html = world.db.all("SELECT answer_html FROM rendering WHERE which = 'forward'")
    assert len(html) == 1
    assert 'width="31"' in html[0][0]


def test_a_picture_that_was_missing_is_found_when_it_comes(world: World) -> None:
    world.write("sub/deck.md", "## What is shown?\n\n![grey](../img/a.png)\n")
    assert [problem.code for problem in world.sync().errors] == ["media-missing"]
    assert not world.service.changed()
    world.write("img/a.png", png(3, 2))
    assert world.service.changed()
    assert world.counts() == {"unchanged": 1}
    (world.root / "img" / "a.png").unlink()
    assert [problem.code for problem in world.sync().errors] == ["media-missing"]


def test_two_files_with_the_same_bytes(world: World) -> None:
    for name in ("one", "two"):
        world.write(f"{name}.png", png(8, 8))
        world.write(f"{name}.md", f"## What is {name}?\n\n![{name}]({name}.png)\n")
    world.counts()
    html = world.db.all("SELECT answer_html FROM rendering WHERE which = 'forward'")[0][0]
    name = html.split("/media/")[1].split('"')[0]
    (world.root / "one.png").unlink()
    assert world.pages.media(name).path.name == "two.png"
