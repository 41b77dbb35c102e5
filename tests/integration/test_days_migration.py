"""An older database learns of each day what was due and remembered, on either kind of database."""

from __future__ import annotations

from pathlib import Path

from flashcards.domain.statistics import DayCounts
from flashcards.services.upkeep.doctor import DoctorService
from flashcards.storage.database import Database, migrate
from tests.integration.study_world import StudyWorld


def test_days_are_counted_from_the_log(tmp_path: Path) -> None:
    world = StudyWorld(tmp_path)
    try:
        world.deck("d", 3)
        ada = world.learner()
        for _ in range(9):
            world.answer(ada, "d#n1", 4)
            world.answer(ada, "d#n2", 1)
            world.clock.days(30)
        world.review.undo(ada)
        stored = world.db.all("SELECT * FROM learner_day ORDER BY 1, 2")
        assert sum(it[5] for it in stored) == 4, "remembered when it was due"
        with world.db.write():
            for count in DayCounts._fields[1:]:
                world.db.execute(f"ALTER TABLE learner_day DROP COLUMN {count}")
            world.db.execute("ALTER TABLE learner_state DROP COLUMN changes")
            world.db.execute("DROP TABLE service")
            world.db.execute("DELETE FROM schema_migration WHERE name = '0029_days_and_marks'")
        world.db.close()
        assert migrate(world.path) == ["0029_days_and_marks"]
        world.db = Database.open(world.path)
        assert world.db.all("SELECT * FROM learner_day ORDER BY 1, 2") == stored
        assert DoctorService(world.db).examine().findings == ()
    finally:
        world.close()
