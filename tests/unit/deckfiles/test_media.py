"""Pictures and sounds: `references` and `resolve`."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from flashcards.deckfiles.media.files import MAX_SIZE, Media, MediaProblem, references, resolve


def png(width: int, height: int) -> bytes:
    """A whole PNG of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    decks = tmp_path / "decks"
    (decks / "ml" / "images").mkdir(parents=True)
    (decks / "ml" / "images" / "a.png").write_bytes(png(30, 20))
    return decks


def code(reference: str, root: Path, deck: str = "ml/deck.md") -> str:
    result = resolve(reference, deck, root)
    assert isinstance(result, MediaProblem), result
    assert reference[:50] in result.message or not reference.strip()
    return result.code


def test_a_picture_is_found_measured_and_named_by_its_content(root: Path) -> None:
    media = resolve("images/a.png", "ml/deck.md", root)
    assert isinstance(media, Media)
    assert (media.width, media.height, media.mime) == (30, 20, "image/png")
    assert media.url == f"/media/{media.hash}.png"
    assert len(media.hash) == 32
    assert media.size == (root / "ml" / "images" / "a.png").stat().st_size
    (root / "ml" / "b.PNG").write_bytes(png(30, 20))
    other = resolve("b.PNG", "ml/deck.md", root)
    assert isinstance(other, Media)
    assert other.url == media.url


@pytest.mark.parametrize("reference", ["/ml/images/a.png", "../ml/images/a.png", "./images/a.png", "images/%61.png"])
def test_references_are_relative_to_the_file_or_from_the_decks_folder(root: Path, reference: str) -> None:
    assert isinstance(resolve(reference, "ml/deck.md", root), Media)


def test_names_with_blanks_percent_signs_and_either_form_of_unicode(root: Path) -> None:
    for name in ("a b.png", "50%.png", "cafe\u0301.png", "%41.png"):
        (root / name).write_bytes(png(1, 1))
    for reference in ("a b.png", "a%20b.png", "50%.png", "caf\u00e9.png", "cafe\u0301.png", "%41.png"):
        assert isinstance(resolve(reference, "deck.md", root), Media), reference


def test_a_changed_file_gets_another_name(root: Path) -> None:
    first = resolve("images/a.png", "ml/deck.md", root)
    (root / "ml" / "images" / "a.png").write_bytes(png(31, 20))
    second = resolve("images/a.png", "ml/deck.md", root)
    assert isinstance(first, Media)
    assert isinstance(second, Media)
    assert first.url != second.url
    assert second.width == 31


def test_what_is_outside_the_decks_folder_is_refused(root: Path) -> None:
    outside = root.parent / "secret.png"
    outside.write_bytes(png(1, 1))
    (root / "link.png").symlink_to(outside)
    (root / "up").symlink_to(root.parent)
    for reference in ("../../secret.png", "/../secret.png", "/link.png", "/up/secret.png", "%2e%2e/../secret.png"):
        assert code(reference, root) == "media-outside", reference


def test_a_link_that_stays_inside_is_followed(root: Path) -> None:
    (root / "link.png").symlink_to(root / "ml" / "images" / "a.png")
    assert isinstance(resolve("/link.png", "ml/deck.md", root), Media)


@pytest.mark.parametrize("reference", ["http://a/b.png", "//a/b.png", "data:image/png;base64,AA", "file:///etc/x.png"])
def test_addresses_are_refused(root: Path, reference: str) -> None:
    assert code(reference, root) == "media-remote"


@pytest.mark.parametrize("reference", ["no.png", "images", "images/no.png", "a\0b.png", "x" * 300 + ".png", ""])
def test_what_is_not_there_is_told(root: Path, reference: str) -> None:
    assert code(reference, root) in ("media-missing", "media-type")


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "a.png").symlink_to(root / "b.png")
    (root / "b.png").symlink_to(root / "a.png")
    assert code("/a.png", root) == "media-missing"


def test_a_pipe_does_not_make_us_wait(root: Path) -> None:
    os.mkfifo(root / "pipe.png")
    assert code("/pipe.png", root) == "media-type"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.exe", b"MZ"),
        ("a.html", b"<html>"),
        ("a.png", b"<html>"),
        ("a.png", b""),
        ("a.svg", b"<html><svg></html>"),
        ("a.jpg", png(1, 1)),
        ("a.mp3", b"<script>"),
    ],
)
def test_a_file_must_be_of_a_known_type_and_hold_what_its_name_says(root: Path, name: str, data: bytes) -> None:
    (root / name).write_bytes(data)
    assert code(f"/{name}", root) == "media-type"


@pytest.mark.parametrize(
    ("name", "data", "mime"),
    [
        ("a.gif", b"GIF89a\x02\x00\x03\x00", "image/gif"),
        ("a.mp3", b"ID3\x04", "audio/mpeg"),
        ("a.ogg", b"OggS\x00", "audio/ogg"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        ("a.m4a", b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        ("a.flac", b"fLaC\x00", "audio/flac"),
    ],
)
def test_known_types(root: Path, name: str, data: bytes, mime: str) -> None:
    (root / name).write_bytes(data)
    media = resolve(f"/{name}", "ml/deck.md", root)
    assert isinstance(media, Media)
    assert media.mime == mime
    assert media.width == (2 if mime == "image/gif" else None)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ('<svg width="30" height="20">', (30, 20)),
        ('<?xml version="1.0"?>\n<!-- c -->\n<svg width="1in" height="48px">', (96, 48)),
        ("<svg viewBox='0 0 30.4 20'>", (30, 20)),
        ('<svg viewBox="0,0,30,20" width="60">', (60, 40)),
        ('<svg viewBox="0 0 30 20" width="100%">', (30, 20)),
        ('\ufeff<svg stroke-width="9" viewBox="-5 -5 30 20">', (30, 20)),
        ("<svg>", (None, None)),
        ('<svg width="1e9" height="1e9">', (None, None)),
        ('<svg width="999999999" height="9">', (None, None)),
    ],
)
def test_sizes_of_svg(root: Path, source: str, size: tuple[int | None, int | None]) -> None:
    (root / "a.svg").write_text(source + "</svg>", encoding="utf-8")
    media = resolve("/a.svg", "ml/deck.md", root)
    assert isinstance(media, Media)
    assert (media.width, media.height) == size


def test_large_files_are_refused_before_they_are_read(root: Path) -> None:
    with (root / "a.png").open("wb") as file:
        file.write(png(1, 1))
        file.truncate(MAX_SIZE + 1)
    assert code("/a.png", root) == "media-too-large"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(root: Path) -> None:
    (root / "a.png").write_bytes(png(1, 1))
    (root / "a.png").chmod(0)
    assert code("/a.png", root) == "media-unreadable"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ![b](c.png)", [(2, "c.png", "b")]),
        ("![a](b c.png)", [(0, "b c.png", "a")]),
        ("![a](<b c.png>)", [(0, "b c.png", "a")]),
        ('![a](b.png "title")', [(0, "b.png", "a")]),
        ("![a](b(1).png)", [(0, "b(1).png", "a")]),
        (r"![a](b\(1.png)", [(0, "b(1.png", "a")]),
        ("![a [b]](c.png)", [(0, "c.png", "a [b]")]),
        ("[![a](b.png)](http://c)", [(1, "b.png", "a")]),
        ("![a][l]\n\n[L]: b.png", [(0, "b.png", "a")]),
        ("![l][]\n\n[l]: <b c.png> 'title'", [(0, "b c.png", "l")]),
        ("![l]\n\n[l]: b.png", [(0, "b.png", "l")]),
        ("![l]", []),
        ("`![a](b)` $![a](b)$ <!-- ![a](b) -->", []),
        ("```\n![a](b)\n```\n![c](d)", [(16, "d", "c")]),
        (r"\![a](b)", []),
        ("![a](", []),
        ("[a](b)", []),
    ],
)
def test_references_in_markdown(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert references(text) == expected


def test_definitions_may_stand_elsewhere() -> None:
    assert references("![a][l]", "[l]: b.png") == [(0, "b.png", "a")]


@pytest.mark.parametrize("piece", ["![", "![a](", "![a]( ", "![a[b]", '![a](b "', "![a]\\"])
def test_hostile_text_takes_no_time(piece: str) -> None:
    assert references(piece * 10_000) == []
