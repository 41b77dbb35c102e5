"""The sides of each card of a note as HTML."""

from __future__ import annotations

import unicodedata
from html import escape

from flashcards.deckfiles.cloze.deletions import ELLIPSIS, Deletion, Deletions, parse, rewrite
from flashcards.deckfiles.render.fragment import Context, Fragment, Source, convert, has_right_to_left
from flashcards.deckfiles.render.jobs import PROSE, WHOLE, Rendered, RenderedCard, RenderRequest, render_key
from flashcards.deckfiles.render.stand_ins import PREFIX, StandIns, without_reserved
from flashcards.domain.card import BACKWARD, FORWARD, Basic, Cloze, Content

PLAIN_LIMIT = 200
_MARK = '<span class="cz">'


def render_note(request: RenderRequest) -> Rendered:
    """Render every card and list of a request, for our pages."""
    context = Context(without_reserved(request.definitions), dict(request.media))
    content = request.content
    if isinstance(content, Basic):
        cards = _basic(content, request.one_line, context)
    elif isinstance(content, Cloze):
        cards = _cloze(content, context)
    else:
        cards = {PROSE: _card(text_of(content.text, PROSE, context), Fragment("", ""))}
    rubric = inline_items(request.rubric, "rubric", context)
    follow_ups = inline_items(request.follow_ups, "follow_ups", context)
    sources = inline_items(request.sources, "sources", context)
    clarify = inline_items(request.clarify, "clarify", context)
    in_full = long_form(request.in_full, context)
    problems = tuple(dict.fromkeys(context.problems))
    return _with_anchors(Rendered(cards, rubric, follow_ups, sources, problems, in_full, clarify), request)


def plain_answer(content: Content, which: str) -> str:
    """The plain text of what is asked for on a card: see `render.typed_answer`."""
    context = Context("", {})
    if isinstance(content, Cloze):
        return _typed_gaps(content, int(which[1:]), context)
    text = content.question if which == BACKWARD else content.answer
    return _typed(text_of(text, "answer", context))


def inline_items(items: tuple[str, ...], name: str, context: Context) -> tuple[str, ...]:
    return tuple(
        text_of(item, f"{name}.{index}", context, inline=True).html.replace(PREFIX, f"{PREFIX}{name[0]}{index}-")
        for index, item in enumerate(items)
    )


def long_form(text: str, context: Context) -> str:
    """The long form of an answer, a page of blocks of its own."""
    return text_of(text, "in_full", context).html.replace(PREFIX, f"{PREFIX}i-") if text else ""


def text_of(text: str, part: str, context: Context, *, inline: bool = False) -> Fragment:
    return convert(Source(without_reserved(text), part, context.stand_ins()), context, inline=inline)


def _card(question: Fragment, answer: Fragment, typed: str | None = None) -> RenderedCard:
    plain = " ".join(question.plain.split())
    if len(plain) > PLAIN_LIMIT:
        plain = plain[: PLAIN_LIMIT - 1].rstrip() + "…"
    return RenderedCard(question.html, answer.html, plain, typed)


def _typed(fragment: Fragment) -> str:
    return unicodedata.normalize("NFC", fragment.plain).strip()


# Basic ------------------------------------------------------------------------------------------------


def _basic(content: Basic, one_line: bool, context: Context) -> dict[str, RenderedCard]:
    question = question_of(content.question, context)
    answer = line_of(content.answer, "answer", context) if one_line else text_of(content.answer, "answer", context)
    cards = {FORWARD: _card(question, answer, _typed(answer) if content.typed else None)}
    if content.reversed:
        cards[BACKWARD] = _card(answer, question, _typed(question) if content.typed else None)
    return cards


def line_of(text: str, part: str, context: Context) -> Fragment:
    """Text that is inline whatever it begins with: ``1.`` on a one-line card is no list."""
    fragment = text_of(text, part, context, inline=True)
    return Fragment(paragraph(fragment.html), fragment.plain)


def paragraph(html: str, name: str = "") -> str:
    if not html:
        return ""
    attributes = f' class="{name}"' if name else ""
    attributes += ' dir="auto"' if has_right_to_left(html) else ""
    return f"<p{attributes}>{html}</p>"


def question_of(text: str, context: Context) -> Fragment:
    """The heading, which is one line of inline text, and what follows it."""
    heading, _, rest = text.partition("\n")
    first = line_of(heading, "question", context)
    if not rest.strip():
        return first
    stand_ins = context.stand_ins()
    source = Source(without_reserved(rest), "question", stand_ins, lambda offset: offset + len(heading) + 1)
    return _joined(first, convert(source, context))


def _joined(*fragments: Fragment) -> Fragment:
    return Fragment(
        "\n".join(fragment.html for fragment in fragments if fragment.html),
        "\n".join(fragment.plain for fragment in fragments if fragment.plain),
    )


# Cloze ------------------------------------------------------------------------------------------------


def _cloze(content: Cloze, context: Context) -> dict[str, RenderedCard]:
    heading, body = without_reserved(content.heading), without_reserved(content.body)
    note = _ClozeNote(heading, body, parse(heading), parse(body), context)
    cards = {}
    for number in content.numbers:
        typed = _typed_gaps(content, number, Context("", {})) if content.typed else None
        cards[f"c{number}"] = _card(note.side(number, hidden=True), note.side(number, hidden=False), typed)
    if len(cards) > 1:
        cards[WHOLE] = _card(Fragment("", ""), note.side(None, hidden=False))
    return cards


class _ClozeNote:
    """A cloze note's two texts, and what `parse` found in them."""

    def __init__(self, heading: str, body: str, in_heading: Deletions, in_body: Deletions, context: Context) -> None:
        self.heading = heading
        self.body = body
        self.in_heading = in_heading
        self.in_body = in_body
        self.context = context
        self.same: dict[str, Fragment] = {}

    def side(self, number: int | None, *, hidden: bool) -> Fragment:
        """The question (`hidden`) or the answer of card `number` (None: of all cards at once)."""
        heading = self.shown(self.heading, self.in_heading, "heading", number, hidden, inline=True)
        body = self.shown(self.body, self.in_body, "body", number, hidden, inline=False)
        name = "" if self.in_heading.found else "context"
        plain = f"{heading.plain}:" if name and heading.plain[-1:].isalnum() else heading.plain
        return _joined(Fragment(paragraph(heading.html, name), plain), body)

    def shown(
        self, text: str, parsed: Deletions, part: str, number: int | None, hidden: bool, *, inline: bool
    ) -> Fragment:
        if not (parsed.found or parsed.dropped):
            return self.without_deletions(text, part, inline)
        stand_ins = StandIns()

        def show(deletion: Deletion) -> str | tuple[str, str] | None:
            if number is not None and deletion.number != number:
                return None
            if hidden:
                return _gap(deletion, stand_ins)
            return stand_ins.add("open", _MARK), stand_ins.add("close", "</span>")

        rewritten = rewrite(text, parsed, show)
        source = Source(rewritten.text, part, stand_ins, rewritten.source_offset)
        return convert(source, self.context, inline=inline)

    def without_deletions(self, text: str, part: str, inline: bool) -> Fragment:
        """A text that looks the same on every side of every card."""
        if part not in self.same:
            self.same[part] = convert(Source(text, part, StandIns()), self.context, inline=inline)
        return self.same[part]


def _gap(deletion: Deletion, stand_ins: StandIns) -> str:
    """A stand-in for a hidden deletion; its text must not get into the page in any way."""
    if deletion.hint is None:
        html, plain, label = ELLIPSIS, ELLIPSIS, "gap"
    else:
        hint = text_of(deletion.hint, "hint", Context("", {}), inline=True)
        html, plain = f"[{hint.html}]", f"[{hint.plain}]"
        label = f"gap, hint: {hint.plain}"
    html = f'<span class="cz" role="img" aria-label="{escape(label)}">{html}</span>'
    return stand_ins.add("gap", html, plain=plain, source=plain)


def _typed_gaps(content: Cloze, number: int, context: Context) -> str:
    """The plain texts of a card's deletions, in order."""
    texts = []
    for text in (content.heading, content.body):
        for deletion in parse(text).found:
            if deletion.number == number:
                inner = text[deletion.text_start : deletion.text_end]
                shown = rewrite(inner, parse(inner), lambda _deletion: None).text
                texts.append(_typed(text_of(shown, "answer", context, inline=True)))
    return ", ".join(texts)


# Anchors ----------------------------------------------------------------------------------------------


def _with_anchors(rendered: Rendered, request: RenderRequest) -> Rendered:
    """Make the ids of footnotes unique on any page: by note, card and side."""
    sides = [card.question_html + card.answer_html for card in rendered.cards.values()]
    lists = (*rendered.rubric_html, *rendered.follow_ups_html, *rendered.sources_html, *rendered.clarify_html)
    if not any(PREFIX in html for html in (*sides, *lists, rendered.in_full_html)):
        return rendered
    prefix = f"f{render_key(request)[:12]}-"
    cards = {
        which: RenderedCard(
            card.question_html.replace(PREFIX, f"{prefix}{which}-q-"),
            card.answer_html.replace(PREFIX, f"{prefix}{which}-a-"),
            card.plain_question,
            card.typed_answer,
        )
        for which, card in rendered.cards.items()
    }

    def named(items: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(html.replace(PREFIX, prefix) for html in items)

    return Rendered(
        cards,
        named(rendered.rubric_html),
        named(rendered.follow_ups_html),
        named(rendered.sources_html),
        rendered.problems,
        rendered.in_full_html.replace(PREFIX, prefix),
        named(rendered.clarify_html),
    )
