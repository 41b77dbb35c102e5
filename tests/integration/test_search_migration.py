"""An older database gets its words: what was synced before searches is found after the migration."""

from __future__ import annotations

from pathlib import Path

from flashcards.storage.database import Database, migrate


def test_notes_that_are_there_are_indexed(tmp_path: Path) -> None:
    path = tmp_path / "flashcards.sqlite3"
    migrate(path)
    database = Database.open(path)
    with database.write():
        database.execute("INSERT INTO deck(id, key, path, title) VALUES (1, 'd', 'd.md', 'D')")
        database.execute(
            "INSERT INTO note(id, deck_id, key, explicit, guid, kind, position, line, title, question, answer, source,"
            " modified_at) VALUES (7, 1, 'k', 1, 'g', 'basic', 0, 1, 'T', 'Été?', '机器学习', '', 0)"
        )
        database.execute("DROP TABLE note_text")
        database.execute("DELETE FROM schema_migration WHERE name = '0003_search'")
    database.close()
    assert migrate(path) == ["0003_search"]
    database = Database.open(path)
    try:
        for words in ('"ete"*', '"学 习"', '"k"'):
            assert database.all("SELECT rowid FROM note_text WHERE note_text MATCH ?", (words,)) == [(7,)]
    finally:
        database.close()
