"""Deck files as they are in a Git revision, read with Git's plumbing; nothing is checked out."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flashcards.deckfiles.parse.find import MAX_FILE_BYTES, find_decks, read_deck
from flashcards.deckfiles.parse.project import read_project
from flashcards.errors import DeckError, Invalid

Files = Mapping[str, bytes]
"""Deck files by path below the decks folder."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A decks folder within a Git work tree; `prefix` is its path there, "" or ending in ``/``."""

    decks: Path
    prefix: str

    @classmethod
    def around(cls, decks: Path) -> Repository:
        """The repository that the decks folder is in. Raises Invalid where there is none, or no Git."""
        if not decks.is_dir():
            raise Invalid(f"{decks} is no folder; name the decks folder with --decks.", field="decks")
        prefix = _git(decks, "rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
        return cls(decks, prefix)

    def revision(self, name: str) -> str:
        """The commit that a name means. Raises Invalid."""
        if name.startswith("-"):
            raise Invalid(f"{name} is no revision.", field="revision")
        return _git(self.decks, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", what=name).decode().strip()

    def at(self, revision: str) -> Files:
        """The deck files of a revision. Too large ones are left out, as ours leave them out."""
        listing = _git(self.decks, "ls-tree", "-r", "-z", "--full-tree", revision, "--", self.prefix or ".")
        ignores = read_project(self.decks).ignores  # today's: what is left out now has neither come nor gone
        blobs: dict[str, str] = {}
        for entry in listing.decode("utf-8", "surrogateescape").split("\0"):
            head, _, path = entry.partition("\t")
            path = path.removeprefix(self.prefix)
            if head.startswith("100") and _is_deck(path) and not ignores(path):
                blobs[path] = head.split(" ")[2]
        contents = _read_blobs(self.decks, dict.fromkeys(blobs.values()))
        return {path: contents[blob] for path, blob in blobs.items() if len(contents[blob]) <= MAX_FILE_BYTES}

    def now(self) -> Files:
        """The deck files of the working tree."""
        try:
            found = find_decks(self.decks)
        except DeckError as failure:
            if failure.code == "decks-empty":
                return {}
            raise
        files: dict[str, bytes] = {}
        for file in found.files:
            try:
                files[file.path] = read_deck(file)
            except DeckError:
                continue
        return files


def _is_deck(path: str) -> bool:
    parts = path.split("/")
    named = path.endswith(".md") and parts[-1].lower() != "readme.md"
    return named and all(part[:1] not in ("", ".", "_") for part in parts)


def _git(folder: Path, *arguments: str, what: str = "", stdin: bytes | None = None) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607
            input=stdin,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise Invalid(f"Git cannot be run: {error.strerror}. Install it to compare revisions.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise Invalid(f"{what or folder}: {said or 'Git knows no such revision'}.", field="revision")
    return done.stdout


def _read_blobs(folder: Path, names: Mapping[str, None]) -> dict[str, bytes]:
    """Their contents, through one process."""
    output = _git(folder, "cat-file", "--batch", stdin="".join(f"{name}\n" for name in names).encode())
    contents: dict[str, bytes] = {}
    position = 0
    for name in names:
        end = output.index(b"\n", position)
        size = int(output[position:end].split(b" ")[2])
        contents[name] = output[end + 1 : end + 1 + size]
        position = end + 1 + size + 1
    return contents
