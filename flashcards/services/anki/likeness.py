"""Whether a note that an import made shows the text that Anki shows."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from flashcards.deckfiles.check.tame import is_tame
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import ANKI, Rendered, request_for
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Cloze, Note
from flashcards.exchange.anki.shown_text import FORMULA, shown_text
from flashcards.exchange.anki.to_markdown import PICTURE
from flashcards.services.anki.converted_notes import with_texts

# Markdown of which it is plain what it shows: words, bold and italic ones among them, formulas, breaks, and flat lists.
_LINE = re.compile(rf"(?!www\.)(?:[^\W\d_]|{FORMULA})(?:[^\W_]|[ ,;.?!()'\"%=-]|{FORMULA}|/(?!/)|:(?![/:]))*")
_EMPHASISED = re.compile(r"(?<![\w*\\])(\*\*?)(?=[^\W_])([^*_`\[\]<>&~$\\\n]*[^\W_])\1(?![\w*])")
_FORMULAS = re.compile(r"(?<![\w$\\`])\$(?=\S)[^$`\n]*[^\s$`\\]\$(?![\w$])")
_HARMLESS = re.compile(r"</?(?:br|sub|sup|kbd|mark)>")


class Likeness:
    """Compares notes; used as a context, since what is not surely quick is rendered in a process of its own."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._pool: RenderPool | None = None

    def __enter__(self) -> Likeness:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._open.close()

    def differs(self, note: Note, shown: tuple[str, ...], *, without_answer: bool = False) -> list[str]:
        """Where our text is another than `shown` (see `Converted`): ``question``, ``answer``, ``lists``.

        `without_answer`: Anki has none, and ours says so.
        """
        sides = zip(("question", "answer", "lists"), self._ours(note), shown, strict=True)
        return [part for part, here, there in sides if here != there and not (without_answer and part == "answer")]

    def _ours(self, note: Note) -> tuple[str, str, str]:
        content = note.content
        first, second = (
            (content.heading, content.body) if isinstance(content, Cloze) else (content.question, content.answer)
        )
        lists = (
            *note.rubric,
            *note.follow_ups,
            *note.sources,
            *note.clarify,
            *([note.in_full] if note.in_full else []),
        )
        plain = [_plainly_shown(text) for text in (first, second, *lists)]
        if all(text is not None for text in plain):
            question, answer, *others = map(str, plain)
            return question, answer, "\n".join(others)
        rendered = self._rendered(note)
        card = rendered.cards.get(ANKI)
        if card is None:
            return "", "", ""
        sides = (
            (card.answer_html, card.question_html)
            if isinstance(content, Cloze)
            else (card.question_html, card.answer_html)
        )
        lists_html = (*rendered.rubric_html, *rendered.follow_ups_html, *rendered.sources_html, *rendered.clarify_html)
        below = "<br>".join(filter(None, [*lists_html, rendered.in_full_html]))
        return shown_text(sides[0]), shown_text(sides[1]), shown_text(below)

    def _rendered(self, note: Note) -> Rendered:
        wanted = with_texts(note, lambda text: PICTURE.sub("", text) if "![" in text else text)
        request = replace(request_for(wanted), flavour="anki")
        if is_tame(request_for(with_texts(wanted, lambda text: _HARMLESS.sub("", text)))):
            return render(request)
        if self._pool is None:
            self._pool = self._open.enter_context(RenderPool(1))
        ((_, rendered),) = self._pool.render_all([("", request)])
        return rendered


def _plainly_shown(text: str) -> str | None:
    """What a text shows, of which that can be told without rendering it; else None."""
    if "$" in text:
        text = _FORMULAS.sub(FORMULA, text)
    if "*" in text:
        text = _EMPHASISED.sub(r"\2", text)
    lines = text.replace("\\\n", "\n").split("\n") if "\n" in text else [text]
    if len(lines) > 1 and "\\\n" not in text:
        if not all(line.startswith("- ") for line in lines):
            return None
        lines = [line[2:] for line in lines]
    return "\n".join(lines) if all(not line or _LINE.fullmatch(line) for line in lines) else None
