"""Every message that parsing one file can give: at least one input each, with its exact line and column."""

from __future__ import annotations

import pytest

from flashcards.deckfiles.check.codes import CODES
from flashcards.deckfiles.parse.deck import parse_deck

E, W = "error", "warning"
NOTE = "\n## Q?\n\nA\n"

CASES: list[tuple[str, str, list[tuple[int, int, str, str]]]] = [
    ("never closed", "---\ntitle: x\n" + NOTE, [(1, 1, E, "front-matter-not-closed")]),
    (
        "closed by a rule far below",
        "---\ntitle: x\n\n## Q?\n\nA: b: c\n\n---\n",
        [(1, 1, E, "front-matter-not-closed")],
    ),
    ("too large", f"---\ntitle: {'x' * 8200}\n---\n" + NOTE, [(2, 1, E, "front-matter-too-large")]),
    ("not YAML", "---\ntitle: a: b\n---\n" + NOTE, [(2, 9, E, "front-matter-not-yaml")]),
    ("a character YAML refuses", "---\ntitle: a\x07b\n---\n" + NOTE, [(2, 9, E, "front-matter-not-yaml")]),
    ("a list", "---\n- a\n- b\n---\n" + NOTE, [(2, 1, E, "front-matter-not-mapping")]),
    ("a word", "---\nhello\n---\n" + NOTE, [(2, 1, E, "front-matter-not-mapping")]),
    ("a key that is a list", "---\n? [a]\n: b\n---\n" + NOTE, [(2, 3, E, "front-matter-not-mapping")]),
    ("a title of two", "---\ntitle: [a, b]\n---\n" + NOTE, [(2, 8, E, "front-matter-type")]),
    ("an order that is no number", "---\norder: first\n---\n" + NOTE, [(2, 8, E, "front-matter-type")]),
    ("an order without end", "---\norder: .inf\n---\n" + NOTE, [(2, 8, E, "front-matter-type")]),
    ("tags that are a mapping", "---\ntags: {a: b}\n---\n" + NOTE, [(2, 7, E, "front-matter-type")]),
    ("no language", "---\nlanguage: English please\n---\n" + NOTE, [(2, 11, E, "front-matter-type")]),
    ("a key twice", "---\ntitle: a\ntags: [b]\ntitle: c\n---\n" + NOTE, [(4, 1, E, "front-matter-duplicate-key")]),
    ("an alias", "---\ntitle: &a b\nauthor: *a\n---\n" + NOTE, [(3, 9, E, "front-matter-alias")]),
    ("deep", "---\ntags: [[[[[[a]]]]]]\n---\n" + NOTE, [(2, 11, E, "front-matter-too-deep")]),
    ("TOML", '+++\ntitle = "x"\n+++\n' + NOTE, [(1, 1, E, "front-matter-toml")]),
    ("a misspelt key", "---\ntitle: a\nautor: b\n---\n" + NOTE, [(3, 1, W, "front-matter-unknown-key")]),
    ("a deck id with a #", "---\nid: a#b\n---\n" + NOTE, [(2, 5, E, "bad-deck-id")]),
    ("a fence", "## Q?\n\n```python\nA\n", [(3, 1, E, "fence-not-closed")]),
    ("a fence in an item", "## Q?\n\n- ```python\n  A\n\n## R?\n\nB\n", [(3, 3, E, "fence-not-closed")]),
    ("a comment", "## Q?\n\nA <!-- b\n\n## R?\n\nC\n", [(3, 3, E, "comment-not-closed")]),
    ("underlined", "Title\n=====\n\n## Q?\n\nA\n", [(2, 1, W, "setext-heading")]),
    ("no card", "Just text.\n", [(1, 1, W, "no-cards")]),
    ("empty", "", [(1, 1, W, "no-cards")]),
    (
        "defined twice",
        "## Q [a]?\n\nA [^n]\n\n[a]: http://a.b\n[A]: http://c.d\n\n[^n]: x\n\n[^n]: y\n",
        [(6, 1, W, "duplicate-definition"), (10, 1, W, "duplicate-definition")],
    ),
    ("a bad id", "## Q? {#a/b}\n\nA\n", [(1, 8, E, "bad-id")]),
    ("a long id", f"## Q? {{#{'a' * 65}}}\n\nA\n", [(1, 8, E, "bad-id")]),
    ("two ids", "## Q? {#a #b}\n\nA\n", [(1, 11, E, "two-ids")]),
    (
        "one id twice",
        "## Q? {#a}\n\nA\n\n## R? {#a}\n\nB\n",
        [(1, 1, E, "duplicate-id"), (5, 1, E, "duplicate-id")],
    ),
    ("an unknown key", "## Q? {#a require=b}\n\nA\n", [(1, 11, W, "unknown-attribute")]),
    ("nearly a list", "## Q? {#a, .b}\n\nA\n", [(1, 7, W, "attributes-not-read")]),
    ("a misspelt flag", "## Q? {.reverse}\n\nA\n", [(1, 8, W, "misspelt-flag")]),
    ("a capital flag", "## Q? {#q .Draft}\n\nA\n", [(1, 11, W, "misspelt-flag")]),
    ("no prerequisite", "## Q? {requires=#}\n\nA\n", [(1, 8, E, "bad-requires")]),
    ("no question", "## {#a}\n\nA\n", [(1, 1, E, "empty-question")]),
    ("no question at all", "##\n\nA\n", [(1, 1, E, "empty-question")]),
    ("no answer", "## Q?\n\n## R?\n\nB\n", [(1, 1, E, "no-answer")]),
    ("nothing below the Answer heading", "## Q?\n\nx\n\n### Answer\n", [(1, 1, E, "no-answer")]),
    ("only lists", "## Q?\n\n### Rubric\n\n- a\n", [(1, 1, E, "no-answer")]),
    ("only a comment", "## Q?\n\n<!-- A -->\n", [(1, 1, E, "no-answer")]),
    ("one question twice", "## Q?\n\nA\n\n## Q?\n\nB\n", [(5, 1, W, "duplicate-question")]),
    ("too large a note", f"## Q?\n\n{'word ' * 13200}\n", [(1, 1, E, "note-too-large")]),
    ("H3 after lists", "## Q?\n\nA\n\n### Rubric\n- a\n\n### More\n\nB\n", [(8, 1, E, "heading-after-lists")]),
    ("Answer after lists", "## Q?\n\nA\n\n### Rubric\n- a\n\n### Answer\n\nB\n", [(8, 1, E, "heading-after-lists")]),
    ("two answers", "## Q?\n\nx\n\n### Answer\n\nA\n\n### ANSWER\n\nB\n", [(9, 1, E, "section-twice")]),
    ("two rubrics", "## Q?\n\nA\n\n### Rubric\n- a\n\n### rubric\n- b\n", [(8, 1, E, "section-twice")]),
    ("nearly Sources", "## Q?\n\nA\n\n### Source\n\nB\n", [(5, 1, W, "misspelt-section")]),
    ("nearly Follow-ups", "## Q?\n\nA\n\n### Follow ups\n\nB\n", [(5, 1, W, "misspelt-section")]),
    ("text in a rubric", "## Q?\n\nA\n\n### Rubric\n\n- a\n\nand so on\n", [(9, 1, E, "not-a-list")]),
    ("a heading in a rubric", "## Q?\n\nA\n\n### Rubric\n\n- a\n#### b\n", [(8, 1, E, "not-a-list")]),
    ("an empty rubric", "## Q?\n\nA\n\n### Rubric\n", [(5, 1, W, "empty-list")]),
    ("a long form of a note that is not core", "## Q?\n\nA\n\n### In full\n\nB\n", [(5, 1, W, "section-not-core")]),
    ("typed paragraphs", "## Q? {.typed}\n\nA\n\nB\n", [(3, 1, W, "typed-blocks")]),
    ("typed items", "## Q? {.typed}\n\n- A\n- B\n", [(3, 1, W, "typed-blocks")]),
    ("no left side", "- :: b\n- c :: d\n", [(1, 3, W, "one-line-empty")]),
    ("no right side", "- [ ] a ::\n- c :: d\n", [(1, 9, W, "one-line-empty")]),
    ("only attributes to the right", "- a :: {#b}\n- c :: d\n", [(1, 5, W, "one-line-empty")]),
    ("a deletion on a line", "- a {{c1::x}} :: b\n", [(1, 5, W, "one-line-cloze")]),
    ("number 0", "## T\n\nA {{c0::b}}.\n", [(3, 3, E, "cloze-number")]),
    ("number 500", "## T\n\n{{c500::b}}.\n", [(3, 1, E, "cloze-number")]),
    ("a leading zero", "## T\n\n{{c01::b}}.\n", [(3, 1, E, "cloze-number")]),
    ("never closed", "## T\n\nA {{c1::b.\n", [(3, 3, E, "cloze-unclosed")]),
    ("empty", "## T\n\nA {{c1::}}.\n", [(3, 3, E, "cloze-empty")]),
    ("empty in the heading", "## T {{c1:: }} x\n\nA\n", [(1, 6, E, "cloze-empty")]),
    ("crossing", "## T\n\nA {{c1::b\n\nc}} d\n", [(3, 3, E, "cloze-crosses")]),
    (
        "51 cards",
        "## T\n\n" + " ".join(f"{{{{c{number}::x}}}}" for number in range(1, 52)) + "\n",
        [(3, 1 + sum(len(f"{{{{c{n}::x}}}} ") for n in range(1, 51)), E, "cloze-too-many")],
    ),
    ("reversed", "## T {.reversed}\n\n{{c1::b}}\n", [(1, 1, E, "cloze-reversed")]),
    ("an answer too", "## T\n\n{{c1::b}}\n\n### Answer\n\nc\n", [(5, 1, E, "cloze-answer")]),
    ("NUL", "## Q?\n\nA\x00b\n", [(3, 2, E, "control-character")]),
    ("unit separator", "## Q?\n\nA\n\n## R\x1f?\n\nB\n", [(5, 5, E, "control-character")]),
    ("before a heading", "## Q?\n\nA\n\n\u200b## R?\n\nB\n", [(5, 1, E, "invisible-character")]),
    ("after the marks", "## Q?\n\nA\n\n##\u00a0R?\n\nB\n", [(5, 3, E, "invisible-character")]),
    ("before an item", "## Q?\n\nA\n\n\u200b- x\n", [(5, 1, W, "invisible-character")]),
    ("before an attribute list", "## Q?\u00a0{#a}\n\nA\n", [(1, 6, E, "invisible-character")]),
    ("before one, after a blank", "## Q? \u200b{#a}\n\nA\n", [(1, 7, E, "invisible-character")]),
    ("after an attribute list", "## Q? {#a .b}\u200b\n\nA\n", [(1, 14, E, "invisible-character")]),
    ("at the end of a one-line card", "- a :: b {#a}\u00a0\n\n## Q?\n\nA\n", [(1, 14, E, "invisible-character")]),
    (
        "beside colons",
        "- a\u00a0:: b\n- c :::\u00a0d\n- e :: f\u00a0\n\n## Q?\n\nA\n",
        [(1, 4, W, "invisible-character"), (2, 8, W, "invisible-character")],
    ),
    (
        "full-width blanks beside colons",
        "- 猫\u3000:: cat\n- 犬 ::\u202fdog\n\n## Q?\n\nA\n",
        [(1, 4, W, "invisible-character"), (2, 7, W, "invisible-character")],
    ),
    ("a full-width blank before a list", "## 何？\u3000{#a}\n\nA\n", [(1, 6, E, "invisible-character")]),
    ("one after the marks", "## Q?\n\nA\n\n##\u3000何？\n\nB\n", [(5, 3, E, "invisible-character")]),
    ("a line separator after a list", "## Q? {#a}\u2028\n\nA\n", [(1, 11, E, "invisible-character")]),
    ("after the first dashes", "---\u00a0\ntitle: T\n---\n\n## Q?\n\nA\n", [(1, 4, E, "invisible-character")]),
    ("no blank before a list", "## Q?{#a}\n\nA\n\n## What is ${#b}\n\nB\n", [(1, 6, W, "attributes-not-read")]),
    ("a list never closed", "## Q? {#dropout .core\n\nA\n", [(1, 7, W, "attributes-not-read")]),
    (
        "more behind a list",
        "## Q? {#a}.\n\nA\n\n## Eq? {.typed=1}\n\nB\n",
        [(n, c, W, "attributes-not-read") for n, c in ((1, 7), (5, 8))],
    ),
    (
        "on a line, not closed",
        "- x :: y {#z .t\n- a {#b} :: c\n- `{#a}` :: d\n",
        [(n, c, W, "attributes-not-read") for n, c in ((1, 10), (2, 5))],
    ),
    ("a list of Jekyll's", "## Q? {: #a .b}\n\nA\n", [(1, 7, W, "attributes-not-read")]),
    ("before a fence", "## Q?\n\n \ufeff```\nx\n\n## R?\n\nA\n", [(3, 2, E, "invisible-character")]),
]


@pytest.mark.parametrize(("source", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_message(source: str, expected: list[tuple[int, int, str, str]]) -> None:
    parsed = parse_deck("deck.md", source.encode())
    assert [(p.line, p.column, p.severity, p.code) for p in parsed.problems] == expected
    for problem in parsed.problems:
        assert problem.path == "deck.md"
        assert problem.code in CODES
        assert "\n" not in problem.message
        assert ";" in problem.message, "a message says what to do after what is wrong"


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (b"## Q?\n\n\xc3\xa9 \xff\n", 3, 3),
        (b"\xef\xbb\xbf## Q\xff", 1, 5),
        (b"a\r\nb\rc\xc3", 3, 2),
        ("## Q?".encode("utf-16"), 1, 1),
        ("## Q?".encode("utf-16-be"), 1, 1),
        (b"## Q?\n" + bytes(20), 1, 1),
    ],
)
def test_bytes_that_are_not_utf8(data: bytes, line: int, column: int) -> None:
    parsed = parse_deck("deck.md", data)
    assert parsed.structure_lost
    assert ("not-utf8", line, column) in [(p.code, p.line, p.column) for p in parsed.problems]


@pytest.mark.parametrize(
    "cut", [b"## Y \xff\n\ny\n", b"```\nx \xff\n```\n", b"## Y\n\n{{c1::\xff}}\n", b"- :: \xff x\n"]
)
def test_bytes_that_are_not_utf8_break_nothing_else(cut: bytes) -> None:
    parsed = parse_deck("deck.md", b"# T\n\n## X\n\nx\n\n# P\n\n" + cut)
    assert [p.code for p in parsed.problems] == ["not-utf8"]


def test_problems_before_the_bytes_that_are_not_utf8_are_told() -> None:
    parsed = parse_deck("deck.md", b"## X\n\n## Y\n\ny \xff\n")
    assert [(p.code, p.line) for p in parsed.problems] == [("no-answer", 1), ("not-utf8", 5)]


def test_lines_count_through_front_matter_bom_and_any_line_end() -> None:
    source = "\ufeff---\r\ntitle: é\r\n---\r\r\n## Q?\n\r\n  A\u2028 \x0b \x85 {{c1::\r\n"
    parsed = parse_deck("deck.md", source.encode())
    assert [(p.line, p.column, p.code) for p in parsed.problems] == [(7, 10, "cloze-unclosed")]


def test_yaml_counts_no_other_line_ends() -> None:
    parsed = parse_deck("deck.md", "---\ntitle: a\u2028b\nx: c\n---\n## Q?\n\nA\n".encode())
    assert [(p.line, p.code) for p in parsed.problems] == [(3, "front-matter-unknown-key")]


def test_messages_name_what_they_mean() -> None:
    def message(source: str) -> str:
        return parse_deck("deck.md", source.encode()).problems[0].message

    assert "'author'" in message("---\nautor: x\n---\n## Q?\n\nA\n")
    assert "line 2" in message("---\ntitle: a\ntitle: b\n---\n## Q?\n\nA\n")
    assert "line 5" in message("## Q? {#a}\n\nA\n\n## R? {#a}\n\nB\n")
    assert ".typed" in message("## Q? {.type}\n\nA\n")
    assert "requires=" in message("## Q? {require=x}\n\nA\n")
    assert "'### Rubric'" in message("## Q?\n\nA\n\n### Rubrics\n\nB\n")


@pytest.mark.parametrize(
    ("source", "lost"),
    [
        ("---\ntitle: [a]\n---\n## Q?\n\nA\n", True),
        ("---\nx: y\n---\n## Q?\n\nA\n", False),
        ("## Q?\n\n```\nA\n", True),
        ("## Q?\n\n<!--\nA\n", True),
        ("---\ntitle: a\x00b\n---\n## Q?\n\nA\n", True),
        ("\u200b---\ntitle: x\n---\n\n## Q?\n\nA\n", True),
        ("## Q?\n\n## R? {#a #b}\n\nB\n", False),
    ],
)
def test_what_leaves_the_structure_unknown(source: str, lost: bool) -> None:
    assert parse_deck("deck.md", source.encode()).structure_lost is lost


def test_an_error_in_a_note_breaks_that_note_alone() -> None:
    source = "## A? {#a}\n\n1\n\n## B? {#b}\n\n## C?\n\nx {{c0::y}}\n\n## D?\n\n4\n"
    parsed = parse_deck("deck.md", source.encode())
    assert [note.id for note in parsed.deck.notes] == ["a", "d"]
    assert [(note.id, note.explicit, note.line) for note in parsed.broken] == [("b", True, 5), ("c", False, 7)]
    assert not parsed.structure_lost
