"""Rounds through the service: drawn, answered, ticked, graded; and everything that may go wrong meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.errors import Conflict, Invalid, NotFound
from flashcards.services.plan.contract import Choice
from flashcards.services.practice.contract import Spoken, Ticks, Wish
from tests.integration.practice_world import DAY, MINUTE, START, Practice, open_practice, practice_site, prepare
from tests.site import new_id


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("practice"))


@pytest.fixture
def site(prepared: Path, tmp_path: Path) -> Iterator[Practice]:
    with practice_site(tmp_path, prepared) as site:
        yield site


def test_a_round_of_each_kind_asks_what_that_kind_is(site: Practice) -> None:
    ann = site.learner()
    kinds = {
        kind: [asked.question.kind for asked in site.begin(ann, kind).questions]
        for kind in ("concepts", "coding", "design", "behavioural", "mixed", "one")
    }
    assert kinds["concepts"] == ["concepts"] * 6  # the five, and what only asks for the cost of quicksort
    assert kinds["coding"] == ["coding"]
    assert kinds["design"] == ["design"]
    assert kinds["behavioural"] == ["behavioural"] * 2
    assert kinds["mixed"] == ["concepts"] * 3 + ["coding", "behavioural"]
    assert len(kinds["one"]) == 1


def test_the_same_seed_draws_the_same_questions(site: Practice) -> None:
    ann = site.learner()
    first = [asked.card for asked in site.begin(ann, seed=5, minutes=10).questions]
    assert [asked.card for asked in site.begin(ann, seed=5, minutes=10).questions] == first
    drawn = {tuple(asked.card for asked in site.begin(ann, seed=seed, minutes=10).questions) for seed in range(6)}
    assert len(drawn) > 1


def test_level_folder_tag_and_deck_narrow_the_draw(site: Practice) -> None:
    ann = site.learner()

    def titles(**more: object) -> set[str]:
        return {asked.question.topic for asked in site.begin(ann, **more).questions}  # type: ignore[arg-type]

    assert titles(level="junior") == {"PCA", "Trees"}
    assert titles(decks=("ml/concepts/svm",)) == {"SVM"}
    assert titles(decks=("ml/concepts/",), minutes=45) == {"PCA", "SVM", "Dropout", "Trees", "Boosting"}
    assert titles(kind="one", tags=("behavioural",)) == {"Stories"}
    assert titles(where=("ml/concepts/svm.md", "ml/concepts/pca")) == {"SVM", "PCA"}
    assert titles(kind="one", where=(".system-design",)) == {"Design a feed"}
    with pytest.raises(NotFound, match="no deck, folder or tag 'nowhere'"):
        site.begin(ann, where=("nowhere",))
    with pytest.raises(Invalid, match="No question of the kind coding is left with that choice"):
        site.begin(ann, "coding", level="senior")


def test_a_double_click_begins_one_round(site: Practice) -> None:
    ann, uid = site.learner(), new_id()
    first, second = site.begin(ann, id=uid), site.begin(ann, id=uid)
    assert (first.created, second.created) == (True, False)
    assert first.round == second.round
    assert len(site.services.practice.rounds(ann)) == 1
    with pytest.raises(Conflict, match="This id was used for another round"):
        site.begin(ann, "coding", id=uid)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "chess"}, "kind"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 181}, "minutes"),
        ({"level": "boss"}, "level"),
        ({"seed": -1}, "seed"),
        ({"id": "1"}, "id"),
    ],
)
def test_what_no_round_can_be(site: Practice, more: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as told:
        site.begin(site.learner(), **more)  # type: ignore[arg-type]
    assert told.value.field == field
    assert str(told.value).endswith(".")


def test_an_answer_sent_twice_is_one_answer(site: Practice) -> None:
    ann = site.learner()
    round_, uid = site.begin(ann), new_id()
    site.later(MINUTE)
    first = site.services.practice.answer(ann, round_.round.id, Spoken(uid, 0, "I say.", took_ms=5000))
    again = site.services.practice.answer(ann, round_.round.id, Spoken(uid, 0, "I say.", took_ms=9000))
    assert (first.created, again.created) == (True, False)
    assert again.questions[0].given == first.questions[0].given
    assert first.questions[0].given is not None
    assert first.questions[0].given.took_ms == 5000
    with pytest.raises(Conflict, match="This id was used for another answer"):
        site.services.practice.answer(ann, round_.round.id, Spoken(uid, 0, "Something else."))
    with pytest.raises(NotFound, match="no question 99"):
        site.say(ann, round_, 98)


def test_two_tabs_answer_one_question_and_nothing_is_lost(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    site.say(ann, round_, text="From the first tab.")
    asked = site.say(ann, round_, text="From the second tab.")
    assert asked.given is not None
    assert asked.given.text == "From the second tab."
    assert [one.text for one in asked.others] == ["From the first tab."]


def test_ten_thousand_characters_are_kept_and_a_book_is_refused(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    text = "Ich sage: ∑ <script>alert(1)</script>\n" * 250
    asked = site.say(ann, round_, text=text.replace("\n", "\r\n") + "\0")
    assert asked.given is not None
    assert asked.given.text == text.rstrip()
    with pytest.raises(Invalid, match="20,001 characters long; at most 20,000"):
        site.say(ann, round_, 1, "x" * 20_001)


def test_ticks_propose_a_grade_and_the_grade_is_a_mock_that_moves_no_date(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann, decks=("ml/concepts/",))
    before = site.services.review.card(ann, round_.questions[0].card)
    asked = site.say(ann, round_)
    keys = asked.question.keys
    ticked = site.tick(ann, round_, asked, marks=dict.fromkeys(keys, "said")).questions[0]
    assert ticked.proposed == 4
    ticked = site.tick(ann, round_, asked, marks={keys[0]: "partly", keys[1]: "missed"}).questions[0]
    assert (ticked.proposed, ticked.tally.said, ticked.tally.partly, ticked.tally.missed) == (3, 2, 1, 1)
    graded = site.tick(ann, round_, asked, grade=3)
    assert graded.questions[0].grade == 3
    assert graded.current == 1
    (row,) = site.services.review.log(ann)
    assert (row.kind, row.grade, row.card, row.before) == ("mock", 3, asked.card, row.after)
    after = site.services.review.card(ann, asked.card)
    assert (after.state, after.due_on, after.interval) == (before.state, before.due_on, before.interval)
    assert site.services.doctor.examine().ok


def test_a_grade_is_given_once(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    asked = site.say(ann, round_)
    site.tick(ann, round_, asked, grade=4)
    site.tick(ann, round_, asked, grade=4)
    with pytest.raises(Conflict, match="has its grade already"):
        site.tick(ann, round_, asked, grade=1)
    assert len(site.services.review.log(ann)) == 1
    with pytest.raises(Invalid) as told:
        site.tick(ann, round_, asked, grade=6)
    assert told.value.field == "grade"


def test_follow_ups_are_answered_one_by_one_and_make_no_rows(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann, kind="one", decks=("ml/concepts/pca",))
    asked = site.say(ann, round_)
    first, second = (point.key for point in asked.question.follow_ups)
    site.tick(ann, round_, asked, follow_ups={first: "Then I sample.", "follow:unknown": "?"})
    ticked = site.tick(ann, round_, asked, marks={first: "partly"}, follow_ups={second: "Because."}).questions[0]
    assert ticked.given is not None
    assert ticked.given.work.follow_ups == {first: "Then I sample.", second: "Because."}
    assert ticked.marks["self"] == {first: "partly"}
    assert ticked.tally.marked == 0  # a follow-up is no point of the rubric
    assert site.services.review.log(ann) == ()


def test_a_question_without_a_rubric_is_judged_as_a_whole(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann, "behavioural")
    position = next(asked.position for asked in round_.questions if not asked.question.points)
    asked = site.say(ann, round_, position)
    assert asked.question.keys == ("whole",)
    assert site.tick(ann, round_, asked, marks={"whole": "partly"}).questions[position].proposed == 3


def test_a_tick_on_what_is_no_point_and_a_mark_that_is_none(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    asked = site.say(ann, round_)
    assert site.tick(ann, round_, asked, marks={"nothing": "said"}).questions[0].marks == {}
    with pytest.raises(Invalid) as told:
        site.tick(ann, round_, asked, marks={asked.question.keys[0]: "shouted"})
    assert told.value.field == "mark"
    with pytest.raises(NotFound, match="no such answer"):
        site.services.practice.tick(ann, round_.round.id, new_id(), Ticks())


def test_skipping_and_coming_back(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    skipped = site.services.practice.skip(ann, round_.round.id, 0)
    assert skipped.current == 1
    assert skipped.questions[0].given is not None
    assert skipped.questions[0].given.skipped
    with pytest.raises(Conflict, match="passed over has no grade"):
        site.tick(ann, round_, skipped.questions[0], grade=4)
    back = site.say(ann, round_, 0)
    assert back.given is not None
    assert back.given.text == "I say."
    assert site.tick(ann, round_, back, grade=4).questions[0].grade == 4


def test_a_round_ends_with_its_last_question_and_may_be_ended_before(site: Practice) -> None:
    ann = site.learner()
    short = site.begin(ann, kind="one")
    asked = site.say(ann, short)
    assert site.tick(ann, short, asked, done=True).state == "finished"
    long = site.begin(ann)
    asked = site.say(ann, long)
    ended = site.services.practice.finish(ann, long.round.id)
    assert ended.state == "finished"
    assert site.services.practice.finish(ann, long.round.id).round.finished_at == ended.round.finished_at
    # What was said without a connection may come late.
    assert site.tick(ann, long, asked, grade=4).questions[0].grade == 4
    assert site.say(ann, long, 2).given is not None


def test_a_clock_that_is_set_back_changes_no_order_and_no_time(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    site.say(ann, round_, text="First.")
    site.later(-3 * DAY)
    asked = site.say(ann, round_, text="Second.", started_at=START)
    assert asked.given is not None
    assert asked.given.text == "Second."
    assert asked.given.took_ms >= 0
    site.tick(ann, round_, asked, grade=4)
    site.services.practice.finish(ann, round_.round.id)
    (line,) = site.services.practice.rounds(ann)
    assert line.finished_at is not None
    assert line.finished_at >= line.started_at


def test_nobody_takes_more_than_an_hour_for_an_answer(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    site.later(9 * DAY)
    asked = site.say(ann, round_, started_at=START)
    assert asked.given is not None
    assert asked.given.took_ms == 3_600_000


def test_a_question_that_is_edited_moved_and_removed_during_the_round(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann, kind="one", decks=("ml/concepts/pca",))
    deck = site.config.decks / "ml" / "concepts" / "pca.md"
    text = deck.read_text().replace("- names when it fits\n", "- names when it fails\n")
    deck.write_text(text)
    site.services.sync.sync()
    opened = site.services.practice.open(ann, round_.round.id)
    assert opened.questions[0].edited
    assert opened.questions[0].question == round_.questions[0].question  # the points are those that were asked
    asked = site.say(ann, round_)
    site.tick(ann, round_, asked, marks={asked.question.keys[2]: "said"}, grade=4)
    (row,) = site.services.review.log(ann)
    assert row.card == asked.card

    deck.rename(deck.with_name("components.md"))
    site.services.sync.sync()
    moved = site.services.practice.open(ann, round_.round.id).questions[0]
    assert (moved.removed, moved.path) == (False, "ml/concepts/components.md")

    deck.with_name("components.md").unlink()
    site.services.sync.sync()
    gone = site.services.practice.report(ann, round_.round.id)
    assert gone.open.questions[0].removed
    assert gone.line.tally.said == 1
    with pytest.raises(NotFound, match="no longer in the decks"):
        site.services.practice.begin(ann, Wish(again=round_.round.id, kind="one"))


def test_what_is_draft_suspended_or_switched_off_is_not_drawn(site: Practice) -> None:
    ann = site.learner()
    card = site.begin(ann, kind="one", decks=("ml/concepts/pca",)).questions[0].card
    site.services.review.act(ann, card, "suspend")
    site.services.review.set_deck_active(ann, "ml/concepts/svm", False)
    topics = {asked.question.topic for asked in site.begin(ann, minutes=45).questions}
    assert topics == {"Dropout", "Trees", "Boosting", "Sorting"}
    assert site.begin(ann, decks=("ml/concepts/svm",)).questions  # named, it is asked all the same


def test_what_is_about_interviews_is_asked_from_its_card_and_deck_alone(site: Practice) -> None:
    """A stranger's round of concepts asked what happens in a round of concepts."""
    deck = site.config.decks / "ml" / "preparation" / "rounds.md"
    deck.parent.mkdir()
    deck.write_text("---\ntags: [preparation]\n---\n\n## What happens in a round? {#rounds .core}\n\nQuestions.\n")
    site.services.sync.sync()
    ann = site.learner()
    assert len(site.begin(ann, minutes=45).questions) == 6
    assert "rounds" not in {asked.question.topic for asked in site.begin(ann, minutes=45).questions}
    for seed in range(30):
        assert site.begin(ann, kind="one", seed=seed).questions[0].question.topic != "rounds"
    (card,) = site.services.review.cards(ann, q="id:rounds").items
    assert site.begin(ann, kind="one", card=card.id).questions[0].card == card.id
    assert site.begin(ann, kind="one", where=("ml/preparation/rounds",)).questions[0].card == card.id
    with pytest.raises(Invalid, match="No question of the kind concepts"):
        site.begin(ann, where=("ml/preparation/rounds",))


def test_the_questions_of_an_earlier_round_again(site: Practice) -> None:
    ann = site.learner()
    first = site.begin(ann, minutes=12, seed=3)
    again = site.services.practice.begin(ann, Wish(again=first.round.id, id=new_id()))
    assert [asked.card for asked in again.questions] == [asked.card for asked in first.questions]
    assert again.questions[0].given is None


def test_a_round_is_resumed_after_the_server_was_stopped(prepared: Path, tmp_path: Path) -> None:
    with practice_site(tmp_path, prepared) as site:
        ann = site.learner()
        round_ = site.begin(ann)
        asked = site.say(ann, round_, text="Half an answer.")
        key = asked.question.keys[0]
        site.tick(ann, round_, asked, marks={key: "said"})
        data, decks = site.config.data, site.config.decks
    with open_practice(data, decks) as site:
        ann = site.services.accounts.find("Ann")
        opened = site.services.practice.open(ann, round_.round.id)
        assert opened.current == 0
        assert opened.questions[0].given == asked.given
        assert opened.questions[0].marks["self"] == {key: "said"}


def test_a_grade_whose_round_was_cut_off_is_told_to_the_round_by_a_repetition(site: Practice) -> None:
    """The log is written first: what was killed between it and the round is mended by pressing the button again."""
    ann = site.learner()
    round_ = site.begin(ann)
    asked = site.say(ann, round_)
    site.tick(ann, round_, asked, grade=4)
    with site.services.database.write():
        site.services.database.execute("UPDATE round_answer SET review_seq = NULL, closed_at = NULL")
    mended = site.tick(ann, round_, asked, grade=4)
    assert (mended.questions[0].grade, mended.current) == (4, 1)
    assert len(site.services.review.log(ann)) == 1


def test_rounds_are_their_learners_alone_and_go_with_them(site: Practice) -> None:
    ann, ben = site.learner(), site.learner("Ben")
    round_ = site.begin(ben)
    asked = site.say(ben, round_)
    site.tick(ben, round_, asked, marks={asked.question.keys[0]: "said"})
    for act in (
        lambda: site.services.practice.open(ann, round_.round.id),
        lambda: site.say(ann, round_),
        lambda: site.services.practice.finish(ann, round_.round.id),
        lambda: site.services.practice.report(ann, round_.round.id),
    ):
        with pytest.raises(NotFound, match="no such round"):
            act()
    site.services.practice.delete(ann, round_.round.id)
    assert site.services.practice.open(ben, round_.round.id)
    site.services.accounts.delete_learner("Ben")
    for table in ("practice_round", "round_answer", "round_mark"):
        assert site.services.database.one(f"SELECT count(*) FROM {table}") == (0,)


def test_the_doctor_finds_ticks_of_rounds_that_are_gone(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    asked = site.say(ann, round_)
    site.tick(ann, round_, asked, marks={asked.question.keys[0]: "said"})
    assert site.services.doctor.examine().ok
    with site.services.database.write():
        site.services.database.execute("DELETE FROM practice_round")
    findings = site.services.doctor.examine().findings
    assert findings == (
        "1 answers of practice rounds that are not there",
        "1 ticks of practice rounds that are not there",
    )


def test_a_deleted_round_leaves_its_grades_in_the_log(site: Practice) -> None:
    ann = site.learner()
    round_ = site.begin(ann)
    site.tick(ann, round_, site.say(ann, round_), grade=4)
    site.services.practice.delete(ann, round_.round.id)
    site.services.practice.delete(ann, round_.round.id)
    with pytest.raises(NotFound):
        site.services.practice.open(ann, round_.round.id)
    assert [row.kind for row in site.services.review.log(ann)] == ["mock"]


def test_the_report_adds_up_and_compares(site: Practice) -> None:
    ann = site.learner()
    first = site.begin(ann, decks=("ml/concepts/pca",))
    asked = site.say(ann, first, took_ms=60_000)
    site.tick(ann, first, asked, marks=dict.fromkeys(asked.question.keys, "missed"), grade=1)
    site.later(3 * DAY)
    second = site.begin(ann, decks=("ml/concepts/pca", "ml/concepts/svm"))
    for position, marks in enumerate((("said", "said", "missed", "partly"), ("said", "said", "said", "missed"))):
        asked = site.say(ann, second, position, took_ms=90_000)
        site.tick(ann, second, asked, marks=dict(zip(asked.question.keys, marks, strict=True)), grade=3)
    report = site.services.practice.report(ann, second.round.id)
    assert (report.line.tally.said, report.line.tally.partly, report.line.tally.missed) == (5, 1, 2)
    assert report.line.ms == 180_000
    assert {topic: of.points for topic, of in report.topics.items()} == {"PCA": 4, "SVM": 4}
    assert list(report.kinds) == ["What it is", "When it fits", "What goes wrong", "In production"]
    assert report.before is not None
    assert report.before.id == first.round.id
    assert [miss.mark for miss in report.misses] == ["missed", "missed", "partly"]
    assert report.misses[0].times >= report.misses[0].missed >= 1
    assert [line.id for line in report.rounds] == [first.round.id, second.round.id]


def test_a_points_record_over_time(site: Practice) -> None:
    ann = site.learner()
    marks = ("missed", "said", "missed")
    for mark in marks:
        round_ = site.begin(ann, decks=("ml/concepts/pca",))
        asked = site.say(ann, round_)
        site.tick(ann, round_, asked, marks={asked.question.keys[0]: mark}, done=True)
        site.later(DAY)
    records = site.services.practice.points_over_time(ann, asked.card)
    assert records[0].marks == marks
    assert records[0].missed == 2
    assert all(record.marks == () for record in records[1:])
    assert site.services.practice.points_over_time(ann, asked.card + "9") == ()


def test_what_is_proposed_says_why_and_begins_as_proposed(site: Practice) -> None:
    ann = site.learner()
    proposal = site.services.practice.proposal(ann)
    assert proposal is not None
    assert (proposal.kind, proposal.questions, proposal.reasons) == ("concepts", 6, ("six never asked",))
    round_ = site.begin(ann, seed=proposal.seed)
    for position in (0, 1):
        asked = site.say(ann, round_, position)
        site.tick(ann, round_, asked, marks={asked.question.keys[0]: "missed"}, done=True)
    site.services.practice.finish(ann, round_.round.id)
    site.later(20 * DAY)
    again = site.services.practice.proposal(ann)
    assert again is not None
    assert again.reasons == ("two had points missed", "four were never asked")


def test_what_weighs_in_the_plan_comes_more_often_and_is_said(site: Practice) -> None:
    ann = site.learner()
    choice = Choice(
        day=site.services.review.study_day(ann) + 20, minutes=30, decks=("ml/concepts",), weights={"ml/concepts/svm": 3}
    )
    site.services.plans.make(ann, choice)
    first = [site.begin(ann, minutes=1, seed=seed).questions[0].question.topic for seed in range(120)]
    assert first.count("SVM") > first.count("PCA") > first.count("Sorting")
    proposal = site.services.practice.proposal(ann)
    assert proposal is not None
    assert "one weighs most in your plan" in proposal.reasons


def test_decks_without_questions_propose_nothing_and_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    with open_practice(tmp_path / "data", tmp_path / "decks") as site:
        ann = site.learner()
        assert site.services.practice.offers(ann) == (None, {})
        with pytest.raises(Invalid, match=r"tag notes that have a rubric \.core"):
            site.begin(ann)


def test_ten_rounds_change_nothing_in_the_schedules(site: Practice) -> None:
    ann = site.learner()
    for card in site.services.review.cards(ann, limit=500).items[:6]:
        site.services.review.act(ann, card.id, "due", due_on=site.services.review.study_day(ann) + 3)
    schedules = site.services.database.all("SELECT * FROM schedule ORDER BY learner_id, card_id")
    for number, kind in enumerate(("concepts", "coding", "design", "behavioural", "mixed") * 2):
        round_ = site.begin(ann, kind)
        for asked in round_.questions:
            said = site.say(ann, round_, asked.position)
            site.tick(ann, round_, said, marks={said.question.keys[0]: "partly"}, grade=(1, 3, 4, 5)[number % 4])
        site.later(DAY)
    assert site.services.database.all("SELECT * FROM schedule ORDER BY learner_id, card_id") == schedules
    assert {row.kind for row in site.services.review.log(ann, limit=500)} == {"manual", "mock"}
    assert site.services.doctor.examine().findings == ()
