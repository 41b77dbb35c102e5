"""What the practice service takes and gives. Instants are epoch milliseconds in UTC; card ids are opaque strings."""

from __future__ import annotations

from dataclasses import dataclass, field

from flashcards.domain.practice.rounds import Given, Question, Round, Work
from flashcards.domain.practice.rubric_ticks import Tally
from flashcards.domain.study_day import Day
from flashcards.services.review.contract import OpenSet

NO_WORK = Work()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a round is asked for. `id` is the client's UUID (None: one is made), `minutes` None the kind's usual.

    `where` names decks, folders and tags in one list; `card` asks that one question, `again` the questions of an
    earlier round. `questions` is how many are asked, None as many as fit. The same `seed` draws the same questions
    while nothing else has changed.
    """

    kind: str = "concepts"
    id: str | None = None
    minutes: int | None = None
    level: str | None = None
    decks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    seed: int | None = None
    card: str | None = None
    again: str | None = None
    questions: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The round that is proposed for today; `reasons` are clauses such as "three had points missed"."""

    kind: str
    minutes: int
    questions: int
    seed: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A kind of round that can be begun now: how many questions there are for it, and how many it would ask."""

    kind: str
    minutes: int
    questions: int


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or a deck with questions that can be practised: its address, its title, and how many they are."""

    address: str
    title: str
    questions: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What a round can be chosen from: what is proposed, each kind that can be begun, folders, and decks."""

    proposal: Proposal | None
    offers: dict[str, Offer]
    folders: tuple[Place, ...] = ()
    decks: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer as a client sends it: `id` is its UUID, `took_ms` None where nobody measured, `text` "" for none."""

    id: str
    position: int
    text: str = ""
    took_ms: int | None = None
    started_at: int | None = None
    work: Work = NO_WORK


@dataclass(frozen=True, slots=True)
class Ticks:
    """What is to be stored of one answer: marks by point or follow-up, answers to follow-ups by key, a grade.

    `done` closes the question without a grade. `at` is when it was done, None now.
    """

    marks: dict[str, str] = field(default_factory=dict)
    follow_ups: dict[str, str] = field(default_factory=dict)
    grade: int | None = None
    done: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a round as it stands: its text today, the answer that counts, and the ticks.

    `removed`: its deck no longer has it. `edited`: its text has changed since it was drawn. `others` are further
    answers, from another tab. `marks` are by who and point; `records` say of a point its earlier marks, the oldest
    first, `proofs` which words of the answer make the model propose that it was said. `grade` None: not graded.
    """

    position: int
    question: Question
    card: str
    key: str
    question_html: str
    answer_html: str
    in_full_html: str
    clarify_html: tuple[str, ...]
    language: str
    section: str | None
    path: str
    line: int
    removed: bool
    edited: bool
    given: Given | None
    others: tuple[Given, ...]
    marks: dict[str, dict[str, str]]
    tally: Tally
    grade: int | None
    proposed: int | None
    flag: int = 0
    records: dict[str, tuple[str, ...]] = field(default_factory=dict)
    proofs: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """open, answered, or closed."""
        if self.given is None:
            return "open"
        return "answered" if self.given.closed_at is None else "closed"


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round with its questions; `current` is the position of the one that is on, None after the last."""

    round: Round
    created: bool
    questions: tuple[Asked, ...]
    current: int | None

    @property
    def state(self) -> str:
        """open or finished."""
        return "open" if self.round.finished_at is None else "finished"


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in a list."""

    id: str
    kind: str
    title: str
    started_at: int
    finished_at: int | None
    day: Day
    done: int
    questions: int
    minutes: int
    ms: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Miss:
    """A point or follow-up that was missed, or said in part: how often it was missed, and the cards that teach it as
    (id, title). `leads_to` is the one card to study for it, None where none can be asked any more.
    """

    text_html: str
    question: str
    card: str
    mark: str
    missed: int
    times: int
    taught_by: tuple[tuple[str, str], ...] = ()
    follow_up: bool = False
    leads_to: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a round came to. `agreement` is (alike, both), None without a partner; `before` the round before it.

    `cards` is how many cards are behind its misses, `set` the set that was made of them last.
    """

    line: RoundLine
    open: OpenRound
    topics: dict[str, Tally]
    kinds: dict[str, Tally]
    misses: tuple[Miss, ...]
    rounds: tuple[RoundLine, ...]
    before: RoundLine | None
    agreement: tuple[int, int] | None
    differ: frozenset[tuple[int, str]] = frozenset()
    advice: str = ""
    cards: int = 0
    set: OpenSet | None = None


@dataclass(frozen=True, slots=True)
class PointRecord:
    """A point of a question over time: its marks, the oldest first."""

    text_html: str
    marks: tuple[str, ...]

    @property
    def missed(self) -> int:
        """How often it was missed."""
        return self.marks.count("missed")
