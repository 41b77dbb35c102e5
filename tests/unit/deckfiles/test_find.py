"""Which files are decks, in which order, and what is said of the others."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.parse.find import (
    MAX_FILE_BYTES,
    DeckFile,
    Folder,
    deck_sort_key,
    find_decks,
    in_order,
    natural_key,
    read_deck,
    title_of,
)
from flashcards.domain.card import Deck
from flashcards.errors import DeckError
from tests.unit.deckfiles.decks import write

DECK = "## Q?\n\nA\n"


def paths(root: Path) -> list[str]:
    return [file.path for file in find_decks(root).files]


def problems(root: Path) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.severity, problem.code) for problem in find_decks(root).problems]


def test_which_files_count(tmp_path: Path) -> None:
    names = ["a.md", "README.md", "sub/readme.md", "_draft.md", ".hidden.md", "_old/b.md", ".git/c.md"]
    names += ["notes.txt", "x.markdown", "sub/deep/d.md", 'with space/it\'s "é".md', "ReadMe2.md", "dir.md/e.md"]
    write(tmp_path, dict.fromkeys(names, DECK))
    assert paths(tmp_path) == ["a.md", "dir.md/e.md", "ReadMe2.md", "sub/deep/d.md", 'with space/it\'s "é".md']
    assert problems(tmp_path) == []


def test_natural_order(tmp_path: Path) -> None:
    names = ["b/2.md", "b/10.md", "B/1.md", "a10.md", "a9.md", "a9/x.md", "Z.md", "ä.md"]
    write(tmp_path, dict.fromkeys(names, DECK))
    assert paths(tmp_path) == ["a9.md", "a9/x.md", "a10.md", "B/1.md", "b/2.md", "b/10.md", "Z.md", "ä.md"]


def test_a_name_and_the_same_with_a_number(tmp_path: Path) -> None:
    names = ["verbs2.md", "verbs.md", "verbs 2.md", "h2/a.md", "h/a.md", "2.md", "2a.md", "2a2.md"]
    write(tmp_path, dict.fromkeys(names, DECK))
    assert paths(tmp_path) == ["2.md", "2a.md", "2a2.md", "h/a.md", "h2/a.md", "verbs.md", "verbs2.md", "verbs 2.md"]


@given(st.lists(st.text("aA1²٣ä/. ", max_size=6), unique=True))
def test_any_names_have_an_order(names: list[str]) -> None:
    backwards = names[::-1]
    for key in (natural_key, lambda name: deck_sort_key(name, None, {})):
        assert sorted(backwards, key=key) == sorted(names, key=key)


def test_what_a_file_is_known_by(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.md": DECK})
    (file,) = find_decks(tmp_path).files
    status = (tmp_path / "a/b.md").stat()
    assert file == DeckFile("a/b.md", tmp_path / "a/b.md", status.st_size, status.st_mtime_ns)
    assert read_deck(file) == DECK.encode()


def test_folders(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "ml/_folder.yml": "title: Machine learning\norder: 2\n",
            "ml/deep/x.md": DECK,
            "system-design/y.md": DECK,
            "images/z.png": b"",
            "broken/_folder.yml": "title: [a]\nordr: 1\n",
            "broken/w.md": DECK,
        },
    )
    found = find_decks(tmp_path)
    assert found.folders == (
        Folder("broken", "Broken"),
        Folder("ml", "Machine learning", 2.0),
        Folder("ml/deep", "Deep"),
        Folder("system-design", "System design"),
    )
    assert [(p.path, p.line, p.column, p.code) for p in found.problems] == [
        ("broken/_folder.yml", 1, 8, "front-matter-type"),
        ("broken/_folder.yml", 2, 1, "front-matter-unknown-key"),
    ]


def test_decks_in_the_order_that_people_see() -> None:
    def deck(path: str, order: float | None = None) -> Deck:
        return Deck(id=path, path=path, title=path, order=order)

    decks = [deck("b.md"), deck("a.md"), deck("z.md", 1), deck("m/2.md"), deck("m/10.md"), deck("m/x.md", -1)]
    folders = [Folder("m", "M", 0.5)]
    assert [d.path for d in in_order(decks, folders)] == ["m/x.md", "m/2.md", "m/10.md", "z.md", "a.md", "b.md"]


def test_titles_of_names() -> None:
    assert [title_of(name) for name in ("ml", "system-design", "a_b", "-", "élan")] == [
        "Ml", "System design", "A b", "-", "Élan",
    ]  # fmt: skip


@pytest.mark.parametrize("links", [{"loop": "."}, {"a/up": "..", "b/over": "../a"}, {"self": "self"}])
def test_loops_of_links_end(tmp_path: Path, links: dict[str, str]) -> None:
    write(tmp_path, {"a/x.md": DECK, "b/y.md": DECK})
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    assert paths(tmp_path) == ["a/x.md", "b/y.md"]
    assert {code for _, _, code in problems(tmp_path)} <= {"link-repeated", "file-unreadable"}
    assert problems(tmp_path)


def test_links_inside_the_folder_are_followed_once(tmp_path: Path) -> None:
    write(tmp_path, {"_store/x.md": DECK, "_store/deep/y.md": DECK, "z.md": DECK})
    (tmp_path / "shared").symlink_to("_store")
    (tmp_path / "again").symlink_to("_store")
    (tmp_path / "link.md").symlink_to("z.md")
    assert paths(tmp_path) == ["again/deep/y.md", "again/x.md", "z.md"]
    assert problems(tmp_path) == [("link.md", "warning", "link-repeated"), ("shared", "warning", "link-repeated")]


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"decks/x.md": DECK, "elsewhere/y.md": DECK})
    root = tmp_path / "decks"
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "secret.md").symlink_to("/etc/passwd")
    (root / "gone.md").symlink_to("nowhere.md")
    (root / "picture.png").symlink_to("nowhere.png")
    assert paths(root) == ["x.md"]
    assert problems(root) == [
        ("gone.md", "error", "file-unreadable"),
        ("out", "error", "link-outside"),
        ("secret.md", "error", "link-outside"),
    ]


def test_a_decks_folder_may_be_a_link_itself(tmp_path: Path) -> None:
    write(tmp_path, {"real/x.md": DECK})
    (tmp_path / "decks").symlink_to("real")
    assert paths(tmp_path / "decks") == ["x.md"]


def test_pipes_and_sockets_are_named_and_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"x.md": DECK})
    os.mkfifo(tmp_path / "pipe.md")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket.md")
    listener.close()
    assert paths(tmp_path) == ["x.md"]
    assert problems(tmp_path) == [("pipe.md", "warning", "not-a-file"), ("socket.md", "warning", "not-a-file")]


def test_a_pipe_in_a_deck_s_place_does_not_hang(tmp_path: Path) -> None:
    write(tmp_path, {"x.md": DECK})
    (file,) = find_decks(tmp_path).files
    file.absolute.unlink()
    os.mkfifo(file.absolute)
    with pytest.raises(DeckError) as caught:
        read_deck(file)
    assert caught.value.code == "not-a-file"


@pytest.mark.parametrize("name", [b"\xff.md", b"a\nb.md", b"a\x1bb.md", "a\u202eb.md".encode(), b"\xe9/x.md"])
def test_names_that_cannot_be_shown(tmp_path: Path, name: bytes) -> None:
    write(tmp_path, {"x.md": DECK})
    path = tmp_path / os.fsdecode(name)
    path.parent.mkdir(exist_ok=True)
    try:
        path.write_text(DECK)
    except OSError:
        pytest.skip("this file system does not take such names")
    assert paths(tmp_path) == ["x.md"]
    ((where, severity, code),) = problems(tmp_path)
    assert (severity, code) == ("error", "bad-file-name")
    where.encode()


def test_a_name_may_hold_decomposed_letters(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "é.md")
    write(tmp_path, {name: DECK})
    assert len(paths(tmp_path)) == 1


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    write(tmp_path, {"x.md": b"a" * (MAX_FILE_BYTES + 1), "y.md": b"a" * MAX_FILE_BYTES})
    large, fine = find_decks(tmp_path).files
    assert len(read_deck(fine)) == MAX_FILE_BYTES
    with pytest.raises(DeckError, match="split it") as caught:
        read_deck(large)
    assert (caught.value.code, caught.value.path) == ("file-too-large", "x.md")


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    write(tmp_path, {"x.md": DECK})
    (file,) = find_decks(tmp_path).files
    file.absolute.unlink()
    with pytest.raises(DeckError) as caught:
        read_deck(file)
    assert caught.value.code == "file-unreadable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, {"x.md": DECK, "closed/y.md": DECK, "z.md": DECK})
    (tmp_path / "closed").chmod(0)
    (tmp_path / "z.md").chmod(0)
    try:
        found = find_decks(tmp_path)
        with pytest.raises(DeckError, match="right to read"):
            read_deck(found.files[1])
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert [file.path for file in found.files] == ["x.md", "z.md"]
    assert [(p.path, p.code) for p in found.problems] == [("closed", "folder-unreadable")]
    assert found.unknown == ("closed",)


def test_a_folder_that_cannot_be_listed_is_unknown_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"x.md": DECK, "lost/y.md": DECK})
    listing = os.scandir

    def failing(path: str) -> object:
        if path.endswith("lost"):
            raise OSError(5, "Input/output error")
        return listing(path)

    monkeypatch.setattr(os, "scandir", failing)
    found = find_decks(tmp_path)
    assert [file.path for file in found.files] == ["x.md"]
    assert [(p.path, p.severity, p.code) for p in found.problems] == [("lost", "error", "folder-unreadable")]
    assert found.unknown == ("lost",)


@pytest.mark.parametrize(
    ("names", "code"),
    [(None, "decks-missing"), ([], "decks-empty"), ([".git/x.md", "lost+found/y"], "decks-empty")],
)
def test_a_decks_folder_that_cannot_be_used(tmp_path: Path, names: list[str] | None, code: str) -> None:
    root = tmp_path / "decks"
    if names is not None:
        root.mkdir()
        write(root, dict.fromkeys(names, DECK))
    with pytest.raises(DeckError) as caught:
        find_decks(root)
    assert (caught.value.code, caught.value.path) == (code, str(root))


def test_a_decks_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "decks").write_text("x")
    with pytest.raises(DeckError) as caught:
        find_decks(tmp_path / "decks")
    assert caught.value.code == "decks-unreadable"


def test_a_folder_without_decks_is_not_empty(tmp_path: Path) -> None:
    write(tmp_path, {"README.md": "hello"})
    assert find_decks(tmp_path).files == ()
