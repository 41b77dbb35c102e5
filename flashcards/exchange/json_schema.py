"""What an export as JSON holds: one declaration for the documentation, the checks and the conversions.

The document is an object: `format`, `version`, `program`, then one array for each of `SECTIONS`, in that
order, so that what an item refers to comes before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flashcards.domain.schedulers import SM2
from flashcards.exchange.json_kinds import (
    BOOLEAN,
    DAY,
    FSRS_NUMBERS,
    HEX,
    ID,
    INSTANT,
    INTEGER,
    NUMBER,
    NUMBERS,
    OBJECT,
    OBJECTS,
    PAIRS,
    REFERENCES,
    TEXT,
    TEXTS,
    Kind,
    NotAsDeclared,
)

FORMAT = "flashcards-export"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Field:
    """One member of an item. A name with a dot is a member of an object within the item.

    `column` is what it is called where it is stored.
    """

    name: str
    kind: Kind
    says: str
    nullable: bool = False
    column: str = ""
    later: bool = False  # it came with a later program: documents without it are read as with `default`
    default: object = None  # as it is stored

    @property
    def stored_as(self) -> str:
        """The column's name."""
        return self.column or self.name.replace(".", "_")


@dataclass(frozen=True, slots=True)
class Section:
    """One array of the document, and the table that it is stored in ("" for what is in no table)."""

    name: str
    table: str
    says: str
    fields: tuple[Field, ...]
    later: bool = False  # it came with a later program: documents without it are read

    @property
    def columns(self) -> tuple[str, ...]:
        """The stored names of the fields, in order."""
        return tuple(field.stored_as for field in self.fields)

    def item(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """The item for a stored row, whose values are in the order of `columns`."""
        item: dict[str, Any] = {}
        for field, value in zip(self.fields, row, strict=True):
            group, dot, name = field.name.partition(".")
            target = item.setdefault(group, {}) if dot else item
            target[name if dot else group] = None if value is None else field.kind.write(value)
        return item

    def row(self, item: Any) -> tuple[Any, ...]:
        """The row for an item; members that are not declared are left out.

        Raises NotAsDeclared, which names the member, where one is missing or of another kind.
        """
        if not isinstance(item, dict):
            raise NotAsDeclared("must be an object")
        return tuple(_value(item, field) for field in self.fields)


def _value(item: dict[str, Any], field: Field) -> Any:
    value: Any = item
    for name in field.name.split("."):
        if not isinstance(value, dict) or name not in value:
            if field.later:
                return field.default
            raise NotAsDeclared(f"{field.name} is missing")
        value = value[name]
    if value is None and field.nullable:
        return None
    try:
        return field.kind.read(value)
    except NotAsDeclared as error:
        raise NotAsDeclared(f"{field.name} {error}") from None


def _state(prefix: str, when: str) -> tuple[Field, ...]:
    return (
        Field(f"{prefix}repetition", INTEGER, f"successes in a row, {when}"),
        Field(f"{prefix}ease", INTEGER, f"ease in hundredths, {when}"),
        Field(f"{prefix}interval", INTEGER, f"interval in days, {when}"),
        Field(f"{prefix}due_on", DAY, f"the day on which the card is due, {when}; null: it is new", True),
        Field(f"{prefix}suspended", BOOLEAN, f"whether it is suspended, {when}"),
        Field(f"{prefix}buried_until", DAY, f"hidden until this day, {when}", True),
    )


_REMOVED = Field("removed_at", INSTANT, "when it left the files; null: it is there", True)
_LEARNER = Field("learner", ID, "whose", column="learner_id")
_OF_DECK = Field("deck", ID, "the deck's id", column="deck_id")
_OF_NOTE = Field("note", ID, "the note's id", column="note_id")
_OF_CARD = Field("card", ID, "the card's id", column="card_id")

SECTIONS = (
    Section(
        "files",
        "",
        "the decks folder: deck files, what folders say of themselves, pictures and sounds",
        (
            Field("path", TEXT, "relative to the decks folder, with slashes"),
            Field("text", TEXT, "the content, where it is UTF-8 text", True),
            Field("base64", TEXT, "the content, where it is not", True),
        ),
    ),
    Section(
        "folders",
        "folder",
        "folders that give themselves a title or a place",
        (
            Field("path", TEXT, "relative to the decks folder"),
            Field("title", TEXT, "its title", True),
            Field("order", NUMBER, "its place among its neighbours", True, "sort_order"),
            Field("order_new", TEXT, "how new cards of its decks come: file or level", True, later=True),
        ),
    ),
    Section(
        "decks",
        "deck",
        "decks, those whose files have gone too",
        (
            Field("id", ID, "opaque; notes refer to it"),
            Field("key", TEXT, "the deck id of the format"),
            Field("path", TEXT, "the file, relative to the decks folder"),
            Field("title", TEXT, "its title"),
            Field("description", TEXT, "one line about it"),
            Field("tags", TEXTS, "its tags"),
            Field("author", TEXT, "who wrote it"),
            Field("license", TEXT, "under which terms"),
            Field("source", TEXT, "from what"),
            Field("language", TEXT, "a language tag, or empty"),
            Field("order", NUMBER, "its place among its neighbours", True, "sort_order"),
            Field("position", INTEGER, "its place in the study order of all decks"),
            _REMOVED,
        ),
    ),
    Section(
        "notes",
        "note",
        "notes, removed ones too; texts are Markdown source",
        (
            Field("id", ID, "opaque; cards and revisions refer to it"),
            _OF_DECK,
            Field("key", TEXT, "the note id of the format"),
            Field("explicit", BOOLEAN, "whether its file gives the id"),
            Field("guid", TEXT, "what Anki knows it by"),
            Field("kind", TEXT, "basic or cloze"),
            Field("position", INTEGER, "its place in its file"),
            Field("line", INTEGER, "its line in its file, from 1"),
            Field("section", TEXT, "the section that it stands in", True),
            Field("title", TEXT, "its question as plain text"),
            Field("question", TEXT, "the question; of a cloze note the heading"),
            Field("answer", TEXT, "the answer; of a cloze note the text"),
            Field("source", TEXT, "the whole note as written, but for its attribute list"),
            Field("definitions", TEXT, "the link references and footnotes that it uses"),
            Field("rubric", TEXTS, "points that an interviewer listens for"),
            Field("follow_ups", TEXTS, "further questions"),
            Field("sources", TEXTS, "references"),
            Field("tags", TEXTS, "its tags, those of its file included"),
            Field("requires", PAIRS, "pairs of a deck id (null: its own) and a note id to be learnt first"),
            Field("typed", BOOLEAN, "whether the answer is typed"),
            Field("reversed", BOOLEAN, "whether it is asked back to front as well"),
            Field("one_line", BOOLEAN, "whether it stands on one line"),
            Field("draft", BOOLEAN, "whether only authors see it"),
            Field("revision", INTEGER, "the number of its text"),
            Field("modified_at", INSTANT, "when its text last changed"),
            _REMOVED,
            Field(
                "rubric_refs",
                REFERENCES,
                "for each point null or the deck id (null: its own), note id and level that"
                " it names; empty where no point names any",
                later=True,
                default="[]",
            ),
            Field("follow_up_refs", REFERENCES, "the same for the further questions", later=True, default="[]"),
            Field("in_full", TEXT, "the long form of the answer", later=True, default=""),
            Field("clarify", TEXTS, "what an interviewer would answer if asked", later=True, default="[]"),
        ),
    ),
    Section(
        "revisions",
        "revision",
        "every text that a note has had",
        (
            _OF_NOTE,
            Field("number", INTEGER, "from 1"),
            Field("source", TEXT, "the note as it was written"),
            Field("at", INSTANT, "when it was read"),
        ),
    ),
    Section(
        "cards",
        "card",
        "cards, removed ones too",
        (
            Field("id", ID, "the card's id, as the API gives it"),
            _OF_NOTE,
            Field("which", TEXT, "forward, backward, or c1, c2, ..."),
            Field("ordinal", INTEGER, "its place among its siblings"),
            _REMOVED,
        ),
    ),
    Section(
        "learners",
        "learner",
        "accounts and their settings, without passwords, sessions and tokens",
        (
            Field("id", ID, "opaque; the rest refers to it"),
            Field("name", TEXT, "the name to log in with"),
            Field("author", BOOLEAN, "may write decks", column="is_author"),
            Field("admin", BOOLEAN, "may manage accounts", column="is_admin"),
            Field("timezone", TEXT, "an IANA name"),
            Field("day_start", INTEGER, "the hour at which a day starts"),
            Field("new_per_day", INTEGER, "how many new cards a day"),
            Field("due_per_day", INTEGER, "how many due cards a day; null: all", True),
            Field("drill", BOOLEAN, "whether cards answered below 4 are asked again on the day"),
            Field("buttons", INTEGER, "4 or 6"),
            Field("letter_keys", BOOLEAN, "whether letters are keys"),
            Field("theme", TEXT, "auto, light or dark"),
            Field("suspend_leeches", BOOLEAN, "whether leeches are suspended"),
            Field("new_order", TEXT, "how new cards come across decks; null: deck after deck", True, later=True),
            Field("email", TEXT, "where reminders go", True, later=True),
            Field("email_verified_at", INSTANT, "when it was confirmed; null: it is not", True, later=True),
            Field("reminder", TEXT, "the hour of reminders, such as 07:00; null: none", True, later=True),
            Field(
                "letter", TEXT, "when the weekly letter comes, such as 1-07:00 (Monday); null: never", True, later=True
            ),
            Field("created_at", INSTANT, "since when"),
        ),
    ),
    Section(
        "learner_decks",
        "learner_deck",
        "what learners set for single decks",
        (
            _LEARNER,
            _OF_DECK,
            Field("active", BOOLEAN, "whether its cards are asked"),
            Field("new_per_day", INTEGER, "its own limit of new cards", True),
        ),
    ),
    Section(
        "schedules",
        "schedule",
        "where each card stands for each learner",
        (
            _LEARNER,
            _OF_CARD,
            *_state("", "now"),
            Field("lapses", INTEGER, "how often it was forgotten"),
            Field("scheduler", TEXT, "who set the date: sm2 or fsrs-6", column='"by"', later=True, default=SM2),
        ),
    ),
    Section(
        "parameters",
        "fsrs_parameters",
        "the numbers of FSRS-6 that the log and the fits name; those that it comes with are left out",
        (
            Field("name", TEXT, "made of the numbers"),
            Field("numbers", FSRS_NUMBERS, "all 21"),
        ),
        later=True,
    ),
    Section(
        "fits",
        "learner_fit",
        "what was fitted to learners' logs; the newest that was taken predicts",
        (
            _LEARNER,
            Field("number", INTEGER, "from 1"),
            Field("at", INSTANT, "when"),
            Field("answers", INTEGER, "how many it saw"),
            Field("parameters", TEXT, "the name of the numbers"),
            Field("slope", INTEGER, "of the calibration, in millionths"),
            Field("intercept", INTEGER, "of the calibration, in millionths"),
            Field("tried", OBJECT, "the loss of each way"),
            Field("figures", OBJECT, "how well the log was predicted"),
            Field("taken", BOOLEAN, "whether it changed what predicts"),
        ),
        later=True,
    ),
    Section(
        "schedulers",
        "learner_scheduler",
        "who decides dates, where that is not SM-2 alone",
        (
            _LEARNER,
            Field("folder", TEXT, "the address of a folder or deck; empty: everything else"),
            Field("scheduler", TEXT, "sm2 or fsrs-6"),
            Field("retention", INTEGER, "wished, in ten-thousandths"),
            Field("since", INSTANT, "since when"),
        ),
        later=True,
    ),
    Section(
        "reviews",
        "review",
        "the log, by learner and seq; replaying it gives the schedules",
        (
            _LEARNER,
            Field("seq", INTEGER, "the order of the learner's log"),
            Field("id", TEXT, "the answer's id", column="uid"),
            Field("action", TEXT, "what rows of one action share"),
            _OF_CARD,
            Field("at", INSTANT, "when"),
            Field("study_day", DAY, "on which day of the learner"),
            Field("grade", INTEGER, "0 to 5; null for what is no answer", True, "quality"),
            Field(
                "kind",
                TEXT,
                "scheduled, drill, extra, cram, mock, ahead, plan, manual, flag, imported; more may come",
            ),
            Field("verb", TEXT, "of a manual row, what was done", True),
            Field("revision", INTEGER, "which text was shown"),
            Field("scheduler", TEXT, "who decided: sm2, or fsrs-6@ and the retention that it asked for"),
            *_state("before.", "before"),
            *_state("after.", "after"),
            Field("took_ms", INTEGER, "how long it took", True),
            Field("leech", BOOLEAN, "whether it made the card a leech"),
            Field("undone", BOOLEAN, "whether it was taken back"),
            Field(
                "after_lapses",
                INTEGER,
                "of what closed an import, how often the card was forgotten until then",
                True,
                later=True,
            ),
            Field("stability", INTEGER, "after it, in millionths of a day", True, later=True),
            Field("difficulty", INTEGER, "after it, in millionths", True, later=True),
            Field("parameters", TEXT, "the name of the numbers that both were computed with", True, later=True),
        ),
    ),
    Section(
        "imported_reviews",
        "imported_review",
        "what Anki knew of rows that came from there",
        (
            _LEARNER,
            Field("seq", INTEGER, "of the row in the learner's log"),
            Field("type", INTEGER, "0 learning, 1 review, 2 relearning, 3 filtered, 4 and 5 by hand"),
            Field("interval", INTEGER, "in days; negative: in seconds"),
            Field("last_interval", INTEGER, "the one before"),
            Field("factor", INTEGER, "the ease, in permille"),
        ),
        later=True,
    ),
    Section(
        "plans",
        "plan",
        "plans to a date",
        (
            _LEARNER,
            Field("id", INTEGER, "its number"),
            Field("title", TEXT, "what it is called"),
            Field("day", DAY, "the day on which is recalled"),
            Field("minute", INTEGER, "of that day, when it begins", True),
            Field("scope", OBJECT, "what it is about: decks, tags, q; empty: everything"),
            Field("weights", OBJECT, "by place, from 0 (left out) to 3"),
            Field("minutes", INTEGER, "a day"),
            Field("days_off", OBJECT, "weekdays (0 is Monday) and days without study"),
            Field("style", TEXT, "most or sure"),
            Field("followed", BOOLEAN, "whether it is followed"),
            Field("created_at", INSTANT, "since when"),
            Field("ended_at", INSTANT, "when it ended", True),
            Field("outcome", TEXT, "how it went", True),
        ),
        later=True,
    ),
    Section(
        "breaks",
        "learner_break",
        "holidays",
        (
            _LEARNER,
            Field("first_day", DAY, "its first day"),
            Field("last_day", DAY, "its last day"),
            Field("created_at", INSTANT, "when it was entered"),
        ),
        later=True,
    ),
    Section(
        "anki_exports",
        "anki_export",
        "what exports to Anki said of notes",
        (
            Field("learner", ID, "for whom; null: for nobody by name", True, "learner_id"),
            Field("guid", TEXT, "what Anki knows the note by"),
            _OF_NOTE,
            Field("modified", INTEGER, "when Anki believes that it changed, epoch seconds"),
            Field("digest", HEX, "of its tags and fields"),
            Field("removed", BOOLEAN, "whether it was exported as removed"),
        ),
    ),
    Section(
        "flags",
        "card_flag",
        "the coloured flags of cards",
        (_LEARNER, _OF_CARD, Field("flag", INTEGER, "1 to 7, as Anki's"), Field("at", INSTANT, "since when")),
        later=True,
    ),
    Section(
        "saved_searches",
        "saved_search",
        "searches that learners keep under a name",
        (
            _LEARNER,
            Field("id", TEXT, "what names it"),
            Field("name", TEXT, "what the learner calls it"),
            Field("query", TEXT, "the search"),
            Field("on_today", BOOLEAN, "whether it stands on the first page"),
            Field("position", INTEGER, "its place among the learner's searches"),
        ),
        later=True,
    ),
    Section(
        "study_sets",
        "study_set",
        "sets of cards that learners chose to study",
        (
            _LEARNER,
            Field("id", TEXT, "what names it"),
            Field("query", TEXT, "the search that found its cards; empty where they were named one by one"),
            Field("cards", NUMBERS, "the ids of its cards, in the order of asking"),
            Field("mode", TEXT, "review: what was due or new moved as usual; cram: nothing moved"),
            Field("study_day", DAY, "on which day of the learner it was made"),
            Field("made_at", INSTANT, "when it was made"),
            Field("seq", INTEGER, "the end of the learner's log then: what follows counts in the set"),
            Field("title", TEXT, "what it is called; empty: by its search", later=True, default=""),
        ),
        later=True,
    ),
    Section(
        "rounds",
        "practice_round",
        "rounds of practice",
        (
            _LEARNER,
            Field("id", TEXT, "what names it"),
            Field("kind", TEXT, "concepts, coding, design, behavioural, mixed or one"),
            Field("level", TEXT, "junior, mid or senior; null: any", True),
            Field("minutes", INTEGER, "how long it was to take"),
            Field("seed", INTEGER, "what its questions were drawn with"),
            Field("scope", OBJECT, "the decks and tags that were asked for"),
            Field("questions", OBJECTS, "its questions, as they were asked"),
            Field("started_at", INSTANT, "when it began"),
            Field("finished_at", INSTANT, "when it ended; null: it goes on", True),
            Field("plan", TEXT, "of the plan by which it was proposed", True, "plan_id"),
        ),
        later=True,
    ),
    Section(
        "round_answers",
        "round_answer",
        "what was answered in rounds",
        (
            _LEARNER,
            Field("round", TEXT, "the round's id", column="round_id"),
            Field("id", TEXT, "what names the answer"),
            Field("position", INTEGER, "of the question in the round, from 0"),
            _OF_CARD,
            Field("revision", INTEGER, "of the text that was asked"),
            Field("text", TEXT, "what was written; null: passed over", True),
            Field("work", OBJECT, "numbers, the sketch, answers to follow-ups"),
            Field("started_at", INSTANT, "when the question was shown"),
            Field("took_ms", INTEGER, "how long it took"),
            Field("at", INSTANT, "when it was answered"),
            Field("closed_at", INSTANT, "when it was graded or left", True),
            Field("review", INTEGER, "the seq of its grade in the learner's log; null: not graded", True, "review_seq"),
        ),
        later=True,
    ),
    Section(
        "round_marks",
        "round_mark",
        "which points were said",
        (
            _LEARNER,
            Field("round", TEXT, "the round's id", column="round_id"),
            Field("position", INTEGER, "of the question in the round, from 0"),
            Field("who", TEXT, "self, partner or model"),
            Field("point", TEXT, "what the point is known by"),
            _OF_CARD,
            Field("mark", TEXT, "said, partly or missed"),
            Field("at", INSTANT, "when it was ticked"),
            Field("evidence", TEXT, "of a model's: the learner's words that prove it", True),
            Field("taught_by", ID, "the card that teaches the point; null: none of its own", True, later=True),
        ),
        later=True,
    ),
    Section(
        "proposals",
        "proposal",
        "what learners reported of notes, or proposed for them",
        (
            _LEARNER,
            Field("id", TEXT, "what names it"),
            Field("origin", TEXT, "where it was made: review, mcp, anki or partner"),
            _OF_NOTE,
            Field("base_revision", INTEGER, "of the note's text that was seen"),
            Field("text", TEXT, "the note as it should be; null: a remark alone", True),
            Field("remark", TEXT, "what is wrong, or why"),
            Field("state", TEXT, "open, taken, declined, answered or withdrawn"),
            Field("answer", TEXT, "what an author said to it", True),
            Field("answered_by", ID, "the author", True),
            Field("at", INSTANT, "when it was made"),
            Field("answered_at", INSTANT, "when it was answered", True),
        ),
        later=True,
    ),
)
BY_NAME = {section.name: section for section in SECTIONS}


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document."""
    properties: dict[str, Any] = {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "program": {"type": "string", "description": "what wrote it"},
    }
    for section in SECTIONS:
        items = _object(section.fields)
        properties[section.name] = {"type": "array", "description": section.says, "items": items}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Flashcards export",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if not (name in BY_NAME and BY_NAME[name].later)],
    }


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    groups: dict[str, list[Field]] = {}
    properties: dict[str, Any] = {}
    for field in fields:
        group, dot, name = field.name.partition(".")
        if dot:
            groups.setdefault(group, []).append(Field(name, field.kind, field.says, field.nullable))
            properties[group] = None
        else:
            properties[group] = _described(field)
    for group, members in groups.items():
        properties[group] = _object(tuple(members))
    later = {field.name for field in fields if field.later}
    return {"type": "object", "properties": properties, "required": [name for name in properties if name not in later]}


def _described(field: Field) -> dict[str, Any]:
    type_ = field.kind.schema["type"]
    nullable = {"type": [type_, "null"]} if field.nullable else {}
    return {**field.kind.schema, **nullable, "description": field.says}
