"""An older database: ticks from before know the cards that their points were taught by."""

from __future__ import annotations

from pathlib import Path

from tests.integration.practice_world import open_practice, practice_site

CLOSED = "0019_practice_closed"


def test_what_was_missed_before_leads_to_its_cards(tmp_path: Path) -> None:
    with practice_site(tmp_path) as site:
        ann = site.learner()
        round_ = site.begin(ann, kind="one", decks=("ml/concepts/pca",))
        asked = site.say(ann, round_)
        marks = {"pca-fact": "missed", asked.question.follow_ups[0].key: "partly", asked.question.keys[0]: "said"}
        site.tick(ann, round_, asked, marks=marks, grade=1)
        database, config = site.services.database, site.config
        for statement in (
            "ALTER TABLE round_mark DROP COLUMN taught_by",
            "ALTER TABLE study_set DROP COLUMN title",
            "ALTER TABLE learner DROP COLUMN consent_llm_at",
            "DROP TABLE proposal",
            f"DELETE FROM schema_migration WHERE name = '{CLOSED}'",
        ):
            database.execute(statement)
    with open_practice(config.data, config.decks) as site:
        assert CLOSED in [name for (name,) in site.services.database.all("SELECT name FROM schema_migration")]
        (found,) = site.services.review.cards(ann, q="is:missed").items
        assert found.key == "ml/concepts/pca#pca-fact/forward"
        assert site.services.practice.report(ann, round_.round.id).cards == 1
