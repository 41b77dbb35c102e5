"""Prerequisites (`requires=`): which new cards wait for other notes, and what is wrong with what authors ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

Key = tuple[str, str]
"""A note: its deck's id and its own."""

UNKNOWN = "requires-unknown"
CIRCLE = "requires-circle"
NAME_ANOTHER = "name one that is there, or delete it"


class Prerequisite(NamedTuple):
    """A note that must come first. `in_play` is false where all of it is inactive, suspended or removed."""

    in_play: bool
    answered: bool


def waits(prerequisites: Iterable[Prerequisite]) -> bool:
    """Whether a new card must wait: a prerequisite that can be asked has never been answered."""
    return any(it.in_play and not it.answered for it in prerequisites)


class Requirements:
    """The `requires` of all notes as a graph: `wanted` maps each note that requires others to these.

    `is_note` and `is_deck` say what there is, `advice` what to do about a note that is not there, where that is known.
    """

    def __init__(
        self,
        wanted: Mapping[Key, Sequence[Key]],
        is_note: Callable[[Key], bool],
        is_deck: Callable[[str], bool],
        advice: Callable[[Key], str] = lambda _: NAME_ANOTHER,
    ) -> None:
        self._wanted = wanted
        self._is_note = is_note
        self._is_deck = is_deck
        self._advice = advice
        self._component = _components(wanted)

    def fault(self, note: Key, required: Key) -> tuple[str, str] | None:
        """The code and the message for one requirement, if something is wrong with it."""
        if self.in_circle(note, required):
            circle = " → ".join(name for _, name in (note, *self._way(required, note)))
            return CIRCLE, f"prerequisites run in a circle: {circle}; delete one of them"
        if self._is_note(required):
            return None
        return UNKNOWN, f"{not_there(note[0], required, self._is_deck)}; {self._advice(required)}"

    def in_circle(self, note: Key, required: Key) -> bool:
        """Whether `note` would in the end wait for itself because of this requirement."""
        return required in self._component and self._component[note] == self._component[required]

    def _way(self, start: Key, end: Key) -> list[Key]:
        """A shortest way from `start` to `end` within their circle."""
        before: dict[Key, Key | None] = {start: None}
        queue = [start]
        for note in queue:
            if note == end:
                break
            for following in self._wanted.get(note, ()):
                if following not in before and self._component.get(following) == self._component[start]:
                    before[following] = note
                    queue.append(following)
        way: list[Key] = []
        step: Key | None = end
        while step is not None:
            way.append(step)
            step = before[step]
        return way[::-1]


def not_there(own_deck: str, named: Key, is_deck: Callable[[str], bool]) -> str:
    """What is wrong with a note that is named in the deck `own_deck` and is not there."""
    deck, name = named
    where = "this deck" if deck == own_deck else f"the deck '{deck}'"
    if not is_deck(deck):
        where = f"any deck, for there is none with the id '{deck}'"
    return f"there is no note '{name}' in {where}"


def _components(edges: Mapping[Key, Sequence[Key]]) -> dict[Key, int]:
    """The strongly connected component of each node that has edges (Tarjan 1972, without recursion)."""
    index: dict[Key, int] = {}
    low: dict[Key, int] = {}
    component: dict[Key, int] = {}
    stack: list[Key] = []
    for root in edges:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            node, targets = work[-1]
            following = next((target for target in targets if target in edges and target not in component), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        component[member] = index[node]
                        if member == node:
                            break
            elif following in index:
                low[node] = min(low[node], index[following])
            else:
                index[following] = low[following] = len(index)
                stack.append(following)
                work.append((following, iter(edges[following])))
    return component
