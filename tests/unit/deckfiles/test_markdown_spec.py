"""What CommonMark says of links, definitions, addresses and emphasis; what GitHub and Obsidian add to it."""

from __future__ import annotations

import re

import pytest

from flashcards.deckfiles.parse.deck import parse_deck
from tests.unit.deckfiles.test_render import prose

E = '<a href="https://e.org" rel="noopener noreferrer">'


def page(text: str) -> str:
    """The HTML of all prose of a file, as its deck's page shows it."""
    deck = parse_deck("a.md", text.encode()).deck
    rendered = [prose(piece.text, piece.definitions) for piece in deck.prose]
    assert all(one.problems == () for one in rendered)
    return "\n".join(one.cards["prose"].question_html for one in rendered)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\n[x]: https://e.org\n```\n\n[x]", "<p>[x]</p>"),
        ("[x]:\nhttps://e.org\n\n[x]", f"<p>{E}x</a></p>"),
        ("[x]: https://e.org\n\"t\"\n\n[x]", '<p><a href="https://e.org" title="t" rel='),
        ('[x]: https://e.org "a \\"q\\" b"\n\n[x]', 'title="a &quot;q&quot; b"'),
        ('[x](https://e.org "a \\"q\\" b")', 'title="a &quot;q&quot; b"'),
        ("[ẞ]: https://e.org\n\n[SS]", f"<p>{E}SS</a></p>"),
        ("*a [*b*](https://e.org)*", f"<p><em>a {E}<em>b</em></a></em></p>"),
        ("*[a*](https://e.org)", f"<p>*{E}a*</a></p>"),
        ("<a\\+@b.example.com>", "<p>&lt;a+@b.example.com&gt;</p>"),
        ("<MAILTO:A@B.C>", '<p><a href="MAILTO:A@B.C" rel="noopener noreferrer">MAILTO:A@B.C</a></p>'),
        ("<a.b@c.org>", '<a href="mailto:a.b@c.org"'),
        ("<https://foo.bar/baz bim>", "<p>&lt;https://foo.bar/baz bim&gt;</p>"),
        ("\\<br/> is no tag", "&lt;br"),
        ("is ==marked text== here", "<p>is <mark>marked text</mark> here</p>"),
        ("a ==b== c and a==b, c==d", "<p>a <mark>b</mark> c and a==b, c==d</p>"),
        ("`==a==` and \\==a==", "<p><code>==a==</code> and ==a==</p>"),
        ("> [!warning] Mind the gap\n> It is wide.", "<strong>Mind the gap</strong></p>\n<p>It is wide.</p>"),
        ("> [!note]\n> It is wide.", "<strong>Note</strong></p>\n<p>It is wide.</p>"),
    ],
)  # fmt: skip
def test_as_authors_know_it(text: str, expected: str) -> None:
    assert expected in page(text)


def test_a_definition_within_a_paragraph_is_text_and_defines_nothing() -> None:
    shown = page("text\n[x]: https://e.org\n\n[x]")

    assert "[x]:" in shown
    assert "<p>[x]</p>" in shown


def test_no_title_of_a_definition_goes_over_a_blank_line() -> None:
    assert "more text" in page("[x]: https://e.org 'it\n\nmore text'\n")
    assert 'title="a\nb"' in page("[x]: https://e.org 'a\nb'\n\n[x]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\&ouml; \\&#246;", "&amp;ouml; &amp;#246;"),
        ("\\\\&ouml; &ouml;", "\\ö ö"),
        ("`\\&ouml;` \\&;", "<code>\\&amp;ouml;</code> &amp;;"),
    ],
)
def test_an_escaped_ampersand_begins_no_entity(text: str, expected: str) -> None:
    assert expected in page(text)


def test_a_footnote_with_a_long_label_is_text_of_several_lines() -> None:
    shown = page("w[^note]\n\n[^note]: *single* line\nand a second one\n")

    assert "<p><em>single</em> line\nand a second one" in shown
    assert "<pre" not in shown


@pytest.mark.parametrize(
    "text", ["a\\+@b.org", "<x\\*@y.org>", "www.a\\_b.org", "http://a\\*b.org/\\~x", "\\&amp; \\@"]
)
def test_no_placeholder_of_the_renderer_reaches_a_page(text: str) -> None:
    assert re.search("[\x00-\x08\x0e-\x1f\ue000-\ue00f]", page(text)) is None
