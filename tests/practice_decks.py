"""Decks with questions of every kind to practise, for tests: few enough to be known by heart."""

from __future__ import annotations

from pathlib import Path

CONCEPT = """---
title: {title}
tags: [concepts]
---

## What is {name}? {{#{id} .core .{level}}}

{title} is explained here, in one breath: it is $x^2$ and **no more**.

### Rubric
- says what {name} is
- names when it fits
- warns of leakage {{#{id}-fact}}
- remembers serving {{.senior}}

### Follow-ups
- And with a million rows of {name}? {{#{id}-fact}}
- Why not simply more data?

### Clarify
- The data? A table of {name}.

## A fact about {name} {{#{id}-fact}}

It is a fact.
"""
CODING = """---
title: Sorting
tags: [coding]
---

## Write a function that sorts a list without `sorted`. {#sort .core .mid}

```python
def sort(items):
    return items
```

### Rubric
- handles the empty list
- names the cost

## What does quicksort cost? {#quicksort .core .mid .concepts}

On average $n \\log n$.

### Rubric
- names the average case
"""
DESIGN = """---
title: Design a feed
tags: [system-design]
---

## Design a news feed: what do you ask? {#feed .core .senior}

I ask for the scale first.

### Rubric
- asks for the scale
- plans a fallback at serving time
"""
STORIES = """---
title: Stories
tags: [behavioural]
---

## Tell me of a conflict. {#conflict .core .junior}

I tell it in four steps.

### Rubric
- names the own part

## Tell me of a failure. {#failure .core .junior}

No rubric here: the answer is judged as a whole.
"""
NAMES = {"pca": "PCA", "svm": "SVM", "dropout": "Dropout", "trees": "Trees", "boosting": "Boosting"}


def write_decks(folder: Path) -> Path:
    """Writes the decks into `folder`: five concepts, one task, one design, two stories."""
    for index, (name, title) in enumerate(NAMES.items()):
        path = folder / "ml" / "concepts" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        level = ("junior", "mid", "senior")[index % 3]
        path.write_text(CONCEPT.format(title=title, name=name, id=name, level=level), encoding="utf-8")
    for place, text in {"coding/sort": CODING, "system-design/feed": DESIGN, "behavioural/stories": STORIES}.items():
        path = folder / "ml" / f"{place}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
