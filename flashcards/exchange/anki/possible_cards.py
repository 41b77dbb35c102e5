"""Which cards Anki makes of a note: those that a package may hold of it.

A card of any other template or number is damage: Anki cannot show it, or has nothing to ask on it. Source:
docs.ankiweb.net, "Card generation": a template gives a card where a field that is not empty stands on its front; a
cloze note has a card for each number in any of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from flashcards.exchange.anki.package_values import Template
from flashcards.exchange.anki.templates import back_of, front_of, mirrored, names_on_front

_EMPTY = re.compile(r"(?:[ \t\n\f\r\v]|</?(?:br|div) ?/?>)*", re.I)
_TOKEN = re.compile(r"\{\{c([0-9]+(?:,[0-9]+)*)::|\}\}")
_CLOZE_FIELD = re.compile(r"\{\{\s*(?:[^{}:]+:)*cloze:(?:[^{}:]+:)*([^{}:]+?)\s*\}\}")
_DIGITS = 4  # of a number that is higher than any card's
_HIGHEST = 499
"""The ordinal at which Anki's cards of a cloze note end."""


def possible_cards(cloze: bool, templates: Sequence[Template], fields: Mapping[str, str]) -> set[int]:
    """The ordinals of the cards that Anki makes of a note with these fields."""
    if cloze:
        return gaps(fields.values())
    filled = {name for name, html in fields.items() if not _EMPTY.fullmatch(html)}
    return {ordinal for ordinal, template in enumerate(templates) if filled & names_on_front(template.front, filled)}


def cards_of_ours(cloze: bool, templates: Sequence[Template], fields: Mapping[str, str]) -> set[int]:
    """Those of them that a note of ours can be: of a basic note the first, and the second where it is the reverse; of
    a cloze note those with a gap to show.
    """
    possible = possible_cards(cloze, templates, fields)
    if cloze:
        shown = _CLOZE_FIELD.findall(templates[0].front) if templates else []
        return gaps(fields.get(name, "") for name in shown) or possible
    if len(templates) < 2:
        return possible & {0}
    first, second, *_ = templates
    question, answer = front_of(first.front, fields).html, back_of(first.back, fields)
    return possible & ({0, 1} if mirrored(question, answer, second, fields) else {0})


def gaps(texts: Iterable[str]) -> set[int]:
    """The ordinals of a cloze note's cards: of the numbers of its gaps. What stands in a gap that is never closed is
    none.
    """
    found: set[int] = set()
    for text in texts:
        opened = [found]
        for match in _TOKEN.finditer(text):
            if match[1]:
                numbers = (int(number.lstrip("0")[:_DIGITS] or 0) for number in match[1].split(","))
                opened.append({min(number - 1, _HIGHEST) for number in numbers if number})
            elif len(opened) > 1:
                inner = opened.pop()
                opened[-1].update(inner)
    return found
