"""Large JSON documents, item by item: one object whose arrays are written and read as streams."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

_CHUNK = 1 << 20
MAX_ITEM = 32 * 1024 * 1024
"""A single item (a picture in base64, say) is at most this many characters long."""

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_OF_NUMBERS = "0123456789.+-eE"
_BLANK = " \t\r\n"


class BadJson(ValueError):
    """The text is not the JSON document that was expected; the message says where and why."""


def write_document(
    stream: BinaryIO, head: dict[str, Any], arrays: Iterable[tuple[str, Iterable[dict[str, Any]]]]
) -> None:
    """Writes an object: the members of `head`, then each array, one item on a line."""
    members = ",".join(f"{_ENCODE(name)}:{_ENCODE(value)}" for name, value in head.items())
    stream.write(f"{{{members}".encode())
    separator = "," if members else ""
    for name, items in arrays:
        stream.write(f"{separator}\n{_ENCODE(name)}:[".encode())
        comma = "\n"
        for item in items:
            stream.write(f"{comma}{_ENCODE(item)}".encode())
            comma = ",\n"
        stream.write(b"\n]")
        separator = ","
    stream.write(b"}\n")


def read_document(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yields the members of a JSON object in order: `(name, value)`, and for an array `(name, item)` for each
    of its items. However large the document, only one item is in memory.

    Raises BadJson.
    """
    reader = _Reader(stream)
    reader.expect("{")
    if reader.peek() == "}":
        reader.expect("}")
        reader.end()
        return
    while True:
        name = reader.value()
        if not isinstance(name, str):
            raise reader.bad("a name in quotes was expected")
        reader.expect(":")
        if reader.peek() == "[":
            yield from ((name, item) for item in reader.items())
        else:
            yield name, reader.value()
        if reader.expect(",}") == "}":
            break
    reader.end()


class _Reader:
    """Reads a UTF-8 stream value by value; knows at which line it is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self._rest = b""
        self._text = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def peek(self) -> str:
        """The next character that is no blank."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise self.bad("the file ends too early; is it whole?")

    def expect(self, characters: str) -> str:
        """Takes the next character, which must be one of these."""
        found = self.peek()
        if found not in characters:
            raise self.bad(f"{' or '.join(characters)} was expected, and {found} found")
        self._at += 1
        return found

    def items(self) -> Iterator[Any]:
        """The items of the array that begins here."""
        self.expect("[")
        if self.peek() == "]":
            self.expect("]")
            return
        while True:
            yield self.value()
            if self.expect(",]") == "]":
                return

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise self.bad("values are nested too deeply") from None
            except json.JSONDecodeError as error:
                if not self._more():
                    raise self.bad(error.msg) from None
            except ValueError as error:
                raise self.bad(str(error)) from None
            else:
                # A number may go on in the next chunk: 10 is also the beginning of 10.5 and of 10e3.
                if self._text[end : end + 1].strip(_OF_NUMBERS) or not self._more():
                    self._at = end
                    return value

    def end(self) -> None:
        """Nothing but blanks may follow."""
        while self._more():
            pass
        if self._text[self._at :].strip(_BLANK):
            raise self.bad("something follows the end of the document")

    def bad(self, message: str) -> BadJson:
        line = self._line + self._text.count("\n", 0, self._at)
        return BadJson(f"line {line}: {message}")

    def _more(self) -> bool:
        """Reads on; what was taken is forgotten. False at the end."""
        if self._ended:
            return False
        if len(self._text) - self._at > MAX_ITEM:
            raise self.bad(f"one item is longer than {MAX_ITEM:,} characters, or its brackets never close")
        # Doubling what is read keeps the work on a large item linear.
        chunk = self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._ended = not chunk
        data = self._rest + chunk
        cut = len(data) if self._ended else _whole_characters(data)
        try:
            new = data[:cut].decode("utf-8-sig" if self._line == 1 and not self._text else "utf-8")
        except UnicodeDecodeError:
            raise self.bad("the file is not UTF-8") from None
        self._rest = data[cut:]
        self._line += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :] + new
        self._at = 0
        return not self._ended or bool(new)


def _whole_characters(data: bytes) -> int:
    """How many of these bytes end before a character that may be cut."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            return len(data) - back
        if byte < 0x80:
            break
    return len(data)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
