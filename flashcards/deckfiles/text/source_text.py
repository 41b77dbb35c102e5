"""From the bytes of a file to text with ``\\n`` line ends."""

from __future__ import annotations

from flashcards.deckfiles.text.positions import Issue, error

BOM = "\ufeff"


def decode(data: bytes) -> tuple[str, Issue | None]:
    """Return the text of a file, or as much as can be read and the issue that ends it.

    A BOM is dropped; CRLF and CR become ``\\n``, so that lines and columns are as in the author's editor.
    """
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


def _not_utf8(data: bytes, failure: UnicodeDecodeError) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "the file is UTF-16, not UTF-8; save it as UTF-8"
    return f"the byte 0x{data[failure.start]:02x} is not UTF-8; save the file as UTF-8"
