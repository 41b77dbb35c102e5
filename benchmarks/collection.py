"""A made-up collection of decks: the mix of notes that authors of technical decks write."""

from __future__ import annotations

from pathlib import Path

_PLAIN = """\
## What does word {n} of topic {t} mean, and when is it used? {{#plain-{n}}}

It names the **{n}th** idea of topic {t}, which is used where `f{n}` would be too slow. It holds for every
input that is not empty; see also [the manual](https://example.org/{t}/{n}).

- first, the rule
- then, the exception

"""
_MATHS = """\
## What is the loss of model {n}? {{#maths-{n} .mid}}

For weights $w_{{{n}}}$ and data $x$ it is

$$L(w) = \\sum_{{i=1}}^{{{n}}} (y_i - w^\\top x_i)^2 + \\lambda \\lVert w \\rVert_2^2$$

where $\\lambda > 0$ is chosen by cross-validation.

### Rubric
- names both terms
- says what $\\lambda$ does

"""
_CLOZE = """\
## Rule {n} of topic {t} {{#cloze-{n} .junior}}

Method {n} mainly reduces {{{{c1::variance}}}}; method {t} mainly reduces {{{{c2::bias::not noise}}}}.

"""
_CODE = """\
## What does program {n} print? {{#code-{n} .typed}}

```python
def f(x: int) -> int:
    return x + {n}

print(f({t}))
```

### Answer
{n}

"""
_MIX = (_PLAIN, _MATHS, _PLAIN, _CLOZE, _PLAIN, _CODE, _PLAIN, _CLOZE, _MATHS, _PLAIN)


def write_collection(root: Path, *, files: int = 200, notes: int = 50) -> None:
    """Writes `files` decks of `notes` notes each (2/10 of them cloze notes of two cards) below `root`."""
    for number in range(files):
        folder = root / f"topic-{number % 10}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"deck-{number}.md").write_text(deck_text(number, notes), "utf-8")


def deck_text(topic: int, notes: int) -> str:
    """One deck file."""
    head = f"---\ntitle: Deck {topic}\ntags: [bench, topic-{topic % 10}]\n---\n\nAbout topic {topic}.\n\n"
    return head + "".join(_MIX[n % len(_MIX)].format(n=topic * notes + n, t=topic) for n in range(notes))
