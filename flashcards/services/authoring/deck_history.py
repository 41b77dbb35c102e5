"""A history of decks that nobody keeps in Git: a repository of ours in the data folder, one commit a save.

It is never made in the author's folder, and not at all where that folder is in Git already, or where there is no
`git`. Nothing of the user's or of the folder's configuration of Git comes into it: no hooks, no filters, no ignored
files. What goes wrong here is logged and stops no save.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from flashcards import apart
from flashcards.storage import locks

LOG = logging.getLogger("flashcards.history")

FOLDER = "deck-history.git"
US = "Flashcards"
_SECONDS = 120
_SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.quotePath": "false",
    "commit.gpgSign": "false",
    "advice.addEmbeddedRepo": "false",
    "gc.autoDetach": "false",
    "user.name": US,
    "user.email": "flashcards@localhost",
}
_OURS = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
_NO_SUCH_PATH = b"did not match any files"
_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding -eol\n"


class DeckHistory:
    """Records what changes in the decks folder."""

    def __init__(self, decks: Path, data: Path, *, git: str | None = shutil.which("git")) -> None:
        """`git` is the program; None keeps no history."""
        self._decks = decks
        self._data = data
        self._git = git

    @property
    def folder(self) -> Path:
        """Where the repository is."""
        return self._data / FOLDER

    def catch_up(self) -> bool:
        """Records what was changed past us, as nobody's: by an editor on this machine, say. Whether there was any."""
        return self._recorded(None, "Changed outside of the browser", ())

    def record(self, author: str, message: str, paths: Sequence[str]) -> bool:
        """Records what one author has just done to `paths`, relative to the decks folder; whether anything changed."""
        return self._recorded(author, message, paths)

    def _recorded(self, author: str | None, message: str, paths: Sequence[str]) -> bool:
        if self._git is None or not self._decks.is_dir() or self._is_in_git():
            return False
        try:
            with locks.held(self._data / f"{FOLDER}.lock"):
                began = self._begin()
                if author is None:
                    self._add([".", *self._not_decks()])
                    return self._commit(US, "As found" if began else message)
                if began:
                    self._add([".", *(f":(exclude,literal){path}" for path in paths), *self._not_decks()])
                    self._commit(US, "As found")
                for path in paths:
                    self._add([f":(literal){path}", *self._not_decks()], may_be_gone=True)
                return self._commit(author, message)
        except (OSError, subprocess.SubprocessError) as error:
            LOG.warning("the history of the decks was not kept: %s", self._why(error))
            return False

    def _is_in_git(self) -> bool:
        """Whether the folder lies in a working tree that does not ignore it."""
        top = self._decks.resolve()
        if not any((folder / ".git").exists() for folder in (top, *top.parents)):
            return False
        ignored = self._run("-C", str(top), "-c", "core.fsmonitor=false", "check-ignore", "-q", ".", check=False)
        return ignored.returncode != 0

    def _begin(self) -> bool:
        """Makes the repository where there is none; whether it has no commit yet."""
        if not (self.folder / "HEAD").exists():
            self._run("init", "-q", "--bare", "--initial-branch=main", "--template=", str(self.folder))
            self.folder.chmod(0o700)
            info = self.folder / "info"
            info.mkdir(exist_ok=True)
            (info / "attributes").write_text(_ATTRIBUTES)
        for left in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):  # of a process that was killed: we have ours
            (self.folder / left).unlink(missing_ok=True)
        return self._in_tree("rev-parse", "-q", "--verify", "HEAD", check=False).returncode != 0

    def _not_decks(self) -> list[str]:
        """Keeps out the data folder, should it lie among the decks, and this repository with it."""
        root, data = self._decks.resolve(), self._data.resolve()
        within = data != root and data.is_relative_to(root)
        return [f":(exclude,literal){data.relative_to(root).as_posix()}"] if within else []

    def _add(self, paths: Sequence[str], *, may_be_gone: bool = False) -> None:
        added = self._in_tree("add", "-A", "-f", "--", *paths, check=False)
        if not (may_be_gone and _NO_SUCH_PATH in added.stderr):
            added.check_returncode()

    def _commit(self, author: str, message: str) -> bool:
        if self._in_tree("diff", "--cached", "--quiet", check=False).returncode == 0:
            return False
        name = "".join(character for character in author if character not in "<>\n\r\0").strip() or "?"
        self._in_tree("commit", "-q", "--no-verify", f"--author={name} <>", "-m", message)
        return True

    def _in_tree(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        tree = (f"--git-dir={self.folder}", f"--work-tree={self._decks.resolve()}")
        return self._run(*tree, *_OURS, *arguments, check=check)

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        assert self._git is not None
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        ours = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        done = apart.run([self._git, *arguments], seconds=_SECONDS, cwd=self._decks, env=plain | ours)
        if check:
            done.check_returncode()
        return done

    def _why(self, error: Exception) -> str:
        """What went wrong, and what to do where that is known."""
        said = str(error)
        if isinstance(error, subprocess.CalledProcessError):
            said = error.stderr.decode(errors="replace").strip() or f"git ended with {error.returncode}"
        if "permission" in said.lower() and str(self.folder) in said:
            said += f"; all of {self.folder} has to belong to the user as whom the server runs"
        return said
