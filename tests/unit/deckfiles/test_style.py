"""Style warnings, and running the code on cards."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.check.run_code import run_blocks
from flashcards.deckfiles.check.style import list_sizes
from flashcards.deckfiles.parse.collection import load
from tests.unit.deckfiles.decks import write


def styled(root: Path, source: str, **more: str) -> list[tuple[int, int, str]]:
    write(root, {"a.md": source, **{f"{name}.md": text for name, text in more.items()}})
    problems = check([], root, style=True)
    assert all(p.severity == "warning" or not p.code.startswith("style-") for p in problems)
    return [(p.line, p.column, p.code) for p in problems]


def test_style_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## Topic\n\nA\n"})
    assert check([], tmp_path) == []
    assert [p.code for p in check([], tmp_path, style=True)] == ["style-no-id", "style-no-question"]


@pytest.mark.parametrize(("tag", "limit"), [(".mid", 120), (".core", 150)])
def test_long_answers(tmp_path: Path, tag: str, limit: int) -> None:
    free = "```text\n" + "code " * 99 + "\n```\n\n![a picture of many words](x.png)\n\n- "
    write(tmp_path, {"x.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 30})
    fits = " ".join(["word"] * (limit - 1)) + " $a + b = c$"
    assert styled(tmp_path, f"## Q? {{#q {tag}}}\n\n{free}{fits}\n") == []
    assert styled(tmp_path, f"## Q? {{#q {tag}}}\n\n{free}{fits} more\n") == [(3, 1, "style-long-answer")]


def test_long_answers_in_scripts_without_blanks(tmp_path: Path) -> None:
    fits = "模型记住了噪声，" * 34 + "所以"  # 240 letters
    assert styled(tmp_path, f"## 为什么？ {{#q}}\n\n{fits}\n") == []
    assert styled(tmp_path, f"## 为什么？ {{#q}}\n\n{fits} so\n") == [(3, 1, "style-long-answer")]
    assert styled(tmp_path, f"## なぜ？ {{#q}}\n\n{'ノイズを覚えたから。' * 30}\n") == [(3, 1, "style-long-answer")]


def test_long_lists(tmp_path: Path) -> None:
    items = "".join(f"- item {number}\n" for number in range(8))
    assert styled(tmp_path, f"## Q? {{#q}}\n\nList:\n\n{items}") == [(5, 1, "style-long-list")]
    assert styled(tmp_path, f"## Q? {{#q}}\n\n{items.partition(chr(10))[2]}\n\nand\n\n- more\n") == []
    assert styled(tmp_path, f"## T {{#q}}\n\n{{{{c1::x}}}}\n\n{items}") == []
    assert styled(tmp_path, f"## Q? {{#q}}\n\nA\n\n### Rubric\n{items}") == []


def test_sizes_of_lists() -> None:
    text = "- a\n  - b\n  - c\n    1. d\n- e\n\ntext\n\n1. f\n2. g\n\n   h\n3. i\n> - j\n> - k\n"
    assert sorted(list_sizes(text)) == [
        (text.index(mark), size) for mark, size in (("- a", 2), ("- b", 2), ("1. d", 1), ("1. f", 3), ("- j", 2))
    ]


@pytest.mark.parametrize(
    "question",
    [
        "Which one?", "Name two uses of PCA", "PCA: name two uses", "Given `x`, what is y", "Explain: why", "2 + 2 =",
        "The capital of France is …", "When data is missing, explain what to do", "数学とは", "Was ist das?", "A ___ B",
        "(easy) Define bias", "In one sentence, define bias", "What is it? (two words)", "**Define** bias",
    ],
)  # fmt: skip
def test_questions_that_ask(tmp_path: Path, question: str) -> None:
    assert styled(tmp_path, f"## {question} {{#q}}\n\nA\n") == []


@pytest.mark.parametrize("question", ["Overfitting", "The bias of a model", "Naming things", "PCA: uses"])
def test_questions_that_do_not_ask(tmp_path: Path, question: str) -> None:
    assert styled(tmp_path, f"## {question} {{#q}}\n\nA\n") == [(1, 1, "style-no-question")]
    assert styled(tmp_path, f"---\nlanguage: de\n---\n## {question} {{#q}}\n\nA\n") == []
    assert styled(tmp_path, f"## {question} {{#q}}\n\n{{{{c1::A}}}}\n") == []


def test_nearly_identical_fronts(tmp_path: Path) -> None:
    source = "## What is the bias of a model? {#a}\n\n1\n\n## what is a model's *bias*? {#b}\n\n2\n"
    found = styled(tmp_path, source.replace("model's", "model"), b="## Of a model, what is the bias? {#c}\n\n3\n")
    assert found == [(5, 1, "style-similar-fronts"), (1, 1, "style-similar-fronts")]
    assert (
        styled(tmp_path, "## What is MSE? {#a}\n\n1\n\n## What is MAE? {#b}\n\n2\n", b="## Why MSE? {#c}\n\n3\n") == []
    )
    assert styled(tmp_path, "## Is x < 3? {#a}\n\n1\n\n## Is x > 3? {#b}\n\n2\n", b="## Why? {#c}\n\n3\n") == []


def test_a_question_that_stands_twice_is_said_once(tmp_path: Path) -> None:
    assert styled(tmp_path, "## Q? {#a}\n\n1\n\n## Q? {#b}\n\n2\n") == [(5, 1, "duplicate-question")]


# Code ----------------------------------------------------------------------------------------------------


def run(root: Path, source: str, limit: float = 30) -> list[tuple[int, str]]:
    write(root, {"a.md": source})
    problems = run_blocks(load([], root).files, limit)
    assert {(p.column, p.severity, p.code) for p in problems} <= {(1, "error", "code-fails")}
    return [(problem.line, problem.message) for problem in problems]


def test_the_code_of_a_long_form_is_one_program(tmp_path: Path) -> None:
    pieces = "```python\nx = ONE\n```\n\nand then\n\n```text\nno\n```\n\n```python\n\nassert x == 1\n```\n"
    source = f"## Q? {{#q .core}}\n\nA\n\n### In full\n\n{pieces}"

    assert run(tmp_path, source.replace("ONE", "1")) == []
    ((line, message),) = run(tmp_path, source.replace("ONE", "2"))
    assert line == 19
    assert "AssertionError" in message
    assert run(tmp_path, source.replace("ONE", "1").replace("### In full", "### More")) != []


def test_code_that_runs_and_code_that_does_not(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        """
        ```python
        print("prose runs too")
        ```

        ## Q? {#a}

        ```python
        x = 1

        def f():
            return x / 0

        f()
        ```

        ### Answer

        - in an item:

          ```py
          if True:
              y = ("a"
                   )
          z
          ```

        > ```python3 title="x"
        > if True:
        >     import sys
        > sys.exit(3)
        > ```

        ```pycon
        >>> not run
        ```

        ```
        nor this
        ```

        ## T {#b}

        ```python
        {{c1::value}} = 1
        assert value
        ```
        """,
    )
    assert [line for line, _ in found] == [11, 24, 28]
    assert "ZeroDivisionError: division by zero; " in found[0][1]
    assert "NameError: name 'z' is not defined" in found[1][1]
    assert "exit code 3" in found[2][1]


def test_a_syntax_error_has_its_line(tmp_path: Path) -> None:
    found = run(tmp_path, "## Q? {#a}\n\n```python\nx = 1\ny = = 2\n```\n")
    assert [line for line, _ in found] == [5]
    assert "SyntaxError" in found[0][1]


def test_code_that_needs_what_is_not_installed_is_left_out(tmp_path: Path) -> None:
    assert run(tmp_path, "## Q? {#a}\n\n```python\n# needs: no_such_module_1, json\n1 / 0\n```\n") == []
    assert len(run(tmp_path, "## Q? {#a}\n\n```python\n# needs: json\n1 / 0\n```\n")) == 1


def test_code_that_does_not_end(tmp_path: Path) -> None:
    found = run(tmp_path, "## Q? {#a}\n\n```python\nimport time\ntime.sleep(60)\n```\n", limit=0.3)
    assert [line for line, _ in found] == [4]
    assert "did not end within 0.3 s" in found[0][1]


def test_code_runs_in_an_empty_folder_of_its_own(tmp_path: Path) -> None:
    block = "```python\nimport os, sys\nassert os.listdir() == ['block.py']\nopen('x', 'w').close()\n```\n"
    assert run(tmp_path, f"## Q? {{#a}}\n\n{block}\n{block}") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md"]


def test_check_runs_code_only_if_asked(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## Q? {#a}\n\n```python\n1 / 0\n```\n"})
    assert check([], tmp_path) == []
    assert [(p.line, p.code) for p in check([], tmp_path, run_code=True)] == [(4, "code-fails")]
