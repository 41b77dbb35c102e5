"""How alike two texts are, and which of many are alike at all, within a bounded amount of work."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from flashcards.deckfiles.text.nearest import common_prefix

RATIO = 0.75
MARGIN = 0.1

_WORTH = RATIO - MARGIN  # a pair less alike than this neither pairs nor stands in another's way
_FEW_PAIRS = 2_500
_CANDIDATES = 6
_COMMON_WORD = 200  # a word that more texts than this hold does not lead to candidates
_SHARED_WORDS = 0.4
_CELLS = 20_000  # texts whose lengths multiply to more are compared word by word
_MANY_WORDS = 1_000
_BUDGET = 40_000_000  # cells compared in all: some seconds at the very worst

_WORD = re.compile(r"\w+|[^\w\s]")
_PIECE = re.compile(r"\w+|\W")
_LONG_WORD = 12


def ratio(left: str, right: str) -> float:
    """Return how alike two texts are, 0 to 1: twice what matches, divided by the sum of their lengths.

    As `difflib.SequenceMatcher.ratio` without its heuristic for popular letters; what both begin and end
    with is set aside first, and long texts are compared by words.
    """
    return _compare(left, right)[0]


def _compare(left: str, right: str) -> tuple[float, int]:
    """The ratio, and the work it took in cells (pairs of letters or words)."""
    if left == right:
        return 1.0, len(left)
    total = len(left) + len(right)
    start = common_prefix(left, right)
    left, right = left[start:], right[start:]
    end = common_prefix(left[::-1], right[::-1])
    if end:
        left, right = left[:-end], right[:-end]
    if len(left) * len(right) <= _CELLS:
        same, cells = _matching_letters(left, right), len(left) * len(right)
    else:
        same, cells = _matching_words(_PIECE.findall(left), _PIECE.findall(right))
    return 2 * (start + same + end) / total, cells + total


def _matching_letters(left: str, right: str) -> int:
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


def _matching_words(left: list[str], right: list[str]) -> tuple[int, int]:
    matcher = SequenceMatcher(None, left, right, autojunk=max(len(left), len(right)) > _MANY_WORDS)
    blocks = matcher.get_matching_blocks()
    letters = sum(len(word) for block in blocks for word in left[block.a : block.a + block.size])
    return letters, len(left) * len(right)


def similar_pairs(
    lefts: Sequence[str], rights: Sequence[str], allowed: Callable[[int, int], bool]
) -> list[tuple[float, int, int]]:
    """Return ``(ratio, left index, right index)`` of texts of which each is the other's best.

    The ratio is at least `RATIO`, and at least `MARGIN` above either's second best. Pairs that are not
    `allowed` (by their indices) do not count at all.
    """
    found: list[tuple[float, int, int]] = []
    budget = _BUDGET
    for left, right in _candidates(lefts, rights):
        if not allowed(left, right):
            continue
        alike, cells = _compare(lefts[left], rights[right])
        if alike > _WORTH:
            found.append((alike, left, right))
        budget -= cells
        if budget < 0:
            break
    return _mutual(found)


def _mutual(found: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    by_left: dict[int, list[float]] = defaultdict(list)
    by_right: dict[int, list[float]] = defaultdict(list)
    for alike, left, right in found:
        by_left[left].append(alike)
        by_right[right].append(alike)
    return [
        (alike, left, right)
        for alike, left, right in sorted(found, reverse=True)
        if alike >= RATIO and _stands_out(alike, by_left[left]) and _stands_out(alike, by_right[right])
    ]


def _stands_out(alike: float, rivals: list[float]) -> bool:
    best = sorted(rivals, reverse=True)[:2]
    return alike == best[0] and (len(best) == 1 or best[1] <= alike - MARGIN + 1e-9)


def _candidates(lefts: Sequence[str], rights: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs that may be alike: all of a few, else those that share the most rare words."""
    if len(lefts) * len(rights) > _FEW_PAIRS:
        yield from _by_shared_words(lefts, rights)
        return
    letters = [Counter(other) for other in rights]
    for left, text in enumerate(lefts):
        own = Counter(text)
        for right, other in enumerate(rights):
            if _near_in_length(text, other):
                shared = (own & letters[right]).total()
                if 2 * shared >= _WORTH * (len(text) + len(other)):
                    yield left, right


def _near_in_length(text: str, other: str) -> bool:
    return 2 * min(len(text), len(other)) >= _WORTH * (len(text) + len(other))


def _by_shared_words(lefts: Sequence[str], rights: Sequence[str]) -> Iterator[tuple[int, int]]:
    words = [_words(text) for text in lefts]
    holders: dict[str, list[int]] = defaultdict(list)
    for left, own in enumerate(words):
        for word in own:
            holders[word].append(left)
    for right, text in enumerate(rights):
        own = _words(text)
        shared: Counter[int] = Counter()
        for word in own:
            found = holders.get(word, ())
            if len(found) <= _COMMON_WORD:
                shared.update(found)
        for left, _count in shared.most_common(_CANDIDATES):
            in_common = 2 * len(own & words[left]) / (len(own) + len(words[left]))
            if in_common >= _SHARED_WORDS and _near_in_length(lefts[left], text):
                yield left, right


def _words(text: str) -> set[str]:
    """The words of a text; a run of letters without blanks (Chinese, say) counts as its pairs of letters."""
    words: set[str] = set()
    for word in _WORD.findall(text.lower()):
        if len(word) <= _LONG_WORD:
            words.add(word)
        else:
            words.update(word[index : index + 2] for index in range(len(word) - 1))
    return words
