"""Pictures of exported cards, for looking at: rendered by Anki's own templates, light and dark, phone and desktop.

    python -m tests.browser.anki_shots OUT [MATHJAX]

MATHJAX is a folder with MathJax 3 (`npm install mathjax@3`: node_modules/mathjax/es5); without it formulas stay
TeX. Anki's page around the card is imitated: its classes, and those of its rules that meet ours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import Page, sync_playwright

from flashcards.services.export.anki_from_files import FileExport
from flashcards.services.progress import no_progress
from tests.browser.live import launch
from tests.integration.anki_world import Anki

if TYPE_CHECKING:
    from anki.cards import Card  # at run time only after anki.collection: they import each other

DECK = r"""---
title: Kinds of cards
---

# Linear models

## Why does ridge regression shrink weights, and when would you choose it? {#basic .core}

It adds $\lambda \lVert \mathbf{w} \rVert_2^2$ to the loss, so that large weights **cost** something:

$$\hat{\mathbf{w}} = \argmin_{\mathbf{w}} \sum_{i=1}^{n} (y_i - \mathbf{w}^\top \mathbf{x}_i)^2
 + \lambda \sum_{j=1}^{d} w_j^2 = (X^\top X + \lambda I)^{-1} X^\top \mathbf{y}$$

- it keeps *all* features, unlike lasso;
- it helps when features are correlated.

| penalty | sparse | closed form | prior on the weights |
|---|---|---|---|
| ridge | no | yes | Gaussian |
| lasso | yes | no | Laplace |

### Rubric
- says what $\lambda$ does
- compares with lasso

### Follow-ups
- How would you choose $\lambda$?

### Sources
- ESL, section 3.4

## What does this print? {#code .typed}

```python
import numpy as np

def centred(x: np.ndarray) -> np.ndarray:
    "Subtracts the mean."  # of each column
    return x - x.mean(axis=0)

print(centred(np.array([[1.0, 2.0], [3.0, 4.0]])).sum(), "and a line that is much too long for a phone")
```

### Answer
0.0

## Bagging and boosting {#cloze}

Bagging mainly reduces {{c1::variance::of what?}}; boosting mainly reduces {{c2::bias}}. The error is
$\text{bias}^2 + {{c3::\text{variance}}} + \sigma^2$, in code {{c4::`np.var(x)`}}:

```python
def error(bias, variance, noise):
    return {{c1::bias ** 2}} + variance + noise
```

## TPR {#reversed .reversed}

recall

## ما هو الانحدار الخطي؟ {#rtl}

نموذج يتنبأ بقيمة **عددية**. 機械学習では線形回帰と呼ばれる。
Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.

## What does the drawing show? {#picture}

![Two circles that meet](circles.svg)

> Pictures keep within the page.

1. first
2. second ~~not this~~ [a link](https://example.org)
"""
CIRCLES = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300" viewBox="0 0 900 300"><rect width="900"'
    ' height="300" rx="12" fill="#FAF8F4" stroke="#E2DDD3"/><circle cx="380" cy="150" r="120" fill="none"'
    ' stroke="#1D5C63" stroke-width="6"/><circle cx="520" cy="150" r="120" fill="none" stroke="#A3342B"'
    ' stroke-width="6"/></svg>'
)
# What Anki's reviewer says of the same things.
ANKI_CSS = """
body { margin: 20px; overflow-wrap: break-word; background-color: white; }
body.nightMode { background-color: #2c2c2c; color: white; }
hr { background-color: #ccc; margin: 1em; }
img { max-width: 100%; max-height: 95vh; }
li { text-align: start; } pre { text-align: left; }
#typeans { width: 100%; box-sizing: border-box; line-height: 1.75; }
code#typeans { white-space: pre-wrap; font-variant-ligatures: none; }
.typeGood { background: #afa; color: black; } .typeBad { color: black; background: #faa; }
.typeMissed { color: black; background: #ccc; }
"""
MATHJAX = """<script>window.MathJax = {tex: {displayMath: [["\\\\[", "\\\\]"]], processEscapes: false},
 chtml: {fontURL: "%s/output/chtml/fonts/woff-v2"}};</script><script src="%s/tex-chtml.js"></script>"""


def main(out: Path, mathjax: Path | None) -> None:
    """Writes the pictures, and says where a page is wider than its window."""
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        anki = _collection(folder)
        browser = launch(playwright)
        for title, html, css in _sides(anki):
            for theme, width in ((t, w) for t in ("light", "dark") for w in (390, 1280)):
                file = anki.media / "page.html"
                file.write_text(_page(html, css, theme, mathjax), "utf-8")
                page = browser.new_page(viewport={"width": width, "height": 844 if width == 390 else 900})
                page.goto(file.as_uri())
                _settle(page, mathjax is not None)
                page.screenshot(path=out / f"{title}-{theme}-{width}.png", full_page=True)
                wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                print(f"{title}-{theme}-{width}{': WIDER THAN THE WINDOW' if wide else ''}")
                page.close()
        browser.close()
        anki.close()


def _collection(folder: Path) -> Anki:
    decks = folder / "decks"
    decks.mkdir()
    (decks / "kinds.md").write_text(DECK, "utf-8")
    (decks / "circles.svg").write_text(CIRCLES, "utf-8")
    FileExport(decks).anki(folder / "kinds.apkg", (), no_progress)
    anki = Anki(folder)
    anki.take(folder / "kinds.apkg")
    return anki


def _sides(anki: Anki) -> Iterator[tuple[str, str, str]]:
    """Every side of every card: its name, its HTML, the style sheet."""
    for note in anki.notes().values():
        for card in note.cards():
            name = f"{note['Id'].partition('#')[2]}-{card.ord}"
            output = card.render_output()
            yield f"{name}-q", _typed(card, anki, output.question_text, False), output.css
            yield f"{name}-a", _typed(card, anki, output.answer_text, True), output.css


def _typed(card: Card, anki: Anki, html: str, answered: bool) -> str:
    """The input, or the comparison, in the place where Anki's reviewer puts it."""
    for field in card.note().keys():  # noqa: SIM118 - a note is no mapping
        mark = f"[[type:{field}]]"
        if mark in html:
            compared = anki.col.compare_answer(card.note()[field], "0.1")
            html = html.replace(mark, compared if answered else '<center><input type="text" id="typeans"></center>')
    return html


def _page(html: str, css: str, theme: str, mathjax: Path | None) -> str:
    night = " nightMode night_mode" if theme == "dark" else ""
    script = MATHJAX % (mathjax.as_uri(), mathjax.as_uri()) if mathjax else ""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<style>{ANKI_CSS}</style>{script}</head>"
        f'<body class="card card1{night}"><div id="qa"><style>{css}</style>{html}</div></body></html>'
    )


def _settle(page: Page, formulas: bool) -> None:
    for details in page.query_selector_all("details"):
        details.evaluate("one => { one.open = true }")
    if formulas:
        page.wait_for_function("window.MathJax && MathJax.startup && MathJax.startup.promise")
        page.evaluate("() => MathJax.startup.promise")
    page.evaluate("() => document.fonts.ready")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)
