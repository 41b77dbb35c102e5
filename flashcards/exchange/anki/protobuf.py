"""The little of Google's wire format that Anki's packages need.

Source: protobuf.dev, "Encoding": a message is a run of fields, each a varint of ``number << 3 | wire type`` and
its value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message, in order: number, and an int (varints) or bytes (everything else).

    Raises ValueError where the bytes are no message.
    """
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire_type == _LENGTH:
            size, position = _varint(data, position)
        elif wire_type in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if wire_type == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire_type} at byte {position}")
        if number == 0 or position + size > end:
            raise ValueError(f"a field runs over the end at byte {position}")
        yield number, data[position : position + size]
        position += size


def number(data: bytes, wanted: int, default: int = 0) -> int:
    """The last varint with this field number."""
    found = [value for field, value in fields(data) if field == wanted and isinstance(value, int)]
    return found[-1] if found else default


def text(data: bytes, wanted: int) -> str:
    """The last string with this field number; "" where there is none."""
    found = [value for field, value in fields(data) if field == wanted and isinstance(value, bytes)]
    return found[-1].decode("utf-8") if found else ""


def floats(data: bytes, wanted: int) -> tuple[float, ...]:
    """The numbers of single precision with this field number, packed or each on its own."""
    found = b"".join(value for field, value in fields(data) if field == wanted and isinstance(value, bytes))
    if len(found) % 4:
        raise ValueError(f"field {wanted} holds a part of a number")
    return struct.unpack(f"<{len(found) // 4}f", found)


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError(f"a number is cut off at byte {position}")
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
