"""The coloured flags of cards: rows of the kind `flag` in the log, and what they come to, in `card_flag`."""

from __future__ import annotations

from collections.abc import Iterable

from flashcards.storage.database import Database

FLAG = "flag"
"""The kind of the rows: they say nothing of any schedule. Their verb is `flag:3`, or `flag:0` for taking it off."""
_SET = (
    "INSERT INTO card_flag(learner_id, card_id, flag, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT(learner_id, card_id) DO UPDATE SET flag = excluded.flag, at = excluded.at"
)


def flag_verb(flag: int) -> str:
    """What a row of the log says that gives a card this flag."""
    return f"{FLAG}:{flag}"


class FlagRows:
    """Reads and writes of flags, within the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def save(self, learner: int, cards: Iterable[int], flag: int, at: int) -> None:
        """Gives the cards the flag; 0 takes it off."""
        if flag:
            self._db.executemany(_SET, [(learner, card, flag, at) for card in cards])
        else:
            self._db.executemany(
                "DELETE FROM card_flag WHERE learner_id = ? AND card_id = ?", [(learner, card) for card in cards]
            )

    def replay(self, learner: int, card: int) -> None:
        """Gives the card the flag that its log comes to."""
        row = self._db.one(
            "SELECT verb, at FROM review INDEXED BY review_card WHERE card_id = ? AND learner_id = ?"
            " AND kind = 'flag' AND undone = 0 ORDER BY seq DESC LIMIT 1",
            (card, learner),
        )
        verb, at = row or (flag_verb(0), 0)
        self.save(learner, [card], int(verb.removeprefix(f"{FLAG}:")), at)

    def told(self, learner: int) -> set[int]:
        """The cards of whose flags the learner's log says anything."""
        rows = self._db.all(
            "SELECT DISTINCT card_id FROM review WHERE learner_id = ? AND kind = 'flag' AND undone = 0", (learner,)
        )
        return {card for (card,) in rows}
