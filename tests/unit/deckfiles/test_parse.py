"""What the parts of a deck file parse to, by the rows of the format."""

from __future__ import annotations

import unicodedata

from flashcards.deckfiles.parse.deck import parse_deck
from flashcards.domain.card import Basic, Cloze, Prose
from tests.unit.deckfiles.decks import found, good, one, parse, text

EXAMPLE = """
    ---
    title: Overfitting
    tags: [ml, concept]
    description: Telling memorising from learning.
    ---

    # Overfitting

    Text before the first card is prose. It is shown on the deck's page and is no card.

    - L1 penalty :: the sum of the absolute weights {#l1-penalty}
    - TPR ::: recall {#tpr .junior}

    ## What is overfitting, how do you recognise it, and how do you prevent it? {#overfitting .core .mid}

    The model fits noise in the training data, so ...

    ### Rubric
    - defines it by generalisation, not by training accuracy
    - names at least three remedies

    ### Follow-ups
    - How would you tell overfitting apart from leakage?

    ### Sources
    - ESL, section 7.2

    ## Ridge and lasso {#penalties .mid}

    Ridge adds {{c1::$\\lambda \\sum_j w_j^2$}} to the loss; lasso adds {{c2::$\\lambda \\sum_j |w_j|$}}.

    ## What does this print? {#np-broadcast .junior .typed}

    ```python
    print((np.ones(3) + np.ones((2, 1))).shape)
    ```

    ### Answer
    (2, 3)
"""


def test_the_example_of_the_format() -> None:
    parsed = parse(EXAMPLE, "ml/concepts/overfitting.md")
    assert parsed.problems == ()
    deck = parsed.deck
    assert (deck.id, deck.path, deck.title) == ("ml/concepts/overfitting", "ml/concepts/overfitting.md", "Overfitting")
    assert deck.tags == ("ml", "concept")
    assert deck.description == "Telling memorising from learning."
    assert [(note.id, note.line, note.whiches) for note in deck.notes] == [
        ("l1-penalty", 11, ("forward",)),
        ("tpr", 12, ("forward", "backward")),
        ("overfitting", 14, ("forward",)),
        ("penalties", 28, ("c1", "c2")),
        ("np-broadcast", 32, ("forward",)),
    ]
    l1, tpr, core, penalties, broadcast = deck.notes
    assert l1.content == Basic("L1 penalty", "the sum of the absolute weights")
    assert tpr.content == Basic("TPR", "recall", reversed=True)
    assert (l1.one_line, tpr.one_line, core.one_line) == (True, True, False)
    assert core.tags == ("ml", "concept", "core", "mid")
    assert core.content == Basic(
        "What is overfitting, how do you recognise it, and how do you prevent it?",
        "The model fits noise in the training data, so ...",
    )
    assert core.rubric == (
        "defines it by generalisation, not by training accuracy",
        "names at least three remedies",
    )
    assert core.follow_ups == ("How would you tell overfitting apart from leakage?",)
    assert core.sources == ("ESL, section 7.2",)
    assert penalties.content == Cloze(
        "Ridge and lasso",
        "Ridge adds {{c1::$\\lambda \\sum_j w_j^2$}} to the loss; lasso adds {{c2::$\\lambda \\sum_j |w_j|$}}.",
        (1, 2),
    )
    question = "What does this print?\n\n```python\nprint((np.ones(3) + np.ones((2, 1))).shape)\n```"
    assert broadcast.content == Basic(question, "(2, 3)", typed=True)
    assert deck.prose == (
        Prose(9, "Text before the first card is prose. It is shown on the deck's page and is no card.", 0),
    )
    assert {note.section for note in deck.notes} == {None}


# The deck ------------------------------------------------------------------------------------------------


def test_what_front_matter_does_not_say() -> None:
    deck = parse("## Q?\n\nA\n", "ml/neural-nets_2.md").deck
    assert (deck.id, deck.title, deck.tags, deck.order) == ("ml/neural-nets_2", "Neural nets 2", (), None)


def test_the_deck_id_is_composed_unicode() -> None:
    path = unicodedata.normalize("NFD", "é/ü.md")
    deck = parse("## Q?\n\nA\n", path).deck
    assert (deck.id, deck.path) == (unicodedata.normalize("NFC", "é/ü"), path)


def test_an_id_of_its_own() -> None:
    assert parse("---\nid: My deck\n---\n## Q?\n\nA\n", "a/b.md").deck.id == "My deck"


def test_the_first_h1_is_the_title_where_front_matter_has_none() -> None:
    parsed = parse("Prose.\n\n# The title #\n\n## Q?\n\nA\n\n# Next\n\n## R?\n\nB\n")
    assert parsed.deck.title == "The title"
    assert [note.section for note in parsed.deck.notes] == [None, "Next"]


def test_the_first_h1_is_a_section_if_it_is_not_the_title() -> None:
    parsed = parse("---\ntitle: T\n---\n# One\n\n## Q?\n\nA\n\n# T\n\n## R?\n\nB\n")
    assert parsed.deck.title == "T"
    assert [note.section for note in parsed.deck.notes] == ["One", "T"]


def test_an_h1_after_a_note_is_never_the_title() -> None:
    parsed = parse("a :: b\n\n# One\n\n## Q?\n\nA\n", "x.md")
    assert parsed.deck.title == "X"
    assert [note.section for note in parsed.deck.notes] == [None, "One"]


def test_prose_of_sections() -> None:
    parsed = parse(
        """
        # T

        First.

        a :: b

        Second.

        ## Q?

        A

        # S

        Third.

        ## R?

        B
        """
    )
    assert parsed.deck.prose == (
        Prose(3, "First.", 0),
        Prose(7, "Second.", 1),
        Prose(15, "Third.", 2, section="S"),
    )


def test_positions_of_prose_count_good_notes_only() -> None:
    parsed = parse("# T\n\n## Q?\n\n# S\n\nProse.\n\n## R?\n\nA\n")
    assert [prose.position for prose in parsed.deck.prose] == [0]


# Which lines begin a note --------------------------------------------------------------------------------


def test_what_looks_like_a_heading_within_other_blocks() -> None:
    note = one(
        """
        ## Q?

        ```markdown
        ## in a fence
        ```

        ~~~
        ```
        ## in tildes
        ~~~

        - item

          ## in an item

          ```
          ## in a fence in an item
          ```

        > ## in a quote
        > ```
        > ## in a fence in a quote
        > ```

            ## indented

        <!--
        ## in a comment
        -->

        `## in
        code`
        """
    )
    assert isinstance(note.content, Basic)
    assert note.content.question == "Q?"
    assert note.content.answer.count("## ") == 8


def test_up_to_three_spaces_before_a_heading() -> None:
    source = "## A?\n\n1\n\n   ## B?\n\n2\n\n    ## C?\n\n##D?\n\n## E ##\n\n5\n\n##\tF?\n\n6\n"
    notes = good(source)
    assert [note.content.question for note in notes if isinstance(note.content, Basic)] == ["A?", "B?", "E", "F?"]
    assert "## C?" in notes[1].source
    assert "##D?" in notes[1].source


def test_a_heading_ends_a_list_and_a_quote() -> None:
    assert len(good("## A?\n\n- x\n## B?\n\n> y\n## C?\n\n3\n")) == 3


def test_a_fence_of_four_holds_one_of_three() -> None:
    assert len(good("## A?\n\n````\n```\n## no\n```\n````\n\n## B?\n\n2\n")) == 2


def test_backticks_with_backticks_after_them_are_no_fence() -> None:
    assert len(good("## A?\n\n```not a fence```\n\n## B?\n\n2\n")) == 2


def test_other_line_ends_are_not_line_ends() -> None:
    note = one("## A\u2028## b\x0b## c\x0c\x85## d\n\nx\x1c## e\n")
    assert note.content == Basic("A\u2028## b\x0b## c\x0c\x85## d", "x\x1c## e")


def test_carriage_returns() -> None:
    for end in ("\r\n", "\r"):
        parsed = parse_deck("d.md", text(EXAMPLE).replace("\n", end).encode())
        assert parsed.problems == ()
        assert parsed.deck == parse(EXAMPLE, "d.md").deck


def test_a_formula_keeps_its_lines() -> None:
    note = one("## Q?\n\n$$\na\n## b\n$$\n")
    assert note.content == Basic("Q?", "$$\na\n## b\n$$")


# Attribute lists -----------------------------------------------------------------------------------------


def test_braces_that_are_text() -> None:
    for heading in ("{1, 2, 3}", "x {}", "x{.a}", "`{.a}`", "$x \\{.a}$", "{ }", "a {.5}", "a \\{.b}", "f {x: .a}"):
        note = one(f"## {heading}\n\nA\n")
        assert note.content == Basic(heading, "A")
        assert not note.explicit


def test_what_an_attribute_list_says() -> None:
    note = one('## Q  {  #Ü.1-x  .tag .draft .reversed .typed .c++ requires=a requires="b c#d"  }  \n\nA\n')
    assert (note.id, note.explicit, note.draft, note.tags) == ("Ü.1-x", True, True, ("tag", "c++"))
    assert note.content == Basic("Q", "A", reversed=True, typed=True)
    assert note.requires == ((None, "a"), ("b c", "d"))


def test_an_attribute_list_around_closing_marks() -> None:
    for heading in ("Q {#a} ##", "Q ## {#a}", "Q {#a}"):
        note = one(f"## {heading}\n\nA\n")
        assert (note.id, note.content) == ("a", Basic("Q", "A"))


def test_tags_come_once_the_file_s_first() -> None:
    parsed = parse("---\ntags: [b, a]\n---\n## Q? {.c .a .c}\n\nA\n")
    assert parsed.deck.notes[0].tags == ("b", "a", "c")


def test_no_set_is_eaten_after_a_deletion() -> None:
    note = one("## The {{c1::x}}\n\nA\n")
    assert note.content == Cloze("The {{c1::x}}", "A", (1,))


# Ids -----------------------------------------------------------------------------------------------------


def test_slugs() -> None:
    notes = good(
        "## What is `x`?\n\n1\n\n## Ünïcode: ﬁne?\n\n2\n\n## 数学とは？\n\n3\n\n## ?!\n\n4\n\n## "
        + "a " * 80
        + "\n\n5\n"
    )
    assert [note.id for note in notes[:3]] == ["what-is-x", "ünïcode-fine", "数学とは"]
    assert notes[3].id.startswith("note-")
    assert notes[4].id == "a-" * 29 + "a"
    assert not any(note.explicit for note in notes)


def test_slugs_that_clash() -> None:
    source = "## A\n\n1\n\n## a!\n\n2\n\n## A?\n\n3\n\n## X {#a-2}\n\n4\n"
    assert [note.id for note in good(source)] == ["a", "a-3", "a-4", "a-2"]


def test_a_broken_note_keeps_its_slug_to_itself() -> None:
    parsed = parse("## A?\n\n## a\n\n1\n")
    assert [note.id for note in parsed.broken] == ["a"]
    assert [note.id for note in parsed.deck.notes] == ["a-2"]


def test_the_slug_is_of_the_heading_not_of_the_code_below_it() -> None:
    assert one("## Prints what?\n\n`x`\n\n### Answer\n\n1\n").id == "prints-what"


# Bodies --------------------------------------------------------------------------------------------------


def test_other_h3_are_part_of_the_answer() -> None:
    note = one("## Q?\n\nA\n\n### Why\n\nB\n\n#### Answer\n\nC\n\n### RUBRIC\n\n1. x\n2) y\n")
    assert note.content == Basic("Q?", "A\n\n### Why\n\nB\n\n#### Answer\n\nC")
    assert note.rubric == ("x", "y")


def test_an_empty_heading_with_a_question_below_it() -> None:
    note = one("## {#a}\n\n![x](y.png)\n\n### Answer\n\nB\n")
    assert note.content == Basic("![x](y.png)", "B")


def test_list_items() -> None:
    note = one(
        """
        ## Q?

        A

        ### Rubric
        * one
          and more

          - nested
        * [ ] task
        *   wide
            more

        ### Sources

        - `a`
        - - b

        ### Follow-ups

        1. one
        continued
        """
    )
    assert note.rubric == ("one\nand more\n\n- nested", "task", "wide\nmore")
    assert note.sources == ("`a`", "- b")
    assert note.follow_ups == ("one\ncontinued",)


def test_the_source_is_what_was_written_without_attributes() -> None:
    with_list = one("## Q? {#a .b}\n\nA  \n\n### Rubric\n- x\n\n\n")
    without = one("##   Q?\nA  \n\n### Rubric\n- x")
    assert with_list.source == without.source == "## Q?\n\nA  \n\n### Rubric\n- x"


def test_indented_code_keeps_its_indentation() -> None:
    assert one("## Q?\n\n\n    x = 1\n      y\n\n").content == Basic("Q?", "    x = 1\n      y")


def test_cloze_in_heading_body_code_and_maths() -> None:
    note = one("## The {{c3::a}}\n\n{{c1::b::hint}} `{{c3::c}}` $x_{{{c7::d}}}$\n\n### Rubric\n- e\n")
    assert isinstance(note.content, Cloze)
    assert note.content.numbers == (1, 3, 7)
    assert note.whiches == ("c1", "c3", "c7")
    assert note.rubric == ("e",)


def test_a_cloze_heading_may_be_empty() -> None:
    assert one("## {#a}\n\n{{c1::b}}\n").content == Cloze("", "{{c1::b}}", (1,))


def test_braces_without_a_number_are_no_cloze() -> None:
    assert one("## Q?\n\n{{ c }} {{c}} {{cx::y}}\n").content == Basic("Q?", "{{ c }} {{c}} {{cx::y}}")


# One-line cards ------------------------------------------------------------------------------------------


def test_lines_that_are_cards() -> None:
    notes = good(
        """
        a :: b :: c
        - d ::: e {.x}
          * f :: g
        1. [x] h  ::  i
        j :: `k :: l`
        `m :: n` :: o
        $p :: q$ :: r
        [s :: t](http://u.v) :: w
        """
    )
    contents = [note.content for note in notes]
    assert contents == [
        Basic("a", "b :: c"),
        Basic("d", "e", reversed=True),
        Basic("f", "g"),
        Basic("h", "i"),
        Basic("j", "`k :: l`"),
        Basic("`m :: n`", "o"),
        Basic("$p :: q$", "r"),
        Basic("[s :: t](http://u.v)", "w"),
    ]
    assert all(note.one_line for note in notes)
    assert notes[1].tags == ("x",)
    assert notes[0].source == "a :: b :: c"


def test_lines_that_are_no_cards() -> None:
    parsed = parse(
        """
        std::vector a::b x:: y z ::w
        `a :: b` and $c :: d$
        > q :: r

        | a :: b | c |
        |--------|---|
        | d :: e | f |

        ### H :: I

        ```
        x :: y
        ```

            z :: z

        Under :: line
        ---

        <!-- a :: b -->

        g :::: h

        ## Q?

        m :: n
        """
    )
    assert [note.content for note in parsed.deck.notes] == [Basic("Q?", "m :: n")]
    assert [problem.code for problem in parsed.problems] == ["setext-heading"]
    assert "|--------|" in parsed.deck.prose[0].text


def test_reversed_and_typed_lines() -> None:
    notes = good("- a :: b {.reversed}\n- c ::: d {.typed .draft}\n")
    assert notes[0].content == Basic("a", "b", reversed=True)
    assert notes[1].content == Basic("c", "d", reversed=True, typed=True)
    assert notes[1].draft


def test_the_prose_around_one_line_cards() -> None:
    parsed = parse("Intro:\n\n- a :: b\n- no card\n- c :: d\n\nEnd.\n")
    assert [(prose.text, prose.position, prose.line) for prose in parsed.deck.prose] == [
        ("Intro:", 0, 1),
        ("- no card", 1, 4),
        ("End.", 2, 7),
    ]


# Comments and definitions --------------------------------------------------------------------------------


def test_a_comment_retires_a_card_and_leaves_its_neighbours_as_they_are() -> None:
    before = good("## A?\n\n1\n\n## C?\n\n3\n")
    after = good("## A?\n\n1\n\n<!--\n## B?\n\n2\n-->\n\n## C?\n\n3\n")
    assert [(note.source, note.content) for note in before] == [(note.source, note.content) for note in after]


def test_comments_leave_no_trace() -> None:
    plain = one("## Q?\n\na\n\nb\n")
    for body in (
        "a\n\n<!-- x -->\n\nb",
        "a\n<!-- x\ny -->\nb",
        "a\n\n<!-- x --> <!-- y -->\n<!-- z -->\nb",
        "a\n\nb<!-- x -->",
    ):
        note = one(f"## Q?\n\n{body}\n")
        assert (note.content, note.source) == (plain.content, plain.source)
    assert one("## Q <!-- x -->?\n\n1 <!-- y\n\nz --> 2\n").content == Basic("Q ?", "1  2")


def test_a_comment_in_code_is_code() -> None:
    assert one("## Q?\n\n`<!--` and\n\n```html\n<!-- x\n```\n").content == Basic(
        "Q?", "`<!--` and\n\n```html\n<!-- x\n```"
    )


def test_definitions_go_with_the_notes_that_use_them() -> None:
    notes = good(
        """
        ## A [x] and [^n]?

        1

        [x]: http://a.b
          "title"

        ## B?

        [text][Y  z] `[x]`

        [y Z]: <http://c.d>
        [unused]: http://e.f

        [^n]: See [y z].

            More.
        """
    )
    first, second = notes
    assert first.definitions == ('[x]: http://a.b\n  "title"\n\n[y Z]: <http://c.d>\n\n[^n]: See [y z].\n\n    More.')
    assert second.definitions == "[y Z]: <http://c.d>"
    assert first.content == Basic("A [x] and [^n]?", "1")
    assert second.content == Basic("B?", "[text][Y  z] `[x]`")
    assert "http" not in first.source + second.source


def test_what_looks_like_a_definition() -> None:
    note = one("## Q?\n\ntext\n[a]: http://b.c\n\n[d]: two words here\n\n```\n[e]: http://f.g\n```\n")
    assert note.content == Basic("Q?", "text\n[a]: http://b.c\n\n[d]: two words here\n\n```\n[e]: http://f.g\n```")


# Warnings that must not appear ---------------------------------------------------------------------------


def test_no_warning_without_a_reason() -> None:
    assert found("## Q? {#q .reserved .types2 .draughts}\n\nA\n\n---\n\nB\n\n***\n") == []
    assert found("---\ntitle: x\n---\n\n## Q? {.typed}\n\n```\na\n\nb\n```\n") == []
    assert found("שלום \u200f:: ש\n\n## \u05d0\u200f?\n\n\u200fA\n") == []
    assert found("| a |\n|---|\n| b |\n\nx :: y\n") == []
