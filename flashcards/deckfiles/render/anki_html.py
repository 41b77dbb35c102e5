r"""A note's texts as Anki takes them: the HTML of our pages, but for what Anki does itself.

Formulas stay TeX, for its MathJax; deletions stay marks (``{{c1::text::hint}}``); pictures and sounds are
named by their content alone. What comes back is a `Rendered` with one card, `ANKI`: its question is a basic
note's question or a cloze note's text, its answer the answer or the cloze note's heading.
"""

from __future__ import annotations

import re
from html import escape

from flashcards.deckfiles.cloze.deletions import Deletion, parse, rewrite
from flashcards.deckfiles.render.anki_tex import CLOSE, HINT, OPEN, OPENED, mathjax
from flashcards.deckfiles.render.fragment import Context, Source, convert
from flashcards.deckfiles.render.jobs import ANKI, Rendered, RenderedCard, RenderRequest, render_key
from flashcards.deckfiles.render.note_html import inline_items, line_of, long_form, paragraph, question_of, text_of
from flashcards.deckfiles.render.stand_ins import PREFIX, StandInKind, StandIns, without_reserved
from flashcards.domain.card import Basic, Cloze

_DISPLAY = '<span class="scroll-x"'
_ONLY_ON_PAGES = re.compile(
    r' (?:tabindex="0"|role="group"|loading="lazy"|decoding="async"|aria-label="(?:table|formula)")(?=[ >])'
)
_PICTURE = re.compile(r'src="/media/')
_SOUND = re.compile(r'<audio [^>]*src="/media/([^"]+)"[^>]*></audio>')
_ONE_PARAGRAPH = re.compile(r"<p>((?:(?!</?p[ >]).)*)</p>", re.S)
_TAG = re.compile(r"<[^<>]*>")
_MARKS = re.compile(f"{OPEN}[0-9]+{OPENED}|{HINT}|{CLOSE}")
_OPEN = re.compile(f"{OPEN}([0-9]+){OPENED}")
_BREAKS_A_LINE = re.compile(r"&|\\\\")
_MATH = "\ue007"


def render_for_anki(request: RenderRequest) -> Rendered:
    """Render the texts of a note for Anki."""
    context = Context(without_reserved(request.definitions), dict(request.media), AnkiStandIns)
    content = request.content
    if isinstance(content, Basic):
        first = question_of(content.question, context).html
        read = line_of if request.one_line else text_of
        second = read(content.answer, "answer", context).html
    elif isinstance(content, Cloze):
        first, second = _cloze(content, context)
    else:
        raise ValueError("prose is not exported")
    prefix = f"f{render_key(request)[:12]}-"
    finish = _cloze_field if isinstance(content, Cloze) else _field
    names = ("rubric", "follow_ups", "sources", "clarify")
    lists = [inline_items(getattr(request, name), name, context) for name in names]
    rubric, follow_ups, sources, clarify = (tuple(_field(item, prefix) for item in items) for items in lists)
    in_full = _field(long_form(request.in_full, context), prefix)
    card = RenderedCard(finish(first, f"{prefix}q-"), finish(second, f"{prefix}a-"), "")
    problems = tuple(dict.fromkeys(context.problems))
    return Rendered({ANKI: card}, rubric, follow_ups, sources, problems, in_full, clarify)


class AnkiStandIns(StandIns):
    """Stand-ins whose formulas, pictures and sounds become what Anki knows."""

    keeps_marks = True

    def add(self, kind: StandInKind, html: str, *, plain: str = "", source: str = "") -> str:
        if kind == "math":
            html = _formula(source, display=html.startswith(_DISPLAY))
        elif kind == "picture":
            html = _PICTURE.sub('src="', _SOUND.sub(r"[sound:\1]", html))
        return StandIns.add(self, kind, html, plain=plain, source=source)


# Deletions --------------------------------------------------------------------------------------------


def _cloze(content: Cloze, context: Context) -> tuple[str, str]:
    """The text and the heading; a heading that holds a deletion is a part of the text."""
    heading, body = without_reserved(content.heading), without_reserved(content.body)
    first = _marked(heading, "heading", context, inline=True)
    text = _marked(body, "body", context, inline=False)
    if OPEN in first:
        return f"{paragraph(first)}\n{text}", ""
    return text, first


def _marked(text: str, part: str, context: Context, *, inline: bool) -> str:
    """A text as HTML with marks where its deletions begin and end."""
    stand_ins = AnkiStandIns()

    def mark(kind: StandInKind, sign: str) -> str:
        return stand_ins.add(kind, sign, source=sign)

    def show(deletion: Deletion) -> tuple[str, str]:
        end = CLOSE
        if deletion.hint is not None:
            hint = text_of(deletion.hint, "hint", Context("", {}, AnkiStandIns), inline=True).html
            end = f"{HINT}{hint}{CLOSE}"
        return mark("open", f"{OPEN}{deletion.number}{OPENED}"), mark("close", end)

    rewritten = rewrite(text, parse(text), show)
    source = Source(rewritten.text, part, stand_ins, rewritten.source_offset)
    return convert(source, context, inline=inline).html


def _formula(tex: str, *, display: bool) -> str:
    """TeX in its delimiters, as text in HTML, between two signs that tell it from the text around it."""
    tex = escape(_grouped(mathjax(tex)), quote=False)
    return rf"{_MATH}\[{tex}\]{_MATH}" if display else rf"{_MATH}\({tex}\){_MATH}"


def _grouped(tex: str) -> str:
    """TeX in which each deletion is one group: what Anki shows in its place may be longer than one token.

    What goes over cells or lines of an array cannot be in a group, and is left as it is.
    """
    pieces: list[str] = []
    opened = [0]
    for piece in re.split(f"({OPEN}|{CLOSE})", tex):
        if piece == OPEN:
            opened.append(len(pieces))
        pieces.append(piece)
        if piece == CLOSE and len(opened) > 1:
            start = opened.pop()
            inner = "".join(pieces[start:])
            pieces[start:] = [f" {inner} " if _BREAKS_A_LINE.search(inner) else f"{{ {inner} }}"]
    return "".join(pieces)


# Fields -----------------------------------------------------------------------------------------------


def _field(html: str, prefix: str) -> str:
    """The HTML as it stands in a field: one paragraph alone needs no tags around it."""
    html = _ONLY_ON_PAGES.sub("", html.replace(PREFIX, prefix)).strip()
    single = _ONE_PARAGRAPH.fullmatch(html)
    return (single.group(1) if single else html).replace(_MATH, "")


def _cloze_field(html: str, prefix: str) -> str:
    """A field in which Anki looks for deletions: nothing but ours may look like one, or end one."""
    html = _TAG.sub(lambda tag: _MARKS.sub("", tag.group()), html)
    pieces = html.split(_MATH)
    html = "".join(_apart(piece) if index % 2 else _as_entities(piece) for index, piece in enumerate(pieces))
    html = _field(html, prefix)
    return _OPEN.sub(r"{{c\1::", html).replace(HINT, "::").replace(CLOSE, "}}")


def _as_entities(html: str) -> str:
    html = html.replace("{{", "{&#123;").replace("}}", "}&#125;").replace("::", ":&#58;")
    html = html.replace("{" + OPEN, "&#123;" + OPEN).replace("}" + CLOSE, "&#125;" + CLOSE)
    return html.replace(":" + HINT, "&#58;" + HINT)


def _apart(tex: str) -> str:
    """TeX in which no two of these signs touch; blanks mean nothing there."""
    for sign in "{}:":
        tex = re.sub(rf"{re.escape(sign)}(?={re.escape(sign)})", f"{sign} ", tex)
    return tex.replace("}" + CLOSE, "} " + CLOSE)
