"""What becomes of cards and their history when files change: each rule of identity, end to end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.sync_world import World, counts

FRUIT = """\
# Fruit

## What colour is a banana?

It is yellow when it is ripe.

## Where do apples grow? {#apples .easy}

On apple trees, in orchards.

## Which fruit holds its seeds outside? {#strawberry}

The strawberry: its seeds sit on its skin.
"""
BANANA, APPLES, STRAWBERRY = "fruit#what-colour-is-a-banana/forward", "fruit#apples/forward", "fruit#strawberry/forward"

TREES = """\
## How old can an oak become? {#oak}

About a thousand years.
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def fruit(world: World) -> World:
    """A synced collection of two decks, every card of which has been answered once."""
    world.write("fruit.md", FRUIT)
    world.write("trees.md", TREES)
    assert world.counts() == {"new": 4}
    return world


def test_first_sync_and_then_nothing(world: World) -> None:
    world.write("fruit.md", FRUIT)
    report = world.sync()
    assert counts(report) == {"new": 3}
    assert (report.decks, report.notes, report.cards) == (1, 3, 3)
    assert report.changed_paths == ("fruit.md",)
    assert world.card_keys() == {BANANA, APPLES, STRAWBERRY}

    again = world.sync()
    assert counts(again) == {"unchanged": 3}
    assert again.changed_paths == ()


def test_a_file_that_was_only_touched_is_unchanged(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.touch("fruit.md")
    assert fruit.counts() == {"unchanged": 4}
    for key, card in cards.items():
        fruit.assert_history(card, key)


def test_edited_answer(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.edit("fruit.md", lambda text: text.replace("yellow when it is ripe", "yellow, or green when unripe"))
    assert fruit.counts() == {"edited": 1, "unchanged": 3}
    for key, card in cards.items():
        fruit.assert_history(card, key)


def test_edited_question_without_an_id(fruit: World) -> None:
    card = fruit.study(BANANA)
    fruit.edit("fruit.md", lambda text: text.replace("What colour is a banana?", "Of what colour is a banana?"))
    assert fruit.counts() == {"edited": 1, "unchanged": 3}
    fruit.assert_history(card, "fruit#of-what-colour-is-a-banana/forward")


def test_question_and_answer_edited_a_little_without_an_id(fruit: World) -> None:
    card = fruit.study(BANANA)
    fruit.edit("fruit.md", lambda text: text.replace("banana?", "ripe banana?").replace("It is yellow", "It's yellow"))
    assert fruit.counts() == {"edited": 1, "unchanged": 3}
    fruit.assert_history(card, "fruit#what-colour-is-a-ripe-banana/forward")


def test_everything_edited_under_an_explicit_id(fruit: World) -> None:
    card = fruit.study(APPLES)
    changed = "## Name the orchard's crop! {#apples}\n\nPomes of the genus Malus."
    fruit.edit("fruit.md", lambda text: text.replace(
        "## Where do apples grow? {#apples .easy}\n\nOn apple trees, in orchards.", changed))  # fmt: skip
    assert fruit.counts() == {"edited": 1, "unchanged": 3}
    fruit.assert_history(card, APPLES)


def test_another_text_without_an_id_is_another_card(fruit: World) -> None:
    card = fruit.study(BANANA)
    fruit.edit("fruit.md", lambda text: text.replace("What colour is a banana?", "Who wrote Faust?").replace(
        "It is yellow when it is ripe.", "Goethe, over sixty years."))  # fmt: skip
    assert fruit.counts() == {"new": 1, "removed": 1, "unchanged": 3}
    fruit.assert_history(card, None)


def test_note_without_an_id_moves_to_another_file(fruit: World) -> None:
    cards = fruit.study_all()
    note = "## What colour is a banana?\n\nIt is yellow when it is ripe.\n\n"
    fruit.edit("fruit.md", lambda text: text.replace(note, ""))
    fruit.edit("trees.md", lambda text: text + "\n" + note)
    assert fruit.counts() == {"moved": 1, "unchanged": 3}
    fruit.assert_history(cards[BANANA], "trees#what-colour-is-a-banana/forward")
    fruit.assert_history(cards[APPLES], APPLES)


def test_explicit_id_moves_to_another_deck_and_is_edited(fruit: World) -> None:
    card = fruit.study(STRAWBERRY)
    fruit.edit("fruit.md", lambda text: text[: text.index("## Which")])
    fruit.edit("trees.md", lambda text: text + "\n## Which is the odd fruit? {#strawberry}\n\nThe red one.\n")
    assert fruit.counts() == {"moved": 1, "unchanged": 3}
    fruit.assert_history(card, "trees#strawberry/forward")


def test_renamed_file(fruit: World) -> None:
    cards = fruit.study_all()
    deck = fruit.db.one("SELECT id FROM deck WHERE key = 'fruit'")
    fruit.move("fruit.md", "food.md")
    assert fruit.counts() == {"moved": 3, "unchanged": 1}
    for key, card in cards.items():
        fruit.assert_history(card, key.replace("fruit#", "food#"))
    assert fruit.db.one("SELECT id FROM deck WHERE key = 'food'") == deck, "a learner's settings go with the deck"


def test_renamed_and_edited_file(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.move("fruit.md", "food.md")
    fruit.edit("food.md", lambda text: text.replace("in orchards", "mostly in orchards"))
    assert fruit.counts() == {"moved": 3, "unchanged": 1}
    for key, card in cards.items():
        fruit.assert_history(card, key.replace("fruit#", "food#"))


def test_renamed_file_with_a_deck_id(world: World) -> None:
    world.write("fruit.md", "---\nid: fruit\n---\n" + FRUIT)
    assert world.counts() == {"new": 3}
    cards = world.study_all()
    world.move("fruit.md", "deep/down/food.md")
    assert world.counts() == {"unchanged": 3}
    for key, card in cards.items():
        world.assert_history(card, key)


def test_deck_id_added(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.edit("fruit.md", lambda text: "---\nid: food\n---\n" + text)
    assert fruit.counts() == {"moved": 3, "unchanged": 1}
    for key, card in cards.items():
        fruit.assert_history(card, key.replace("fruit#", "food#"))


def test_renamed_folder(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(f"old/{name}.md", FRUIT.replace("{#apples .easy}", "").replace("banana", f"banana {name}"))
    assert world.counts() == {"new": 9}
    cards = world.study_all()
    world.move("old", "new")
    assert world.counts() == {"moved": 9}
    for key, card in cards.items():
        world.assert_history(card, key.replace("old/", "new/"))


def test_two_decks_change_names(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.move("fruit.md", "aside")
    fruit.move("trees.md", "fruit.md")
    fruit.move("aside", "trees.md")
    assert fruit.counts() == {"moved": 4}
    fruit.assert_history(cards[BANANA], "trees#what-colour-is-a-banana/forward")
    fruit.assert_history(cards["trees#oak/forward"], "fruit#oak/forward")


def test_removed_and_restored_note(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.edit("fruit.md", lambda text: text[: text.index("## Which")])
    assert fruit.counts() == {"removed": 1, "unchanged": 3}
    fruit.assert_history(cards[STRAWBERRY], None)
    assert fruit.counts() == {"unchanged": 3}
    fruit.write("fruit.md", FRUIT)
    assert fruit.counts() == {"restored": 1, "unchanged": 3}
    fruit.assert_history(cards[STRAWBERRY], STRAWBERRY)


def test_removed_and_restored_file_without_ids(fruit: World) -> None:
    fruit.write("fruit.md", FRUIT.replace("{#apples .easy}", "").replace("{#strawberry}", ""))
    fruit.counts()
    cards = fruit.study_all()
    text = fruit.read("fruit.md")
    fruit.db.execute("UPDATE learner_deck SET active = 0, new_per_day = 7 WHERE learner_id = 1"
                     " AND deck_id = (SELECT id FROM deck WHERE key = 'fruit')")  # fmt: skip
    fruit.delete("fruit.md")
    assert fruit.counts() == {"removed": 3, "unchanged": 1}
    fruit.write("fruit.md", text)
    assert fruit.counts() == {"restored": 3, "unchanged": 1}
    for key, card in cards.items():
        fruit.assert_history(card, key)
    settings = "SELECT active, new_per_day FROM learner_deck l JOIN deck d ON d.id = l.deck_id WHERE d.key = 'fruit'"
    assert fruit.db.all(settings + " AND d.removed_at IS NULL") == [(0, 7)]


def test_cut_save_paste_save(fruit: World) -> None:
    card = fruit.study(BANANA)
    note = "## What colour is a banana?\n\nIt is yellow when it is ripe.\n\n"
    fruit.edit("fruit.md", lambda text: text.replace(note, ""))
    assert fruit.counts() == {"removed": 1, "unchanged": 3}
    fruit.edit("trees.md", lambda text: text + "\n" + note)
    assert fruit.counts() == {"restored": 1, "unchanged": 3}
    fruit.assert_history(card, "trees#what-colour-is-a-banana/forward")


def test_branch_switched_back_and_forth(fruit: World) -> None:
    cards = fruit.study_all()
    other = FRUIT.replace("{#apples .easy}", "{#apples-b}").replace("Where do apples grow?", "Whence come apples?")
    for _ in range(2):
        fruit.write("fruit.md", other.replace("On apple trees, in orchards.", "From orchards near the river."))
        fruit.delete("trees.md")
        fruit.counts()
        fruit.assert_history(cards["trees#oak/forward"], None)
        fruit.write("fruit.md", FRUIT)
        fruit.write("trees.md", TREES)
        report = fruit.counts()
        assert report == {"restored": 2, "removed": 1, "unchanged": 2}
        for key, card in cards.items():
            fruit.assert_history(card, key)


def test_two_notes_of_one_question_swap_places(world: World) -> None:
    first = "## Name a prime!\n\nTwo is the only even one.\n\n"
    second = "## Name a prime!\n\nSeven, as in the days of a week.\n\n"
    world.write("maths.md", first + second)
    report = world.sync()
    assert counts(report) == {"new": 2}
    two, seven = world.study("maths#name-a-prime/forward"), world.study("maths#name-a-prime-2/forward")
    world.write("maths.md", second + first)
    assert counts(world.sync()) == {"unchanged": 2}
    world.assert_history(two, "maths#name-a-prime-2/forward")
    world.assert_history(seven, "maths#name-a-prime/forward")


def test_two_notes_swap_places(fruit: World) -> None:
    cards = fruit.study_all()
    head, banana, apples, strawberry = FRUIT.split("## ")
    fruit.write("fruit.md", "## ".join((head, strawberry + "\n", apples, banana)))
    assert fruit.counts() == {"unchanged": 4}
    for key, card in cards.items():
        fruit.assert_history(card, key)
    order = fruit.db.all("SELECT key FROM note WHERE key <> 'oak' ORDER BY position")
    assert order == [("strawberry",), ("apples",), ("what-colour-is-a-banana",)]


def test_clone_of_a_file_with_explicit_ids(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.write("copy.md", FRUIT)
    assert fruit.counts() == {"new": 3, "unchanged": 4}
    for key, card in cards.items():
        fruit.assert_history(card, key)
    assert fruit.card("copy#apples/forward") != cards[APPLES]


def test_copied_first_and_cut_afterwards(fruit: World) -> None:
    card = fruit.study(BANANA)
    note = "## What colour is a banana?\n\nIt is yellow when it is ripe.\n\n"
    fruit.edit("trees.md", lambda text: text + "\n" + note)
    assert fruit.counts() == {"new": 1, "unchanged": 4}
    copy = fruit.card("trees#what-colour-is-a-banana/forward")
    assert copy != card
    fruit.edit("fruit.md", lambda text: text.replace(note, ""))
    assert fruit.counts() == {"moved": 1, "removed": 1, "unchanged": 3}
    fruit.assert_history(card, "trees#what-colour-is-a-banana/forward")
    fruit.touch("trees.md")
    assert fruit.counts() == {"unchanged": 4}


def test_file_copied_and_the_original_deleted(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.write("food.md", FRUIT.replace("in orchards", "in fine orchards"))
    assert fruit.counts() == {"new": 3, "unchanged": 4}
    fruit.delete("fruit.md")
    assert fruit.counts() == {"moved": 3, "removed": 3, "unchanged": 1}
    for key, card in cards.items():
        fruit.assert_history(card, key.replace("fruit#", "food#"))


def test_copy_that_was_answered_keeps_its_own_history(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.write("food.md", FRUIT)
    fruit.counts()
    copy = fruit.study("food#apples/forward")
    fruit.delete("fruit.md")
    assert fruit.counts() == {"moved": 2, "removed": 3, "unchanged": 2}
    fruit.assert_history(copy, "food#apples/forward")
    fruit.assert_history(cards[APPLES], None)
    fruit.assert_history(cards[BANANA], "food#what-colour-is-a-banana/forward")


def test_another_note_of_the_same_id_is_no_copy(fruit: World) -> None:
    card = fruit.study(APPLES)
    fruit.edit("trees.md", lambda text: text + "\n## Who ate the first one? {#apples}\n\nEve, then Adam.\n")
    assert fruit.counts() == {"new": 1, "unchanged": 4}
    fruit.edit("fruit.md", lambda text: text[: text.index("## Where")] + text[text.index("## Which") :])
    assert fruit.counts() == {"removed": 1, "unchanged": 4}
    fruit.assert_history(card, None)


def test_draft_on_and_off(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.edit("fruit.md", lambda text: text.replace("{#apples .easy}", "{#apples .easy .draft}"))
    assert fruit.counts() == {"removed": 1, "unchanged": 3}
    fruit.assert_history(cards[APPLES], None)
    fruit.write("fruit.md", FRUIT)
    assert fruit.counts() == {"restored": 1, "unchanged": 3}
    fruit.assert_history(cards[APPLES], APPLES)


def test_a_draft_is_new_when_it_is_published(world: World) -> None:
    world.write("fruit.md", FRUIT.replace("{#apples .easy}", "{#apples .draft .reversed}"))
    report = world.sync()
    assert counts(report) == {"new": 2}
    assert (report.notes, report.cards) == (2, 2)
    world.write("fruit.md", FRUIT.replace("{#apples .easy}", "{#apples .reversed}"))
    assert world.counts() == {"new": 2, "unchanged": 2}


def test_reversed_on_and_off(fruit: World) -> None:
    cards = fruit.study_all()
    backward = "fruit#apples/backward"
    fruit.edit("fruit.md", lambda text: text.replace("{#apples .easy}", "{#apples .easy .reversed}"))
    assert fruit.counts() == {"new": 1, "unchanged": 4}
    cards[backward] = fruit.study(backward)
    fruit.write("fruit.md", FRUIT)
    assert fruit.counts() == {"removed": 1, "unchanged": 4}
    fruit.assert_history(cards[backward], None)
    fruit.edit("fruit.md", lambda text: text.replace("{#apples .easy}", "{#apples .easy .reversed}"))
    assert fruit.counts() == {"restored": 1, "unchanged": 4}
    for key, card in cards.items():
        fruit.assert_history(card, key)


def test_cloze_number_added_before_the_others(world: World) -> None:
    world.write("c.md", "## Planets {#planets}\n\nMercury is first, {{c2::Venus}} second, {{c3::Earth}} third.\n")
    assert world.counts() == {"new": 2}
    cards = world.study_all()
    world.write(
        "c.md", "## Planets {#planets}\n\n{{c1::Mercury}} is first, {{c2::Venus}} second, {{c3::Earth}} third.\n"
    )
    assert world.counts() == {"new": 1, "edited": 2}
    for key, card in cards.items():
        world.assert_history(card, key)
    world.write("c.md", "## Planets {#planets}\n\n{{c1::Mercury}} is first, {{c2::Venus}} second.\n")
    assert world.counts() == {"removed": 1, "edited": 2}
    world.assert_history(cards["c#planets/c3"], None)
    world.assert_history(cards["c#planets/c2"], "c#planets/c2")


def test_basic_note_becomes_a_cloze(fruit: World) -> None:
    card = fruit.study(APPLES)
    guid = fruit.db.one("SELECT guid FROM note WHERE key = 'apples'")
    fruit.edit("fruit.md", lambda text: text.replace("On apple trees,", "On {{c1::apple}} trees,"))
    assert fruit.counts() == {"new": 1, "removed": 1, "unchanged": 3}
    fruit.assert_history(card, None)
    assert fruit.db.one("SELECT guid FROM note WHERE key = 'apples'") != guid
    fruit.write("fruit.md", FRUIT)
    assert fruit.counts() == {"restored": 1, "removed": 1, "unchanged": 3}
    fruit.assert_history(card, APPLES)
    assert fruit.db.one("SELECT guid FROM note WHERE key = 'apples'") == guid


def test_stamped_ids_change_nothing(fruit: World) -> None:
    cards = fruit.study_all()
    fruit.edit("fruit.md", lambda text: text.replace("banana?", "banana? {#what-colour-is-a-banana}"))
    assert fruit.counts() == {"unchanged": 4}
    for key, card in cards.items():
        fruit.assert_history(card, key)


def test_id_given_to_a_note_that_had_none(fruit: World) -> None:
    card = fruit.study(BANANA)
    fruit.edit("fruit.md", lambda text: text.replace("banana?", "banana? {#banana}"))
    assert fruit.counts() == {"unchanged": 4}
    fruit.assert_history(card, "fruit#banana/forward")


def test_guids_stay_and_never_clash(fruit: World) -> None:
    before = dict(fruit.db.all("SELECT key, guid FROM note"))
    fruit.move("fruit.md", "food.md")
    fruit.counts()
    fruit.write("fruit.md", FRUIT)
    assert fruit.counts() == {"new": 3, "unchanged": 4}
    food = "SELECT n.key, n.guid FROM note n JOIN deck d ON d.id = n.deck_id WHERE d.key <> 'fruit'"
    assert dict(fruit.db.all(food)) == before
    assert fruit.db.one("SELECT count(DISTINCT guid) FROM note") == (7,)


def test_revisions_are_numbered(fruit: World) -> None:
    for colour in ("green", "red"):
        fruit.write("fruit.md", FRUIT.replace("in orchards.", f"in orchards, {colour}."))
        fruit.counts()
    assert fruit.db.all(
        "SELECT number, at, r.source LIKE '%green%', r.source LIKE '%red%' FROM revision r"
        " JOIN note n ON n.id = r.note_id WHERE n.key = 'apples' ORDER BY number"
    ) == [(1, fruit.now - 120_000, 0, 0), (2, fruit.now - 60_000, 1, 0), (3, fruit.now, 0, 1)]  # fmt: skip
    modified = dict(fruit.db.all("SELECT key, modified_at FROM note"))
    assert modified["apples"] == fruit.now
    assert modified["strawberry"] == fruit.now - 120_000


def test_tags_and_flags_are_no_edit_but_change_what_is_exported(fruit: World) -> None:
    fruit.edit("fruit.md", lambda text: text.replace("{#apples .easy}", "{#apples .hard .typed}"))
    assert fruit.counts() == {"unchanged": 4}
    assert fruit.db.one("SELECT revision, modified_at, typed FROM note WHERE key = 'apples'") == (1, fruit.now, 1)
    tags = "SELECT tag FROM note_tag t JOIN note n ON n.id = t.note_id WHERE n.key = 'apples'"
    assert fruit.db.all(tags) == [("hard",)]


def test_renderings_are_kept_as_long_as_a_note_uses_them(fruit: World) -> None:
    def keys() -> set[str]:
        return {key for (key,) in fruit.db.all("SELECT DISTINCT key FROM rendering")}

    def used() -> set[str]:
        return {key for (key,) in fruit.db.all("SELECT render_key FROM note")}

    assert keys() == used()
    fruit.write("copy.md", FRUIT)
    fruit.edit("fruit.md", lambda text: text.replace("in orchards", "in gardens"))
    fruit.counts()
    assert keys() == used()
    fruit.edit("copy.md", lambda text: text.replace("in orchards", "in gardens"))
    fruit.delete("trees.md")
    fruit.counts()
    assert keys() == used(), "also those of removed notes"


def test_requires_across_decks(fruit: World) -> None:
    def edges() -> list[tuple[str, str]]:
        return fruit.db.all("SELECT a.key, b.key FROM prerequisite p JOIN note a ON a.id = p.note_id"
                            " JOIN note b ON b.id = p.requires_id ORDER BY 1, 2")  # fmt: skip

    fruit.edit("fruit.md", lambda text: text.replace(
        "{#strawberry}", "{#strawberry requires=apples requires=trees#oak}"))  # fmt: skip
    fruit.counts()
    assert edges() == [("strawberry", "apples"), ("strawberry", "oak")]

    fruit.edit("trees.md", lambda text: text.replace("{#oak}", "{#old-oak}"))
    report = fruit.sync()
    assert counts(report) == {"unchanged": 4}
    assert [(p.path, p.line, p.code) for p in report.errors] == [("fruit.md", 11, "requires-unknown")]
    assert edges() == [("strawberry", "apples")]

    fruit.write("trees.md", TREES)
    assert fruit.counts() == {"unchanged": 4}
    assert edges() == [("strawberry", "apples"), ("strawberry", "oak")]


def test_circle_of_requirements_blocks_nobody(fruit: World) -> None:
    fruit.edit("fruit.md", lambda text: text.replace(
        "{#strawberry}", "{#strawberry requires=trees#oak}").replace(".easy}", "requires=strawberry}"))  # fmt: skip
    fruit.edit("trees.md", lambda text: text.replace("{#oak}", "{#oak requires=fruit#strawberry}"))
    report = fruit.sync()
    assert {(p.path, p.code) for p in report.errors} == {
        ("fruit.md", "requires-circle"), ("trees.md", "requires-circle")
    }  # fmt: skip
    blocked = (
        "SELECT a.key, b.key FROM prerequisite p JOIN note a ON a.id = p.note_id JOIN note b ON b.id = requires_id"
    )
    assert fruit.db.all(blocked) == [("apples", "strawberry")]


def test_study_order(world: World) -> None:
    note = "## Q {}?\n\nA {}.\n"
    for name in ("deck-10.md", "deck-2.md", "z/one.md", "a/late.md", "a/early.md"):
        world.write(name, note.format(name, name))
    world.edit("a/early.md", lambda text: "---\norder: 1\n---\n" + text)
    world.write("z/_folder.yml", "title: Zoo\norder: 5\n")
    world.counts()
    order = "SELECT path FROM deck WHERE removed_at IS NULL ORDER BY position"
    assert [path for (path,) in world.db.all(order)] == [
        "z/one.md", "a/early.md", "a/late.md", "deck-2.md", "deck-10.md",
    ]  # fmt: skip
    world.write("z/_folder.yml", "title: Zoo\n")
    report = world.sync()
    assert counts(report) == {"unchanged": 5}
    assert [path for (path,) in world.db.all(order)][-1] == "z/one.md"
