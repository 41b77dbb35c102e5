"""Authors' changes to deck files: what is kept, what is refused, and that nothing is half written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.deckfiles.check.run import check
from flashcards.errors import Conflict, FlashcardsError, Invalid, NotFound
from flashcards.services.accounts.facade import Learner
from flashcards.services.authoring.deck_editing import NEW, AuthoringService, Changed
from flashcards.services.authoring.preview import Preview, PreviewService
from flashcards.services.review.facade import Answer
from tests.integration.test_deck_pages import png
from tests.site import DECKS, Site, copy_data, new_id, open_site, prepared_data

DECK = "languages/capitals.md"


@pytest.fixture(scope="session")
def prepared_to_write(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with its decks folder in it, so that both can be copied together."""
    folder = tmp_path_factory.mktemp("authoring")
    shutil.copytree(DECKS, folder / "decks")
    return prepared_data(folder, folder / "decks")


@pytest.fixture
def site(prepared_to_write: Path, tmp_path: Path) -> Iterator[Site]:
    data = copy_data(prepared_to_write, tmp_path)
    with open_site(data, data / "decks") as site:
        yield site


@pytest.fixture
def ann(site: Site) -> Learner:
    return site.learner("Ann", new_per_day=100)


@pytest.fixture
def authoring(site: Site) -> AuthoringService:
    return site.services.authoring


@pytest.fixture
def previews(site: Site) -> PreviewService:
    return site.services.preview


def answer_deck(site: Site, learner: Learner, deck: str) -> int:
    """Answers every card of a deck once; how many."""
    cards = site.services.review.queue(learner, deck=deck, limit=100).cards
    for card in cards:
        site.services.review.answer(learner, Answer(new_id(), card.id, 4))
    return len(cards)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def statuses(preview: Preview) -> dict[str, str]:
    return {note.id: note.status for note in preview.notes}


# --- saving


def test_a_save_keeps_history_and_counts(site: Site, ann: Learner, authoring: AuthoringService) -> None:
    count = answer_deck(site, ann, "languages/capitals")
    source = authoring.source("languages/capitals")
    file = site.config.decks / DECK
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    file.chmod(0o640)
    source = authoring.source(DECK)
    assert "\r" not in source.text
    assert "\ufeff" not in source.text
    saved = authoring.save(DECK, source.text.replace("## ", "## So: ", 1), source.version)
    assert saved.report is not None
    assert (saved.report.edited, saved.report.removed, saved.report.new) == (1, 0, 0)
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    assert file.stat().st_mode & 0o777 == 0o640
    assert saved.version == authoring.source(DECK).version
    assert sum(card.reviews for card in site.services.review.cards(ann, deck="languages/capitals").items) == count


def test_a_substantive_edit_brings_cards_back(site: Site, ann: Learner, authoring: AuthoringService) -> None:
    answer_deck(site, ann, "languages/capitals")
    review = site.services.review
    cards = {card.note: card.id for card in review.cards(ann, deck="languages/capitals").items}
    today = review.study_day(ann)
    for card in cards.values():
        review.act(ann, card, "due", due_on=today + 30)
    source = authoring.source(DECK)
    assert "Ulaanbaatar" in source.text
    text = source.text.replace("Ulaanbaatar", "Ulan Bator")
    with pytest.raises(Invalid, match="no sound note none") as caught:
        authoring.save(DECK, text, source.version, ["mongolia", "none"])
    assert caught.value.field == "substantive"
    assert authoring.source(DECK).version == source.version
    saved = authoring.save(DECK, text, source.version, ["mongolia", "nepal"])
    assert (saved.returned, saved.trouble) == (1, "")
    due = {note: review.card(ann, card).due_on for note, card in cards.items()}
    assert {note for note, day in due.items() if day == today + 1} == {"mongolia"}


def test_a_save_over_a_changed_file_gives_both(site: Site, authoring: AuthoringService) -> None:
    source = authoring.source(DECK)
    file = site.config.decks / DECK
    file.write_text(source.text + "\nSomebody else's words.\n")
    before = file.read_bytes()
    with pytest.raises(Changed, match="has changed on the disk") as caught:
        authoring.save(DECK, source.text + "mine", source.version)
    assert caught.value.theirs.text.endswith("Somebody else's words.\n")
    assert file.read_bytes() == before
    saved = authoring.save(DECK, source.text + "mine\n", caught.value.theirs.version)
    assert saved.trouble == ""
    assert authoring.source(DECK).text.endswith("mine\n")


def test_a_file_that_vanished_is_written_anew_only_when_asked(site: Site, authoring: AuthoringService) -> None:
    source = authoring.source(DECK)
    (site.config.decks / DECK).unlink()
    with pytest.raises(Changed, match="is gone") as caught:
        authoring.save(DECK, source.text, source.version)
    assert caught.value.theirs.version == NEW
    authoring.save(DECK, source.text, NEW)
    assert authoring.source(DECK).version == source.version


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../outside.md", "inside the decks folder"),
        ("/etc/passwd.md", "inside the decks folder"),
        ("a/../../b.md", "inside the decks folder"),
        ("a\\b.md", "inside the decks folder"),
        ("a\0b.md", "inside the decks folder"),
        (".hidden.md", "never read as decks"),
        ("_notes/a.md", "never read as decks"),
        ("a//b.md", "empty"),
        ("languages/ReadMe.md", "README"),
        ("", "empty"),
        ("a:b.md", "refuse"),
        ("a\u202eb.md", "cannot be seen"),
        ("x" * 300, "longer than"),
        (DECK + "/inner.md", "^languages/capitals.md is there already"),
    ],
)
def test_paths_that_are_no_decks(site: Site, authoring: AuthoringService, path: str, words: str) -> None:
    before = files(site.config.decks)
    with pytest.raises(FlashcardsError, match=words):
        authoring.create(path)
    with pytest.raises(FlashcardsError):
        authoring.move(DECK, path)
    with pytest.raises(FlashcardsError, match=words):
        authoring.save(path, "## Q?\n\nA\n", NEW)
    assert files(site.config.decks) == before


def test_a_link_that_leads_out_is_not_followed(site: Site, authoring: AuthoringService, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("## Secret?\n\nYes.\n")
    (site.config.decks / "link.md").symlink_to(tmp_path / "secret.md")
    (site.config.decks / "out").symlink_to(tmp_path)
    for path in ("link.md", "out/secret.md"):
        with pytest.raises(Invalid, match="leads out"):
            authoring.source(path)
        with pytest.raises(Invalid, match="leads out"):
            authoring.save(path, "x", NEW)
    with pytest.raises(Invalid, match="leads out"):
        authoring.add_picture("out/x.md", png(2, 2))


@pytest.mark.parametrize(
    ("text", "words"),
    [("x" * (9 << 20), "at most 8"), ("a\0b", "NUL"), ("a\ud800", "half of a pair")],
    ids=["large", "NUL", "half"],  # a test's name is in the environment of what it starts, where it must have room
)
def test_texts_that_are_refused(site: Site, authoring: AuthoringService, text: str, words: str) -> None:
    source = authoring.source(DECK)
    with pytest.raises(Invalid, match=words):
        authoring.save(DECK, text, source.version)
    assert authoring.source(DECK) == source


def test_a_disk_that_refuses_leaves_the_old_file(
    site: Site, authoring: AuthoringService, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = authoring.source(DECK)
    before = files(site.config.decks)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FlashcardsError, match=r"No space left on device\. Nothing was changed"):
        authoring.save(DECK, source.text + "more\n", source.version)
    monkeypatch.undo()
    assert authoring.source(DECK) == source
    assert files(site.config.decks) == before


def test_a_file_that_a_text_field_would_spoil(site: Site, authoring: AuthoringService) -> None:
    (site.config.decks / "latin.md").write_bytes("## Qu\xe9?\n\nOui.\n".encode("latin-1"))
    with pytest.raises(Invalid, match="not UTF-8"):
        authoring.source("latin.md")
    with pytest.raises(NotFound):
        authoring.source("nothing-here")


# --- making, moving, deleting


def test_new_move_delete_and_back(site: Site, ann: Learner, authoring: AuthoringService) -> None:
    made = authoring.create("spanish/verbs", "Verbs")
    assert made.path == "spanish/verbs.md"
    assert made.report is not None
    assert made.report.new == 0  # nothing is live before its author saves it
    with pytest.raises(Conflict, match="there already"):
        authoring.create("spanish/verbs")
    empty = authoring.source("spanish/verbs")
    written = empty.text + "\n- a :: b {#a}\n- c :: d {#c}\n\n## Q? {#q}\n\nA\n\n## G {#g}\n\nthe {{c1::gap}}\n"
    saved = authoring.save(empty.path, written, empty.version)
    assert saved.report is not None
    assert saved.report.new == 4
    count = answer_deck(site, ann, "spanish/verbs")
    picture = authoring.add_picture("spanish/verbs", png(3, 3))
    source = authoring.source("spanish/verbs")
    authoring.save(source.path, source.text + f"\n## What is this? {{#pic}}\n\n![]({picture})\n", source.version)
    with pytest.raises(Conflict, match="there already"):
        authoring.move("spanish/verbs", DECK)
    moved = authoring.move("spanish/verbs", "language/es/regular")
    assert moved.report is not None
    assert moved.report.errors == ()  # the picture came along
    cards = site.services.review.cards(ann, deck="language/es/regular").items
    assert sum(card.reviews for card in cards) == count
    kept = authoring.delete("language/es/regular")
    assert kept == ".trash/language/es/regular.md"
    assert site.services.review.cards(ann, deck="languages", limit=500).items
    with pytest.raises(NotFound):
        authoring.source("language/es/regular")
    (site.config.decks / "again.md").write_bytes((site.config.decks / kept).read_bytes())
    assert site.services.sync.sync().restored == 5


def test_a_picture_in_a_footnote_of_prose_is_shown_and_moves_along(
    site: Site, ann: Learner, authoring: AuthoringService
) -> None:
    made = authoring.save("a/b", "Some prose.[^n]\n\n## Q? {#q}\n\nA\n", NEW)
    name = authoring.add_picture("a/b", png(3, 3))
    text = authoring.source("a/b").text + f"\n[^n]: See ![it]({name}).\n"
    saved = authoring.save("a/b", text, made.version)
    assert saved.report is not None
    assert saved.report.errors == ()
    assert authoring.move("a/b", "c/d/b").report.errors == ()  # type: ignore[union-attr]
    page = site.client(ann).get("/decks/c/d/b").text
    assert '<img src="/media/' in page
    assert "Missing file" not in page


def test_trash_keeps_both_and_the_last_deck_stays(site: Site, authoring: AuthoringService) -> None:
    for _ in range(2):
        authoring.create("one")
        last = authoring.delete("one")
    assert last == ".trash/one-2.md"
    paths = sorted(path for path in files(site.config.decks) if path.endswith(".md") and not path.startswith("."))
    for path in paths[1:]:
        authoring.delete(path)
    with pytest.raises(Conflict, match="only deck"):
        authoring.delete(paths[0])


def test_pictures(site: Site, authoring: AuthoringService) -> None:
    name = authoring.add_picture(DECK, png(4, 4))
    assert authoring.add_picture(DECK, png(4, 4)) == name
    assert (site.config.decks / "languages" / name).read_bytes() == png(4, 4)
    for data, words in ((b"not a picture", "no picture"), (b"\x89PNG\r\n\x1a\n" + b"0" * (11 << 20), "over 10 MiB")):
        with pytest.raises(Invalid, match=words):
            authoring.add_picture(DECK, data)
    before = sorted(site.config.decks.rglob("*"))
    with pytest.raises(Invalid, match="There is no folder none/at/all: save the deck first"):
        authoring.add_picture("none/at/all/deck", png(4, 4))
    assert sorted(site.config.decks.rglob("*")) == before


# --- preview


def test_a_preview_tells_what_becomes_of_cards(site: Site, ann: Learner, previews: PreviewService) -> None:
    authoring = site.services.authoring
    text = "## One? {#one}\n\nA.\n\n## Two? {#two}\n\nB.\n\n## Gaps {#gaps}\n\n{{c1::x}} and {{c2::y}}.\n"
    authoring.save("p.md", text, NEW)
    authoring.save("q.md", "## Else? {#else}\n\nE.\n\n## Stay? {#stay}\n\nS.\n", NEW)
    assert answer_deck(site, ann, "p") == 3  # siblings wait
    answer_deck(site, ann, "q")
    assert set(statuses(previews.preview("p.md", text)).values()) == {"unchanged"}
    assert previews.preview("p.md", text).counts["unchanged"] == 4
    edited = (
        text.replace("A.", "A, really.")
        .replace(" and {{c2::y}}", " and {{c3::z}}")
        .replace("## Two", "## Three? {#three}\n\nC.\n\n## Two")
    )
    preview = previews.preview("p.md", edited)
    assert statuses(preview) == {"one": "changed", "three": "new", "two": "unchanged", "gaps": "new"}
    assert {card.which: (card.status, card.reviews) for card in preview.notes[-1].cards} == {
        "c1": ("changed", 1), "c3": ("new", 0),
    }  # fmt: skip
    assert [(gone.key, gone.reviews) for gone in preview.gone] == [("p#gaps/c2", 0)]
    assert 'class="cz"' in (preview.notes[-1].whole_html or "")
    # Cut there and saved, pasted here: its history moves along.
    authoring.save("q.md", "## Stay? {#stay}\n\nS.\n", authoring.source("q.md").version)
    preview = previews.preview("p.md", text + "\n## Else? {#else}\n\nE.\n")
    assert statuses(preview)["else"] == "moved"
    assert preview.notes[-1].reviews == 1
    assert previews.preview("p.md", text.replace("## Two? {#two}\n\nB.\n\n", "")).gone[0].key == "p#two/forward"


def test_a_preview_judges_what_notes_require_as_check_does(site: Site, previews: PreviewService) -> None:
    authoring = site.services.authoring
    authoring.save("b.md", "## First? {#first requires=a#two}\n\nA.\n\n## Free? {#free}\n\nB.\n", NEW)
    authoring.save("a.md", "---\nid: old\n---\n## Gone? {#gone}\n\nA.\n", NEW)
    text = (
        "## One? {#one requires=b#free requires=b#none requires=x#one}\n\nA.\n\n"
        "## Two? {#two requires=b#first requires=one}\n\nB.\n\n"
        "## Three? {#three requires=four requires=old#gone}\n\nC.\n"
    )
    preview = previews.preview("a.md", text)
    found = [(problem.line, problem.column, problem.code) for problem in preview.problems]
    assert found == [
        (1, 31, "requires-unknown"), (1, 47, "requires-unknown"), (5, 15, "requires-circle"),
        (9, 19, "requires-unknown"), (9, 33, "requires-unknown"),
    ]  # fmt: skip
    (site.config.decks / "a.md").write_text(text, "utf-8")
    checked = check([site.config.decks / "a.md"], site.config.decks)
    assert [(p.line, p.column, p.code, p.message) for p in checked if p.severity == "error"] == [
        (p.line, p.column, p.code, p.message) for p in preview.problems
    ]


def test_a_preview_finds_what_is_wrong_at_its_place(site: Site, previews: PreviewService) -> None:
    text = "---\ntitle: T\n---\n\n## A {#a}\n\nSo $\\foo$.\n\n"
    text += "## B {#b}\n\nx\n\n## C {#b}\n\n![](none.png)\n\n## D\n\n![](none.png)\n"
    preview = previews.preview("new/deck", text)
    found = {(problem.line, problem.code) for problem in preview.problems}
    assert found == {(7, "math"), (9, "duplicate-id"), (13, "duplicate-id"), (19, "media-missing")}
    assert preview.broken == (9, 13)
    site.services.authoring.save("old.md", "## A {#a}\n\nSo.\n", NEW)
    preview = previews.preview("old.md", "## A {#a}\n\nSo $\\foo$.\n")
    assert (preview.broken, preview.counts["changed"]) == ((1,), 1)
    lost = previews.preview("new/deck", "## A\n\n```\nnever closed\n")
    assert lost.structure_lost
    assert lost.problems


def test_only_what_changed_is_rendered(previews: PreviewService, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"## Number {n}? {{#n{n}}}\n\nIt is ${n}$.\n\n" for n in range(30))
    previews.preview("many", text)
    rendered: list[str] = []
    render_all = previews._pool.render_all
    monkeypatch.setattr(
        previews._pool, "render_all", lambda items: render_all([rendered.append(item[0]) or item for item in items])
    )
    preview = previews.preview("many", text.replace("$7$", "$7$ or so"))
    assert len(rendered) == 1
    assert len(preview.notes) == 30


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "---\n", "## {#a}\n", "# x\n\n" * 3, "<!--", "{{c1::", "\r\r\r"])
def test_no_text_breaks_a_preview(previews: PreviewService, text: str) -> None:
    assert previews.preview("odd", text).notes == ()
