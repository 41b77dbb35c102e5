"""Gaps that teach little: what fills them stands beside them, their hint says it, or there are too many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flashcards.deckfiles.cloze.deletions import Deletion, parse, reveal, rewrite
from flashcards.deckfiles.parse.deck import Place
from flashcards.deckfiles.parse.parts import Origin, locate
from flashcards.deckfiles.text.positions import Issue, warning
from flashcards.domain.card import Cloze

MAX_GAPS = 4
SHORT = 3
"""Answers of fewer characters are letters, numbers and signs, which may well stand twice in a sentence."""
STEM = 5
"""Two words that begin with as many letters alike, most of the shorter one, tell each other."""

_GAP = "\ue011"
_FORMULA = ("$", "\\(", "\\[")  # the letters of one stand in another as they please
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d+[.)])[ \t])")

Words = tuple[str, ...]


def cloze_issues(content: Cloze, place: Place) -> Iterator[Issue]:
    """What is wrong with the gaps of a note, at its offsets in the file."""
    if len(content.numbers) > MAX_GAPS:
        message = (
            f"the note has {len(content.numbers)} gaps; split it so that each asks for at most {MAX_GAPS}, "
            "or ask for what tells them apart"
        )
        yield warning(locate(place.parts["body"], 0), "style-many-gaps", message)
    for name, text in (("heading", content.heading), ("body", content.body)):
        deletions = parse(text).found if "{{c" in text else ()
        yield from _told_by_hints(text, deletions, place.parts[name])
        for number in dict.fromkeys(deletion.number for deletion in deletions):
            own = [deletion for deletion in deletions if deletion.number == number]
            yield from _told_by_the_rest(text, own, place.parts[name])


def _told_by_hints(text: str, deletions: tuple[Deletion, ...], origin: Origin) -> Iterator[Issue]:
    for deletion in deletions:
        if deletion.hint is not None and _tells(_words(deletion.hint), _answer(text, deletion)):
            message = f"the hint '{deletion.hint.strip()}' tells what fills the gap; hint at what kind of thing it is"
            yield warning(locate(origin, deletion.start), "style-hint-tells", message)


def _told_by_the_rest(text: str, own: list[Deletion], origin: Origin) -> Iterator[Issue]:
    """Of the gaps of one card, those whose answer stands in a sentence with a gap of that card."""
    number = own[0].number
    shown = rewrite(text, parse(text), lambda deletion: _GAP if deletion.number == number else None).text
    sentences = [_words(sentence) for sentence in _SENTENCE_END.split(shown) if _GAP in sentence]
    for deletion in own:
        answer = _answer(text, deletion)
        formula = deletion.place != "text" or any(sign in text[deletion.start : deletion.end] for sign in _FORMULA)
        if formula or len("".join(answer)) < SHORT or not any(_holds(sentence, answer) for sentence in sentences):
            continue
        message = (
            f"'{' '.join(answer)}' fills the gap and stands in the rest of its sentence; "
            "reword that, or ask for something else"
        )
        yield warning(locate(origin, deletion.start), "style-gap-told", message)


def _answer(text: str, deletion: Deletion) -> Words:
    return _words(reveal(text[deletion.text_start : deletion.text_end]))


def _words(text: str) -> Words:
    return tuple(_WORD.findall(text.casefold()))


def _holds(words: Words, part: Words) -> bool:
    """Whether these words follow each other somewhere in the others."""
    size = len(part)
    return size > 0 and any(words[start : start + size] == part for start in range(len(words) - size + 1))


def _tells(hint: Words, answer: Words) -> bool:
    """Whether a hint has the words of the answer, or for an answer of one word its stem."""
    if len("".join(answer)) < SHORT:
        return False
    return _holds(hint, answer) or (len(answer) == 1 and any(_same_stem(word, answer[0]) for word in hint))


def _same_stem(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    size = max(STEM, len(short) - 3)
    return len(short) >= STEM and short[:size] == long[:size]
