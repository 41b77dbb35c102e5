"""The two note types that we give to Anki. Their shape never changes.

Anki matches note types by id, fields and templates by their own ids and names: a field added, removed or
renamed would make it refuse updates or copy every note. So ids and fields here are fixed for ever, and
complete from the first version. Templates and CSS may change: raise `DESIGN_CHANGED_AT`, and Anki takes them in
place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["basic", "cloze"]

DESIGN_CHANGED_AT = 1_795_850_000
"""When templates or CSS last changed, in epoch seconds."""

CSS = Path(__file__).with_name("card.css").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Template:
    """One card of a note type: its front and its back, in Anki's template language."""

    id: int
    name: str
    front: str
    back: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type; `fields` are `(name, id)` in the order in which notes hold them."""

    id: int
    name: str
    kind: Kind
    fields: tuple[tuple[str, int], ...]
    templates: tuple[Template, ...]

    field_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The names of the fields, in order: asked for once for each note of a package."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "field_names", tuple(name for name, _ in self.fields))


def _fields(first_id: int, *names: str) -> tuple[tuple[str, int], ...]:
    return tuple((name, first_id + offset) for offset, name in enumerate(names))


_CONTEXT = '{{#Context}}<div class="fc-context">{{Context}}</div>{{/Context}}'


def _front(text: str) -> str:
    return f'<div class="fc fc-front">\n{_CONTEXT}\n<div class="fc-text">{text}</div>\n</div>\n'


_MORE = """\
{{#Rubric}}<details class="fc-more"><summary>What to listen for</summary>{{Rubric}}</details>{{/Rubric}}
{{#FollowUps}}<details class="fc-more"><summary>Follow-up questions</summary>{{FollowUps}}</details>{{/FollowUps}}
{{#Source}}<div class="fc-source">{{Source}}</div>{{/Source}}
"""


def _typed(field: str) -> str:
    return f'{{{{#Typed}}}}<div class="fc fc-typed">{{{{type:{field}}}}}</div>{{{{/Typed}}}}\n'


def _basic_front(question: str, answer: str) -> str:
    return _front(f"{{{{{question}}}}}") + _typed(answer)


def _basic_back(question: str, answer: str) -> str:
    return (
        f'{_front(f"{{{{{question}}}}}")}<hr id="answer">\n{_typed(answer)}'
        f'<div class="fc fc-back">\n<div class="fc-text">{{{{{answer}}}}}</div>\n{_MORE}</div>\n'
    )


BASIC = NoteType(
    id=1_763_000_000_001,
    name="Flashcards Basic",
    kind="basic",
    fields=_fields(
        7_300_000_000_000_001,
        *("Question", "Answer", "Rubric", "FollowUps", "Source", "Context", "Reverse", "Typed", "Id"),
    ),
    templates=(
        Template(
            7_300_000_000_001_001,
            "Forward",
            _basic_front("Question", "Answer"),
            _basic_back("Question", "Answer"),
        ),
        # The whole front stands in the condition: Anki has no card where a front is empty.
        Template(
            7_300_000_000_001_002,
            "Backward",
            "{{#Reverse}}\n" + _basic_front("Answer", "Question") + "{{/Reverse}}",
            _basic_back("Answer", "Question"),
        ),
    ),
)

CLOZE = NoteType(
    id=1_763_000_000_002,
    name="Flashcards Cloze",
    kind="cloze",
    fields=_fields(7_300_000_000_002_001, "Text", "Context", "Rubric", "FollowUps", "Source", "Typed", "Id"),
    templates=(
        Template(
            7_300_000_000_003_001,
            "Cloze",
            _front("{{cloze:Text}}") + _typed("cloze:Text"),
            _front("{{cloze:Text}}")
            + '<hr id="answer">\n'
            + _typed("cloze:Text")
            + f'<div class="fc fc-back">\n{_MORE}</div>\n',
        ),
    ),
)

# For fields to which learners add LaTeX of their own: ours is MathJax.
_LATEX_BEFORE = "\n".join(
    (
        r"\documentclass[12pt]{article}",
        r"\special{papersize=3in,5in}",
        r"\usepackage{amssymb,amsmath}",
        r"\pagestyle{empty}",
        r"\setlength{\parindent}{0in}",
        r"\begin{document}",
        "",
    )
)

NOTE_TYPES: dict[Kind, NoteType] = {"basic": BASIC, "cloze": CLOZE}


def schema11(note_type: NoteType) -> dict[str, Any]:
    """The note type as schema 11 stores it, for the column `col.models`."""
    return {
        "id": note_type.id,
        "name": note_type.name,
        "type": 1 if note_type.kind == "cloze" else 0,
        "mod": DESIGN_CHANGED_AT,
        "usn": -1,
        "sortf": 0,
        "did": None,
        "css": CSS,
        "latexPre": _LATEX_BEFORE,
        "latexPost": "\\end{document}",
        "latexsvg": False,
        # Old clients read here which fields give a card; newer ones look at the templates.
        "req": [] if note_type.kind == "cloze" else [[0, "any", [0]], [1, "all", [6]]],
        "tags": [],
        "vers": [],
        "flds": [_field(position, *field) for position, field in enumerate(note_type.fields)],
        "tmpls": [_template(position, template) for position, template in enumerate(note_type.templates)],
    }


def _field(position: int, name: str, id_: int) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "ord": position,
        "sticky": False,
        "rtl": False,
        "font": "Arial",
        "size": 16,
        "media": [],
        "preventDeletion": False,
    }


def _template(position: int, template: Template) -> dict[str, Any]:
    return {
        "id": template.id,
        "name": template.name,
        "ord": position,
        "qfmt": template.front,
        "afmt": template.back,
        "bqfmt": "",
        "bafmt": "",
        "did": None,
    }
