"""What the review service takes and gives.

Instants (`at`) are epoch milliseconds in UTC. Days are whole days since 1970-01-01. Ease is in hundredths,
intervals in days. Card ids are strings, opaque outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from flashcards.domain.ids import DeckId, NoteId
from flashcards.domain.schedule import Schedule
from flashcards.domain.study_day import Day
from flashcards.domain.study_set import SetMode
from flashcards.services.plan.contract import BacklogState
from flashcards.services.review.text_changes import NO_NEWS, CardNews

QueueKind = Literal["due", "new", "drill", "ahead", "cram", "plan"]
QueueMode = Literal["review", "ahead", "cram"]
CardStatus = Literal["new", "scheduled", "suspended", "removed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a client sends it.

    `id` is the client's UUID; `at` is when it was given (None: now); `mode` is review, cram, mock, ahead or plan.
    `revision` is the `QueueCard.revision` that was shown; one that the note never had counts as None: not known.
    """

    id: str
    card: str
    grade: int
    mode: str = "review"
    at: int | None = None
    took_ms: int | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What is stored of an answer: the same, whenever it is sent again.

    `created` is false for a repetition; `leech` says that this answer made the card a leech. `seq` is its row's
    place in the log.
    """

    created: bool
    id: str
    seq: int
    card: str
    kind: str
    repetition: int
    ease: int
    interval: int
    due_on: Day | None
    leech: bool


@dataclass(frozen=True, slots=True)
class Left:
    """How many cards will still be shown today, siblings and limits counted in.

    `ahead` and `cram` are 0 where no such cards were asked for. `early` are cards that a plan asks before their date;
    under a plan all of these are what fits into its day.
    """

    due: int
    new: int
    drill: int
    ahead: int = 0
    cram: int = 0
    early: int = 0

    @property
    def total(self) -> int:
        """All together."""
        return self.due + self.new + self.drill + self.ahead + self.cram + self.early


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A card to be asked.

    `intervals` gives for each quality the days until the card would come again; in a drill, ahead and in a cram, the
    days until its standing due date, whatever the answer. `typed_answer` is plain text, empty where `typed` is false.
    `suspends`: forgotten now, the card becomes a leech that the learner wishes suspended.
    `revision` is the number of the text. Cards with the same `mark` are confusable: their questions are nearly
    the same. `flag` is 0 (none) to 7. `rights` is how many right answers in a row a card of a set still needs, `failed`
    whether it was failed in the set.
    `by_plan` is whether a followed plan says when it comes again: then the intervals are those of its own dates alone.
    `seconds` is about how long it takes of a plan's day, None without one.
    """

    id: str
    key: str
    kind: QueueKind
    question_html: str
    answer_html: str
    intervals: dict[int, int]
    typed: bool
    typed_answer: str
    deck_title: str
    deck_address: str
    section: str | None
    note_id: NoteId
    which: str
    path: str
    line: int
    rubric_html: tuple[str, ...]
    follow_ups_html: tuple[str, ...]
    sources_html: tuple[str, ...]
    tags: tuple[str, ...]
    leech: bool
    suspends: bool
    language: str
    revision: int
    flag: int = 0
    rights: int = 1
    failed: bool = False
    mark: str | None = None
    news: CardNews = NO_NEWS
    in_full_html: str = ""
    by_plan: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """The next cards. `total_today` is what is left and what is done today, in the same decks.

    `seq` is that of the log's last row when this was read: whoever knows of a later one holds an old queue. `plan` is
    the number of the plan that serves it: its cards are answered in the mode plan, and what is left takes about
    `plan_seconds`.
    """

    study_day: Day
    seq: int
    left: Left
    total_today: int
    cards: tuple[QueueCard, ...]
    plan: int | None = None
    plan_seconds: int = 0

    @property
    def done(self) -> int:
        """How many of today's cards are done."""
        return self.total_today - self.left.total


@dataclass(frozen=True, slots=True)
class StudySet:
    """A set of cards to study, frozen when it was made: `cards` is how many it had then.

    In the mode `review` what is due or new is asked as usual, and no date of the others moves; in the mode `cram`
    none does. `query` is "" where the cards were named one by one; it may have a `title` then.
    """

    id: str
    query: str
    mode: SetMode
    cards: int
    study_day: Day
    made_at: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class OpenSet:
    """A set with how many of its cards are still to be right: 0 where it is done."""

    made: StudySet
    left: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search finds that can be studied. `due` and `new` are cards that today's reviews could ask, `drill` those
    that today's drill asks."""

    cards: int
    due: int
    new: int
    drill: int = 0

    @property
    def others(self) -> int:
        """Cards whose dates stay, whatever is answered."""
        return self.cards - self.due - self.new - self.drill


@dataclass(frozen=True, slots=True)
class BeyondLimit:
    """Cards that only today's limit of new cards, or the end of a plan's day, holds back: `held` of them come with
    `more` in the queue.

    Under a plan `seconds` are what is left of its minutes, and `promise` is how many cards it promised for the day.
    """

    more: int
    held: int
    seconds: int = 0
    promise: int = 0


@dataclass(frozen=True, slots=True)
class LimitsLeft:
    """How many new and due cards may still come today, from whatever decks; None without a limit, as under a plan."""

    new: int | None
    due: int | None


class DeckCounts(NamedTuple):
    """What a deck holds for today. `unseen` are all its cards in the state new, today's or not.

    `early` are those that a plan asks before their date. A plain tuple, as there are thousands where there are
    thousands of decks.
    """

    deck_id: DeckId
    key: str
    path_address: str
    title: str
    active: bool
    cards: int
    unseen: int
    new: int
    due: int
    drill: int
    errors: int
    new_per_day: int | None
    early: int = 0


@dataclass(frozen=True, slots=True)
class FolderCounts:
    """A folder, or a deck outside of folders, with what it holds for today; `unseen` and `cards` as of a deck.

    Only decks that are switched on count. `in_plan` is whether a review of it alone is a part of a followed plan's
    day; True where none is followed.
    """

    address: str
    title: str
    new: int
    due: int
    drill: int
    early: int
    cards: int
    unseen: int
    in_plan: bool = True

    @property
    def total(self) -> int:
        """All that comes today."""
        return self.new + self.due + self.drill + self.early


@dataclass(frozen=True, slots=True)
class Today:
    """What the first page shows. `next_due` is the first later day on which cards are due; `seq` is as in a queue.

    `done` are the cards that are done today. `early`, `outside` and `plan_seconds` are of a followed plan, whose number
    is `plan`: cards asked before their date, due cards that are not what it is about, as far as they wait, and how
    long what is left of its day takes.
    """

    study_day: Day
    seq: int
    due: int
    new: int
    drill: int
    reviewed_today: int
    seconds_left: int
    folders: tuple[FolderCounts, ...]
    next_due: Day | None
    next_due_count: int
    new_limit_reached: bool
    due_limit_reached: bool
    streak: int
    early: int = 0
    outside: int = 0
    plan_seconds: int = 0
    plan: int | None = None
    backlog: BacklogState | None = None
    done: int = 0


@dataclass(frozen=True, slots=True)
class CardState:
    """A card and the learner's schedule of it. `deck` is the deck's id in the format, `note` the note's.

    `flag` is the learner's, 0 (none) to 7. `recall` is how likely the card is remembered today, 0 to 1, `stability` in
    days, `difficulty` 1 to 10; all three None where no answer says anything of it.
    """

    id: str
    key: str
    deck: str
    deck_address: str
    deck_title: str
    note: str
    which: str
    state: CardStatus
    repetition: int
    ease: int
    interval: int
    due_on: Day | None
    suspended: bool
    buried_until: Day | None
    lapses: int
    leech: bool
    question_html: str
    answer_html: str
    title: str
    path: str
    line: int
    reviews: int
    tags: tuple[str, ...]
    language: str
    flag: int
    in_full_html: str = ""
    clarify_html: tuple[str, ...] = ()
    recall: float | None = None
    stability: float | None = None
    difficulty: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `next` is the cursor of what follows, or None at the end."""

    items: tuple[CardState, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Acted:
    """A manual action, done: `review_id` is what undoes it, `seq` the place of its last row in the log."""

    review_id: str
    seq: int
    card: CardState


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: `verb` is "answer" or the manual action's, `mode` an answer's where it was no review.

    `grade` is an answer's; `cards` is how many cards an action was about, of which `card` is one.
    """

    card: CardState
    review_id: str
    verb: str
    mode: str = "review"
    grade: int | None = None
    cards: int = 1


@dataclass(frozen=True, slots=True)
class LastAction:
    """What undo would take back."""

    review_id: str
    verb: str
    at: int
    cards: int


@dataclass(frozen=True, slots=True)
class LogRow:
    """One row of a learner's log. `grade` is None for manual rows, `verb` for answers."""

    id: str
    seq: int
    card: str
    key: str
    at: int
    study_day: Day
    grade: int | None
    kind: str
    verb: str | None
    before: Schedule
    after: Schedule
    took_ms: int | None
    undone: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Part of a log; `next` is the `seq` after which the next part begins, or None at the end."""

    items: tuple[LogRow, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many cards come on a day, siblings one a day: young ones have an interval under 21 days."""

    day: Day
    young: int
    mature: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What comes: `overdue` was due before today and is not asked yet, `days` begin with what is due today."""

    overdue: DayCount
    days: tuple[DayCount, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Today's session so far.

    `first_tries` counts the first answer to each card, `first_right` those of them with 3 or better;
    `by_grade` counts every answer by quality; `failed_often` are cards answered below 3 more than once.
    """

    answered: int
    ms: int
    first_tries: int
    first_right: int
    by_grade: dict[int, int]
    failed_often: tuple[CardState, ...]
    next_days: tuple[DayCount, ...]
