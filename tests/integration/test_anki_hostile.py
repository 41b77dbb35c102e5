"""Packages that no Anki made: each a clear message, in bounded time and memory, and nothing half imported."""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from flashcards.deckfiles.check.run import check
from flashcards.exchange.anki.collection_reader import CollectionReader
from flashcards.exchange.anki.package_reader import reading_package
from flashcards.exchange.anki.package_values import Limits, PackageError
from flashcards.services.anki.importing import ImportReport, import_decks, read_decks
from tests.integration.anki_packages import add, answer_some, collection, export, png

SECONDS = 60
"""No hostile package may keep us longer; a bound for a loop that does not end, not a measurement."""


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _package(tmp_path_factory.mktemp("legacy"), legacy=True)


@pytest.fixture(scope="module")
def modern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _package(tmp_path_factory.mktemp("modern"), legacy=False)


def _package(folder: Path, *, legacy: bool) -> Path:
    (folder / "p.png").write_bytes(png())
    with collection(folder) as opened:
        name = opened.media.add_file(str(folder / "p.png"))
        add(opened, "Basic", "Deck", f"question <img src={name}>", "answer")
        add(opened, "Cloze", "Deck", "a {{c1::gap}}")
        opened.decks.select(opened.decks.id("Deck"))
        answer_some(opened, 2)
        return export(opened, folder / "package.apkg", legacy=legacy)


def repacked(source: Path, target: Path, **changes: bytes | None) -> Path:
    """The package with entries replaced, added, or (None) left out."""
    with zipfile.ZipFile(source) as old:
        entries = {name: old.read(name) for name in old.namelist()} | changes
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in entries.items():
            if data is not None:
                new.writestr(name, data)
    return target


def with_collection(source: Path, target: Path, change: Callable[[sqlite3.Connection], object]) -> Path:
    """The (legacy) package with its database changed."""
    database = target.with_suffix(".sqlite3")
    with zipfile.ZipFile(source) as old:
        database.write_bytes(old.read("collection.anki21"))
    with closing(sqlite3.connect(database)) as db:
        db.create_collation("unicase", lambda a, b: (a > b) - (a < b))
        change(db)
        db.commit()
    return repacked(source, target, **{"collection.anki21": database.read_bytes()})


def refused(file: Path, folder: Path, limits: Limits | None = None) -> str:
    """The message with which the package is refused; nothing was written."""
    started = time.monotonic()
    with pytest.raises(PackageError) as caught:
        _taken(file, folder, limits)
    assert time.monotonic() - started < SECONDS
    assert not (folder / "decks").exists()
    message = str(caught.value)
    assert message.endswith(".")
    assert "Traceback" not in message
    return message


def _taken(file: Path, folder: Path, limits: Limits | None) -> None:
    """Imports the package; with limits of its own, which an import has not, only reads it."""
    if limits is None:
        import_decks(file, folder / "decks")
    else:
        with reading_package(file, limits):
            pass


def imported(file: Path, folder: Path) -> ImportReport:
    """What came of a package that is odd, not hostile: decks that pass `check`."""
    report = import_decks(file, folder / "decks")
    errors = [p for p in check([folder / "decks"], folder / "decks") if p.severity == "error"]
    assert errors == []
    return report


# The zip -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_package_that_is_cut_off(legacy: Path, modern: Path, tmp_path: Path, share: float) -> None:
    for source in (legacy, modern):
        data = source.read_bytes()
        file = tmp_path / "cut.apkg"
        file.write_bytes(data[: int(len(data) * share)])
        assert "damaged" in refused(file, tmp_path)


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\n", b"SQLite format 3\x00" + bytes(100)])
def test_a_file_of_another_type(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "x.apkg"
    file.write_bytes(data)
    assert "no Anki package" in refused(file, tmp_path)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.apkg", "w") as file:
        file.writestr("word/document.xml", "<x/>")
    assert "no Anki package" in refused(tmp_path / "x.apkg", tmp_path)


def test_flipped_bytes_never_crash(modern: Path, tmp_path: Path) -> None:
    data = modern.read_bytes()
    for position in range(20, len(data), len(data) // 12):
        file = tmp_path / "flipped.apkg"
        file.write_bytes(data[:position] + bytes([data[position] ^ 0xFF]) + data[position + 1 :])
        try:
            with reading_package(file) as package:
                assert len(package.notes) <= 2
        except PackageError as error:
            assert str(error).endswith(".")  # noqa: PT017


def test_a_compressed_entry_that_is_damaged(legacy: Path, tmp_path: Path) -> None:
    data = bytearray(legacy.read_bytes())
    with zipfile.ZipFile(legacy) as archive:
        entry = archive.getinfo("collection.anki21")
    start = entry.header_offset + 30 + len(entry.filename)
    data[start : start + 40] = b"\xff" * 40
    (tmp_path / "x.apkg").write_bytes(data)
    assert "damaged (Error -3 while decompressing" in refused(tmp_path / "x.apkg", tmp_path)


def test_a_zip_bomb(legacy: Path, tmp_path: Path) -> None:
    file = repacked(legacy, tmp_path / "bomb.apkg", **{"collection.anki21": bytes(200 << 20)})
    assert file.stat().st_size < 1 << 20
    assert "times its size" in refused(file, tmp_path)


def test_a_zstd_bomb(modern: Path, tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(300 << 20))
    assert len(packed) < 1 << 16
    file = repacked(modern, tmp_path / "bomb.apkg", **{"collection.anki21b": packed})
    assert "times its size" in refused(file, tmp_path)


def test_a_bomb_among_the_media(modern: Path, tmp_path: Path) -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(300 << 20))
    assert "times its size" in refused(repacked(modern, tmp_path / "bomb.apkg", **{"0": packed}), tmp_path)


def test_a_frame_that_wants_a_huge_window(modern: Path, tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    packed = compressor.compress(bytes(1 << 20)) + compressor.flush()
    file = repacked(modern, tmp_path / "window.apkg", **{"collection.anki21b": packed})
    assert "damaged" in refused(file, tmp_path)


def test_more_than_the_limits_allow(legacy: Path, tmp_path: Path) -> None:
    assert "more than 1 notes" in refused(legacy, tmp_path, Limits(notes=1))
    assert "more than 1 cards" in refused(legacy, tmp_path, Limits(cards=1))
    assert "more than 1 reviews" in refused(legacy, tmp_path, Limits(reviews=1))
    assert "larger than" in refused(legacy, tmp_path, Limits(package=1000))
    assert "more than" in refused(legacy, tmp_path, Limits(collection=10_000))


def test_memory_is_bounded(legacy: Path, tmp_path: Path) -> None:
    def fill(db: sqlite3.Connection) -> None:
        db.execute("UPDATE notes SET flds = printf('%.*c', 60000000, 'x')")

    file = with_collection(legacy, tmp_path / "fat.apkg", fill)
    limits = Limits(memory=120 << 20, ratio=1_000_000, value=1 << 30)
    assert "memory" in refused(file, tmp_path, limits)


def test_time_is_bounded(legacy: Path, tmp_path: Path) -> None:
    assert "was stopped" in refused(legacy, tmp_path, Limits(seconds=0))


# The container -------------------------------------------------------------------------------------------


def test_only_the_stub_that_asks_for_a_newer_anki(modern: Path, tmp_path: Path) -> None:
    stub = repacked(modern, tmp_path / "stub.apkg", meta=None, **{"collection.anki21b": None})
    assert "real collection is missing" in refused(stub, tmp_path)
    promised = repacked(modern, tmp_path / "promised.apkg", **{"collection.anki21b": None})
    assert "promises collection.anki21b" in refused(promised, tmp_path)


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (b"\x08\x09", "version 9"),
        (b"", "version 0"),
        (b"\xff\xff", "meta"),
        (b"x" * 5000, "meta"),
        (b"\x0a\x7f", "meta"),
    ],
)
def test_a_wrong_meta(modern: Path, tmp_path: Path, meta: bytes, said: str) -> None:
    assert said in refused(repacked(modern, tmp_path / "x.apkg", meta=meta), tmp_path)


def test_meta_decides_not_the_files_that_are_there(modern: Path, legacy: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(modern) as other:
        both = repacked(legacy, tmp_path / "both.apkg", **{"collection.anki21b": other.read("collection.anki21b")})
    with reading_package(both) as package:
        assert len(package.notes) == 2


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/etc/passwd", "a/b.png", "..", "c:\\x.png", "a\0b.png", "", "x" * 300]
)
def test_a_path_as_the_name_of_a_media_file(legacy: Path, tmp_path: Path, name: str) -> None:
    file = repacked(legacy, tmp_path / "x.apkg", media=json.dumps({"0": name}).encode())
    before = set(tmp_path.rglob("*"))
    report = imported(file, tmp_path)
    assert any("no plain file name" in notice for notice in report.notices)
    assert report.media == 0
    new = {path.relative_to(tmp_path).parts[0] for path in set(tmp_path.rglob("*")) - before}
    assert new == {"decks"}


@pytest.mark.parametrize("media", [b"[]", b"{", b'{"0": 5}', b"\xff", b"[" * 100_000])
def test_a_list_of_media_that_is_none(legacy: Path, tmp_path: Path, media: bytes) -> None:
    assert "list of media" in refused(repacked(legacy, tmp_path / "x.apkg", media=media), tmp_path)


def test_media_that_is_missing_is_named(legacy: Path, tmp_path: Path) -> None:
    report = imported(repacked(legacy, tmp_path / "x.apkg", **{"0": None}), tmp_path)
    assert report.notes == 2
    assert any("p.png" in notice and "not in the package" in notice for notice in report.notices)


def test_media_of_a_wrong_type_is_named(legacy: Path, tmp_path: Path) -> None:
    report = imported(repacked(legacy, tmp_path / "x.apkg", **{"0": b"<script>alert(1)</script>"}), tmp_path)
    assert (report.notes, report.media) == (2, 0)
    assert any("p.png" in notice for notice in report.notices)


# The database --------------------------------------------------------------------------------------------

_ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (f"DROP TABLE revlog; CREATE VIEW revlog AS {_ENDLESS} SELECT x AS id FROM c", "a view"),
        ("CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END", "a trigger"),
        ("CREATE VIRTUAL TABLE v USING fts5(x)", "a virtual table"),
        (
            "PRAGMA writable_schema = 1; INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0,"
            " 'CREATE /*' || printf('%.*c', 80, 'x') || '*/ VIRTUAL TABLE v USING fts5(x)')",
            "a virtual table",
        ),
        ("DROP TABLE cards", "no table cards"),
        ("UPDATE col SET ver = 99", "schema '99'"),
        ("DELETE FROM col", "schema 'None'"),
        ("UPDATE col SET models = '[]'", "note types"),
        ("UPDATE col SET models = '{\"1\": 5}'", "note types"),
        ("UPDATE col SET decks = '{'", "decks"),
        ("UPDATE col SET models = x'00ff'", "note types"),
        ("ALTER TABLE notes DROP COLUMN flds", "database"),
        (
            "DROP TABLE graves; DROP TABLE revlog; CREATE TABLE revlog (id INTEGER, cid GENERATED ALWAYS AS"
            " (hex(zeroblob(50000000))), ease, ivl, lastIvl, factor, time, type); INSERT INTO revlog(id) VALUES (1)",
            "database",
        ),
    ],
)
def test_a_hostile_database(legacy: Path, tmp_path: Path, sql: str, said: str) -> None:
    file = with_collection(legacy, tmp_path / "x.apkg", lambda db: db.executescript(sql))
    assert said in refused(file, tmp_path)


def test_a_database_that_is_none(legacy: Path, tmp_path: Path) -> None:
    file = repacked(legacy, tmp_path / "x.apkg", **{"collection.anki21": b"no database at all" * 100})
    assert "database" in refused(file, tmp_path)


def test_an_endless_query_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE col(ver, crt); INSERT INTO col VALUES (11, 0); CREATE TABLE cards(x); CREATE TABLE revlog(x);"
            "CREATE TABLE notes(id, guid, mid, mod, tags, flds);"
            f"{_ENDLESS} INSERT INTO notes SELECT x, x, 1, 1, '', 'a' FROM c LIMIT 200000"
        )
    reader = CollectionReader(path, Limits(seconds=60))
    reader._deadline = 0  # as if a minute had gone by
    with pytest.raises(PackageError, match="too long"):
        list(reader.notes())
    reader.close()


def test_the_database_of_a_package_can_do_nothing_but_be_read(tmp_path: Path, legacy: Path) -> None:
    path = tmp_path / "c.sqlite3"
    with zipfile.ZipFile(legacy) as old:
        path.write_bytes(old.read("collection.anki21"))
    reader = CollectionReader(path, Limits())
    for sql in ("ATTACH ':memory:' AS x", "DELETE FROM notes", "PRAGMA journal_mode", "SELECT load_extension('x')"):
        with pytest.raises(sqlite3.DatabaseError):
            reader._db.execute(sql)
    reader.close()


# Odd contents --------------------------------------------------------------------------------------------


def test_a_note_of_an_unknown_type_is_left_out(legacy: Path, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("UPDATE notes SET mid = 5 WHERE flds LIKE 'question%'")

    report = imported(with_collection(legacy, tmp_path / "x.apkg", change), tmp_path)
    assert (report.notes, report.left_out) == (1, 1)
    assert "note type is not in the package" in report.notices[0]


def test_cards_of_deleted_notes_and_notes_without_cards(legacy: Path, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM notes WHERE flds LIKE 'question%'")
        db.execute(
            "INSERT INTO notes SELECT id + 1, 'lonely', mid, mod, usn, tags, flds, sfld, csum, flags, data FROM notes"
        )

    report = imported(with_collection(legacy, tmp_path / "x.apkg", change), tmp_path)
    assert (report.notes, report.left_out) == (1, 1)
    assert "it has no card" in report.notices[0]


def test_two_notes_of_one_guid_are_one(legacy: Path, tmp_path: Path) -> None:
    file = with_collection(legacy, tmp_path / "x.apkg", lambda db: db.execute("UPDATE notes SET guid = 'same'"))
    report = imported(file, tmp_path)
    assert (report.notes, report.left_out) == (1, 1)
    assert "another note of the package has its guid" in report.notices[0]


def test_impossible_values_are_left_out_and_counted(legacy: Path, tmp_path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        good = "1700000000000, (SELECT min(id) FROM cards), -1, 3, 10, 5, 2500, 4000, 1"
        for position, value in ((3, "9"), (3, "-1"), (7, "'x'"), (8, "77"), (1, "1e300"), (6, "NULL"), (0, "-5")):
            values = good.split(", ")
            values[position] = value
            columns = "id, cid, usn, ease, ivl, lastIvl, factor, time, type"
            try:
                db.execute(f"INSERT INTO revlog({columns}) VALUES ({', '.join(values)})")
            except sqlite3.IntegrityError:
                continue

    with reading_package(with_collection(legacy, tmp_path / "x.apkg", change)) as package:
        assert all(0 <= review.ease <= 4 and review.id > 0 for review in package.reviews)
        assert any("reviews with impossible values" in notice for notice in package.notices)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>text",
        "<img src=x onerror=alert(1)>text",
        "<a href='javascript:alert(1)'>text</a>",
        "<iframe src='https://evil.example'></iframe>text",
        "<svg><script>alert(1)</script></svg>text",
        "<style>body{display:none}</style>text",
        "<!-- <b> -->text",
        "<div " * 500 + "text",
        "<b>" * 20_000 + "text",
        "text" + "</div>" * 20_000,
        "text" + "[" * 8_000,
        "text" + "`" * 8_000,
        "text" + "{{c1::" * 300,
        "text\x00\x1b[31m\u202e",
        "text\r\n## not a note\r\n### Answer\r\n<!--",
        "text $ \\( \\) \\(\\undefined{\\)",
        "- " * 4_000 + "text",
        "text" + "\n" * 50_000,
        "text &#xe000;5&#xe001; \\(x\\)",
        f"text &#{'9' * 5000}; and <i title='&#{'0' * 5000}65;'>more</i>",
        "<ol start='½'><li>text</li></ol>",
        f"<ol start='{'9' * 5000}'><li>text</li></ol><table><tr><td colspan='²'>text</td></tr></table>",
        "text <audio src='%EE%80%805%EE%80%81.mp3'></audio> [sound:a.mp3]",
    ],
)
def test_hostile_fields_become_text(tmp_path: Path, legacy: Path, html: str) -> None:
    def change(db: sqlite3.Connection) -> None:
        db.execute("UPDATE notes SET flds = ? WHERE flds LIKE 'question%'", ("question\x1f" + html,))

    report = imported(with_collection(legacy, tmp_path / "x.apkg", change), tmp_path)
    assert report.notes + report.left_out == 2
    for deck in read_decks(tmp_path / "decks"):
        for note in deck.notes:
            assert "alert(1)" not in repr(note.content)
            assert "evil.example" not in repr(note.content)


def test_an_import_that_cannot_be_written_leaves_nothing(legacy: Path, tmp_path: Path) -> None:
    (tmp_path / "decks").write_text("a file, not a folder")
    with pytest.raises(Exception, match="is a file"):
        import_decks(legacy, tmp_path / "decks")


def test_nothing_is_overwritten(legacy: Path, tmp_path: Path) -> None:
    (tmp_path / "decks/media").mkdir(parents=True)
    (tmp_path / "decks/deck.md").write_text("## mine {#mine}\n\nstays\n")
    (tmp_path / "decks/media/p.png").write_bytes(png((1, 2, 3)))
    report = imported(legacy, tmp_path)
    assert (tmp_path / "decks/deck.md").read_text() == "## mine {#mine}\n\nstays\n"
    assert (tmp_path / "decks/media/p.png").read_bytes() == png((1, 2, 3))
    assert "deck-2.md" in report.files
    assert "p-" in (tmp_path / "decks/deck-2.md").read_text()


def test_the_reader_s_temporary_files_are_gone(legacy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with reading_package(legacy) as package:
        assert package.media["p.png"].exists()
        assert any(tmp_path.iterdir())
    assert not any(tmp_path.iterdir())
