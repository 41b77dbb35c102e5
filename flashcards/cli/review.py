"""`flashcards review`: the day's queue in the terminal, with the keys of the page."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

import click
from pygments import highlight
from pygments.formatters import TerminalFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from flashcards.cli.common import printable, services
from flashcards.cli.keyboard import Keyboard, open_keyboard
from flashcards.cli.learner import choose_learner, user_option
from flashcards.domain.day_in_words import day_so_far
from flashcards.domain.effect import effect
from flashcards.domain.grade import grades
from flashcards.domain.study_day import date_of
from flashcards.domain.study_set import why_again
from flashcards.domain.word_diff import Fold, Piece, folded
from flashcards.errors import FlashcardsError, Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.review.card_as_text import card_text
from flashcards.services.review.contract import QueueMode
from flashcards.services.review.facade import Answer, Queue, QueueCard
from flashcards.wiring import Services

ACTIONS = {"-": ("bury", False), "=": ("bury", True), "@": ("suspend", False), "!": ("suspend", True)}
QUIT = {"q", "\x1b", "\x03", "\x04"}
KEYS = (
    "Space, Enter  show the answer, then Good", "u, z  undo",
    "1 to 4        Again, Hard, Good, Easy", "i     card info",
    "0 to 5        the six grades, where chosen", "?     these keys",
    "-  bury       @  suspend", "q     leave (nothing is lost)",
    "=  bury note  !  suspend note", "c     how the answer changed",
)  # fmt: skip
QUEUE_MODES: tuple[QueueMode, ...] = get_args(QueueMode)
WIDEST = 80
LIST_ITEM = re.compile(r" *(?:[-*+]|\d+[.)]) +")
FENCE = re.compile(r"^( *)(`{3,}|~{3,})[ ]*([\w+-]*)[^\n]*\n(.*?)^\1\2[`~]*[ ]*$", re.MULTILINE | re.DOTALL)


@click.command("review")
@click.option("--deck", metavar="D", help="A deck or folder, such as ml/concepts.")
@click.option("--search", metavar="Q", help="Only cards that a search finds, such as 'tag:core is:due'.")
@click.option(
    "--mode",
    type=click.Choice(QUEUE_MODES),
    default="review",
    show_default=True,
    help="review: today's cards; ahead: those of later days; cram: all of them, and no date moves.",
)
@click.option("--set", "set_id", metavar="S", help="Go on with a set that was begun; `flashcards sets` names them.")
@user_option("Whose queue")
def review_command(deck: str | None, search: str | None, mode: QueueMode, set_id: str | None, user: str | None) -> None:
    """Review in the terminal: the day's queue, or exactly what a search finds; maths as source, code coloured.

    Example: flashcards review --search "tag:core is:failed" --mode cram
    """
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise Invalid("review needs a terminal: run it without a pipe")
    with services() as opened:
        learner = choose_learner(opened, user)
        chosen = Chosen(deck, search, mode)
        if set_id:
            if deck or search:
                raise Invalid("a set has its cards: leave out --deck and --search", field="set")
            found = opened.review.study_set(learner, set_id)
            chosen = Chosen(mode=found.mode, set_id=found.id)
        with open_keyboard() as keyboard:
            Session(opened, learner, keyboard, chosen).run()


@dataclass(slots=True)
class Chosen:
    """Which cards are asked: those of a deck, those that a search finds; in the mode cram a set of just them."""

    deck: str | None = None
    search: str | None = None
    mode: QueueMode = "review"
    set_id: str = ""

    def next(self, opened: Services, learner: Learner) -> Queue:
        """What is left, with the next card; the set is made at the first time. Raises Invalid and NotFound."""
        if self.mode != "cram" and not self.set_id:
            return opened.review.search_queue(learner, self.search, deck=self.deck, mode=self.mode, limit=1)
        if not self.set_id:
            terms = [f'deck:"{self.deck}"' if self.deck else "", self.search or ""]
            made, _ = opened.review.make_set(
                learner, id=str(uuid.uuid4()), mode="cram", q=" ".join(filter(None, terms))
            )
            self.set_id = made.id
        return opened.review.set_queue(learner, self.set_id, limit=1)


@dataclass(slots=True)
class Session:
    """One sitting in the terminal: every answer is stored before the next card is shown."""

    opened: Services
    learner: Learner
    keyboard: Keyboard
    chosen: Chosen
    answered: int = field(default=0)
    plan: bool = field(default=False)

    def run(self) -> None:
        """Asks until the queue is empty or the learner leaves."""
        while True:
            queue = self.chosen.next(self.opened, self.learner)
            self.plan = queue.plan is not None
            if not queue.cards:
                click.echo(f"\n{self._end()} {self.answered} answered.")
                if self._key("u undo, any other key leaves") not in {"u", "z"} or not self._undo():
                    return
                continue
            click.clear()
            click.secho(self._left(queue), dim=True)
            if not self._ask(queue.cards[0]):
                click.echo(f"\n{self.answered} answered.")
                return

    def _end(self) -> str:
        ends = {
            "review": "Nothing left for today.",
            "ahead": "Nothing left to study ahead.",
            "cram": "The set is done.",
        }
        return ends["cram" if self.chosen.set_id else self.chosen.mode]

    def _left(self, queue: Queue) -> str:
        left = queue.left
        if queue.plan is not None:
            return day_so_far(queue.done, queue.plan_seconds, left.drill)
        if self.chosen.mode == "review" and self.chosen.set_id:
            return f"{left.total} left of the set"
        if self.chosen.mode == "review":
            return f"{left.due} due, {left.new} new, {left.drill} to drill"
        return f"{left.total} left: answers change no dates"

    def _ask(self, card: QueueCard) -> bool:
        """Shows one card; False when the learner leaves."""
        text = card_text(self.opened.database, card.id)
        context = " · ".join(part for part in (card.deck_title, card.section) if part)
        click.secho(printable(context) + "\n", dim=True)
        if card.news.returned_on is not None:
            click.secho(f"An author changed this card on {date_of(card.news.returned_on)}: it came back for that\n")
        if card.failed:
            click.secho(why_again(card.rights) + "\n", dim=True)
        click.echo(terminal_text(text.question) + "\n")
        started = time.monotonic()
        if card.typed:
            with self.keyboard.lines():
                typed = click.prompt("Your answer", default="", show_default=False)
            click.echo(f"  typed     {printable(typed)}\n  expected  {printable(card.typed_answer)}")
        elif (done := self._before_answer(card)) is not None:
            return done
        click.secho("─" * 40, dim=True)
        click.echo(terminal_text(text.answer) + "\n")
        for title, items in (("Rubric", text.rubric), ("Follow-ups", text.follow_ups), ("Sources", text.sources)):
            if items:
                click.secho(title, bold=True)
                click.echo("\n".join(terminal_text(f"- {item}") for item in items) + "\n")
        if card.news.changed:
            click.secho("\nThe answer changed since you last saw it: c shows how", bold=True)
        return self._grade(card, started)

    def _before_answer(self, card: QueueCard) -> bool | None:
        while True:
            key = self._key("Space shows the answer, ? keys")
            if key in {" ", "\r", "\n"}:
                return None
            if key in QUIT:
                return False
            if self._other(key, card):
                return True

    def _grade(self, card: QueueCard, started: float) -> bool:
        buttons = grades(self.learner.buttons)
        keys = {it.key: it.quality for it in buttons}
        offer = side_by_side(f"{it.key} {it.name}: {self._when(card, it.quality)}" for it in buttons)
        while True:
            key = self._key(offer)
            if key in QUIT:
                return False
            if key == "c" and card.news.changed:
                click.echo(terminal_diff(card.news.changed.pieces))
                continue
            quality = 4 if key in {" ", "\r", "\n"} else keys.get(key)
            if quality is not None:
                took = int((time.monotonic() - started) * 1000)
                mode = card.kind if card.kind in {"cram", "ahead"} else "plan" if self.plan else "review"
                given = Answer(str(uuid.uuid4()), card.id, quality, mode, took_ms=took, revision=card.revision)
                self.opened.review.answer(self.learner, given)
                self.answered += 1
                return True
            if self._other(key, card):
                return True

    def _when(self, card: QueueCard, quality: int) -> str:
        """When the card comes again after an answer of `quality`, as the page's buttons say it."""
        days, drill = f"{card.intervals[quality]} d", self.learner.drill
        return effect(quality, days, card.kind, drill=drill, suspends=card.suspends, by_plan=card.by_plan)

    def _other(self, key: str, card: QueueCard) -> bool:
        """The keys that work before and after the answer; True where the queue has changed."""
        if key in {"u", "z"}:
            return self._undo()
        if key in ACTIONS:
            verb, whole_note = ACTIONS[key]
            self.opened.review.act(self.learner, card.id, verb, whole_note=whole_note)
            return True
        if key == "i":
            state = self.opened.review.card(self.learner, card.id)
            due = (
                "never answered"
                if state.due_on is None
                else f"ease {state.ease / 100:.2f}, interval {state.interval} d"
            )
            click.echo(printable(f"{card.key}  {card.path}:{card.line}  {due}, {state.reviews} answers"))
        elif key == "?":
            click.echo("\n".join(map(to_width, side_by_side(KEYS, column=46).split("\n"))))
        return False

    def _undo(self) -> bool:
        try:
            self.opened.review.undo(self.learner)
        except FlashcardsError as error:
            click.echo(str(error))
            return False
        self.answered = max(0, self.answered - 1)
        return True

    def _key(self, prompt: str) -> str:
        click.secho(prompt, dim=True)
        return self.keyboard.key() or "q"


def terminal_diff(pieces: Sequence[Piece]) -> str:
    """A word diff for a terminal: [-deleted-] and {+inserted+}, long unchanged runs left out."""
    parts = []
    for piece in folded(pieces):
        if isinstance(piece, Fold):
            parts.append(f"\n... {piece.words:,} words as before ...\n")
            continue
        text = "\n".join(map(printable, piece.text.expandtabs(4).split("\n")))
        if piece.mark == "deleted":
            text = click.style(f"[-{text}-]", fg="red")
        elif piece.mark == "inserted":
            text = click.style(f"{{+{text}+}}", fg="green")
        parts.append(text)
    return "".join(parts).strip("\n")


def terminal_text(markdown: str) -> str:
    """Markdown source for a terminal: code coloured, control characters escaped, all else as written."""
    parts, end = [], 0
    for match in FENCE.finditer(markdown):
        parts.append(_plain(markdown[end : match.start()]))
        parts.append(_code(match[4], match[3]))
        end = match.end()
    return "".join([*parts, _plain(markdown[end:])]).strip("\n")


def side_by_side(parts: Iterable[str], column: int = 0) -> str:
    """Short texts beside each other, in columns where one is given; below each other where the terminal is narrow."""
    lines = [""]
    for part in parts:
        longer = f"{lines[-1].ljust(column)}{'' if column else '   '}{part}"
        if lines[-1] and len(longer) <= _width() and (not column or len(lines[-1]) < column):
            lines[-1] = longer
        else:
            lines.append(part)
    return "\n".join(lines[1:])


def to_width(line: str) -> str:
    """A line of ours, broken between words where the terminal ends."""
    return _wrapped(line, _width())


def _width() -> int:
    return min(shutil.get_terminal_size().columns, WIDEST)


def _plain(text: str) -> str:
    width = _width()
    return "\n".join(_wrapped(printable(line), width) for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    """A long line broken between words; list items keep their indent, tables and formulas stay as they are."""
    if len(line) <= width or line.lstrip().startswith(("|", "$$")):
        return line
    marker = LIST_ITEM.match(line)
    indent = " " * len(marker[0]) if marker else " " * (len(line) - len(line.lstrip()))
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _code(code: str, language: str) -> str:
    safe = "\n".join(printable(line.expandtabs(4)) for line in code.split("\n"))
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        return safe
    return str(highlight(safe, lexer, TerminalFormatter()))
