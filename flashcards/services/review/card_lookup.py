"""Cards one by one and in lists, the log, and what a day was like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from flashcards.domain.ids import CardId, DeckId, NoteId
from flashcards.domain.sm2 import REMEMBERED
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid, NotFound
from flashcards.services.accounts.people import Learner
from flashcards.services.review.contract import CardState, LogPage, LogRow, Page, Summary
from flashcards.services.review.queue import Queues
from flashcards.services.review.search import COMPARE, STATES, UNITS, Prop, filter_of, parse_search
from flashcards.services.review.shown_card import log_row
from flashcards.services.review.text_changes import NO_NEWS, CardNews
from flashcards.storage.cards import CardFilter, RecallFilter

LONGEST_PAGE = 500
_CURSOR = re.compile(r"[0-9]{1,18}-[0-9]{1,18}")


class Cards(Queues):
    """Reads of single cards, of the log and of the day; and a learner's own settings of decks."""

    def card(self, learner: Learner, card_id: str) -> CardState:
        """The card and the learner's schedule of it.

        Raises NotFound where there is none, and for a draft: only authors see those that they never learnt.
        """
        number = card_number(card_id)
        record = self._card_rows.cards(learner.id, [number]).get(number)
        if record is None or (record.draft and not record.stored and not learner.is_author):
            raise NotFound(f"There is no card {card_id}.")
        return self._card_states(learner, [record])[0]

    def news(self, learner: Learner, card_id: str) -> CardNews:
        """What has changed of the card since the learner last answered it; nothing for a card that is none."""
        number = card_number(card_id)
        with self._db.read():
            return self._changes.news(learner, self._card_rows.cards(learner.id, [number])).get(number, NO_NEWS)

    def cards(
        self,
        learner: Learner,
        *,
        q: str | None = None,
        deck: str | None = None,
        tag: str | None = None,
        state: str | None = None,
        since: str | None = None,
        limit: int = 100,
    ) -> Page:
        """Cards that a search (see `services/review/search.py`) finds, at most 500 a page; the rest adds to the search.

        Removed ones only where a state asks for them; drafts only for authors. Raises Invalid and NotFound.
        """
        wanted = self._wanted(learner, q, deck=deck, tag=tag, state=state)
        size = _page_size(limit)
        found = self._card_rows.listed(learner.id, wanted, _cursor(since), size + 1)
        items = self._card_states(learner, found[:size])
        last = found[size - 1] if len(found) > size else None
        return Page(items, None if last is None else f"{last.note_id}-{last.id}")

    def _wanted(
        self,
        learner: Learner,
        q: str | None,
        *,
        deck: str | None = None,
        tag: str | None = None,
        state: str | None = None,
    ) -> CardFilter:
        """What a search asks of cards. Raises Invalid and NotFound."""
        if state is not None and state not in STATES:
            raise Invalid(f"Give one of {', '.join(STATES)}.", field="state")
        search = parse_search(q or "")
        search.decks += [deck] if deck else []
        search.tags += [tag] if tag else []
        search.states += [state] if state else []
        return filter_of(
            search,
            self._in_all,
            today=self.study_day(learner),
            due=self.due_today(learner) if "due" in search.all_states else (),
            recalls_of=partial(self._recalls, learner),
            drafts=learner.is_author,
        )

    def _recalls(self, learner: Learner, props: Sequence[Prop]) -> tuple[RecallFilter, ...]:
        """What is asked of the recall of cards today, as a database compares it."""
        if not props:
            return ()
        predictor, today = self._remembered.predictor(learner.id), self.study_day(learner)
        late = self._remembered.stale_states(learner.id)
        return tuple(
            RecallFilter(
                operator, predictor.days_per_stability(value / UNITS), predictor.name,
                [it.card for it in late if COMPARE[operator](predictor.recall(it, today), value / UNITS)],
            )
            for _, operator, value in props
        )  # fmt: skip

    def _in_all(self, addresses: list[str]) -> set[DeckId] | None:
        """The decks that stand at (or below) every one of these addresses; None where there are none."""
        found = [set(self._decks_at(address)) for address in addresses]
        return set.intersection(*found) if found else None

    def log(self, learner: Learner, *, since: int = 0, limit: int = 100) -> tuple[LogRow, ...]:
        """The rows of a `log_page`."""
        return self.log_page(learner, since=since, limit=limit).items

    def log_page(self, learner: Learner, *, since: int = 0, limit: int = 100) -> LogPage:
        """The learner's log after the row `since`, the oldest first, at most 500 rows a page."""
        size = _page_size(limit)
        rows = tuple(map(log_row, self._card_rows.log(learner.id, since, size + 1)))
        return LogPage(rows[:size], rows[size - 1].seq if len(rows) > size else None)

    def card_history(self, learner: Learner, card_id: str) -> tuple[LogRow, ...]:
        """Everything that the learner's log says of a card, the oldest first."""
        return tuple(map(log_row, self._card_rows.log_of_card(learner.id, card_number(card_id))))

    def summary(self, learner: Learner) -> Summary:
        """Today's session so far."""
        with self._db.read():
            return self._summary(learner, self._card_rows.answers_of_day(learner.id, self.study_day(learner)))

    def _summary(self, learner: Learner, answers: Sequence[tuple[CardId, int, int]]) -> Summary:
        """Of these answers, in the order in which they were given: (card, quality, milliseconds)."""
        first: dict[CardId, int] = {}
        for card, quality, _ in answers:
            first.setdefault(card, quality)
        failures = Counter(card for card, quality, _ in answers if quality < REMEMBERED)
        often = [card for card, count in failures.most_common() if count > 1]
        records = self._card_rows.cards(learner.id, often)
        return Summary(
            answered=len(answers),
            ms=sum(took for _, _, took in answers),
            first_tries=len(first),
            first_right=sum(quality >= REMEMBERED for quality in first.values()),
            by_grade=dict(Counter(quality for _, quality, _ in answers)),
            failed_often=self._card_states(learner, [records[card] for card in often]),
            next_days=self.forecast(learner, days=8).days[1:],
        )

    def calendar(self, learner: Learner, days: int = 371) -> dict[Day, int]:
        """How many answers the learner gave on each of the last `days` days that has any."""
        first = self.study_day(learner) - days + 1
        return dict(self._card_rows.days_studied(learner.id, first))

    def set_deck_active(self, learner: Learner, deck_address: str, active: bool) -> None:
        """Switches a deck, or all decks below a folder, on or off for the learner; raises NotFound."""
        self._set(learner, deck_address, "active", int(active))

    def set_deck_limit(self, learner: Learner, deck_address: str, new_per_day: int | None) -> None:
        """Limits the new cards a day of a deck within the learner's own limit; None is no limit.

        Raises NotFound and Invalid.
        """
        if new_per_day is not None and not (type(new_per_day) is int and 0 <= new_per_day <= 9_999):
            raise Invalid("Give a whole number from 0 to 9,999, or none.", field="new_per_day")
        self._set(learner, deck_address, "new_per_day", new_per_day)

    def _set(self, learner: Learner, address: str, column: str, value: int | None) -> None:
        with self._db.write(learner=learner.id):
            for deck in self._decks_at(address):
                self._card_rows.save_deck_setting(learner.id, deck, column, value)


def card_number(card_id: str) -> CardId:
    """The storage's number of a card; raises NotFound for an id that is none of ours."""
    if not isinstance(card_id, str) or not (card_id.isascii() and card_id.isdigit() and len(card_id) < 19):
        raise NotFound("There is no such card.")
    return CardId(int(card_id))


def _page_size(limit: int) -> int:
    return max(1, min(limit, LONGEST_PAGE))


def _cursor(since: str | None) -> tuple[NoteId, CardId]:
    if not since:
        return NoteId(0), CardId(0)
    if not _CURSOR.fullmatch(since):
        raise Invalid("This cursor was not given by a list of ours.", field="since")
    note, _, card = since.partition("-")
    return NoteId(int(note)), CardId(int(card))
