"""A file's text and back: what the author did not touch stays, byte for byte."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.errors import Invalid
from flashcards.services.authoring.source_bytes import bytes_of, text_of

LINES = st.lists(st.tuples(st.text("ab #", max_size=4), st.sampled_from(["\n", "\r\n", "\r"])), max_size=8)


@given(LINES, st.text("xy", max_size=3), st.booleans())
def test_an_untouched_text_gives_the_same_bytes(lines: list[tuple[str, str]], last: str, mark: bool) -> None:
    text = ("\ufeff" if mark else "") + "".join(line + end for line, end in lines) + last
    data = text.encode()
    assert bytes_of(text_of(data, "a.md"), data) == data


@pytest.mark.parametrize(
    ("old", "text", "new"),
    [
        (b"a\r\nb\r\n", "a\nnew\nb\n", b"a\r\nnew\r\nb\r\n"),
        (b"a\rb\r", "a\nb\nc\n", b"a\rb\rc\r"),
        (b"\xef\xbb\xbfa\n", "b\n", b"\xef\xbb\xbfb\n"),
        (b"a\r\nb\nc\r\n", "x\nb\nc\n", b"x\r\nb\nc\r\n"),  # mixed: b keeps its own end
        (b"a\r\n\nb\n\r\nc\n\n", "a\n\nnew\n\nb\n\nC\n\n", b"a\r\n\nnew\n\nb\n\r\nC\n\n"),
        (b"a\r\nb\nc\nd\ne\n", "c\nd\ne\na\nb\n", b"c\nd\ne\na\nb\n"),  # moved lines get the usual end
        (b"a\n", "a\nb", b"a\nb\n"),  # it had a final newline
        (b"a", "a\nb", b"a\nb"),  # it had none
        (b"", "a", b"a"),
        (b"a\n", "", b""),
    ],
)
def test_ends_and_marks_are_kept(old: bytes, text: str, new: bytes) -> None:
    assert bytes_of(text, old) == new


def test_a_large_deck_of_mixed_ends_takes_no_time() -> None:
    lines = [line for n in range(20_000) for line in (f"## Q {n}? {{#q{n}}}", "", f"A {n}", "")]
    old = "\n".join(lines).replace("\n", "\r\n", 3) + "\n"
    text = "new\n" + "\n".join(lines).replace("A 10000", "A ten thousand") + "\n"
    started = time.process_time()
    data = bytes_of(text, old.encode()).decode()
    assert time.process_time() - started < 5  # it took minutes
    assert data.replace("\r", "") == text
    assert data.count("\r") == 3


@pytest.mark.parametrize(
    ("data", "words"), [(b"a\xff", "0xff is not UTF-8"), (b"a\0b", "NUL"), (b"\xff\xfea\0", "UTF-16")]
)
def test_what_a_text_field_would_change_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        text_of(data, "a.md")
