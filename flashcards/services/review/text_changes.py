"""What has changed of a card's answer since the learner last answered it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flashcards.domain.card import CORE
from flashcards.domain.ids import CardId
from flashcards.domain.study_day import Day, raw_study_day
from flashcards.services.accounts.people import Learner
from flashcards.storage.cards import CardRecord
from flashcards.storage.database import Database
from flashcards.storage.revisions import RevisionRows, TextMark

if TYPE_CHECKING:
    from flashcards.deckfiles.identity.versions import AnswerText
    from flashcards.domain.word_diff import Piece


@dataclass(frozen=True, slots=True)
class TextChange:
    """The answer as it was in the revision `seen` beside that of `now`; `at` is when the latter came (epoch ms)."""

    at: int
    seen: int
    now: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class CardNews:
    """What a card has to say before it is answered again.

    `returned_on` is the date, by the learner's clock, of the author's change that brought the card back.
    """

    changed: TextChange | None = None
    returned_on: Day | None = None


NO_NEWS = CardNews()


class TextChanges:
    """Compares what a learner has seen with what there is."""

    def __init__(self, database: Database) -> None:
        self._rows = RevisionRows(database)

    def news(self, learner: Learner, cards: Mapping[CardId, CardRecord]) -> dict[int, CardNews]:
        """By card, for those of `cards` that have something to say. Only cards that were ever edited cost a look."""
        edited = [card for card, it in cards.items() if it.revision > 1 and (not it.draft or learner.is_author)]
        found: dict[int, CardNews] = {}
        for mark in self._rows.marks(learner.id, edited) if edited else ():
            record = cards[mark.card]
            news = CardNews(self._change(mark, record), _returned_on(mark, record, learner))
            if news != NO_NEWS:
                found[mark.card] = news
        return found

    def _change(self, mark: TextMark, record: CardRecord) -> TextChange | None:
        if mark.seen is None or mark.seen >= mark.now:
            return None
        texts = self._rows.revisions(mark.note, (mark.seen, mark.now))
        if len(texts) < 2:
            return None
        core = CORE in record.tags
        from flashcards.deckfiles.identity.versions import answer_text  # with all that reads decks

        then, now = (answer_text(texts[one].source, record.which, core=core) for one in (mark.seen, mark.now))
        if then is None or now is None:
            return None
        pieces = _compare(then, now)
        return TextChange(texts[mark.now].at, mark.seen, mark.now, pieces) if pieces else None


def _returned_on(mark: TextMark, card: CardRecord, learner: Learner) -> Day | None:
    """A card that was moved by hand since an edit brought it back is not here for that."""
    if mark.edited_at is None or mark.returned_for != card.schedule.due_on:
        return None
    return raw_study_day(mark.edited_at, learner.timezone, 0)


def _compare(then: AnswerText, now: AnswerText) -> tuple[Piece, ...]:
    """The whole answers; where only a gap was cut anew, what it asks for; nothing where neither differs."""
    from flashcards.domain.word_diff import differs, word_diff  # what few cards need

    pieces = word_diff(then.text, now.text)
    if then.asked != now.asked and not differs(pieces):
        pieces = word_diff(*("\n".join(f"[{one}]" for one in text.asked) for text in (then, now)))
    return pieces if differs(pieces) else ()
