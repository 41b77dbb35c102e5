"""Front matter: strings only, nothing that a YAML bomb needs, every place exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashcards.deckfiles.parse.front_matter import FrontMatter, read_folder, read_front_matter


def read(inner: str) -> FrontMatter:
    return read_front_matter(f"---\n{inner}\n---\nbody\n")


def codes(front_matter: FrontMatter) -> list[str]:
    return [issue.code for issue in front_matter.issues]


def test_every_key() -> None:
    front_matter = read(
        "title: A title\nid: my-id\ndescription: >\n  two\n  lines\ntags: [a, b c, '#d', a]\nauthor: 'N. N.'\n"
        'license: "CC BY 4.0"\nsource: https://example.org/x#y\nlanguage: pt-BR\norder: -1.5'
    )
    assert front_matter.issues == ()
    assert front_matter == FrontMatter(
        title="A title",
        id="my-id",
        description="two lines",
        tags=("a", "b-c", "d"),
        author="N. N.",
        license="CC BY 4.0",
        source="https://example.org/x#y",
        language="pt-BR",
        order=-1.5,
        end=front_matter.end,
        id_at=len("---\ntitle: A title\nid: "),
    )


@pytest.mark.parametrize("value", ["no", "2026-02-30", "1e999", "0x10", "~", "null", "1_000", "9" * 5000])
def test_scalars_are_strings(value: str) -> None:
    assert read(f"title: {value}").title == value


@pytest.mark.parametrize(
    ("written", "tags"),
    [("a, b", ("a", "b")), ("", ()), ("[]", ()), ("\n  - a\n  - b", ("a", "b")), ("[2024, no]", ("2024", "no"))],
)
def test_tags(written: str, tags: tuple[str, ...]) -> None:
    assert read(f"tags: {written}").tags == tags


def test_where_the_body_begins() -> None:
    for source in ("---\ntitle: x\n---\nbody", "---  \n---\t\nbody", "body", "----\nbody", " ---\na: b\n---\nbody"):
        end = read_front_matter(source).end
        assert source[end:].startswith("body") or end == 0
    assert read_front_matter("---\ntitle: x\n---").end == len("---\ntitle: x\n---")


def test_an_empty_one() -> None:
    assert read_front_matter("---\n---\n") == FrontMatter(end=8)
    assert read("# only a comment").issues == ()
    assert read("title:\ntags:\norder:").issues == ()


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("a: &x [b]\nc: *x", "front-matter-alias"),
        ("title: " + "[" * 4000, "front-matter-too-deep"),
        ("title: " + "{a: " * 900, "front-matter-too-deep"),
        ("title: " + "[" * 7, "front-matter-too-deep"),
        ("title:\n" + "".join(" " * depth + "-\n" for depth in range(1, 110)), "front-matter-too-deep"),
        ("- " * 3000, "front-matter-not-mapping"),
        ("title: 'x", "front-matter-not-yaml"),
        ("title: @x", "front-matter-not-yaml"),
        ("\ttitle: x", "front-matter-not-yaml"),
        ("title: !!python/object/apply:os.system [ls]", "front-matter-type"),
        ("title: x\n...\ntitle: y", "front-matter-not-yaml"),
        ("%YAML 9.9", "front-matter-not-yaml"),
        ("? {a: b}\n: c", "front-matter-not-mapping"),
        ("title: \ufffe", "front-matter-not-yaml"),
        ("title: é" + "é" * 4100, "front-matter-too-large"),
        ("title:\n  a: b", "front-matter-type"),
        ("id: " + "x" * 201, "bad-deck-id"),
    ],
)
def test_what_is_refused(inner: str, code: str) -> None:
    front_matter = read(inner)
    assert codes(front_matter)[:1] == [code]
    assert front_matter.broken


def test_all_that_is_wrong_at_once() -> None:
    assert codes(read("titel: a\norder: b\nlanguage: '?'\norder: c\nid: '#'")) == [
        "front-matter-unknown-key",
        "front-matter-duplicate-key",
        "bad-deck-id",
        "front-matter-type",
        "front-matter-type",
    ]


def test_unknown_keys_name_the_nearest_known_one_or_all() -> None:
    near, far = read("licence: x\nzzz: y").issues
    assert "'license'" in near.message
    assert "known are title, id, description" in far.message
    assert not read("licence: x").broken


def test_a_long_key_is_quoted_in_part() -> None:
    fits, is_long = read(f"{'k' * 40}: x\n{'l' * 41}: y").issues
    assert f"'{'k' * 40}'" in fits.message
    assert f"'{'l' * 39}…'" in is_long.message


def test_folders() -> None:
    front_matter = read_folder("title: Machine learning\norder: 3\n")
    assert (front_matter.title, front_matter.order) == ("Machine learning", 3.0)
    assert codes(read_folder("tags: [a]\n")) == ["front-matter-unknown-key"]
    assert codes(read_folder("just text")) == ["front-matter-not-mapping"]


YAMLISH = st.text(st.sampled_from("ab:-#[]{}&*!|>'\"%@`,?\\ \n\t\u2028\x00é"), max_size=60)


@given(YAMLISH)
def test_nothing_crashes_it(inner: str) -> None:
    text = f"---\n{inner}\n---\n"
    front_matter = read_front_matter(text)
    assert 0 <= front_matter.end <= len(text)
    assert all(0 <= issue.offset <= len(text) for issue in front_matter.issues)
