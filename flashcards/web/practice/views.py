"""The pages of a round. Each works by forms alone; the script adds the clock, the recording, and being offline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from flashcards.domain.grade import grades
from flashcards.domain.practice.kinds import LEVELS, MOST_QUESTIONS, NAMES, QUESTION_MINUTES, USUAL_MINUTES
from flashcards.domain.practice.rubric_ticks import rule_in_words
from flashcards.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from flashcards.services.practice.contract import Asked, OpenRound
from flashcards.services.practice.points import asked_and_told
from flashcards.services.review.incoming import derived_uuid
from flashcards.web.auth.login import learner, services
from flashcards.web.cards.flags import read_flag
from flashcards.web.practice import forms
from flashcards.web.practice.charts import rounds_chart
from flashcards.web.practice.drawing import drawn
from flashcards.web.shared.errors import Trouble, trouble_of
from flashcards.web.shared.security import HEADERS, PAGE_POLICY

SHOWN_ROUNDS = 8
KINDS = {
    "one": "weak, or not asked for long",
    "coding": "one task, a plain editor",
    "design": "one prompt, numbers and a sketch",
    "behavioural": "questions about your work",
    "mixed": "concepts, one task, one story",
    "concepts": "one after the other",
}
PHASES = (("Ask", 5), ("Data", 8), ("Model", 12), ("Serve", 10), ("Judge", 10))
"""A usual split of 45 minutes of design."""
RECORDING_POLICY = PAGE_POLICY.replace("media-src 'self'", "media-src 'self' blob:")
RECORDING_PERMISSIONS = HEADERS["Permissions-Policy"].replace("microphone=()", "microphone=(self)")


def page() -> str:
    """What is proposed, every other kind, rounds that were left, and earlier ones."""
    return _choose()


def _choose(trouble: Trouble | None = None) -> str:
    me, service = learner(), services().practice
    choices = service.choices(me)
    rounds = service.rounds(me)
    return render_template(
        "practice/page.html",
        proposal=choices.proposal,
        offers=choices.offers,
        choices=choices,
        most_questions=MOST_QUESTIONS,
        says=KINDS,
        names=NAMES,
        usual=USUAL_MINUTES,
        levels=LEVELS,
        sets=services().review.open_sets(me),
        open=[line for line in rounds if line.finished_at is None],
        rounds=[line for line in rounds if line.finished_at is not None],
        shown=SHOWN_ROUNDS,
        ids={kind: uuid4() for kind in ("proposed", "chosen", *NAMES)},
        trouble=trouble,
        form=request.form,
        where=request.form.get("where", request.args.get("where", "")),
        said="The round is deleted; its grades stay in your log." if "deleted" in request.args else "",
    )


def begin() -> Response | tuple[str, int]:
    """Begins a round."""
    try:
        opened = services().practice.begin(learner(), forms.read_wish())
    except (Invalid, NotFound) as error:
        return _choose(trouble_of(error)), trouble_of(error).status
    return redirect(f"/practice/{opened.round.id}", 303)


def question(round_id: UUID) -> Response:
    """A question, or its points once it is answered; without `q` the one that is on, after the last the report."""
    opened = services().practice.open(learner(), str(round_id))
    position = _asked_for(opened)
    if position is None:
        return redirect(f"/practice/{round_id}/report", 303)
    return question_page(opened, position)


def question_page(
    opened: OpenRound, position: int, trouble: Trouble | None = None, *, said: str = "", secret: str = ""
) -> Response:
    """A question or its points; `secret` is that of a partner's link that was just made."""
    if not 0 <= position < len(opened.questions):
        raise NotFound(f"This round has {len(opened.questions)} questions.")
    asked = opened.questions[position]
    show = asked.given is not None and not asked.given.skipped
    show = (show or "points" in request.args) and "again" not in request.args
    template, form = ("practice/rubric.html", "ticks") if show else ("practice/question.html", "done")
    about = _about(opened, asked)
    response = make_response(
        render_template(template, **about, own_form=form, trouble=trouble, said=said, secret=secret)
    )
    response.headers["Content-Security-Policy"] = RECORDING_POLICY
    response.headers["Permissions-Policy"] = RECORDING_PERMISSIONS
    return response


def _asked_for(opened: OpenRound) -> int | None:
    text = request.args.get("q", "")
    if not text:
        return opened.current
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= len(opened.questions)):
        raise NotFound(f"This round has {len(opened.questions)} questions.")
    return int(text) - 1


def _about(opened: OpenRound, asked: Asked) -> dict[str, Any]:
    """What both pages of a question show."""
    me, number = learner(), asked.position + 1
    following = _following(opened, asked.position)
    return {
        "round": opened.round,
        "opened": opened,
        "asked": asked,
        "number": number,
        "of": len(opened.questions),
        "closed": sum(one.state == "closed" for one in opened.questions),
        "kind": NAMES[asked.question.kind],
        "minutes": QUESTION_MINUTES[asked.question.kind],
        "phases": PHASES,
        "offer": grades(me.buttons),
        "answer_id": uuid4(),
        "now": services().clock(),
        "next": f"/practice/{opened.round.id}?q={following + 1}" if following is not None else None,
        "report": f"/practice/{opened.round.id}/report",
        "sketch": drawn(asked.given.work.sketch) if asked.given else (),
        "places": [f"/practice/{opened.round.id}?q={one.position + 1}" for one in opened.questions],
        "model": services().practice.model,
        "agreed": services().practice.consent(me) if services().practice.model else None,
        "linked": services().practice.linked(asked),
        "link": services().practice.link(me, opened.round.id),
        "clarified": [asked_and_told(item) for item in asked.clarify_html],
        "open": _open(asked),
        "rule": rule_in_words(asked.tally.points),
        "graded_now": "grade" in request.args,
    }


def _open(asked: Asked) -> tuple[str, str] | None:
    """What is to be done before the grade, as (its place on the page, words): points, then the next follow-up."""
    if asked.tally.unmarked:
        return "points", f"Next point ({asked.tally.unmarked} left)"
    marked, asked_next = asked.marks.get("self", {}), asked.question.follow_ups
    for number, point in enumerate(asked_next, 1):
        if point.key not in marked:
            return f"follow-{number}", f"Answer follow-up {number} of {len(asked_next)}"
    return None


def _following(opened: OpenRound, position: int) -> int | None:
    """The next question that is not closed, after this one before others; None where all others are."""
    count = len(opened.questions)
    places = [*range(position + 1, count), *range(position)]
    return next((place for place in places if opened.questions[place].state != "closed"), None)


def answer(round_id: UUID) -> Response:
    """Keeps the answer and shows the points; or passes the question over."""
    service, me, text = services().practice, learner(), str(round_id)
    if "skip" in request.form:
        service.skip(me, text, forms.position(), request.form.get("id") or None)
        return redirect(f"/practice/{round_id}", 303)
    try:
        spoken = forms.read_spoken()
        try:
            service.answer(me, text, spoken)
        except Conflict:  # sent again by the Back button, and changed: both are kept
            changed = derived_uuid(spoken.id, spoken.text)
            service.answer(me, text, replace(spoken, id=changed))
    except Invalid as error:
        opened = service.open(me, text)
        response = question_page(opened, forms.position(), trouble_of(error))
        response.status_code = 422
        return response
    return redirect(f"/practice/{round_id}?q={spoken.position + 1}", 303)


def ticks(round_id: UUID) -> Response:
    """Keeps the ticks; a grade, or Next, goes on to the next question, all else comes back."""
    service, me, text = services().practice, learner(), str(round_id)
    given = forms.read_ticks()
    place = forms.position()
    try:
        opened = service.tick(me, text, request.form.get("id", ""), given)
    except (Conflict, Invalid) as error:
        response = question_page(service.open(me, text), place, trouble_of(error))
        response.status_code = trouble_of(error).status
        return response
    if given.grade is None and not given.done:
        to = request.form.get("to", "points")
        return redirect(f"/practice/{round_id}?q={place + 1}" + ("&grade=1#points" if to == "grade" else f"#{to}"), 303)
    following = _following(opened, place)
    return redirect(f"/practice/{round_id}" + ("/report" if following is None else f"?q={following + 1}"), 303)


def flag(round_id: UUID) -> Response:
    """Flags the question's card; what is written on the page comes back with it."""
    service, me, place = services().practice, learner(), forms.position()
    opened = service.open(me, str(round_id))
    if not 0 <= place < len(opened.questions):
        raise NotFound(f"This round has {len(opened.questions)} questions.")
    number, ticked = read_flag(request.form.get("flag", "")), forms.read_ticks()
    services().review.flag(me, opened.questions[place].card, number)
    if ticked.marks or ticked.follow_ups:  # of a page without its script
        service.tick(me, str(round_id), request.form.get("id", ""), replace(ticked, grade=None, done=False))
    return question_page(service.open(me, str(round_id)), place, said="The flag is set." if number else "No flag.")


def finish(round_id: UUID) -> Response:
    """Ends the round here."""
    services().practice.finish(learner(), str(round_id))
    return redirect(f"/practice/{round_id}/report", 303)


def delete(round_id: UUID) -> Response:
    """Forgets the round."""
    services().practice.delete(learner(), str(round_id))
    return redirect("/practice?deleted=1", 303)


def report(round_id: UUID) -> str:
    """What the round came to."""
    found = services().practice.report(learner(), str(round_id))
    return render_template(
        "practice/report.html",
        report=found,
        names=NAMES,
        wide=rounds_chart(found.rounds, wide=True),
        narrow=rounds_chart(found.rounds, wide=False),
        again_id=uuid4(),
        shown_misses=3,
    )


def misses(round_id: UUID) -> Response:
    """Puts the cards behind what was left out into today's review, as a set, and says so on the report."""
    services().practice.put_into_review(learner(), str(round_id))
    return redirect(f"/practice/{round_id}/report", 303)


def propose(round_id: UUID) -> Response:
    """Sends a written answer to the model, whose name stands on the button, and shows what it proves."""
    service, me, text, place = services().practice, learner(), str(round_id), forms.position()
    if "agree" in request.form:
        service.agree(me, yes=True)
    try:
        found = service.propose(me, text, request.form.get("id", ""))
    except (Forbidden, Invalid, Unavailable) as error:
        response = question_page(service.open(me, text), place, trouble_of(error))
        response.status_code = trouble_of(error).status
        return response
    said = (
        f"The model found {found} of the points in what you wrote. Each tick is yours to make."
        if found
        else ("The model proved none of the points. That says nothing of your answer: tick for yourself.")
    )
    return question_page(service.open(me, text), place, said=said)


def take_back_consent() -> Response:
    """From now on nothing that is written goes to the model."""
    services().practice.agree(learner(), yes=False)
    return redirect("/settings#model", 303)
