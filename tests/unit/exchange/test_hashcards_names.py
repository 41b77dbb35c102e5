"""What hashcards takes the hash of, against its own parser, written down anew as it goes over a text's bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashcards.exchange.hashcards import deletions
from flashcards.exchange.hashcards_names import names


def bare_as_there(text: bytes) -> bytes:
    """`clean_text` of its `parse_cloze_cards`."""
    out, image, escape = bytearray(), False, False
    for place, sign in enumerate(text):
        after = text[place + 1 : place + 2]
        match bytes([sign]):
            case b"[":
                if image:
                    out.append(sign)
                if escape:
                    escape = False
                    out.append(sign)
            case b"]":
                if image:
                    image = False
                    out.append(sign)
                elif escape:
                    escape = False
                    out.append(sign)
            case b"!":
                if not image and after == b"[":
                    image = True
                out.append(sign)
            case b"\\":
                if not escape:
                    if after in (b"[", b"]"):
                        escape = True
                    else:
                        out.append(sign)
            case _:
                out.append(sign)
    return bytes(out)


def deletions_there(text: bytes) -> list[tuple[int, int]]:
    """The first and last byte of each deletion."""
    out: list[tuple[int, int]] = []
    start: int | None = None
    index, image, escape = 0, False, False
    for place, sign in enumerate(text):
        after = text[place + 1 : place + 2]
        match bytes([sign]):
            case b"[":
                if image:
                    index += 1
                elif escape:
                    index += 1
                    escape = False
                else:
                    start = index
            case b"]":
                if image:
                    image = False
                    index += 1
                elif escape:
                    escape = False
                    index += 1
                elif start is not None:
                    out.append((start, index - 1))
                    start = None
            case b"!":
                if not image and after == b"[":
                    image = True
                index += 1
            case b"\\":
                if not escape:
                    if after in (b"[", b"]"):
                        escape = True
                    else:
                        index += 1
            case _:
                index += 1
    return out


@given(st.text(alphabet="[]!\\aäx ", max_size=30))
def test_deletions_are_named_as_there(text: str) -> None:
    there = text.strip().encode()
    bare = bare_as_there(there)
    expected = [
        b"Cloze" + bare + first.to_bytes(8, "little") + last.to_bytes(8, "little")
        for first, last in deletions_there(there)
        if bare[first : last + 1].strip()
    ]
    assert list(names([f"C:{text}"], 0)[1]) == expected


def test_a_card_goes_on_until_a_tag_or_a_line_across() -> None:
    text = (
        "Q: one \n two\nA:\n\nfirst\n \u3000\nQ: two\nA: x\n --- \nleft out\nC: [a]\nQ: no answer\n---\nA: no question"
    )
    found = names(text.split("\n"), 0)
    assert found == {
        1: (b"Basicone \n two".replace(b"one ", b"one") + b"first",),
        7: (b"Basictwox",),
        11: (b"Clozea" + bytes(16),),
        12: (),
    }


def test_tags_count_within_code_there() -> None:
    assert list(names(["Q: a", "```", "A: b", "```", "Q: c", "A: d"], 0)) == [1, 5]


def test_two_answers_are_an_error_there() -> None:
    assert names(["Q: a", "A: b", "A: c", "C: [x]", "A: d"], 0) == {}


@given(st.text(alphabet="[]!\\aä ", max_size=30))
def test_as_many_deletions_as_we_read(text: str) -> None:
    """Where the numbers were unlike, nothing would come of what is remembered."""
    if "![" not in text:  # brackets within a picture's words are read otherwise, see `_remembered`
        assert len(names([f"C: {text}"], 0)[1]) == deletions(text.strip())[1]
