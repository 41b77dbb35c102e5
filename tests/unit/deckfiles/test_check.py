"""Checking files together: what parsing one file alone cannot tell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from flashcards.deckfiles.check.codes import CODES
from flashcards.deckfiles.check.report import format_github, format_json, format_text
from flashcards.deckfiles.check.run import check
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderProblem, RenderRequest
from flashcards.domain.problem import Problem
from flashcards.errors import DeckError
from tests.unit.deckfiles.decks import write

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0" + b"\0" * 20


def checked(root: Path, files: dict[str, str | bytes], **options: bool) -> list[tuple[str, int, int, str]]:
    write(root, files)
    problems = check([], root, **options)  # type: ignore[arg-type]
    prefix = f"{root.as_posix()}/"
    assert all(problem.path.startswith(prefix) for problem in problems)
    assert all(problem.code in CODES and ";" in problem.message for problem in problems)
    return [(p.path.removeprefix(prefix), p.line, p.column, p.code) for p in problems]


# Between files -------------------------------------------------------------------------------------------


def test_two_files_with_one_deck_id(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "---\ntitle: x\nid: same\n---\n## Q? {#q}\n\nA\n",
        "same.md": "## R? {#r}\n\nB\n",
        "c.md": "## S? {#s}\n\nC\n",
    }
    assert checked(tmp_path, files) == [("a.md", 3, 5, "duplicate-deck-id"), ("same.md", 1, 1, "duplicate-deck-id")]
    messages = [problem.message for problem in check([], tmp_path)]
    assert "same.md" in messages[0]
    assert "a.md" in messages[1]


def test_prerequisites(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": "## Q? {#q requires=r requires=b#s requires=nowhere}\n\nA\n\n## R? {#r .t}\n\nB\n",
        "b.md": "## S? {#s requires=a#gone}\n\nC\n\n- x\n\n## T? {requires=zzz#s requires=bad}\n\nD\n\n## U? {#bad}\n",
    }
    assert checked(tmp_path, files) == [
        ("a.md", 1, 35, "requires-unknown"),
        ("b.md", 1, 11, "requires-unknown"),
        ("b.md", 7, 8, "requires-unknown"),
        ("b.md", 11, 1, "no-answer"),
    ]


def test_prerequisites_of_a_file_whose_structure_is_lost_are_not_judged(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.md": "## Q? {#q requires=b#x}\n\nA\n", "b.md": "```\n"}
    assert checked(tmp_path, files) == [("b.md", 1, 1, "fence-not-closed")]


def test_circles_of_prerequisites(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": """
            ## A? {#a requires=b#b}

            1

            ## Self? {#self requires=self}

            2

            ## Leads in? {#c requires=a}

            3
        """,
        "b.md": "## B? {#b requires=c#c}\n\n1\n",
        "c.md": "## C? {#c requires=a#a requires=b#x}\n\n1\n\n## X? {#x}\n\n2\n",
    }
    assert checked(tmp_path, files) == [
        ("a.md", 1, 11, "requires-circle"),
        ("a.md", 5, 17, "requires-circle"),
        ("b.md", 1, 11, "requires-circle"),
        ("c.md", 1, 11, "requires-circle"),
        ("c.md", 1, 24, "requires-unknown"),
    ]
    assert "a → b → c → a" in check([], tmp_path)[0].message


def test_a_long_chain_of_prerequisites_is_fine(tmp_path: Path) -> None:
    notes = [f"## N{i}? {{#n{i} requires=n{i + 1}}}\n\nA\n" for i in range(3000)]
    assert checked(tmp_path, {"a.md": "\n".join(notes) + "\n## End? {#n3000}\n\nA\n"}) == []


# Inside texts --------------------------------------------------------------------------------------------


def test_formulas(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": """
            Prose with $\\nope{x}$.

            ## What is $\\frac{1}$? {#a}

            Fine: $x^2$, and `$\\nope$`.

            $$
            y = \\undefined
            $$

            ### Rubric

            - knows $\\alsonope$

            ## T {#b}

            {{c1::$\\frac{1}{2}$}} and $\\sqrt{{{c2::x}} + \\nono}$ [^n]

            [^n]: A footnote: $\\inanote$
        """,
    }
    found = checked(tmp_path, files)
    assert {code for _, _, _, code in found} == {"math"}
    assert [(line, column) for _, line, column, _ in found] == [(1, 13), (3, 21), (8, 5), (13, 10), (17, 46), (19, 20)]


def test_faults_in_further_lines_of_an_item_are_where_they_stand(tmp_path: Path) -> None:
    note = """\
        ## Q? {#h .core}

        a

        ### Clarify
        - c
          wrap $\\no$

          ![x](no.png)

        ### Rubric
        - [ ] p
          line $\\no$
          - sub $\\no$ {#h}

        ### Follow-ups
        * why?
          So $\\no$

        ### Sources
        1. x <!-- unseen -->

           y $\\no$
        2. z
        lazy $\\no$
        """
    found = checked(tmp_path, {"a.md": dedent(note)})
    assert [(line, column, code) for _, line, column, code in found] == [
        (7, 9, "math"), (9, 3, "media-missing"), (13, 9, "math"), (14, 10, "math"), (18, 7, "math"), (23, 7, "math"),
        (25, 7, "math"),
    ]  # fmt: skip


def test_pictures_and_sounds(tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(PIXEL)
    root = tmp_path / "decks"
    write(root, {"pics/ok.png": PIXEL, "pics/fake.png": b"no picture", "x/notes.txt": b"x"})
    (root / "pics/link.png").symlink_to(outside)
    files: dict[str, str | bytes] = {
        "x/a.md": """
            ![in prose](gone.png)

            ## ![q](gone.png)? {#a}

            ![fine](../pics/ok.png) ![fine](/pics/ok.png) `![code](gone.png)`
            ![alt](../pics/fake.png) ![out](../../outside.png)
            ![link](/pics/link.png) ![type](notes.txt) ![web](https://example.org/x.png)

            ## T {#b}

            {{c1::x}}
              ![ref][label]

            [label]: nowhere.mp3
        """,
    }
    assert checked(root, files) == [
        ("x/a.md", 1, 1, "media-missing"),
        ("x/a.md", 3, 4, "media-missing"),
        ("x/a.md", 6, 1, "media-type"),
        ("x/a.md", 6, 26, "media-outside"),
        ("x/a.md", 7, 1, "media-outside"),
        ("x/a.md", 7, 25, "media-type"),
        ("x/a.md", 7, 44, "media-remote"),
        ("x/a.md", 12, 3, "media-missing"),
    ]


@pytest.mark.parametrize(
    ("markdown", "column", "code"),
    [
        ("see [x](javascript:alert)", 9, "link-scheme"),
        ("[x](JavaScript&#58;alert)", 5, "link-scheme"),
        ("[x]( <data:text/html,x>)", 7, "link-scheme"),
        ("<javascript:alert(1)>", 2, "link-scheme"),
        ("[x](file:///etc/passwd)", 5, "link-scheme"),
        ("[x](ftp://a.b)", 5, "link-scheme"),
        ("[x](other.md)", 5, "link-relative"),
        ("[x](#anchor)", 5, "link-relative"),
        ("[x](https://a.b) [y](http://a.b) [z](mailto:a@b.c) <https://a.b>", 0, ""),
        ("`[x](javascript:y)` and `<javascript:x>`", 0, ""),
        ("`Map<K, V>` and std::vector<int> and <xsl:template>", 0, ""),
        ("[x] (javascript:y)", 0, ""),
        ("\\[x](other.md) [x\\](other.md)", 0, ""),
        ("[**b** [c]](other.md)", 13, "link-relative"),
    ],
)
def test_links(tmp_path: Path, markdown: str, column: int, code: str) -> None:
    found = checked(tmp_path, {"a.md": f"## Q? {{#q}}\n\n{markdown}\n"})
    assert found == ([("a.md", 3, column, code)] if code else [])


def test_the_scheme_of_a_link_reference(tmp_path: Path) -> None:
    source = "## Q? {#q}\n\n[y] [x] [t][z]\n\n  [x]: javascript:y\n[y]: http://a.b\n[z]: page.html\n[u]: file:x\n"
    found = checked(tmp_path, {"a.md": source})
    assert found == [("a.md", 3, 5, "link-scheme"), ("a.md", 3, 9, "link-relative")]


# Rendering -----------------------------------------------------------------------------------------------


def render_here(requests: Iterable[tuple[str, RenderRequest]]) -> Iterator[tuple[str, Rendered]]:
    return ((name, render(request)) for name, request in requests)


def test_rendering_repeats_nothing_and_adds_what_only_it_sees(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.md": """
                Prose ![p](gone.png).

                ## Q $\\nope$? {#a}

                ![x](gone.png) [l](javascript:x)

                ## T {#b}

                A gap cuts a command: $\\fr{{c1::ac}}{1}{2}$

            """
        },
    )
    plain = [(p.line, p.column, p.code) for p in check([], tmp_path)]
    rendered = [(p.line, p.column, p.code) for p in check([], tmp_path, render=render_here)]
    assert plain == [(1, 7, "media-missing"), (3, 7, "math"), (5, 1, "media-missing"), (5, 20, "link-scheme")]
    assert sorted(set(rendered) - set(plain)) == [(9, 27, "math-gap")]
    assert len(rendered) == len(set(rendered))


@pytest.mark.parametrize("code", ["render-timeout", "render-memory", "too-deep", "render-failed"])
def test_the_bounds_of_rendering_are_charged_to_the_note(tmp_path: Path, code: str) -> None:
    write(tmp_path, {"a.md": "Prose ^<sub>1</sub>.\n\n## Q? {#a}\n\n<sub>2</sub>\n"})

    def bounded(requests: Iterable[tuple[str, RenderRequest]]) -> Iterator[tuple[str, Rendered]]:
        problem = RenderProblem("note", None, code, "it is too much; make it less")
        return ((name, Rendered({}, problems=(problem,))) for name, _ in requests)

    problems = check([], tmp_path, render=bounded)
    assert [(p.line, p.column, p.severity, p.code) for p in problems] == [(1, 1, "error", code), (3, 1, "error", code)]
    assert code in CODES


def test_of_a_very_long_address_a_message_quotes_both_ends(tmp_path: Path) -> None:
    long = "p" * 3000
    write(tmp_path, {"a.md": f"## Q? {{#a}}\n\n![a]({long}.png)\n![b](/{long}.xyz)\n![c](https://e.org/{long}.png)\n"})

    found = check([], tmp_path)
    assert [p.code for p in found] == ["media-missing", "media-missing", "media-remote"]
    assert found[0].message.startswith("ppp")
    assert ".png is not there; the path starts at the deck's folder" in found[0].message
    assert ".xyz is not there; the path starts at the decks folder" in found[1].message
    assert found[2].message.startswith("https://e.org/ppp")
    assert all("p…p" in p.message and len(p.message) < 300 for p in found)
    (first, *_) = json.loads(format_json(found))
    assert [*first] == ["path", "line", "column", "severity", "code", "message"]
    assert first["message"] == found[0].message


# Which files ---------------------------------------------------------------------------------------------


def test_paths_are_shown_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"decks/ml/a.md": "## Q?\n", "decks/b.md": "## Q?\n", "other/c.md": "## Q?\n"})
    monkeypatch.chdir(tmp_path)

    def shown(*paths: str) -> list[str]:
        return [problem.path for problem in check([Path(path) for path in paths], Path("decks"))]

    assert shown() == ["decks/b.md", "decks/ml/a.md"]
    assert shown("decks/ml") == ["decks/ml/a.md"]
    assert shown("decks/b.md", "other") == ["decks/b.md", "other/c.md"]
    assert shown("other/c.md") == ["other/c.md"]
    assert shown(".") == ["decks/b.md", "decks/ml/a.md", "other/c.md"]
    monkeypatch.chdir(tmp_path / "decks")
    assert [problem.path for problem in check([Path()], Path())] == ["b.md", "ml/a.md"]
    assert [problem.path for problem in check([Path("ml")], Path())] == ["ml/a.md"]


def test_a_file_is_judged_with_the_rest_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, {"a.md": "## Q? {#q requires=b#x}\n\nA\n", "b.md": "## X? {#x}\n\n1\n\n## broken\n"})
    assert check([tmp_path / "a.md"], tmp_path) == []
    assert check([tmp_path / "a.md"], None) == []
    assert [p.code for p in check([tmp_path / "b.md"], tmp_path)] == ["no-answer"]


def test_a_file_that_is_asked_for_by_name_is_checked_whatever_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"_draft.md": "## Q?\n", "README.md": "## R?\n"})
    found = check([tmp_path / "_draft.md", tmp_path / "README.md"], tmp_path)
    assert [Path(problem.path).name for problem in found] == ["README.md", "_draft.md"]


def test_what_the_project_leaves_out_is_not_checked_by_name_either(tmp_path: Path) -> None:
    write(tmp_path, {"old/x.md": "## Q?\n", "a.md": "## R?\n", ".flashcards.toml": "ignore = ['old']\n"})
    found = check([tmp_path / "old" / "x.md", tmp_path / "a.md"], tmp_path)
    assert [Path(problem.path).name for problem in found] == ["a.md"]


def test_what_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(DeckError, match="check the path") as caught:
        check([tmp_path / "gone.md"], tmp_path)
    assert caught.value.code == "file-unreadable"
    with pytest.raises(DeckError) as caught:
        check([], tmp_path / "gone")
    assert caught.value.code in ("decks-missing", "file-unreadable")
    with pytest.raises(DeckError) as caught:
        check([], tmp_path)
    assert caught.value.code == "decks-empty"


def test_every_problem_of_every_file_in_one_run(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "10.md": b"\xff",
        "9.md": "---\ntitle: [a]\n---\n## Q?\n",
        "big.md": b"a" * (8 * 1024 * 1024 + 1),
        "sub/_folder.yml": "order: x\n",
        "sub/x.md": "## Q? {#a #b}\n\n{{c0::x}} {{c1::\n",
    }
    assert checked(tmp_path, files) == [
        ("10.md", 1, 1, "not-utf8"),
        ("9.md", 2, 8, "front-matter-type"),
        ("9.md", 4, 1, "no-answer"),
        ("big.md", 1, 1, "file-too-large"),
        ("sub/_folder.yml", 1, 8, "front-matter-type"),
        ("sub/x.md", 1, 11, "two-ids"),
        ("sub/x.md", 3, 1, "cloze-number"),
        ("sub/x.md", 3, 11, "cloze-unclosed"),
    ]


# Formats -------------------------------------------------------------------------------------------------

NASTY = Problem("a,b:\u202e\x1b.md", 3, 7, "error", "some-code", "50% of\n\x1b[31m\u2066it\x00; do: this, é")


def test_text() -> None:
    assert format_text([Problem("d/x.md", 3, 7, "warning", "some-code", "wrong; mend it")]) == (
        "d/x.md:3:7: warning some-code wrong; mend it\n"
    )
    line = format_text([NASTY])
    assert line == "a,b:\\u202e\\x1b.md:3:7: error some-code 50% of\\n\\x1b[31m\\u2066it\\x00; do: this, é\n"


def test_json() -> None:
    written = format_json([NASTY])
    assert json.loads(written) == [
        {"path": NASTY.path, "line": 3, "column": 7, "severity": "error", "code": "some-code", "message": NASTY.message}
    ]
    assert not set(written) & set("\u202e\u2066\x1b\x00")
    assert "é" in written
    assert json.loads(format_json([])) == []


def test_github() -> None:
    assert format_github([NASTY]) == (
        "::error file=a%2Cb%3A\\u202e\\x1b.md,line=3,col=7,title=some-code"
        "::50%25 of%0A\\x1b[31m\\u2066it\\x00; do: this, é\n"
    )
    assert format_github([Problem("x.md", 1, 1, "warning", "c", "m")]).startswith("::warning file=x.md,line=1,col=1,")
