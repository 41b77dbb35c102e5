"""Packages written by the real Anki become decks, and a history: compared field by field, row by row."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flashcards.bundled import bundled
from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.card import Basic, Cloze, Note
from flashcards.errors import Invalid
from flashcards.exchange.anki.guids import guid_of, known_as, note_id
from flashcards.exchange.anki.package_reader import reading_package
from flashcards.services.accounts.facade import AccountService
from flashcards.services.accounts.people import Learner
from flashcards.services.anki import importing
from flashcards.services.anki.history import AnkiHistory
from flashcards.services.anki.importing import AnkiImportService, ImportReport, import_decks, read_decks
from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.export.facade import ExportService
from flashcards.services.progress import no_progress
from flashcards.services.review.facade import Answer, ReviewService
from flashcards.services.review.incoming import new_uuid
from flashcards.services.sync.run import SyncService
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.decks import DeckStore
from tests.databases import opened
from tests.integration.anki_packages import (
    Packages,
    add,
    answer_some,
    collection,
    export,
    import_into,
    png,
    stock_packages,
)
from tests.integration.study_world import SetClock

BUILT_IN = bundled("decks")
FORMS = ("legacy collection.apkg", "legacy collection.colpkg", "modern collection.apkg", "modern collection.colpkg")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return stock_packages(tmp_path_factory.mktemp("anki"))


class Reads:
    """Counts the deck files that an import parses to see what is there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        monkeypatch.setattr(importing, "parse_deck", self._parse)

    def _parse(self, path: str, data: bytes) -> Any:
        self.paths.append(path)
        return parse_deck(path, data)


class ImportWorld:
    """A decks folder, a database and a learner."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "decks"
        self.root.mkdir()
        self.db = opened(folder / "flashcards.sqlite3")
        self.clock = SetClock(time.time_ns() // 1_000_000)
        self.sync = SyncService(DeckStore(self.db), self.root, self.clock)
        self.imports = AnkiImportService(self.db, self.sync, self.root, self.clock)
        self.accounts = AccountService(self.db, self.clock, secret_key=bytes(32), signup="open")
        self.review = ReviewService(self.db, self.clock)
        with self.db.write():
            self.db.execute(
                "INSERT INTO learner(name, name_key, password_hash, created_at) VALUES ('ada', 'ada', '', 0)"
            )
        self.learner: Learner = self.accounts.find("ada")

    def bring(self, file: Path, **options: bool) -> ImportReport:
        return self.imports.bring(file, self.root / "anki", self.learner, **options)

    def schedules(self) -> dict[tuple[str, str], tuple[object, ...]]:
        rows = self.db.all(
            "SELECT n.guid, c.which, s.repetition, s.ease, s.interval, s.due_on, s.suspended FROM schedule s"
            " JOIN card c ON c.id = s.card_id JOIN note n ON n.id = c.note_id"
        )
        return {(guid, which): tuple(values) for guid, which, *values in rows}

    def notes(self) -> dict[str, tuple[object, ...]]:
        rows = self.db.all(
            "SELECT guid, kind, question, answer, typed, reversed, tags FROM note WHERE removed_at IS NULL"
        )
        return {row[0]: row[1:] for row in rows}

    def close(self) -> None:
        self.db.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImportWorld]:
    made = ImportWorld(tmp_path)
    yield made
    made.close()


def expected(kind: str, fields: tuple[str, ...]) -> tuple[object, ...]:
    """What a note of the collection must be here: kind, question, answer, typed, reversed."""
    number = "".join(c for c in fields[0].split(":")[0] if c.isdigit())
    match kind:
        case "Basic":
            answer = f"Yes\\\nnumber {number} ![](media/a-picture.png)"
            return "basic", f"Question {number}: is **it** < {number}?", answer, 0, 0
        case "Basic (and reversed card)":
            return "basic", fields[0], f"Wort {number} ![tone](media/tone.wav)", 0, 1
        case "Basic (optional reversed card)":
            return "basic", fields[0], fields[1], 0, int(fields[2] == "y")
        case "Basic (type in the answer)":
            return "basic", fields[0], fields[1], 1, 0
        case _:
            text = fields[0].replace("\\(", "$").replace("\\)", "$").replace("&lt;", "<")
            return "cloze", "", text, 0, 0


@pytest.mark.parametrize("form", FORMS)
def test_every_form_that_anki_writes_comes_over_field_by_field(
    packages: Packages, world: ImportWorld, form: str
) -> None:
    report = world.bring(packages.files[form])
    assert report.problems == ()
    assert report.notices == ()
    assert (report.notes, report.cards) == (len(packages.notes), len(packages.cards))
    notes = world.notes()
    assert notes.keys() == packages.notes.keys()
    for guid, (kind, fields, tags) in packages.notes.items():
        *content, written_tags = notes[guid]
        content[2] = str(content[2]).replace("](../media/", "](media/")
        assert tuple(content) == expected(kind, fields), guid
        assert json.loads(written_tags) == list(tags)
    assert check_errors(world.root) == []

    day = world.review.study_day(world.learner)
    schedules = world.schedules()
    answered = {(c.guid, c.ordinal) for c in packages.cards if c.type != 0 or c.queue == -1}
    assert len(schedules) == len(answered) > 200
    for card in packages.cards:
        which = ours(packages, card.guid, card.ordinal)
        if card.type == 2:
            repetition = 2 if card.interval >= 6 else 1
            wanted = (repetition, round(card.factor / 10), card.interval, card.due, int(card.queue == -1))
            assert schedules[card.guid, which] == wanted
        elif card.type in (1, 3):
            assert schedules[card.guid, which][3] in (day, day + 1)  # a step of minutes may go past midnight
        elif card.queue == -1:
            assert schedules[card.guid, which] == (0, 250, 0, None, 1)

    log = world.db.all(
        "SELECT r.at, n.guid, c.ordinal, r.quality, r.after_interval, r.took_ms FROM review r JOIN card c ON"
        " c.id = r.card_id JOIN note n ON n.id = c.note_id WHERE r.kind = 'imported' ORDER BY r.seq"
    )
    assert len(log) == len(packages.reviews) > 200
    quality = {1: 1, 2: 3, 3: 4, 4: 5}
    assert [(row[0], row[1], row[3], row[4], row[5]) for row in log] == [
        (at, guid, quality[ease], max(interval, 0), min(took, 60_000))
        for at, guid, _, ease, interval, _, took in packages.reviews
    ]
    assert DoctorService(world.db).examine().findings == ()


def check_errors(root: Path) -> list[str]:
    return [str(problem) for problem in check([root], root) if problem.severity == "error"]


def ours(packages: Packages, guid: str, ordinal: int) -> str:
    return f"c{ordinal + 1}" if packages.notes[guid][0] == "Cloze" else ("forward", "backward")[ordinal]


def test_subdecks_become_folders_with_anki_s_names(packages: Packages, world: ImportWorld) -> None:
    report = world.bring(packages.files[FORMS[2]])
    assert [path for path in report.files if path.endswith(".md")] == [
        "anki/german.md",
        "anki/german/verbs-more.md",
        "anki/maths.md",
    ]
    titles = {deck.path: deck.title for deck in read_decks(world.root)}
    assert titles["anki/german/verbs-more.md"] == "Verbs & more"
    decks = dict(world.db.all("SELECT n.guid, d.path FROM note n JOIN deck d ON d.id = n.deck_id"))
    places = {"German": "german.md", "German::Verbs & more": "german/verbs-more.md", "Maths": "maths.md"}
    assert decks == {guid: f"anki/{places[deck]}" for guid, deck in packages.decks.items()}


def test_importing_again_changes_nothing(packages: Packages, world: ImportWorld) -> None:
    world.bring(packages.files[FORMS[2]])
    before = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    rows = world.db.all("SELECT * FROM review ORDER BY seq")
    again = world.bring(packages.files[FORMS[0]])
    assert (again.notes, again.known, again.media) == (0, len(packages.notes), 0)
    assert again.history is not None
    assert (again.history.reviews, again.history.schedules) == (0, 0)
    assert {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()} == before
    assert world.db.all("SELECT * FROM review ORDER BY seq") == rows


def test_importing_again_brings_what_is_new(tmp_path: Path, world: ImportWorld) -> None:
    world.clock.days(0.01)  # the answer below is given while the test runs
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "one", "1")
        world.bring(export(opened, tmp_path / "first.apkg", legacy=False))
        first = (world.root / "anki/deck.md").read_bytes()
        add(opened, "Basic", "Deck", "two", "2")
        opened.decks.select(opened.decks.id("Deck"))
        assert answer_some(opened, 1) == 1
        report = world.bring(export(opened, tmp_path / "second.apkg", legacy=False))
    assert (report.notes, report.known) == (1, 1)
    assert report.history is not None
    assert (report.history.reviews, report.history.schedules) == (1, 1)
    assert (world.root / "anki/deck.md").read_bytes() == first
    assert (world.root / "anki/deck-2.md").exists()


def test_an_import_cut_off_after_its_files_is_made_whole_by_the_next(
    packages: Packages, world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(AnkiHistory, "bring", cut_off)
        with pytest.raises(KeyboardInterrupt):
            world.bring(packages.files[FORMS[2]])
    assert world.notes()
    assert not world.schedules()
    again = world.bring(packages.files[FORMS[2]])
    assert (again.notes, again.known) == (0, len(packages.notes))
    assert again.history is not None
    assert again.history.reviews > 0
    assert world.schedules()


def test_an_answer_given_here_is_not_undone_by_importing_again(packages: Packages, world: ImportWorld) -> None:
    world.bring(packages.files[FORMS[2]])
    card = world.review.queue(world.learner, limit=1).cards[0]
    world.review.answer(world.learner, Answer(new_uuid(), card.id, 5))
    moved = world.schedules()
    world.bring(packages.files[FORMS[2]])
    assert world.schedules() == moved


def test_undo_takes_an_import_s_schedules_back_and_importing_brings_them_again(
    packages: Packages, world: ImportWorld
) -> None:
    world.bring(packages.files[FORMS[2]])
    schedules = world.schedules()
    world.review.undo(world.learner)
    assert world.schedules() == {}
    report = world.bring(packages.files[FORMS[2]])
    assert report.history is not None
    assert (report.history.reviews, report.history.schedules) == (0, len(schedules))
    assert world.schedules() == schedules
    assert DoctorService(world.db).examine().findings == ()


def test_reschedule_is_what_sm2_makes_of_the_log(tmp_path: Path, world: ImportWorld) -> None:
    day = 86_400_000
    with collection(tmp_path) as opened:
        note = add(opened, "Basic", "Deck", "one", "1")
        card = note.cards()[0].id
        now = world.clock()
        for days, ease in ((100, 3), (99, 3), (93, 4), (60, 1), (60, 3), (59, 3)):
            at = now - days * day + ease * 60_000
            opened.db.execute("INSERT INTO revlog VALUES (?, ?, -1, ?, 10, 5, 2500, 4000, 1)", at, card, ease)
        opened.db.execute("UPDATE cards SET type = 2, queue = 2, ivl = 77, due = 5, factor = 1900 WHERE id = ?", card)
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    world.bring(file, reschedule=True)
    (schedule,) = world.schedules().values()
    # 4, 4, 5: 1, 6, then 6 x 2.60 = 16 days; 1 forgets (its drill on that day moves nothing); 4: 1 day.
    today = world.review.study_day(world.learner)
    assert schedule == (1, 260, 1, today - 59 + 1, 0)


def test_anki_takes_what_we_export_again_as_the_same_notes(
    packages: Packages, world: ImportWorld, tmp_path: Path
) -> None:
    world.bring(packages.files[FORMS[2]])
    package = tmp_path / "ours.apkg"
    ExportService(world.db, world.root, world.review.study_day).anki(package)
    with collection(tmp_path) as opened:
        import_into(opened, packages.files[FORMS[2]])
        cards = opened.db.all("SELECT id, nid, ord, due, ivl, queue FROM cards ORDER BY id")
        log = opened.db.all("SELECT * FROM revlog ORDER BY id")
        before = opened.db.all("SELECT id, mid, mod, tags, flds FROM notes ORDER BY id")
        everything = len(packages.notes)
        assert import_into(opened, package) == {"new": 0, "updated": 0, "duplicate": everything, "conflicting": 0}
        assert opened.db.all("SELECT id, mid, mod, tags, flds FROM notes ORDER BY id") == before
        opened.db.execute("UPDATE notes SET mod = mod - 1000")  # now ours are newer
        assert import_into(opened, package) == {"new": 0, "updated": everything, "duplicate": 0, "conflicting": 0}
        assert opened.note_count() == len(packages.notes)
        assert opened.db.all("SELECT id, nid, ord, due, ivl, queue FROM cards ORDER BY id") == cards
        assert opened.db.all("SELECT * FROM revlog ORDER BY id") == log
        tags = {guid: tuple(text.split()) for guid, text in opened.db.all("SELECT guid, tags FROM notes")}
        assert tags == {guid: tags for guid, (_, _, tags) in packages.notes.items()}
        again = export(opened, tmp_path / "again.apkg", legacy=False)
    with reading_package(again) as read:
        converted = dict(zip((note.guid for note in read.notes), read.converted, strict=True))
    for guid, (kind, question, answer, typed, is_reversed, _) in (
        (guid, values) for guid, values in world.notes().items()
    ):
        there = converted[guid]
        assert (there.kind, there.question, there.typed, there.reversed) == (
            kind, question, bool(typed), bool(is_reversed),
        )  # fmt: skip
        if "media/" not in str(answer):
            assert there.answer == answer


def test_without_a_database_the_guids_are_in_the_files(packages: Packages, tmp_path: Path) -> None:
    report = import_decks(packages.files[FORMS[2]], tmp_path / "decks")
    assert report.notes == len(packages.notes)
    notes: list[Note] = [note for deck in read_decks(tmp_path / "decks") for note in deck.notes]
    assert {guid_of(note.id) for note in notes} == packages.notes.keys()
    assert sum(isinstance(note.content, Cloze) for note in notes) == sum(
        kind == "Cloze" for kind, _, _ in packages.notes.values()
    )
    again = import_decks(packages.files[FORMS[0]], tmp_path / "decks")
    assert (again.notes, again.files) == (0, ())


def test_a_history_needs_decks_that_the_service_serves(packages: Packages, world: ImportWorld, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="not below the decks folder"):
        world.imports.bring(packages.files[FORMS[2]], tmp_path / "elsewhere", world.learner)
    assert not (tmp_path / "elsewhere").exists()


def test_other_types_come_by_their_first_template(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        back_of_first = "<b>{{Capital}}</b>{{#Note}} ({{Note}}){{/Note}}"
        model = opened.models.new("Capitals")
        for name in ("Country", "Capital", "Note"):
            opened.models.add_field(model, opened.models.new_field(name))
        for name, front, back in (
            ("to capital", "Capital of {{Country}}?", f"{{{{FrontSide}}}}<hr id=answer>{back_of_first}"),
            ("to country", "{{Capital}} is the capital of?", "{{Country}}"),
        ):
            template = opened.models.new_template(name)
            template["qfmt"], template["afmt"] = front, back
            opened.models.add_template(model, template)
        opened.models.add(model)
        add(opened, "Capitals", "Geo", "France", "Paris", "on the Seine")
        file = export(opened, tmp_path / "geo.apkg", legacy=False)
    report = import_decks(file, tmp_path / "decks")
    (deck,) = read_decks(tmp_path / "decks")
    assert deck.notes[0].content == Basic("Capital of France?", "**Paris** (on the Seine)")
    left_out, stays = report.notices
    assert left_out.endswith("(France): a further card was left out: only the first template is carried")
    assert "Note type 'Capitals' (1 note): an export to Anki gives these notes back as they came" in stays


def test_names_are_readable_and_any_system_can_hold_them(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        (tmp_path / "日本 語.png").write_bytes(png())
        opened.media.add_file(str(tmp_path / "日本 語.png"))
        add(opened, "Basic", "CON::Nul", '<img src="日本 語.png">', "a")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    report = import_decks(file, tmp_path / "decks")
    assert [path for path in report.files if not path.endswith("json")] == [
        "con-deck/_folder.yml",
        "con-deck/nul-deck.md",
        "media/日本-語.png",
    ]
    text = (tmp_path / "decks/con-deck/nul-deck.md").read_text()
    assert "title: Nul" in text
    assert "![](../media/日本-語.png)" in text
    assert check_errors(tmp_path / "decks") == []


def test_headings_of_anki_stay_headings(tmp_path: Path) -> None:
    """Also where the text holds what only a deck may say, and is escaped."""
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "q", "<h1>Big</h1><h3>Rubric</h3>x")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    import_decks(file, tmp_path / "decks")
    assert "\n#### Big\n\n\\### Rubric\n\nx\n" in (tmp_path / "decks/deck.md").read_text()


def test_only_formulas_that_are_refused_are_kept_as_code(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "q", r"\(x^2\) and \(\nonsense{y}\) and \[z\]")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    (notice,) = import_decks(file, tmp_path / "decks").notices
    assert notice.endswith('(q): the formula is refused: unknown command "\\nonsense": kept as code')
    (deck,) = read_decks(tmp_path / "decks")
    assert deck.notes[0].content == Basic("q", "$x^2$ and `\\nonsense{y}` and $$z$$")


def test_a_deletion_of_several_numbers_keeps_all_its_cards(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        note = add(opened, "Cloze", "Deck", "Both {{c1,2::gaps::hint}} and {{c2::one}}")
        assert len(note.cards()) == 2
        file = export(opened, tmp_path / "x.apkg", legacy=False)
        report = import_decks(file, tmp_path / "decks")
        assert (report.notes, report.cards, report.notices) == (1, 2, ())
        (deck,) = (tmp_path / "decks").glob("*.md")
        deck.write_text(deck.read_text().replace("Both", "The"))
        FileExport(tmp_path / "decks").anki(tmp_path / "ours.apkg", [], no_progress)
        opened.db.execute("UPDATE notes SET mod = mod - 1000")
        assert import_into(opened, tmp_path / "ours.apkg")["updated"] == 1
        shown = opened.get_note(note.id).cards()
        assert [re.sub("<[^>]*>", "", card.question(reload=True).rpartition("</style>")[2]) for card in shown] == [
            "The [hint] and one",
            "The [hint] and [...]",
        ]


def test_the_same_of_many_notes_is_said_once(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        for number in range(60):
            add(opened, "Basic", "Deck", f"<b>q</b>&amp;{number}", "")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    (notice,) = import_decks(file, tmp_path / "decks").notices
    assert notice.startswith("60 notes: its answer is empty in Anki: q &0, q &1, ")
    assert notice.endswith("q &49, and 10 more")


def test_image_occlusion_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(png())
    with collection(tmp_path) as opened:
        name = opened.media.add_file(str(tmp_path / "p.png"))
        add(opened, "Image Occlusion", "Deck", "{{c1::image-occlusion:rect:left=.1:top=.1:width=.2:height=.2}}",
            f'<img src="{name}">')  # fmt: skip
        add(opened, "Basic", "Deck", "q", "a")
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    report = import_decks(file, tmp_path / "decks")
    assert (report.notes, report.left_out) == (1, 1)
    assert "image occlusion" in report.notices[0]


@pytest.mark.parametrize(
    "guid",
    ["Q4!|z,;{", "abc", "x" * 59, "6f0c2f0e-58b5-5d0c-9a52-6d1f4a2c7e11", "ümlaut", "a.b c", "#", "..", "[]~`\\"],
)
def test_a_guid_survives_as_a_note_s_id(guid: str) -> None:
    id_ = note_id(guid)
    assert guid_of(id_) == guid == known_as(guid)


def test_what_stands_for_a_guid_that_is_too_long_is_an_id_and_a_guid() -> None:
    assert known_as("x" * 59) == "x" * 59
    known = known_as("x" * 60)
    assert known != known_as("x" * 61)
    assert guid_of(note_id(known)) == known == note_id(known)
    assert guid_of("overfitting") is None
    assert guid_of("anki.x{y") is None


def test_a_note_with_a_guid_that_is_too_long_comes_once(tmp_path: Path) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "Deck", "q", "a")
        opened.db.execute("UPDATE notes SET guid = ?", "x" * 64)
        file = export(opened, tmp_path / "x.apkg", legacy=False)
    assert import_decks(file, tmp_path / "decks").notes == 1
    again = import_decks(file, tmp_path / "decks")
    assert (again.notes, again.known, again.files) == (0, 1, ())


def test_our_own_packages_come_back_as_they_went(tmp_path: Path) -> None:
    """All built-in decks: every note with its id, in a deck with its id; only pictures have other paths."""
    FileExport(BUILT_IN).anki(tmp_path / "ours.apkg", [], no_progress)
    report = import_decks(tmp_path / "ours.apkg", tmp_path / "decks")
    assert (report.left_out, report.notices) == (0, ())
    assert check_errors(tmp_path / "decks") == []
    went = {(deck.id, note.id): note for deck in read_decks(BUILT_IN) for note in deck.notes}
    came = {(deck.id, note.id): note for deck in read_decks(tmp_path / "decks") for note in deck.notes}
    assert came.keys() == went.keys()
    for key, note in went.items():
        assert without_paths(came[key]) == without_paths(note), key


def without_paths(note: Note) -> tuple[object, ...]:
    lists = (note.rubric, note.follow_ups, note.sources, note.tags, note.rubric_refs, note.follow_up_refs)
    lists += (note.in_full, note.clarify)
    return (re.sub(r"\]\([^)]*\.(svg|png)\)", "](picture)", repr(note.content)), *lists)


def test_only_files_that_the_database_does_not_know_are_read(
    world: ImportWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collection(tmp_path) as opened:
        add(opened, "Basic", "D", "q", "a")
        package = export(opened, tmp_path / "one.apkg", legacy=False)
    (world.root / "old.md").write_text("## Old? {#old}\n\nYes.\n")
    assert world.bring(package).notes == 1
    (world.root / "new.md").write_text("## New? {#new}\n\nYes.\n")
    reads = Reads(monkeypatch)
    assert world.bring(package).known == 1
    assert reads.paths == ["new.md"]
