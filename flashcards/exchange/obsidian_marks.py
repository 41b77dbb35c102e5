"""What stands within an Obsidian note's text: its properties, its tags, its highlights."""

from __future__ import annotations

import re

from flashcards.exchange.markdown_text import closed_deletion, mask

HIGHLIGHT = re.compile(
    r"==(?:(?P<number>\d+);;)?(?P<text>(?![\s=])(?:(?!==)(?!;;).)+?)(?:;;(?P<hint>(?:(?!==).)+?))?=="
    r"(?:\^\[(?P<hint2>[^\]\n]*)\])?(?:\[\^(?P<group>[^\]\s]*)\])?",
    re.S,
)


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


def deck_of(tag: str) -> str | None:
    """The deck that a tag (without its ``#``) names: "" for ``flashcards``; None for any other tag."""
    if tag == "flashcards":
        return ""
    return tag.removeprefix("flashcards/") if tag.startswith("flashcards/") else None


def as_tag(text: str) -> str:
    """A tag as one of ours."""
    return re.sub(r"[^\w/+.-]+", "-", text).strip("-./+_")


def highlights(text: str) -> tuple[str, tuple[int, ...]]:
    """The text with highlights as deletions, and their numbers, ascending.

    ``==text==^[hint]``, ``==1;;text;;hint==`` and ``==text==[^1]``; without numbers of their own they are
    numbered in order.
    """
    shown = mask(text)
    found = list(HIGHLIGHT.finditer(shown))
    pieces: list[str] = []
    position = top = 0
    used: set[int] = set()
    for match in found:
        group = match["number"] or match["group"] or ""
        given = group.isdecimal() and 0 < int(group) < 500
        number = int(group) if given else top + 1
        top = max(top, number)
        used.add(number)
        hint = text[slice(*match.span("hint"))] if match["hint"] else match["hint2"] or ""
        pieces += [text[position : match.start()], closed_deletion(number, text[slice(*match.span("text"))], hint)]
        position = match.end()
    return "".join([*pieces, text[position:]]), tuple(sorted(used))
