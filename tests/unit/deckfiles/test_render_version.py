"""What is rendered is stored: whoever changes how the same text is shown must raise `RENDERER_VERSION`."""

from __future__ import annotations

import hashlib

from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import RenderRequest, Text
from flashcards.deckfiles.render.version import RENDERER_VERSION
from flashcards.domain.card import Basic, Cloze

TEXTS = (
    "*a* **b** ~~c~~ ==d== `e` $x^2$ <sub>f</sub> H~2~O",
    "[a](https://e.org) [*b*](https://e.org) <https://e.org> <a@b.org> https://e.org *[c*](https://e.org)",
    '[x]\n\n[x]: https://e.org "t"\n\n```\n[y]: https://e.org\n```\n\n[y]',
    "w[^note]\n\n[^note]: one\ntwo",
    "> [!note] Title\n> text\n\n> quote",
    "- a\n  - b\n\n1. c\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "\\&ouml; &ouml;",
)
SHOWN = {"6": "20fc15cfb35fa517"}
"""By version: the digest of all that is shown of these texts. An older one may go when a newer one comes."""


def test_what_is_shown_otherwise_has_another_version() -> None:
    shown = [render(RenderRequest(Text(text))).cards["prose"].question_html for text in TEXTS]
    for content in (Basic("a?", "b"), Cloze("h", "x {{c1::y::hint::more}} z", (1,))):
        for card in render(RenderRequest(content)).cards.values():
            shown += [card.question_html, card.answer_html]

    closing = render(
        RenderRequest(Basic("a?", "b"), in_full="#### c\n\nd[^e]", clarify=("*f*",), definitions="[^e]: g")
    )
    shown += [closing.in_full_html, *closing.clarify_html]

    digest = hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]
    assert SHOWN.get(RENDERER_VERSION) == digest, f"raise RENDERER_VERSION, and note {digest} for it"
