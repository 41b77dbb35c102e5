"""Large JSON, item by item."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.exchange import json_document
from flashcards.exchange.json_document import BadJson, read_document, write_document

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ITEMS = st.dictionaries(st.text(), SCALARS | st.lists(SCALARS, max_size=3), max_size=4)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that every value is cut somewhere."""
    monkeypatch.setattr(json_document, "_CHUNK", 7)


def written(head: dict[str, Any], arrays: dict[str, list[dict[str, Any]]]) -> bytes:
    stream = io.BytesIO()
    write_document(stream, head, list(arrays.items()))
    return stream.getvalue()


@given(ITEMS, st.dictionaries(st.text(), st.lists(ITEMS, max_size=4), max_size=3))
def test_what_is_written_is_read(head: dict[str, Any], arrays: dict[str, list[dict[str, Any]]]) -> None:
    head = {name: value for name, value in head.items() if not isinstance(value, list) and name not in arrays}
    text = written(head, arrays)
    assert json.loads(text) == head | arrays
    expected = [*head.items(), *((name, item) for name, items in arrays.items() for item in items)]
    for layout in (text, json.dumps(head | arrays, indent=2).encode()):
        assert list(read_document(io.BytesIO(layout))) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1: the file ends too early"),
        (b'{"a":\n[1,\n2', "line 3: the file ends too early"),
        (b'{"a":1} x', "something follows the end"),
        (b'{"a":[1,\n,2]}', "line 2: Expecting value"),
        (b"[1]", r"\{ was expected"),
        (b"{1:2}", "a name in quotes was expected"),
        (b'{"a":NaN}', "NaN is no JSON"),
        (b"\xff{}", "not UTF-8"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_wrong_and_where(text: bytes, message: str) -> None:
    with pytest.raises(BadJson, match=message):
        list(read_document(io.BytesIO(text)))


def test_one_item_cannot_take_all_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_document, "MAX_ITEM", 1000)
    with pytest.raises(BadJson, match="longer than 1,000 characters"):
        list(read_document(io.BytesIO(b'{"a":["' + b"x" * 5000)))
    assert len(list(read_document(io.BytesIO(written({}, {"a": [{"n": n} for n in range(500)]}))))) == 500


def test_a_byte_order_mark_is_no_error() -> None:
    assert list(read_document(io.BytesIO(b'\xef\xbb\xbf{"a": 1}'))) == [("a", 1)]
