"""Notes of note types of other people's own: in from Anki, out again, and what Anki then makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from flashcards.exchange.anki import foreign
from flashcards.services.anki.importing import import_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.integration.anki_packages import add, collection, export, import_into, png


def own_type(opened: Any, name: str = "Vocabulary") -> None:
    """A note type whose cards are made of more than a field each."""
    model = opened.models.new(name)
    for field in ("Word", "Reading", "Meaning"):
        opened.models.add_field(model, opened.models.new_field(field))
    for title, front, back in (
        ("Recognise", "{{Word}}", "{{FrontSide}}<hr id=answer>{{Reading}}: {{Meaning}}"),
        ("Produce", "{{Meaning}}", "{{Word}}"),
    ):
        template = opened.models.new_template(title)
        template["qfmt"], template["afmt"] = front, back
        opened.models.add_template(model, template)
    opened.models.add(model)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A package with two notes of such a type, one of which shows a picture."""
    (tmp_path / "a cat.png").write_bytes(png())
    with collection(tmp_path, "source") as opened:
        own_type(opened)
        name = opened.media.add_file(str(tmp_path / "a cat.png"))
        add(opened, "Vocabulary", "Words", "neko", "ねこ", f'cat <img src="{name}">')
        add(opened, "Vocabulary", "Words", "inu", "いぬ", "dog")
        add(opened, "Basic", "Words", "q", "a")
        return export(opened, tmp_path / "there.apkg", legacy=False)


def exported(decks: Path, target: Path) -> Path:
    FileExport(decks).anki(target, [], no_progress)
    return target


def state(opened: Any) -> tuple[Any, Any]:
    notes = opened.db.all("SELECT guid, mid, mod, flds FROM notes ORDER BY id")
    return notes, opened.db.all("SELECT nid, ord, type, did FROM cards ORDER BY id")


@pytest.mark.parametrize("merge", [False, True], ids=["as Anki does", "merging note types"])
def test_anki_keeps_them_whole(there: Path, tmp_path: Path, merge: bool) -> None:
    """Even where a person ticks "Merge note types", which would make ours of theirs."""
    import_decks(there, tmp_path / "decks")
    (deck,) = (tmp_path / "decks").glob("*.md")
    deck.write_text(deck.read_text().replace("いぬ: dog", "いぬ: a dog"))
    package = exported(tmp_path / "decks", tmp_path / "ours.apkg")
    with collection(tmp_path) as opened:
        import_into(opened, there)
        opened.db.execute("UPDATE notes SET mod = mod - 1000 WHERE flds LIKE 'q%'")
        opened.db.execute("UPDATE notes SET flds = replace(flds, 'ねこ', 'edited in Anki')")
        before = state(opened)
        log = import_into(opened, package, merge=merge)
        assert log == {"new": 0, "updated": 1, "duplicate": 2, "conflicting": 0}
        after = state(opened)
        assert [row for row in after[0] if row[3][0] != "q"] == [row for row in before[0] if row[3][0] != "q"]
        assert after[1] == before[1]


def test_another_person_gets_them_in_their_own_type(there: Path, tmp_path: Path) -> None:
    import_decks(there, tmp_path / "decks" / "from-anki", tmp_path / "decks")
    (tmp_path / "decks" / "from-anki").rename(tmp_path / "decks" / "moved")
    package = exported(tmp_path / "decks", tmp_path / "ours.apkg")
    with collection(tmp_path) as opened:
        assert import_into(opened, package)["new"] == 3
        notes = {note["Word"]: note for note in map(opened.get_note, opened.find_notes("note:Vocabulary"))}
        assert notes["neko"].fields[1:] == ["ねこ", 'cat <img src="a cat.png">']
        assert (tmp_path / "collection.media" / "a cat.png").read_bytes() == png()


def test_what_further_templates_leave_behind_is_said_before_and_after(tmp_path: Path) -> None:
    with collection(tmp_path, "source") as opened:
        own_type(opened)
        for number in range(3):
            note = add(opened, "Vocabulary", "Words", f"neko {number}", "ねこ", f"cat {number}")
            first, second = note.card_ids()
            for card, answers in ((first, 2), (second, 4)):
                for turn in range(answers):
                    at = 1_600_000_000_000 + card % 1000 * 1000 + turn
                    opened.db.execute("INSERT INTO revlog VALUES (?, ?, -1, 3, 1, 1, 2500, 1000, 1)", at, card)
        add(opened, "Basic (and reversed card)", "Words", "q", "a")
        package = export(opened, tmp_path / "there.apkg", legacy=False)
    said: list[str] = []

    def warn(sentence: str) -> None:
        assert not (tmp_path / "decks").exists(), "before anything is written"
        said.append(sentence)

    report = import_decks(package, tmp_path / "decks", warn=warn)
    (behind,) = report.left_behind
    assert (behind.note_type, behind.notes, behind.cards, behind.answers) == ("Vocabulary", 3, 3, 12)
    assert said == [str(behind)]
    assert said[0].startswith("Note type 'Vocabulary': 3 further cards of 3 notes stay behind in Anki, with 12 answers")


def test_a_note_that_became_another_kind_is_another_note(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Words", "q", "a")
        first = export(opened, tmp_path / "first.apkg", legacy=False)
        import_decks(first, tmp_path / "decks")
        (deck,) = (tmp_path / "decks").glob("*.md")
        deck.write_text(re.sub(r"\na\n", "\nThe {{c1::answer}}\n", deck.read_text()))
        package = exported(tmp_path / "decks", tmp_path / "ours.apkg")
        assert import_into(opened, package, merge=True)["new"] == 1
        assert opened.get_note(note.id).fields == ["q", "a"]


def test_the_list_of_media_leads_to_no_other_file(there: Path, tmp_path: Path) -> None:
    decks = tmp_path / "decks"
    import_decks(there, decks)
    (tmp_path / "secret.png").write_bytes(b"secret")
    listed = json.loads((decks / "_anki.json").read_text())
    assert listed["media"] == {"a cat.png": "media/a-cat.png"}
    (decks / "_anki.json").write_text(json.dumps({**listed, "media": {"a cat.png": "../secret.png"}}))
    with collection(tmp_path) as opened:
        import_into(opened, exported(decks, tmp_path / "ours.apkg"))
    assert not (tmp_path / "collection.media" / "a cat.png").exists()


def test_names_of_media_are_read_as_anki_reads_them() -> None:
    fields = ["<img alt=x src='a b.png'><IMG src=c%20d.png>", '[sound:e&amp;f.mp3]<audio src="g.ogg"></audio>', "src=h"]
    assert foreign.media_in(fields) == {"a b.png", "c d.png", "e&f.mp3", "g.ogg"}
