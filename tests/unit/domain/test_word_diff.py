"""The word diff: both texts can be rebuilt from it, and it says what a reader would say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.domain.word_diff import CONTEXT, Fold, Piece, differs, folded, word_diff

TEXTS = st.lists(
    st.sampled_from([
        "the ", "loss ", "grows", ", ", "\n", "\n\n", "- ", "学习", "0.73", "```python\n", "```\n", "~~~\n",
        "    x = 1\n", "$w_j^2$", "{{c1::a}}", "`b`", "\t", " ", "\u0301e", "a_b", "\u2028", "\x1c",
    ]),
    max_size=40,
).map("".join) | st.text(max_size=60)  # fmt: skip


def shown(old: str, new: str) -> str:
    marks = {"same": "{}", "deleted": "[-{}-]", "inserted": "[+{}+]"}
    pieces = folded(word_diff(old, new))
    return "".join(f"<{it.words}>" if isinstance(it, Fold) else marks[it.mark].format(it.text) for it in pieces)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_rebuilt(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.old for piece in pieces) == old
    assert "".join(piece.new for piece in pieces) == new
    for piece in pieces:
        assert (piece.mark == "deleted") <= (piece.new == "")
        assert (piece.mark == "inserted") <= (piece.old == "")
        if piece.mark == "same":
            assert piece.old == piece.new if piece.code else "".join(piece.old.split()) == "".join(piece.new.split())


@given(TEXTS, TEXTS)
def test_folding_hides_no_change(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    changes = [piece for piece in pieces if piece.mark != "same"]
    after = folded(pieces)
    assert [it for it in after if isinstance(it, Piece) and it.mark != "same"] == changes
    if not any(isinstance(it, Fold) for it in after):
        assert "".join(it.text for it in after if isinstance(it, Piece) and it.mark != "deleted") == new


@given(TEXTS)
def test_a_text_differs_from_itself_in_nothing(text: str) -> None:
    assert not differs(word_diff(text, text))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", ""),
        ("a loss", "a big loss", "a [+big +]loss"),
        ("is 0.73.", "is 0.74.", "is [-0.73-][+0.74+]."),
        ("see f_x now", "see f_y now", "see [-f_x -][+f_y +]now"),
        ("梯度下降", "梯度的下降", "梯度[+的+]下降"),
        ("$w_j$ here", "$w_j^2$ here", "$w_j[+^2+]$ here"),
    ],
)
def test_words(old: str, new: str, expected: str) -> None:
    assert shown(old, new) == expected


def test_wrapping_anew_is_no_difference() -> None:
    assert not differs(word_diff("one two\nthree\n\nfour", "one\ntwo three\n\n\nfour"))


def test_white_space_counts_in_code() -> None:
    old = "Say:\n\n```python\nif x:\n    y()\n```\n"
    assert shown(old, old.replace("    y", "  y")) == "Say:\n\n```python\nif x:\n[-    -][+  +]y()\n```\n"
    assert not differs(word_diff("Say:\n\n```\nx\n```", "Say:\n```\nx\n```"))


def test_long_unchanged_runs_are_folded() -> None:
    words = " ".join(f"w{number}" for number in range(100))
    first, last = words.split()[:CONTEXT], words.split()[-CONTEXT:]
    assert shown(f"{words} old", f"{words} new") == f"<92>{' '.join(last)} [-old-][+new+]"
    between = shown(f"old {words} old", f"new {words} new")
    assert between == f"[-old -][+new +]{' '.join(first)} <84>{' '.join(last)} [-old-][+new+]"
    short = " ".join(words.split()[:20])
    assert "<" not in shown(f"old {short} old", f"new {short} new")


def test_code_is_folded_in_whole_lines() -> None:
    lines = "".join(f"    a{number} = f({number})\n" for number in range(50))
    old = f"```python\nb = 1\n{lines}c = 1\n```"
    text = shown(old, old.replace("b = 1", "b = 2").replace("c = 1", "c = 2"))
    head, _, tail = text.partition("<")
    assert head.endswith("\n")
    assert tail.partition(">")[2].startswith("    a4")


def test_a_text_that_is_wholly_new_is_one_change() -> None:
    old, new = (" ".join(f"{side}{number}" for number in range(15_000)) for side in "ab")
    assert [piece.mark for piece in word_diff(old, new)] == ["deleted", "inserted"]
