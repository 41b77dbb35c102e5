"""The rows of `cards --json`."""

from __future__ import annotations

from pathlib import Path

from flashcards.deckfiles.parse.card_rows import card_rows
from flashcards.deckfiles.parse.collection import load
from tests.unit.deckfiles.decks import write

KEYS = ["key", "deck", "note", "which", "kind", "question", "answer", "rubric", "follow_ups", "sources", "tags",
        "section", "path", "line", "typed", "draft", "rubric_refs", "follow_up_refs", "in_full",
        "clarify"]  # fmt: skip


def test_every_kind_of_card(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sub/a.md": """
                ---
                tags: [t]
                ---
                - f ::: b {#line}

                # S

                ## Q? {#q .typed .mid}

                A

                ### Rubric
                - r
                ### Follow-ups
                - u
                ### Sources
                - s

                ## Topic {#c .draft}

                One {{c1::two::number}} and {{c3::three $x$}}.

                ## The {{c2::heading}}

                and `{{c2::code}}`
            """
        },
    )
    rows = card_rows(load([], tmp_path).files)
    assert all(list(row) == KEYS for row in rows)
    path = f"{tmp_path.as_posix()}/sub/a.md"
    common = {"deck": "sub/a", "path": path, "rubric": [], "follow_ups": [], "sources": [], "typed": False,
              "rubric_refs": [], "follow_up_refs": [], "in_full": "", "clarify": []}  # fmt: skip
    common |= {"draft": False}
    line = {**common, "note": "line", "kind": "basic", "tags": ["t"], "section": None, "line": 4}
    cloze = {**common, "note": "c", "kind": "cloze", "tags": ["t"], "section": "S", "line": 19, "draft": True}
    full = "Topic\n\nOne two and three $x$."
    assert rows == [
        {**line, "key": "sub/a#line/forward", "which": "forward", "question": "f", "answer": "b"},
        {**line, "key": "sub/a#line/backward", "which": "backward", "question": "b", "answer": "f"},
        {
            **common,
            "key": "sub/a#q/forward",
            "note": "q",
            "which": "forward",
            "kind": "basic",
            "question": "Q?",
            "answer": "A",
            "rubric": ["r"],
            "follow_ups": ["u"],
            "sources": ["s"],
            "rubric_refs": [None],
            "follow_up_refs": [None],
            "tags": ["t", "mid"],
            "section": "S",
            "line": 8,
            "typed": True,
        },
        {
            **cloze,
            "key": "sub/a#c/c1",
            "which": "c1",
            "question": "Topic\n\nOne [number] and three $x$.",
            "answer": full,
        },
        {**cloze, "key": "sub/a#c/c3", "which": "c3", "question": "Topic\n\nOne two and […].", "answer": full},
        {
            **cloze,
            "key": "sub/a#the-c2-heading/c2",
            "note": "the-c2-heading",
            "which": "c2",
            "question": "The […]\n\nand `[…]`",
            "answer": "The heading\n\nand `code`",
            "line": 23,
            "draft": False,
        },
    ]


def test_good_cards_of_bad_files(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## Q?\n\nA\n\n## R?\n", "b.md": "## S?\n\nB\n\n```\n", "c.md": b"\xff"})
    assert [row["key"] for row in card_rows(load([], tmp_path).files)] == ["a#q/forward"]


def test_keys_are_relative_to_the_decks_folder_or_the_path_s_own(tmp_path: Path) -> None:
    write(tmp_path, {"decks/ml/a.md": "## Q?\n\nA\n", "else/b.md": "## R?\n\nB\n", "else/c.md": "## S?\n\nC\n"})

    def keys(*paths: str) -> list[str]:
        files = load([tmp_path / path for path in paths], tmp_path / "decks").files
        return [row["key"] for row in card_rows(files)]

    assert keys("decks/ml/a.md") == keys("decks/ml") == keys("decks") == ["ml/a#q/forward"]
    assert keys("else") == ["b#r/forward", "c#s/forward"]
    assert keys("else/b.md", "decks") == ["b#r/forward", "ml/a#q/forward"]
    assert keys("else/b.md", "else/b.md") == ["b#r/forward"]


def test_a_text_with_gaps_that_has_no_heading_or_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## {#below}\n\nOne {{c1::two}}.\n\n## One {{c1::two}} {#above}\n"})
    rows = card_rows(load([], tmp_path).files)

    assert [(row["question"], row["answer"]) for row in rows] == [("One […].", "One two."), ("One […]", "One two")]
