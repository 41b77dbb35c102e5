"""From the bytes of a file to text with ``\\n`` line ends."""

from __future__ import annotations

from flashcards.deckfiles.text.positions import Issue, error

BOM = "\ufeff"
_UTF_16 = "the file is UTF-16, not UTF-8; save it as UTF-8"


def decode(data: bytes) -> tuple[str, Issue | None]:
    """Return the text of a file, or as much as can be read and the issue that ends it.

    A BOM is dropped; CRLF and CR become ``\\n``, so that lines and columns are as in the author's editor.
    """
    if data.count(0) * 3 > len(data):
        return "", error(0, "not-utf8", _mostly_nul(data))
    try:
        return normalise(data.decode("utf-8")), None
    except UnicodeDecodeError as failure:
        good = normalise(data[: failure.start].decode("utf-8"))
        return good, error(len(good), "not-utf8", _not_utf8(data, failure))


def normalise(text: str) -> str:
    """Drop a BOM and make every CRLF and CR a ``\\n``."""
    text = text.removeprefix(BOM)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _mostly_nul(data: bytes) -> str:
    """What is not even text by chance: UTF-16 without a byte order mark, or a file whose bytes a crash has lost."""
    every_second = max(data[::2].count(0), data[1::2].count(0))
    if every_second > data.count(0) * 9 // 10:
        return _UTF_16
    return "the file holds NUL bytes where its text should be; write it anew, or bring it back from Git or a backup"


def _not_utf8(data: bytes, failure: UnicodeDecodeError) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _UTF_16
    return f"the byte 0x{data[failure.start]:02x} is not UTF-8; save the file as UTF-8"
