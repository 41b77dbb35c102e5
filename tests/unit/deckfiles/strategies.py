"""Deck files for hypothesis: pieces of Markdown, put together at random, with all that is hard about them."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = [
    "# Title", "# Title {#x}", "## Question?", "## Question? {#id}", "## {#other .typed}", "##", "   ## Indented",
    "## The {{c1::heading}} {.tag}", "## Q {1, 2} ##", "## Q <!-- c --> {.draft .reversed}", "### Answer", "### Rubric",
    "### Sources", "### Follow-ups", "### Why", "### In full", "### Clarify",
    "## Core? {.core}", "- point {#x}",
    "  more {#deck#x .senior}", "- follow {.mid}", "- {#x}", "{#x .senior}",
    "#### Deep", "- item", "  - nested", "1. one", "- [ ] task", "> quote",
    "    code", "\tcode", "```", "```python", "~~~~", "- ```", "  ```", "> ```", "<!--", "-->", "<!-- one line -->",
    "text <!-- begins", "ends --> text", "$$", "$x$ and \\(y\\)", "front :: back", "- a ::: b {#c}", "x :: `y :: z`",
    "| a | b |", "|---|---|", "===", "---", "", "", "", "{{c1::gap}} {{c2::other::hint}}", "{{c1::open",
    "{{c0::zero}}", "[label]: http://example.org", "[^n]: a footnote", "see [label] and [^n]", "![alt](pic.png)",
    "\u200b## Hidden", "##\u00a0No", "\x00", "plain words", "two  spaces  ", "\u2028## no", "é ü 数学", "}}", "{#a}",
    "<script>", "`tick", "``", "\\", "title: x", "...",
]  # fmt: skip
FRONT = ["", "", "---\ntitle: T\n---\n", "---\nid: x\ntags: [a, b]\n---\n\n", "---\ntitle: [\n---\n", "---\n", "+++\n"]

LINES = st.lists(st.sampled_from(PIECES), max_size=24).map("\n".join)
SOURCES = st.builds("{}{}{}".format, st.sampled_from(FRONT), LINES, st.sampled_from(["", "\n"]))
