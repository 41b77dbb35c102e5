"""Decks that nobody keeps in Git get a history in the data folder: one commit a save, with its author's name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flashcards.jobs.all import all_jobs
from flashcards.services.authoring.deck_history import FOLDER, DeckHistory
from tests.site import Site, open_site
from tests.waiting import wait_for

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="git is not installed")
TEXT = "## A?\n\nB\n"


@pytest.fixture
def decks(tmp_path: Path) -> Path:
    decks = tmp_path / "decks"
    (decks / "sub").mkdir(parents=True)
    (decks / "a.md").write_text(TEXT)
    (decks / "sub" / "b.md").write_text(TEXT)
    return decks


@pytest.fixture
def site(decks: Path, tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path / "data", decks) as site:
        site.services.sync.sync()
        yield site


def git(folder: Path, *arguments: str) -> str:
    command = [str(GIT), f"--git-dir={folder}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commits(site: Site) -> list[tuple[str, str, list[str]]]:
    """(author, message, paths) of each commit, the oldest first."""
    out = git(site.config.data / FOLDER, "-c", "core.quotePath=false", "log", "--reverse", "--name-only",
              "--no-renames", "--format=%x00%an%x00%s%x00")  # fmt: skip
    pieces = out.split("\0")[1:]
    return [
        (pieces[at], pieces[at + 1], sorted(filter(None, pieces[at + 2].split("\n"))))
        for at in range(0, len(pieces), 3)
    ]


def save(site: Site, path: str, text: str) -> None:
    client = site.client(site.services.accounts.learners()[0])
    version = client.get("/api/v1/source", query_string={"path": path})
    known = version.get_json()["version"] if version.status_code == 200 else ""
    answer = client.put("/api/v1/source", json={"path": path, "source": text, "version": known})
    assert answer.status_code in {200, 201}, answer.text


def test_each_save_is_a_commit_with_its_author(site: Site) -> None:
    site.learner("Ada <x>")
    save(site, "a.md", "## A?\n\nC\n")
    save(site, "sub/b.md", "## A?\n\nD\n")
    save(site, "new ✓/n.md", TEXT)
    save(site, "new ✓/n.md", TEXT)  # nothing changed, nothing to record
    assert commits(site) == [
        ("Flashcards", "As found", ["sub/b.md"]),
        ("Ada x", "Save a.md", ["a.md"]),
        ("Ada x", "Save sub/b.md", ["sub/b.md"]),
        ("Ada x", "Save new ✓/n.md", ["new ✓/n.md"]),
    ]
    assert git(site.config.data / FOLDER, "show", "main:a.md") == "## A?\n\nC\n"
    assert not (site.config.decks / ".git").exists()


def test_the_text_before_the_first_save_is_kept_too(site: Site) -> None:
    """The server looks at the folder when it starts."""
    site.learner("Ada")
    jobs = all_jobs(site.services)
    jobs.start()
    try:
        wait_for(lambda: (site.config.data / FOLDER / "refs/heads/main").exists())
    finally:
        jobs.stop()
    save(site, "a.md", "## A?\n\nC\n")
    assert git(site.config.data / FOLDER, "show", "main~1:a.md") == TEXT


def test_what_an_editor_on_this_machine_changed_is_nobodys(site: Site) -> None:
    site.learner("Ada")
    history = site.services.history
    assert history.catch_up()
    assert not history.catch_up()
    (site.config.decks / "a.md").write_text("## A?\n\nby hand\n")
    (site.config.decks / "sub" / "b.md").unlink()
    save(site, "c.md", TEXT)
    assert history.catch_up()
    assert commits(site)[1:] == [
        ("Ada", "Save c.md", ["c.md"]),
        ("Flashcards", "Changed outside of the browser", ["a.md", "sub/b.md"]),
    ]


def test_moving_deleting_and_pictures(site: Site) -> None:
    client = site.client(site.learner("Ada"))
    site.services.history.catch_up()
    assert client.post("/decks/a/edit", data={"what": "move", "to": "sub/moved"}).status_code == 303
    assert client.post("/decks/sub/moved/edit", data={"what": "delete"}).status_code == 303
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
    )
    made = client.post("/api/v1/pictures?path=sub/b.md", data=picture, content_type="image/png")
    assert made.status_code == 201, made.text
    assert [(author, message) for author, message, _ in commits(site)] == [
        ("Flashcards", "As found"),
        ("Ada", "Move a.md to sub/moved.md"),
        ("Ada", "Delete sub/moved.md"),
        ("Ada", f"Add sub/{made.get_json()['name']}"),
    ]
    assert commits(site)[1][2] == ["a.md", "sub/moved.md"]
    assert ".trash/sub/moved.md" in commits(site)[2][2]


def test_a_folder_in_git_gets_no_second_history(site: Site, tmp_path: Path) -> None:
    site.learner("Ada")
    subprocess.run([str(GIT), "init", "-q", str(tmp_path)], check=True)
    before = sorted((tmp_path / ".git").rglob("*"))
    save(site, "a.md", "## A?\n\nC\n")
    assert not site.services.history.catch_up()
    assert not (site.config.data / FOLDER).exists()
    assert sorted((tmp_path / ".git").rglob("*")) == before
    # Where that repository ignores the folder, nobody keeps it.
    (tmp_path / ".gitignore").write_text("decks/\n")
    assert site.services.history.catch_up()


def test_without_git_there_is_none_and_saving_works(site: Site) -> None:
    assert not DeckHistory(site.config.decks, site.config.data, git=None).record("Ada", "x", ["a.md"])
    assert not (site.config.data / FOLDER).exists()


def test_a_history_that_cannot_be_kept_stops_no_save(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.learner("Ada")
    (site.config.data / FOLDER).write_text("in the way")
    save(site, "a.md", "## A?\n\nC\n")
    assert (site.config.decks / "a.md").read_text() == "## A?\n\nC\n"
    assert "the history of the decks was not kept" in caplog.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
@pytest.mark.parametrize("what", ["", "refs/heads", "objects"], ids=["all of it", "its branches", "its objects"])
def test_a_history_of_another_user_is_told_with_what_to_do(
    site: Site, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    """Somebody has copied it from another machine, as root."""
    site.learner("Ada")
    save(site, "a.md", "## A?\n\nC\n")
    folder = site.config.data / FOLDER
    mode = (folder / what).stat().st_mode
    (folder / what).chmod(0o500 if what else 0)
    save(site, "a.md", "## A?\n\nD\n")
    (folder / what).chmod(mode)
    assert (site.config.decks / "a.md").read_text() == "## A?\n\nD\n"
    assert f"all of {folder} has to belong to the user as whom the server runs" in caplog.text


def test_nothing_of_the_folders_or_the_users_git_runs_or_hides(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.learner("Ada")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-commit", "commit-msg"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\nhooksPath = {hooks}\nautocrlf = true\n[commit]\ngpgSign = true\n"
        f'[filter "evil"]\nclean = touch {tmp_path}/ran\nsmudge = touch {tmp_path}/ran\nrequired = true\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Mallory")
    (site.config.decks / ".gitignore").write_text("*\n")
    (site.config.decks / ".gitattributes").write_text("* text eol=crlf filter=evil\n")
    save(site, "a.md", "## A?\r\n\r\nC\r\n")
    monkeypatch.delenv("GIT_DIR")
    assert commits(site)[-1] == ("Ada", "Save a.md", ["a.md"])
    command = [str(GIT), f"--git-dir={site.config.data / FOLDER}", "show", "main:a.md"]
    stored = subprocess.run(command, check=True, capture_output=True).stdout
    assert stored == (site.config.decks / "a.md").read_bytes()
    assert not (tmp_path / "ran").exists()


def test_a_data_folder_among_the_decks_stays_out(decks: Path) -> None:
    with open_site(decks / "data", decks) as site:
        site.learner("Ada")
        site.services.history.catch_up()
        save(site, "a.md", "## A?\n\nC\n")
        files = git(site.config.data / FOLDER, "ls-tree", "-r", "--name-only", "main").split()
    assert files == ["a.md", "sub/b.md"]


def test_a_commit_that_was_killed_is_in_nobodys_way(site: Site) -> None:
    site.learner("Ada")
    site.services.history.catch_up()
    for left in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):
        (site.config.data / FOLDER / left).touch()
    save(site, "a.md", "## A?\n\nC\n")
    assert commits(site)[-1][1] == "Save a.md"


def test_only_the_owner_may_read_it(site: Site) -> None:
    before = os.umask(0o022)
    try:
        site.services.history.catch_up()
    finally:
        os.umask(before)
    assert (site.config.data / FOLDER).stat().st_mode & 0o777 == 0o700
