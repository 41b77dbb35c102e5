"""The program as it was before the newest migration, taken from Git, and this one, on one database of a server."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from flashcards.config import Config
from flashcards.services.review.facade import Answer
from flashcards.storage.database import MIGRATIONS
from flashcards.wiring import open_services
from tests.integration.smtp_world import free_port
from tests.postgresql_server import MISSING, is_installed, running_server
from tests.site import PASSWORD, new_id

pytestmark = pytest.mark.skipif(not is_installed(), reason=MISSING)
CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A checkout of the commit before the newest migration came."""
    newest = max(MIGRATIONS.glob("[0-9]*.py"))
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")
    asked = [git, "-C", str(CHECKOUT), "log", "--diff-filter=A", "--format=%H", "--", str(newest)]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()[-1:]
    if not commit:
        pytest.skip("needs the history in Git")
    kept = subprocess.run([git, "-C", str(CHECKOUT), "archive", f"{commit[0]}^"], capture_output=True, check=False)
    if kept.returncode:
        pytest.skip("needs the whole history in Git")
    folder = tmp_path / "older"
    with tarfile.open(fileobj=io.BytesIO(kept.stdout)) as packed:
        packed.extractall(folder, filter="data")
    assert not (folder / newest.relative_to(CHECKOUT)).exists()
    return folder


@pytest.mark.timeout(600)
def test_an_older_release_makes_a_database_and_refuses_it_when_it_was_upgraded(older: Path, tmp_path: Path) -> None:
    (tmp_path / "decks").mkdir()
    (tmp_path / "decks" / "a.md").write_text("## Why?\n\nBecause.\n\n## And?\n\nSo.\n")
    with running_server() as server:
        address = server.new_database()
        said = {
            "FLASHCARDS_DATA": str(tmp_path / "data"),
            "FLASHCARDS_DECKS": str(tmp_path / "decks"),
            "FLASHCARDS_DATABASE_URL": address.url,
        }

        def older_one(*command: str, given: str = "") -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "flashcards", *command],
                env=os.environ | said | {"PYTHONPATH": str(older)},
                cwd=older,
                input=given,
                capture_output=True,
                text=True,
                check=False,
            )

        made = older_one("sync")
        assert made.returncode == 0, made.stderr
        added = older_one("user", "add", "ada", "--password-stdin", given=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr

        config = Config.from_env(said)
        services = open_services(config)  # this one upgrades it
        ada = services.accounts.find("ada")
        for card in services.review.queue(ada).cards:
            services.review.answer(ada, Answer(new_id(), card.id, 4))
        assert len(list(services.backup.folder.glob("before-upgrade-*.zip"))) == 1
        for command in (
            ("sync",),
            ("worker",),
            ("serve", "--port", str(free_port())),
            ("backup",),
            ("user", "add", "ben", "--password-stdin"),
        ):
            refused = older_one(*command, given=f"{PASSWORD}\n")
            assert refused.returncode != 0, command
            assert "was made by a newer version of this program" in refused.stderr, (command, refused.stderr)
            assert "Traceback" not in refused.stderr
        assert services.database.one("SELECT count(*) FROM review") == (2,)
        assert [it.name for it in services.accounts.learners()] == ["ada"]
        report = services.doctor.examine()
        assert report.ok, report.findings
        services.close()
