"""Link references and footnotes: found anywhere in a file, given to each note that uses them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from flashcards.deckfiles.text.link_definitions import TARGET, TITLE
from flashcards.deckfiles.text.positions import Issue, Ranges, warning
from flashcards.deckfiles.text.spans import spans


class Definition(NamedTuple):
    """A link reference or footnote: its label as compared, where it stands, its source."""

    label: str
    start: int
    end: int
    text: str


_BEGIN = re.compile(r"^ {0,3}\[(?P<label>\^?[^\[\]\n]{1,200})\]:", re.M)
_LINK = re.compile(TARGET + TITLE)
_USE = re.compile(r"\[(\^?[^\[\]\n]{1,200})\]")
_BLOCK_START = re.compile(r"[ ]{0,3}(?:#{1,6}(?:[ \t]|$)|>|[-+*][ \t]|\d{1,9}[.)][ \t]|```|~~~|<!--|\[\^?[^\]\n]+\]:)")
_CODE_KINDS = ("code", "fence", "indented", "comment")


def find_definitions(text: str, start: int, skip: Sequence[tuple[int, int]]) -> tuple[list[Definition], list[Issue]]:
    """Return the definitions in ``text[start:]`` that are not in a range of `skip`, and what is wrong.

    One whose label was defined before has an empty label, so that no note uses it.

    `skip` (code blocks and comments) is in order. A link reference needs a blank line, a heading or another
    definition before it, as it cannot stand within a paragraph; a footnote may follow text.
    """
    if "]:" not in text:
        return [], []
    found: list[Definition] = []
    issues: list[Issue] = []
    seen: set[str] = set()
    skipped = Ranges(skip)
    position = start
    while match := _BEGIN.search(text, position):
        position, begin = match.end(), match.start()
        if skipped.hold(begin):
            continue
        end = _end_of(text, match, adjoins=bool(found) and begin == found[-1].end + 1)
        if end < 0:
            continue
        position = end
        label = _normalised(match["label"])
        if label in seen:
            message = f"[{match['label']}] is defined twice; the first one counts: delete this one"
            issues.append(warning(begin, "duplicate-definition", message))
            label = ""
        seen.add(label)
        found.append(Definition(label, begin, end, text[begin:end]))
    return found, issues


def _end_of(text: str, match: re.Match[str], adjoins: bool) -> int:
    """Where the definition that `match` may be ends, or -1 if it is none."""
    if match["label"].startswith("^"):
        end = text.find("\n", match.end())
        return _footnote_end(text, len(text) if end < 0 else end)
    link = _LINK.match(text, match.end())
    return link.end() if link and (adjoins or _may_begin(text, match.start())) else -1


def _may_begin(text: str, begin: int) -> bool:
    """Whether a link reference may begin here: not within a paragraph."""
    before = text[text.rfind("\n", 0, max(begin - 1, 0)) + 1 : max(begin - 1, 0)]
    return not before.strip() or before.lstrip(" ").startswith(("#", "```", "~~~", "---")) or before.endswith("-->")


def _footnote_end(text: str, end: int) -> int:
    """A footnote goes on to the next blank line, and past it where the text is indented by four."""
    size = len(text)
    after_blank = False
    position = end
    while position < size:
        line_end = text.find("\n", position + 1)
        line_end = size if line_end < 0 else line_end
        line = text[position + 1 : line_end]
        if not line.strip(" \t"):
            after_blank = True
        elif line.startswith(("    ", "\t")):
            after_blank = False
            end = line_end
        elif after_blank or _BLOCK_START.match(line):
            break
        else:
            end = line_end
        position = line_end
    return end


def _normalised(label: str) -> str:
    return " ".join(label.split()).casefold()


class Definitions:
    """The definitions of a file, to find those that a text uses."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.by_label = {definition.label: definition for definition in definitions if definition.label}

    def used(self, text: str) -> str:
        """Return the source of the definitions that the text uses, those that these use included."""
        if not self.by_label:
            return ""
        wanted: dict[str, Definition] = {}
        pending = [text]
        while pending:
            for label in self.labels(pending.pop()):
                if label not in wanted:
                    wanted[label] = self.by_label[label]
                    pending.append(wanted[label].text.partition("]:")[2])
        return "\n\n".join(definition.text for definition in sorted(wanted.values(), key=lambda used: used.start))

    def labels(self, text: str) -> set[str]:
        """The labels in square brackets outside code that are defined."""
        if "[" not in text:
            return set()
        uses = [(use.start(), _normalised(use[1])) for use in _USE.finditer(text)]
        uses = [use for use in uses if use[1] in self.by_label]
        if uses and ("`" in text or "~~~" in text or "    " in text):
            code = Ranges((span.start, span.end) for span in spans(text) if span.kind in _CODE_KINDS)
            uses = [use for use in uses if not code.hold(use[0])]
        return {label for _, label in uses}
