"""The language of searches: words, "phrases", deck: tag: is: prop: id: flag:, and a minus before what must not hold.

All that is asked must hold.
"""

from __future__ import annotations

import operator as op
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from flashcards.domain.ids import DeckId
from flashcards.domain.study_day import Day
from flashcards.errors import Invalid
from flashcards.storage.cards import CardFilter, RecallFilter
from flashcards.storage.search_text import match_words

STATES = ("new", "scheduled", "due", "buried", "suspended", "leech", "failed", "changed", "missed", "removed")
RECALL = "recall"
PROPS = ("ease", "interval", "due", "lapses", "repetition", "reviews", RECALL)
COMPARE = {"<": op.lt, "<=": op.le, ">": op.gt, ">=": op.ge}
"""What a recall, which is no round number, can be compared by."""
UNITS = 10_000
"""A recall is counted in parts of this size."""
LONGEST = 500

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›＂〝〞〟「」『』", '"'))
"""What keyboards put in place of quotation marks, many by themselves."""
_EXAMPLES = {
    "deck:": "deck:languages",
    "tag:": "tag:core",
    "is:": "is:due",
    "prop:": "prop:ease<2",
    "id:": "id:overfitting",
    "flag:": "flag:1",
}
_KEY = "(?:deck|tag|is|prop|id|flag):"
_MINUS = r'(?<![^\s"])[-−–](?=[\w"])'
"""At the beginning of a term, and of nothing else: `k-means` and `a -> b` have none. Keyboards make a dash of it."""
_TERM = re.compile(rf'({_MINUS})?(?:({_KEY})(\s*)(?!{_KEY}))?(?:"([^"]*)"|([^\s"]+))', re.IGNORECASE)
_TERM_BEFORE = re.compile(rf'()(?:({_KEY})())?(?:"([^"]*)"|(\S+))')
"""How searches were taken apart that plans may have kept."""
_QUOTED = re.compile(r'"[^"]*"')
_GROUP = re.compile(r'(?<![^\s"])[-−–]\([^\s"]*')
_PROP = re.compile(r"([a-z]+)(<=|>=|!=|<|>|=)(-?\d{1,6}(?:\.\d{1,4})?)")


class Prop(NamedTuple):
    """A number compared: ease in hundredths, recall in ten-thousandths, interval and due (from today) in days."""

    name: str
    operator: str
    value: int


@dataclass(slots=True)
class Search:
    """A search, taken apart."""

    words: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    decks: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    props: list[Prop] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    flags: list[int] = field(default_factory=list)
    without: list[Search] = field(default_factory=list)
    """What must not hold, each a search for one thing."""

    @property
    def all_states(self) -> set[str]:
        """The states that are asked for or left out."""
        return {state for search in (self, *self.without) for state in search.states}

    @property
    def all_props(self) -> set[str]:
        """The properties that are compared."""
        return {prop.name for search in (self, *self.without) for prop in search.props}

    @property
    def places(self) -> list[str]:
        """The addresses of decks and folders that are asked for."""
        return [it.strip("/").removesuffix(".md") for it in self.decks]


def parse_search(text: str) -> Search:
    """Takes a search apart. Raises Invalid (field ``q``) for what it does not understand."""
    if len(text) > LONGEST:
        raise _wrong(f"A search has at most {LONGEST} characters.")
    plain = text.translate(_QUOTES)
    if plain.count('"') % 2:
        raise _wrong('A quotation mark has no partner: write words that stand together as in "low variance".')
    if group := _GROUP.search(_QUOTED.sub(lambda it: "x" * len(it[0]), plain)):
        raise _wrong(
            f"{plain[group.start() : group.end()]} cannot be answered: a minus leaves out one thing, and no group."
            " Write one before each, as in -bias -tag:core."
        )
    for _, key, _, quoted, word in _TERM.findall(plain):
        empty = key.lower() if not (quoted or word) else word.lower()
        if empty in _EXAMPLES:
            raise _wrong(f"{empty} says nothing: write what it is to be, as in {_EXAMPLES[empty]}.")
    found = _read(plain, _TERM)
    if plain.strip() and _is_of_signs(found):
        raise _no_word(text.strip())
    for one in found.without:
        if _is_of_signs(one):
            raise _no_word(f"-{(one.words or one.phrases)[0]}")
    return found


def _is_of_signs(search: Search) -> bool:
    words = Search(words=search.words, phrases=search.phrases)
    return search == words and not match_words(tuple(search.words), tuple(search.phrases))


def _no_word(text: str) -> Invalid:
    return _wrong(f"There is no word in {text}: a search finds words and numbers, and no signs.")


def read_search(text: str) -> Search:
    """Takes a search apart as well as it can be: one that a plan keeps goes on being understood.

    Raises Invalid for what `is:`, `prop:` and `flag:` do not know, and never knew.
    """
    try:
        return _read(text.translate(_QUOTES), _TERM)
    except Invalid:
        return _read(text, _TERM_BEFORE)


def _read(text: str, term: re.Pattern[str]) -> Search:
    found = Search()
    for minus, key, apart, quoted, plain in term.findall(text):
        name, value = key.lower().removesuffix(":"), quoted or plain
        if not value:
            continue
        taken = found
        if minus:
            found.without.append(taken := Search())
        try:
            _take(taken, name, value, is_quoted=bool(quoted))
        except Invalid:
            if minus or not apart:
                raise
            found.words += [key, value]  # a colon within a sentence
    return found


def _take(found: Search, name: str, value: str, *, is_quoted: bool) -> None:
    if name == "is":
        found.states.append(_state(value))
    elif name == "prop":
        found.props.append(_prop(value))
    elif name == "flag":
        found.flags.append(_flag(value))
    elif name:
        if name == "tag":  # as other programs write it; no tag of ours begins so
            value = value.lstrip("#") or value
        {"deck": found.decks, "tag": found.tags, "id": found.ids}[name].append(value)
    else:
        (found.phrases if is_quoted else found.words).append(value)


def _no_recalls(props: Sequence[Prop]) -> tuple[RecallFilter, ...]:
    return ()


def filter_of(
    search: Search,
    decks_at: Callable[[list[str]], Collection[DeckId] | None],
    *,
    today: Day = 0,
    due: Collection[int] | None = (),
    recalls_of: Callable[[Sequence[Prop]], tuple[RecallFilter, ...]] = _no_recalls,
    drafts: bool = False,
) -> CardFilter:
    """What a search asks of the stored cards. `decks_at` gives the decks at all of some places, None for no places.

    `today`, `due` and `recalls_of` answer what passes (is:due, prop:due, prop:recall); `drafts` lets drafts be found.
    """

    def one(search: Search) -> CardFilter:
        return CardFilter(
            today=today,
            due=due,
            match=match_words(tuple(search.words), tuple(search.phrases)),
            decks=decks_at(search.places),
            tags=tuple(search.tags),
            states=tuple(search.states),
            props=tuple(it for it in search.props if it.name != RECALL),
            recalls=recalls_of([it for it in search.props if it.name == RECALL]),
            ids=tuple(search.ids),
            flags=tuple(search.flags),
        )

    return replace(one(search), drafts=drafts, without=tuple(one(it) for it in search.without if not _is_of_signs(it)))


def _state(value: str) -> str:
    if value not in STATES:
        raise _wrong(f"is:{value} is not known: use {', '.join('is:' + state for state in STATES)}.")
    return value


def _flag(value: str) -> int:
    if not (len(value) == 1 and value in "01234567"):
        raise _wrong(f"flag:{value} is not known: write flag:1 to flag:7, or flag:0 for cards without a flag.")
    return int(value)


def _prop(value: str) -> Prop:
    match = _PROP.fullmatch(value)
    if match is None or match[1] not in PROPS:
        names = ", ".join(PROPS)
        raise _wrong(f"prop:{value} cannot be read: write prop:ease<2 or prop:interval>=21, with one of {names}.")
    if match[1] == RECALL and match[2] not in COMPARE:
        raise _wrong(f"prop:{value} cannot be answered: compare a recall with <, <=, > or >=, as in prop:recall<0.8.")
    return Prop(match[1], match[2], round(float(match[3]) * _PARTS.get(match[1], 1)))


_PARTS = {"ease": 100, RECALL: UNITS}


def _wrong(message: str) -> Invalid:
    return Invalid(message, field="q")
