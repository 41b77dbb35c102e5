"""What stands within an Obsidian note's text: its properties, its tags, its highlights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from flashcards.exchange.markdown_text import closed_deletion, mask


@cache
def gap_pattern(gaps: tuple[tuple[str, str], ...]) -> re.Pattern[str] | None:
    """What finds deletions within a line; None where a vault has none."""
    return re.compile("|".join(_one_gap(index, *marks) for index, marks in enumerate(gaps))) if gaps else None


def _one_gap(index: int, opening: str, closing: str) -> str:
    begin, end = re.escape(opening), re.escape(closing)
    inner = f"(?:(?!{begin})(?!{end})(?!;;).)+?"
    once_more = re.escape(opening[0])
    return (
        rf"{begin}(?:(?P<number{index}>\d+);;)?(?P<text{index}>(?![\s{once_more}])(?:{inner}))"
        rf"(?:;;(?P<hint{index}>(?:(?!{end}).)+?))?{end}"
        rf"(?:\^\[(?P<more{index}>[^\]\n]*)\])?(?:\[\^(?P<group{index}>[^\]\s]*)\])?"
    )


HIGHLIGHTS = gap_pattern((("==", "=="),))


def properties(text: str) -> tuple[int, list[str], str]:
    """Of the YAML between ``---`` lines at the top: the index of the line after it, the tags, the title.

    Only what we need is read, line by line: a vault's properties may hold anything.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return 0, [], ""
    end = next((index for index, line in enumerate(lines[1:], start=1) if line.rstrip() in ("---", "...")), 0)
    tags: list[str] = []
    title, in_tags = "", False
    for line in lines[1:end]:
        key, colon, value = line.partition(":")
        if in_tags and re.match(r"\s*-\s", line):
            tags.append(_unquoted(line.strip()[1:]))
            continue
        in_tags = bool(colon) and key.strip().lower() in ("tags", "tag")
        if in_tags:
            tags += [_unquoted(tag) for tag in re.split(r"[,\s]+", value.strip().strip("[]")) if tag]
        elif colon and key == "title":
            title = _unquoted(value)
    return end + 1 if end else 0, [tag.removeprefix("#") for tag in tags if tag], title


def _unquoted(text: str) -> str:
    return text.strip().strip("\"'").strip()


def deck_of(tag: str, names: Sequence[str] = ("flashcards",)) -> str | None:
    """The deck that a tag (without its ``#``) names: "" for one of `names` itself; None for any other tag."""
    for name in names:
        if tag == name:
            return ""
        if tag.startswith(f"{name}/"):
            return tag.removeprefix(f"{name}/")
    return None


def as_tag(text: str) -> str:
    """A tag as one of ours."""
    return re.sub(r"[^\w/+.-]+", "-", text).strip("-./+_")


def highlights(text: str, pattern: re.Pattern[str] | None = HIGHLIGHTS) -> tuple[str, tuple[int, ...]]:
    """The text with highlights as deletions, and their numbers, ascending.

    ``==text==^[hint]``, ``==1;;text;;hint==`` and ``==text==[^1]``; without numbers of their own they are
    numbered in order.
    """
    shown = mask(text)
    found = list(pattern.finditer(shown)) if pattern else []
    pieces: list[str] = []
    position = top = 0
    used: set[int] = set()
    for match in found:
        index = next(name[4:] for name, value in match.groupdict().items() if value and name.startswith("text"))
        group = match[f"number{index}"] or match[f"group{index}"] or ""
        given = group.isdecimal() and 0 < int(group) < 500
        number = int(group) if given else top + 1
        top = max(top, number)
        used.add(number)
        hint = text[slice(*match.span(f"hint{index}"))] if match[f"hint{index}"] else match[f"more{index}"] or ""
        inner = text[slice(*match.span(f"text{index}"))]
        pieces += [text[position : match.start()], closed_deletion(number, inner, hint)]
        position = match.end()
    return "".join([*pieces, text[position:]]), tuple(sorted(used))


def unmarked(text: str, pattern: re.Pattern[str] | None = HIGHLIGHTS) -> str:
    """The text with its highlights as plain words."""
    pieces: list[str] = []
    position = 0
    for match in pattern.finditer(mask(text)) if pattern else ():
        name = next(name for name, value in match.groupdict().items() if value and name.startswith("text"))
        pieces += [text[position : match.start()], text[slice(*match.span(name))]]
        position = match.end()
    return "".join([*pieces, text[position:]])
