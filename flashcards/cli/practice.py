"""`flashcards practice`: a round of interview questions in the terminal."""

from __future__ import annotations

import sys
import time
import uuid
from dataclasses import dataclass

import click

from flashcards.cli.common import printable, services
from flashcards.cli.keyboard import Keyboard, open_keyboard
from flashcards.cli.learner import choose_learner, user_option
from flashcards.cli.review import QUIT, side_by_side, terminal_text, to_width
from flashcards.counted import counted
from flashcards.domain.grade import grade_names, grades
from flashcards.domain.practice.kinds import LEVELS, MOST_QUESTIONS, ROUND_KINDS
from flashcards.domain.practice.kinds import NAMES as KINDS
from flashcards.domain.practice.rounds import Point
from flashcards.errors import Invalid
from flashcards.services.accounts.people import Learner
from flashcards.services.practice.contract import Asked, OpenRound, Report, Spoken, Ticks, Wish
from flashcards.services.practice.points import plain_text
from flashcards.services.review.card_as_text import card_text
from flashcards.wiring import Services

MARKS = {"1": "said", "2": "partly", "3": "missed"}
GO = {" ", "\r", "\n"}


class Left(Exception):
    """The learner leaves; the round is kept."""


@click.command("practice")
@click.option("--kind", type=click.Choice(ROUND_KINDS), help="What is asked; concepts, if it is not said.")
@click.option("--minutes", type=click.IntRange(1, 180), metavar="N", help="How long it should take.")
@click.option("--questions", type=click.IntRange(1, MOST_QUESTIONS), metavar="N", help="How many; else what fits.")
@click.option("--level", type=click.Choice(LEVELS), help="Any, if it is not said.")
@click.option("--deck", "decks", multiple=True, metavar="D", help="A deck or folder; may be given several times.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag; may be given several times.")
@click.option("--new", "anew", is_flag=True, help="Begin a new round, also where one is open.")
@user_option("Whose round")
def practice_command(
    kind: str | None,
    minutes: int | None,
    questions: int | None,
    level: str | None,
    decks: tuple[str, ...],
    tags: tuple[str, ...],
    anew: bool,
    user: str | None,
) -> None:
    """Practise interview questions in the terminal: answer aloud, then tick what you said.

    An open round is gone on with, unless something about a new one is said. No date moves.

    Example: flashcards practice --kind concepts --minutes 15
    """
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise Invalid("practice needs a terminal: run it without a pipe")
    with services() as opened:
        learner = choose_learner(opened, user)
        wanted = kind or minutes or questions or level or decks or tags or anew
        open_ = None if wanted else next((one for one in opened.practice.rounds(learner) if not one.finished_at), None)
        if open_ is not None:
            round_ = opened.practice.open(learner, open_.id)
        else:
            wish = Wish(
                kind=kind or "concepts", minutes=minutes, questions=questions, level=level, decks=decks, tags=tags
            )
            round_ = opened.practice.begin(learner, wish)
        with open_keyboard() as keyboard:
            Room(opened, learner, keyboard, round_).run()


@dataclass(slots=True)
class Room:
    """One sitting: every answer and tick is stored before the next thing is asked."""

    opened: Services
    learner: Learner
    keyboard: Keyboard
    round: OpenRound

    def run(self) -> None:
        """Asks until the round is over or the learner leaves."""
        try:
            while self.round.current is not None and self.round.state == "open":
                self._question(self.round.questions[self.round.current])
        except Left:
            click.echo("\nThe round is kept: flashcards practice goes on with it.")
            return
        told(self.opened.practice.report(self.learner, self.round.round.id))

    def _question(self, asked: Asked) -> None:
        if asked.given is None:
            click.clear()
            place = f"{asked.position + 1} of {len(self.round.questions)}"
            topic = printable(asked.question.topic)
            click.secho(to_width(f"{KINDS[asked.question.kind]} · {place} · {topic}") + "\n", dim=True)
            self._ask(asked)
        else:
            self._tick(asked)

    def _ask(self, asked: Asked) -> None:
        if asked.removed:
            click.echo(f"{printable(asked.question.title)}\n\nThis question was removed from its deck: it is skipped.")
            self.round = self.opened.practice.skip(self.learner, self.round.round.id, asked.position)
            return
        click.echo(terminal_text(card_text(self.opened.database, asked.card).question) + "\n")
        started = time.monotonic()
        text = ""
        while True:
            key = self._key("Space when you have answered, w write, c clarify, s skip, q leave")
            if key == "w":
                text = self._written()
            elif key == "c":
                click.echo("\n".join(f"- {plain(item)}" for item in asked.clarify_html) or "The deck says nothing.")
            elif key == "s":
                self.round = self.opened.practice.skip(self.learner, self.round.round.id, asked.position)
                return
            elif key in GO:
                break
        took = int((time.monotonic() - started) * 1000)
        spoken = Spoken(str(uuid.uuid4()), asked.position, text, took)
        self.round = self.opened.practice.answer(self.learner, self.round.round.id, spoken)
        self._tick(self.round.questions[asked.position])

    def _written(self) -> str:
        """Lines until one that is empty."""
        click.secho("Write; an empty line ends it", dim=True)
        lines: list[str] = []
        with self.keyboard.lines():
            while line := click.prompt("", default="", show_default=False, prompt_suffix=""):
                lines.append(line)
        return "\n".join(lines)

    def _tick(self, asked: Asked) -> None:
        click.secho("─" * 40, dim=True)
        click.echo(terminal_text(card_text(self.opened.database, asked.card).answer) + "\n")
        for point in asked.question.points or (Point("whole", "The whole answer, held against the model"),):
            self._mark(asked, point)
        linked = self.opened.practice.linked(asked)
        for point in asked.question.follow_ups:
            click.secho("\n" + to_width(plain(point.html)), bold=True)
            if self._key("Space when you have answered, n no more of these") == "n":
                break
            if point.card in linked:
                click.echo(terminal_text(card_text(self.opened.database, str(point.card)).answer))
            self._mark(asked, point)
        self._grade(asked)

    def _mark(self, asked: Asked, point: Point) -> None:
        click.echo(to_width(f"- {plain(point.html)}"))
        while True:
            key = self._key("1 said, 2 partly, 3 missed, Space neither")
            if key in MARKS:
                self._store(asked, Ticks(marks={point.key: MARKS[key]}))
            if key in MARKS or key in GO:
                return

    def _grade(self, asked: Asked) -> None:
        buttons = grades(self.learner.buttons)
        keys = {it.key: it.quality for it in buttons}
        now = self.round.questions[asked.position]
        of = now.tally
        click.echo(f"\n{of.said} said, {of.partly} partly, {of.missed} missed, {of.unmarked} not marked")
        offer = [f"{it.key} {it.name}" for it in buttons]
        if now.proposed is not None:
            offer.append(f"Space {grade_names(self.learner.buttons)[now.proposed]}")
        while True:
            key = self._key(side_by_side([*offer, "n no grade"]))
            grade = now.proposed if key in GO else keys.get(key)
            if key == "n" or grade is not None:
                self._store(asked, Ticks(done=True) if grade is None else Ticks(grade=grade))
                return

    def _store(self, asked: Asked, ticks: Ticks) -> None:
        given = self.round.questions[asked.position].given
        assert given is not None
        self.round = self.opened.practice.tick(self.learner, self.round.round.id, given.id, ticks)

    def _key(self, prompt: str) -> str:
        click.secho("\n".join(map(to_width, prompt.split("\n"))), dim=True)
        key = self.keyboard.key()
        if key in QUIT or not key:
            raise Left
        return key


def told(report: Report) -> None:
    """The report in some lines."""
    of = report.line.tally
    click.echo(f"\n{of.said} of {counted(of.points, 'point')} said, {of.partly} partly, {of.missed} missed.")
    if report.before is not None:
        click.echo(f"The round before: {report.before.tally.said} of {report.before.tally.points}.")
    if report.advice:
        click.echo(report.advice)
    for miss in report.misses:
        taught = f" ({printable(miss.taught_by[0][1])})" if miss.taught_by else ""
        click.echo(f"  {miss.mark}: {plain(miss.text_html)}{taught}")


def plain(markup: str) -> str:
    """Our own HTML as one line of text."""
    return printable(plain_text(markup))
