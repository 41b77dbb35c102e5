"""A cloze card in one piece: what is hidden, what is said of it, and what is left as it was."""

from __future__ import annotations

import pytest

from flashcards.web.review.cloze import in_place


def asked(label: str, shown: str) -> str:
    return f'<span class="cz" role="img" aria-label="{label}">[{shown}]</span>'


def test_every_gap_keeps_its_words_where_they_stand() -> None:
    question = f"<p>Of {asked('gap', '…')} and <code>{asked('gap, hint: a]b', 'a]b')}</code>.</p>"
    answer = (
        '<p>Of <span class="cz">one <span>inner</span> and more</span> and <code><span class="cz">x</span></code>.</p>'
    )
    assert in_place(question, answer) == (
        '<p>Of <span class="cz gap open" role="img" aria-label="gap"><span class="words" aria-hidden="true">'
        "one <span>inner</span> and more</span></span> and <code>"
        '<span class="cz gap hinted open" role="img" aria-label="gap, hint: a]b">'
        '<span class="words" aria-hidden="true">x</span><span class="hint" aria-hidden="true">[a]b]</span></span>'
        "</code>.</p>"
    )


def test_short_answers_share_one_width() -> None:
    html = in_place(asked("gap", "…"), '<span class="cz">twelve chars</span>')
    assert 'class="cz gap short open"' in html
    assert "short" not in in_place(asked("gap", "…"), '<span class="cz">thirteen char</span>')


def test_a_formula_says_no_more_than_is_seen() -> None:
    question = '<math alttext="y = \\boxed{\\text{[…]}}"><mi>y</mi><mrow class="cz"><mtext>[…]</mtext></mrow></math>'
    answer = '<math alttext="y = b_1"><mi>y</mi><mrow class="cz"><mi>b</mi></mrow></math>'
    html = in_place(question, answer)
    assert "b_1" not in html
    assert '<mrow class="cz gap open"><mi>b</mi></mrow>' in html


@pytest.mark.parametrize(
    ("question", "answer"),
    [("<p>a</p>", "<p>a</p>"), (asked("gap", "…"), "<p>a</p>"), ("<p>a</p>", '<span class="cz">a</span>')],
)
def test_sides_that_are_no_pair_stay_two(question: str, answer: str) -> None:
    assert in_place(question, answer) == ""
