"""When the lines of notes last changed, by the commits of the Git checkout that the decks lie in.

A file's own time says nothing there: a checkout dates it anew, and one edit dates all of its notes. What is not
committed is as old as its file.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from flashcards import apart
from flashcards.deckfiles.parse.find import DeckFile
from flashcards.deckfiles.text.note_lines import NoteLines
from flashcards.domain.card import Note

_SECONDS = 60
_NOT_COMMITTED = "0" * 40


class _NoGit(Exception):
    pass


class GitTimes:
    """The times of a decks folder's notes. `problem` says, once that is known, why some are those of their files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.problem = ""
        self._usable = self._is_usable()

    def _is_usable(self) -> bool:
        try:
            if self._git("rev-parse", "--is-inside-work-tree").strip() != b"true":
                return False
        except _NoGit:
            return False
        try:
            shallow = self._git("rev-parse", "--is-shallow-repository").strip() != b"false"
        except _NoGit as error:
            self.problem = str(error)
            return False
        if shallow:
            self.problem = "the Git checkout is shallow, so its commits do not tell when notes changed"
        return not shallow

    @property
    def by_commits(self) -> bool:
        """Whether notes are dated by commits."""
        return self._usable

    def of(self, file: DeckFile, data: bytes, notes: list[Note]) -> list[int]:
        """The time of each note of a file, in epoch ms; `data` is what the file holds."""
        by_file = file.mtime_ns // 1_000_000
        times = self._lines(file, data, by_file) if self._usable and notes else []
        if not times:
            return [by_file] * len(notes)
        lines = NoteLines(data.decode("utf-8-sig", "replace"))
        return [max(times[first - 1 : last], default=by_file) for first, last in map(lines.of, notes)]

    def _lines(self, file: DeckFile, data: bytes, by_file: int) -> list[int]:
        """The time of each line of a file; none where Git cannot tell."""
        try:
            said = self._git("blame", "--porcelain", "--", file.path)
        except _NoGit:
            tracked = self._is_tracked(file.path)
            if tracked:
                self.problem = f"Git cannot tell when the lines of {file.path} changed"
            return []
        commits: dict[str, int] = {}
        times: list[int] = []
        commit = ""
        for line in said.split(b"\n"):
            if line.startswith(b"\t"):
                times.append(by_file if commit == _NOT_COMMITTED else commits.get(commit, by_file))
            elif line.startswith(b"committer-time "):
                commits[commit] = int(line.split()[1]) * 1000
            elif line[40:41] == b" " and len(line.split()) in (3, 4):
                commit = line[:40].decode("ascii", "replace")
        # A file whose lines end with a carriage return alone is one line to Git.
        return times if len(times) == len(data.splitlines()) else []

    def _is_tracked(self, path: str) -> bool:
        try:
            self._git("ls-files", "--error-unmatch", "--", path)
        except _NoGit:
            return False
        return True

    def _git(self, *arguments: str) -> bytes:
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        try:
            done = apart.run(["git", "-C", str(self._root), *arguments], seconds=_SECONDS, env=environment)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _NoGit(f"Git does not answer ({type(error).__name__})") from error
        if done.returncode:
            raise _NoGit(done.stderr.decode("utf-8", "replace").strip()[:200])
        return done.stdout
