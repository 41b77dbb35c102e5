"""How hashcards names its cards: of each the bytes whose BLAKE3 is its key in `hashcards.db`.

As its versions 0.3 and 0.4 do it (`src/parser.rs` and `src/types/card.rs` in eudoxia0/hashcards, commit a23b7e2).
Positions of deletions are those of bytes, and a tag counts within fenced code, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_BLANK = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Rust's `trim` takes away: Python's `strip` takes four separators more."""

Name = bytes
"""What the hash of a card is taken of."""


def names(lines: Sequence[str], start: int) -> dict[int, tuple[Name, ...]]:
    """The cards of a file by the line (from 1) of their tag: one of a question, one for each deletion with text.

    `start` is the index of the first line after the front matter. What hashcards refuses has no name.
    """
    return {
        part.line: tuple(_basic(part) if part.tag == "Q" else _cloze(_trimmed(part.text)))
        for part in _parts(lines, start)
        if part.sound
    }


@dataclass(slots=True)
class _Part:
    tag: str
    line: int
    text: list[str]
    answer: list[str] = field(default_factory=list)
    sound: bool = True


def _parts(lines: Sequence[str], start: int) -> Iterator[_Part]:
    part: _Part | None = None
    for index in range(start, len(lines)):
        line = lines[index]
        tag = line[0] if line[:2] in ("Q:", "A:", "C:") else ""
        if tag == "A" and part is not None:
            part.sound = part.sound and part.tag == "Q" and not part.answer
            part.answer.append(line[2:].strip(_BLANK))
        elif tag in ("Q", "C") or (not tag and line.strip(_BLANK) == "---"):
            if part is not None:
                yield part
            part = _Part(tag, index + 1, [line[2:].strip(_BLANK)]) if tag else None
        elif part is not None:
            (part.answer or part.text).append(line)
    if part is not None:
        yield part


def _trimmed(lines: list[str]) -> bytes:
    return "\n".join(lines).strip(_BLANK).encode("utf-8", "surrogatepass")


def _basic(part: _Part) -> Iterator[Name]:
    if part.answer:
        yield b"Basic" + _trimmed(part.text) + _trimmed(part.answer)


def _cloze(text: bytes) -> Iterator[Name]:
    bare = _bare(text)
    for first, end in _deletions(text):
        if bare[first:end].decode("utf-8", "replace").strip():
            yield b"Cloze" + bare + first.to_bytes(8, "little") + (end - 1).to_bytes(8, "little")


_OPEN, _CLOSE, _PICTURE, _ESCAPE = b"[]!\\"


_BRACKETS = (b"[", b"]")


def _bare(text: bytes) -> bytes:
    """The text without the brackets of its deletions."""
    bare = bytearray()
    picture = escaped = False
    for position, sign in enumerate(text):
        if sign == _OPEN:
            bare.extend(b"[" * (picture + escaped))
            escaped = False
        elif sign == _CLOSE:
            bare.extend(b"]" * (picture or escaped))
            picture, escaped = False, escaped and picture
        elif sign == _ESCAPE and not escaped and text[position + 1 : position + 2] in _BRACKETS:
            escaped = True
        elif sign != _ESCAPE or not escaped:
            picture = picture or (sign == _PICTURE and text[position + 1 : position + 2] == b"[")
            bare.append(sign)
    return bytes(bare)


def _deletions(text: bytes) -> Iterator[tuple[int, int]]:
    """Where deletions begin and end in the bare text; the innermost bracket opens one."""
    first: int | None = None
    at = 0
    picture = escaped = False
    for position, sign in enumerate(text):
        if sign in (_OPEN, _CLOSE):
            if picture or escaped:
                at += 1
                escaped = escaped and picture
                picture = picture and sign == _OPEN
            elif sign == _OPEN:
                first = at
            elif first is not None:
                yield first, at
                first = None
        elif sign == _ESCAPE and not escaped and text[position + 1 : position + 2] in _BRACKETS:
            escaped = True
        elif sign != _ESCAPE or not escaped:
            picture = picture or (sign == _PICTURE and text[position + 1 : position + 2] == b"[")
            at += 1
