"""Whether a note that an import made shows the text that Anki shows."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from flashcards.deckfiles.check.tame import is_tame
from flashcards.deckfiles.media.files import Media, MediaProblem
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import ANKI, Rendered, note_references, request_for
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Cloze, Note
from flashcards.exchange.anki.shown_text import FORMULA, MEDIUM, shown_text
from flashcards.exchange.anki.to_markdown import PICTURE
from flashcards.services.anki.converted_notes import with_texts

# Markdown of which it is plain what it shows: words, bold and italic ones among them, formulas, breaks, and flat lists.
_SIGN = f"[{FORMULA}{MEDIUM}]"
_LINE = re.compile(rf"(?!www\.)(?:[^\W\d_]|{_SIGN})(?:[^\W_]|[ ,;.?!()'\"%=-]|{_SIGN}|/(?!/)|:(?![/:]))*")
_EMPHASISED = re.compile(r"(?<![\w*\\])(\*\*?)(?=[^\W_])([^*_`\[\]<>&~$\\\n]*[^\W_])\1(?![\w*])")
_FORMULAS = re.compile(r"(?<![\w$\\`])\$(?=\S)[^$`\n]*[^\s$`\\]\$(?![\w$])")
_HARMLESS = re.compile(r"</?(?:br|sub|sup|kbd|mark)>")
_ANY_PICTURE = Media("", "", "image/png", 0, None, None, "/media/picture.png")
"""Stands for each picture and sound of a note: which one it is makes no difference to the text around it."""


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

    def differs(
        self, note: Note, shown: tuple[str, ...], *, without_answer: bool = False, pictures: bool = True
    ) -> list[str]:
        """Where our text is another than `shown` (see `Converted`): ``question``, ``answer``, ``lists``.

        `without_answer`: Anki has none, and ours says so. Without `pictures`, where they and sounds are does not count.
        """
        ours: tuple[str, ...] = self._ours(note)
        if not pictures:
            ours, shown = tuple(map(_without_media, ours)), tuple(map(_without_media, shown))
        sides = zip(("question", "answer", "lists"), ours, shown, strict=True)
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
        media: dict[str, Media | MediaProblem] = dict.fromkeys(note_references(note), _ANY_PICTURE)
        request = replace(request_for(note, media), flavour="anki")
        if is_tame(request_for(with_texts(note, lambda text: _HARMLESS.sub("", PICTURE.sub("x", text))))):
            return render(request)
        if self._pool is None:
            self._pool = self._open.enter_context(RenderPool(1))
        ((_, rendered),) = self._pool.render_all([("", request)])
        return rendered


def _without_media(shown: str) -> str:
    return "\n".join(" ".join(line.split()) for line in shown.replace(MEDIUM, " ").split("\n") if line.strip())


def _plainly_shown(text: str) -> str | None:
    """What a text shows, of which that can be told without rendering it; else None."""
    if "$" in text:
        text = _FORMULAS.sub(FORMULA, text)
    if "*" in text:
        text = _EMPHASISED.sub(r"\2", text)
    if "![" in text:
        text = PICTURE.sub(MEDIUM, text)
    lines = _lines(text) if "\n" in text else [text]
    return "\n".join(line.rstrip() for line in lines) if not text or all(map(_LINE.fullmatch, lines)) else None


def _lines(text: str) -> list[str]:
    """The lines of a flat list, or of paragraphs; a line that goes on in the source holds that line's end."""
    lines = text.split("\n")
    if all(line.startswith("- ") for line in lines):
        return [line[2:] for line in lines]
    return [line for paragraph in text.split("\n\n") for line in paragraph.split("\\\n")]
