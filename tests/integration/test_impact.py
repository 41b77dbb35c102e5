"""`flashcards impact` between Git revisions; and that `sync` then does what it said, with every review kept."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from flashcards.cli.authoring import impact_command
from flashcards.config import Config
from flashcards.errors import Conflict, Invalid
from flashcards.services.authoring.git_decks import Repository
from flashcards.services.authoring.impact import Impact, impact
from flashcards.services.review.facade import Answer
from flashcards.storage.note_cards import NoteCards
from flashcards.wiring import open_services
from tests.databases import settings_for
from tests.integration.sync_world import World, counts

BUILT_IN = Path(__file__).parent.parent.parent / "decks"


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def change_of(before: dict[str, str], after: dict[str, str]) -> Impact:
    return impact(*({path: text.encode() for path, text in files.items()} for files in (before, after)))


def changed(found: Impact) -> list[tuple[str, str, str]]:
    return [(card.change, card.was, card.key) for card in found.cards]


# By itself -----------------------------------------------------------------------------------------------


def test_each_change_has_its_name() -> None:
    before = {"a.md": "## one {#one}\n1\n\n## two {#two}\n2\n\n## three\n3\n", "b.md": "## x {#x}\n{{c1::y}}\n"}
    after = {
        "a.md": "## one, reworded {#one}\n1\n\n## three\n3\n\n## four {#four}\n4\n",
        "b.md": "## x {#x}\n{{c2::new}} {{c1::y}}\n\n## two {#two}\n2\n",
    }
    found = change_of(before, after)
    assert changed(found) == [
        ("kept", "a#three/forward", "a#three/forward"),
        ("edited", "a#one/forward", "a#one/forward"),
        ("edited", "b#x/c1", "b#x/c1"),
        ("moved", "a#two/forward", "b#two/forward"),
        ("new", "", "a#four/forward"),
        ("new", "", "b#x/c2"),
    ]
    assert (found.vanished, found.collisions) == ((), ())


def test_references_alone_are_no_edit() -> None:
    text = "## one {#one .core}\n1\n\n### Rubric\n- a\n\n### Follow-ups\n- b?\n"
    found = change_of({"a.md": text}, {"a.md": text.replace("- a", "- a {#two .senior}").replace("b?", "b? {#one}")})

    assert changed(found) == [("kept", "a#one/forward", "a#one/forward")]
    assert not found.edited


def test_a_deleted_note_and_a_lost_id_vanish() -> None:
    before = {"a.md": "## one {#one}\n1\n\n## two {#two}\n2\n\n## three\n3\n"}
    found = change_of(before, {"a.md": "## one {#uno}\n1\n"})
    assert [(it.id, it.path, it.line) for it in found.vanished] == [("a#one", "a.md", 1), ("a#two", "a.md", 4)]
    assert found.counts == {"kept": 1, "edited": 0, "moved": 0, "new": 0, "deleted": 2}


def test_ids_that_collide() -> None:
    found = change_of(
        {"a.md": "## one {#one}\n1\n"},
        {"a.md": "## one {#one}\n1\n\n## two {#one}\n2\n", "b.md": "---\nid: a\n---\n## z\nz\n"},
    )
    assert sorted((it.id, it.path, it.line) for it in found.collisions) == [
        ("a", "a.md", 1), ("a", "b.md", 1), ("a#one", "a.md", 1), ("a#one", "a.md", 4),
    ]  # fmt: skip


def test_what_is_broken_keeps_what_it_had() -> None:
    before = {"a.md": "## one {#one}\n1\n\n## two {#two}\n2\n", "b.md": "## x {#x}\ny\n"}
    found = change_of(before, {"a.md": "## one {#one}\n\n## two {#two}\n2\n", "b.md": "---\ntitle\n## x {#x}\n"})
    assert found.counts == {"kept": 3, "edited": 0, "moved": 0, "new": 0, "deleted": 0}
    assert found.vanished == ()
    assert found.broken == ("a.md", "b.md")


def test_drafts_have_no_cards() -> None:
    found = change_of({"a.md": "## one {#one}\n1\n"}, {"a.md": "## one {#one .draft}\n1\n\n## n {.draft}\nm\n"})
    assert changed(found) == [("deleted", "a#one/forward", "")]


# With Git ------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "decks" / "sub").mkdir(parents=True)
    git(tmp_path, "init", "-q")
    (tmp_path / "decks" / "a.md").write_text("## one {#one}\n1\n", "utf-8")
    (tmp_path / "decks" / "sub" / "ü 1.md").write_text("## two {#two}\n2\n", "utf-8")
    (tmp_path / "decks" / "README.md").write_text("## no\nno\n", "utf-8")
    (tmp_path / "decks" / "_x.md").write_text("## no\nno\n", "utf-8")
    (tmp_path / "other.md").write_text("## no\nno\n", "utf-8")
    commit(tmp_path)
    return tmp_path


def test_a_revision_and_the_working_tree_have_the_same_files(repository: Path) -> None:
    found = Repository.around(repository / "decks")
    assert found.prefix == "decks/"
    assert found.at(found.revision("HEAD")) == found.now()
    assert set(found.now()) == {"a.md", "sub/ü 1.md"}
    whole = Repository.around(repository)
    assert set(whole.at(whole.revision("HEAD"))) == {"other.md", "decks/a.md", "decks/sub/ü 1.md"}


@pytest.mark.parametrize("name", ["none", "--all", "HEAD~99", ""])
def test_an_unknown_revision(repository: Path, name: str) -> None:
    found = Repository.around(repository / "decks")
    with pytest.raises(Invalid):
        found.revision(name)


def test_a_folder_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(Invalid, match="not a git repository"):
        Repository.around(tmp_path)
    with pytest.raises(Invalid, match="no folder"):
        Repository.around(tmp_path / "none")


def run(repository: Path, *arguments: str) -> Result:
    environment = settings_for(repository / "data", repository / "decks")
    return CliRunner().invoke(impact_command, list(arguments), env=environment, standalone_mode=False)


def test_the_command(repository: Path) -> None:
    deck = repository / "decks" / "a.md"
    deck.write_text("## one, again {#one}\n1\n\n## new {#new}\nn\n", "utf-8")
    result = run(repository, "HEAD")
    assert result.stdout == (
        "edited  a.md:1: a#one/forward\nnew     a.md:4: a#new/forward\nreworded a#one\n  -## one\n  +## one, again\n"
        "1 kept, 1 edited, 0 moved, 1 new, 0 deleted\n"
    )
    assert result.return_value == 0
    deck.write_text("## one {#one}\n1\n\n```\n", "utf-8")
    result = run(repository, "HEAD")
    assert result.stdout == "2 kept, 0 edited, 0 moved, 0 new, 0 deleted\n"
    assert result.stderr == "a.md: has errors; what they hide counts as kept. See flashcards check\n"
    deck.unlink()
    result = run(repository, "HEAD", "--json")
    report = json.loads(result.stdout)
    assert report["counts"] == {"kept": 1, "edited": 0, "moved": 0, "new": 0, "deleted": 1}
    assert [it["id"] for it in report["vanished"]] == ["a#one"]
    assert result.return_value == 1
    head = commit(repository)
    assert run(repository, f"{head}~1", head).return_value == 1
    assert run(repository, head).return_value == 0


def test_substantive_edits(repository: Path) -> None:
    """The database is synced first; what is wrong marks nothing."""
    environment = settings_for(repository / "data", repository / "decks")
    assert run(repository, "HEAD", "--substantive", "one").exception is not None  # no database
    opened = open_services(Config.from_env(environment))
    try:
        opened.sync.sync()
        ada = opened.accounts.add_learner("ada", "correct horse", author=True, admin=True, timezone="UTC")
        cards = {card.key: card.id for card in opened.review.cards(ada).items}
        today = opened.review.study_day(ada)
        for card in cards.values():
            opened.review.answer(ada, Answer(str(uuid.uuid4()), card, 4))
            opened.review.act(ada, card, "due", due_on=today + 30)

        def due_in() -> list[int]:
            return sorted(opened.review.card(ada, card).due_on - today for card in cards.values())

        (repository / "decks" / "a.md").write_text("## one {#one}\nother\n\n## new {#new}\nn\n", "utf-8")
        for name, why in {
            "none": "There is no note none", "two": "two was not edited", "new": "new was not edited",
            "b#one": "There is no note b#one",
        }.items():  # fmt: skip
            found = run(repository, "HEAD", "--substantive", "one", "--substantive", name)
            assert isinstance(found.exception, Invalid)
            assert why in str(found.exception)
        assert due_in() == [30, 30]
        found = run(repository, "HEAD", "--substantive", "one", "--json")
        assert json.loads(found.stdout)["substantive"] == [{"note": "a#one", "cards": 1, "learners": 1}]
        assert found.return_value == 0
        assert due_in() == [1, 30]
        again = run(repository, "HEAD", "--substantive", "a#one")
        assert "substantive a#one, back tomorrow: 0 cards of 0 learners" in again.stdout
        old = commit(repository)
        (repository / "decks" / "a.md").write_text("## one {#one}\nthird\n", "utf-8")
        found = run(repository, f"{old}~1", old, "--substantive", "one")
        assert found.return_value == 0  # that is what the database holds: it is not synced to an old revision
        opened.sync.sync()
        assert isinstance(run(repository, f"{old}~1", old, "--substantive", "one").exception, Conflict)
    finally:
        opened.close()


def test_an_id_that_two_decks_have(repository: Path) -> None:
    found = change_of(
        {"a.md": "## x {#x}\n1\n", "b.md": "## x {#x}\n1\n"}, {"a.md": "## x {#x}\n2\n", "b.md": "## x {#x}\n2\n"}
    )
    with pytest.raises(Invalid, match="a#x, b#x"):
        found.edited_notes(["x"])
    assert found.edited_notes(["b#x"]) == ["b#x"]


# On the built-in decks -----------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    shutil.copytree(BUILT_IN, made.root, dirs_exist_ok=True)
    git(made.root, "init", "-q")
    commit(made.root)
    yield made
    made.close()


NOTE = re.compile(r"^## .*?(?=^#{1,2} |\Z)", re.M | re.S)
HEADING = re.compile(r"## (?P<text>.*?) (?P<list>\{#(?P<id>[\w-]+)[^{}]*\})\n")


def edit_built_in(world: World) -> dict[str, set[str]]:
    """The changes of an author's month. Returns the ids of the notes by what was done, as ``deck#note``."""
    done: dict[str, set[str]] = {"reworded": set(), "moved": set(), "deleted": set(), "clozed": set(), "renamed": set()}
    basic: list[tuple[str, str, str]] = []
    cloze: list[tuple[str, str, str]] = []
    for file in sorted((world.root / "ml" / "concepts").glob("*.md")):
        path = file.relative_to(world.root).as_posix()
        for match in NOTE.finditer(file.read_text("utf-8")):
            heading = HEADING.match(match.group())
            if heading and "requires=" not in match.group() and ".core" not in heading["list"]:
                kind = cloze if "{{c" in match.group() else basic
                kind.append((path, heading["id"], match.group()))
    used = {path for path, _, _ in basic[:50]}
    for path, note, text in basic[:50]:
        reworded = text.replace("## ", "## In your own words: ", 1)
        world.edit(path, lambda source, text=text, reworded=reworded: source.replace(text, reworded))
        done["reworded"].add(f"{path[:-3]}#{note}")
    everything = "".join(file.read_text("utf-8") for file in world.root.rglob("*.md"))
    required = set(re.findall(r"requires=\"?([\w/#-]+)", everything))
    free = [it for it in basic[50:] if it[1] not in required and f"{it[0][:-3]}#{it[1]}" not in required]
    for path, note, text in free[:10]:
        world.edit(path, lambda source, text=text: source.replace(text, ""))
        world.edit(free[-1][0], lambda source, text=text: source.rstrip("\n") + "\n\n" + text)
        done["moved"].add(f"{path[:-3]}#{note}")
    for path, note, text in free[10:15]:
        world.edit(path, lambda source, text=text: source.replace(text, ""))
        done["deleted"].add(f"{path[:-3]}#{note}")
    for path, note, text in cloze[:3]:
        before = text.replace("{{c1::", "{{c77::first}}, then {{c1::", 1)
        world.edit(path, lambda source, text=text, before=before: source.replace(text, before))
        done["clozed"].add(f"{path[:-3]}#{note}")
    touched = used | {path for path, _, _ in [*free[:15], free[-1], *cloze[:3]]}
    paths = [file.relative_to(world.root).as_posix() for file in sorted(world.root.glob("ml/concepts/*.md"))]
    old = next(path for path in paths if path not in touched)
    world.move(old, "ml/concepts/renamed-file.md")
    world.touch("ml/concepts/renamed-file.md")
    done["renamed"].add(old[:-3])
    return done


def notes_by(found: Impact, change: str) -> set[str]:
    return {(card.was or card.key).rpartition("/")[0] for card in found.cards if card.change == change}


def test_a_month_of_edits_on_the_built_in_decks_loses_nothing(world: World) -> None:
    world.sync()
    cards = world.study_all()
    assert len(cards) > 1500
    done = edit_built_in(world)
    repository = Repository.around(world.root)
    found = impact(repository.at(repository.revision("HEAD")), repository.now(), NoteCards(world.db).reviews())

    # What impact says is what was done ...
    (renamed,) = done["renamed"]
    assert notes_by(found, "edited") == done["reworded"] | done["clozed"]
    assert {note for note in notes_by(found, "moved") if not note.startswith(f"{renamed}#")} == done["moved"]
    assert notes_by(found, "deleted") == done["deleted"]
    assert {card.key.rpartition("/")[2] for card in found.cards if card.change == "new"} == {"c77"}
    assert notes_by(found, "new") == done["clozed"]
    assert [len(done[name]) for name in ("reworded", "moved", "deleted", "clozed")] == [50, 10, 5, 3]
    in_renamed = {key for key in cards if key.startswith(f"{renamed}#")}
    assert {card.was for card in found.cards if card.was.startswith(f"{renamed}#")} == in_renamed
    assert all(card.reviews == 1 for card in found.cards if card.change != "new")
    assert {it.id for it in found.vanished} == done["deleted"]

    # ... sync does the same ...
    report = world.sync()
    assert report.errors == ()
    said = found.counts
    assert counts(report) == {
        "new": said["new"], "edited": said["edited"], "moved": said["moved"], "removed": said["deleted"],
        "unchanged": said["kept"],
    }  # fmt: skip

    # ... and every review is still there, under the name that impact gave.
    for card in found.cards:
        if card.was:
            world.assert_history(cards[card.was], card.key or None)
    assert len([card for card in found.cards if card.was]) == len(cards)


def test_without_any_id_the_same_edits_are_still_followed() -> None:
    before = {path.name: path.read_bytes() for path in sorted((BUILT_IN / "ml" / "concepts").glob("*.md"))}
    bare = {name: re.sub(rb" ?\{#[\w-]+\}(?=\r?\n)|(?<=\{)#[\w-]+ ", b"", data) for name, data in before.items()}
    after = dict(bare)
    names = sorted(after)
    after["renamed.md"] = after.pop(names[0])
    after[names[1]] = after[names[1]].replace(b"## What is ", b"## In one sentence, what is ")
    found = impact(bare, after)
    assert not [card for card in found.cards if card.change in ("new", "deleted")]
    assert notes_by(found, "moved") == {
        card.was.rpartition("/")[0] for card in found.cards if card.was.startswith(f"{names[0][:-3]}#")
    }


def test_a_moved_file_with_edits_is_moved_and_edited_and_says_what_was_reworded(repository: Path) -> None:
    git(repository, "mv", "decks/a.md", "decks/b.md")
    (repository / "decks" / "b.md").write_text("## one {#one}\nquite one\n", "utf-8")

    told = run(repository, "HEAD").output

    assert "moved+  b.md:1: a#one/forward -> b#one/forward" in told
    assert "reworded b#one\n  -1\n  +quite one\n" in told
    assert "0 edited, 1 moved (1 of them edited, too)" in told


def test_reviews_are_counted_by_the_name_that_a_running_server_has_given_them_already() -> None:
    before = {"a.md": b"---\nid: a\n---\n## one {#one}\n1\n"}
    after = {"b.md": b"---\nid: b\n---\n## one {#one}\n1\n"}

    found = impact(before, after, {("b", "one", "forward"): 7})

    assert [(card.change, card.reviews) for card in found.cards] == [("moved", 7)]
