"""The coloured flags of cards: rows of the kind `flag` in the log, and what they come to, in `card_flag`."""

from __future__ import annotations

from collections.abc import Iterable

from flashcards.domain.ids import CardId, LearnerId
from flashcards.storage.database import Database
from flashcards.storage.models import CardFlag, Review
from flashcards.storage.prepared import Indexed, Query, prepared, storing

FLAG = "flag"
"""The kind of the rows: they say nothing of any schedule. Their verb is `flag:3`, or `flag:0` for taking it off."""
_KEY = (CardFlag.learner, CardFlag.card)
_set = storing(CardFlag, *_KEY, CardFlag.flag, CardFlag.at, key=_KEY)


@prepared
def _take_off(learner: LearnerId, card: CardId) -> Query:
    return CardFlag.delete().where(CardFlag.learner == learner, CardFlag.card == card)


@prepared
def _last(learner: LearnerId, card: CardId) -> Query:
    log = Indexed(Review, "review_card")
    return (
        log.select(log.verb, log.at)
        .where(log.card == card, log.learner == learner, log.kind == FLAG, log.undone == 0)
        .order_by(log.seq.desc())
        .limit(1)
    )


@prepared
def _told(learner: LearnerId) -> Query:
    of_flags = (Review.learner == learner) & (Review.kind == FLAG) & (Review.undone == 0)
    return Review.select(Review.card).where(of_flags).distinct()


def flag_verb(flag: int) -> str:
    """What a row of the log says that gives a card this flag."""
    return f"{FLAG}:{flag}"


class FlagRows:
    """Reads and writes of flags, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def save(self, learner: LearnerId, cards: Iterable[CardId], flag: int, at: int) -> None:
        """Gives the cards the flag; 0 takes it off."""
        if flag:
            _set.many(self._db, [(learner, card, flag, at) for card in cards])
        else:
            _take_off.many(self._db, [(learner, card) for card in cards])

    def replay(self, learner: LearnerId, card: CardId) -> None:
        """Gives the card the flag that its log comes to."""
        row = _last.one(self._db, learner, card)
        verb, at = row or (flag_verb(0), 0)
        self.save(learner, [card], int(verb.removeprefix(f"{FLAG}:")), at)

    def told(self, learner: LearnerId) -> set[CardId]:
        """The cards of whose flags the learner's log says anything."""
        return {card for (card,) in _told.all(self._db, learner)}
