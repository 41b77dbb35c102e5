"""The project file of a decks folder: what it may say, what it does, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.deckfiles.parse.find import find_decks
from flashcards.deckfiles.parse.project import MAX_BYTES, NO_PROJECT, PROJECT_FILE, project_of, read_project

SETEXT = "Heading\n=======\n\n## A {#a}\n\nb\n"


def written(root: Path, project: str, **files: str) -> Path:
    """A decks folder with a project file, and files at paths in which ``__`` is a slash."""
    (root / PROJECT_FILE).write_text(project)
    for path, text in files.items():
        file = root / f"{path.replace('__', '/')}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def codes(root: Path, *paths: Path) -> list[tuple[str, str]]:
    return [(problem.path.removeprefix(f"{root}/"), problem.code) for problem in check(paths, root)]


def test_warnings_are_silenced_and_errors_are_not(tmp_path: Path) -> None:
    root = written(tmp_path, "", a=SETEXT, b="## A {#a}\n\n```\nopen\n")
    assert codes(root) == [("a.md", "setext-heading"), ("b.md", "fence-not-closed")]
    written(root, 'silence = ["setext-heading", "fence-not-closed"]')
    assert codes(root) == [("b.md", "fence-not-closed")]
    assert codes(root, root / "a.md") == []


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("old/", ["a.md", "b/c/x.md", "b/x.md"]),
        ("old", ["a.md", "b/c/x.md", "b/x.md"]),
        ("b/*.md", ["a.md", "b/c/x.md", "old/x.md"]),
        ("b/**/x.md", ["a.md", "old/x.md"]),
        ("**/x.md", ["a.md"]),
        ("*", []),
        ("?.md", ["b/c/x.md", "b/x.md", "old/x.md"]),
        ("ol", ["a.md", "b/c/x.md", "b/x.md", "old/x.md"]),
        ("[a-z].md", ["a.md", "b/c/x.md", "b/x.md", "old/x.md"]),
    ],
)
def test_paths_are_left_out(tmp_path: Path, pattern: str, left: list[str]) -> None:
    card = "## A\n\nb\n"
    root = written(tmp_path, f"ignore = ['{pattern}']", a=card, b__x=card, b__c__x=card, old__x=card)
    assert sorted(file.path for file in find_decks(root).files) == left


def test_further_keys_are_taken_in_front_matter(tmp_path: Path) -> None:
    text = "---\naliases: [x, {y: z}]\ncss class: wide\ntitel: T\n---\n## A {#a}\n\nb\n"
    root = written(tmp_path, "front-matter = ['aliases', 'css class']", a=text)
    [problem] = check([], root)
    assert (problem.line, problem.code) == (4, "front-matter-unknown-key")
    assert "did you mean 'title'?" in problem.message


def test_an_author_may_be_a_list() -> None:
    def author(value: str) -> str:
        parsed = parse_deck("a.md", f"---\nauthor: {value}\n---\n## A {{#a}}\n\nb\n".encode())
        return parsed.deck.author or ", ".join(problem.code for problem in parsed.problems)

    assert author("[Ann, Ben  B]") == "Ann, Ben B"
    assert author("\n- Ann\n- Ben") == "Ann, Ben"
    assert author("Ann, Ben") == "Ann, Ben"
    assert author("{a: b}") == author("[[a]]") == author('["a\\x01b"]') == "front-matter-type"
    assert author("[]") == ""


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("silence = [", (1, 1), "this is not TOML"),
        ('silence = ["setext-heading"]\n\n  silence = []', (3, 1), "this is not TOML: Cannot overwrite a value"),
        ('\nsilense = ["x"]', (2, 1), "the key 'silense' is unknown; did you mean 'silence'?"),
        ('silence = "setext-heading"', (1, 1), "'silence' must be a list of texts"),
        ("ignore = [1]", (1, 1), "'ignore' must be a list of texts"),
        ('silence = ["setext-headin"]', (1, 13), "did you mean 'setext-heading'?"),
        ('ignore = ["../x"]', (1, 12), "'../x' is no path to ignore"),
        ('ignore = ["/x"]', (1, 12), "'/x' is no path to ignore"),
        ('ignore = [""]', (1, 1), "'' is no path to ignore"),
        ('front-matter = ["a: b"]', (1, 18), "'a: b' cannot be a key of front matter"),
        ("macros = []", (1, 1), "'macros' must be a table"),
        ("[macros]\nR = 1", (1, 2), "'macros' must be a table"),
        ("[macros]\nR2 = 'x'", (2, 1), "'R2' is no command; write letters alone"),
        ("[macros]\n'\\R' = '{x'", (2, 2), "the braces of the macro \\R do not match"),
        ("[macros]\n'\\R' = '}{'", (2, 2), "the braces of the macro \\R do not match"),
        ("[macros]\n'\\R' = 'x#'", (2, 2), "the macro \\R has a # without a number"),
        ("[macros]\n'\\R' = '\\S'\n'\\S' = 'x'", (2, 2), "the macro \\R uses the macro \\S; write that one out in it"),
        ("[macros]\n'\\R' = 'x \\R'", (2, 2), "the macro \\R uses the macro \\R"),
        ("[macros]\n'\\R' = 'x'\nR = 'y'", (1, 2), "'macros' names a command twice"),
        ("[macros]\nR = '" + 1025 * "x" + "'", (2, 1), "the macro R is over 1024 bytes"),
        ("[macros]\n" + "\n".join(f"{'x' * n} = 'y'" for n in range(1, 41)) + "\n"
         + "\n".join(f"{'y' * n} = 'y'" for n in range(1, 31)), (1, 2), "'macros' has 70 commands; at most 64"),
        ("ignore = [" + "'x'," * 65 + "]", (1, 1), "'ignore' has 65 entries; at most 64"),
        ("x = " + 2000 * "[" + 2000 * "]", (1, 1), "nested too deeply"),
        ("#" + MAX_BYTES * "x", (1, 1), "the file is over 64 KiB"),
        ("[macros]\nR = \"a\\u0001\"", (2, 1), "holds a character that cannot be printed"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole(text: str, place: tuple[int, int], says: str) -> None:
    [problem] = project_of(text.encode()).problems
    assert says in problem.message
    assert (problem.line, problem.column) == place
    assert (problem.path, problem.severity, problem.code) == (PROJECT_FILE, "error", "project-file")
    assert project_of(text.encode()).digest == ""


def test_a_file_that_is_too_large_is_refused_where_it_lies(tmp_path: Path) -> None:
    written(tmp_path, "#" + MAX_BYTES * "x")

    (problem,) = read_project(tmp_path).problems
    assert "the file is over 64 KiB" in problem.message


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert "is not UTF-8" in project_of(b"silence = ['\xff']").problems[0].message
    assert project_of(b"# nothing\r\n").problems == project_of(b"").problems == ()
    assert project_of(b"\r\nignore = []\r\n").digest == NO_PROJECT.digest == ""
    (tmp_path / PROJECT_FILE).mkdir()
    (tmp_path / "a.md").write_text("## A {#a}\n\nb\n")
    assert codes(tmp_path) == [(PROJECT_FILE, "project-file")]


def test_a_broken_project_is_told_with_whatever_is_asked_and_nothing_of_it_is_followed(tmp_path: Path) -> None:
    root = written(tmp_path, 'silence = ["setext-heading", "x"]', a=SETEXT, b="## A {#a}\n\nb\n")
    assert codes(root) == [(PROJECT_FILE, "project-file"), ("a.md", "setext-heading")]
    assert codes(root, root / "b.md") == [(PROJECT_FILE, "project-file")]


def test_the_digest_follows_what_changes_how_files_are_read() -> None:
    texts = (b"", b"ignore = ['x']", b"silence = ['no-cards']", b"front-matter = ['x']", b"[macros]\nR = 'x'")
    assert len({project_of(text).digest for text in texts}) == 4
