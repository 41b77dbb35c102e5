"""Runs the Python blocks of decks, each in a process of its own, to see whether they still work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from flashcards import apart
from flashcards.deckfiles.check.content import Text, texts_of
from flashcards.deckfiles.cloze.deletions import reveal
from flashcards.deckfiles.parse.collection import Loaded
from flashcards.deckfiles.parse.parts import locate
from flashcards.deckfiles.text.spans import spans
from flashcards.domain.problem import Problem

TIME_LIMIT = 30.0  # seconds for each block

_PYTHON = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t]*(?:python3?|py)\b[^\n]*", re.I)
_NEEDS = re.compile(r"#\s*needs:\s*([\w.]+(?:\s*,\s*[\w.]+)*)\s*$", re.I)
_AT_LINE = re.compile(r'File "[^"\n]*block\.py", line (\d+)')
_QUOTE = re.compile(r"^(?:[ \t]*>[ \t]?)+", re.M)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of Python: its code, and the line of the file on which its first line stands."""

    shown: str
    line: int
    code: str

    @property
    def needs(self) -> tuple[str, ...]:
        """The modules without which the block is not run, from a first line ``# needs: NAME``."""
        match = _NEEDS.match(self.code.partition("\n")[0].strip())
        return tuple(name.strip() for name in match[1].split(",")) if match else ()


def run_blocks(files: Sequence[Loaded], time_limit: float = TIME_LIMIT) -> list[Problem]:
    """Run every Python block of the files that were asked for; return an error for each that fails."""
    blocks = [block for file in files if file.asked for block in python_blocks(file)]
    runnable = [block for block in blocks if all(_importable(name) for name in block.needs)]
    if not runnable:
        return []
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, len(runnable))) as pool:
        results = list(pool.map(lambda block: run(block, time_limit), runnable))
    return [problem for problem in results if problem is not None]


def python_blocks(file: Loaded) -> Iterator[Block]:
    """The fenced blocks marked ``python`` in the notes and prose of a file.

    A long form is told piece by piece, and so is its code: its blocks are one program.
    """
    for text in texts_of(file.parsed):
        if "```" in text.text or "~~~" in text.text:
            blocks = [*_blocks_of(file, text)]
            yield from [_together(blocks)] if blocks and text.part == "in_full" else blocks


def _blocks_of(file: Loaded, text: Text) -> Iterator[Block]:
    for span in spans(text.text):
        info = text.text[span.start : span.inner_start]
        if span.kind == "fence" and _PYTHON.match(info):
            code = _code(text.text[span.inner_start : span.inner_end])
            line, _ = file.parsed.lines.at(locate(text.origin, span.inner_start))
            yield Block(file.shown, line, code)


def _together(blocks: Sequence[Block]) -> Block:
    """Blocks of one text as a single one, with empty lines between them: a failure is told where it stands."""
    first = blocks[0]
    code = ""
    for block in blocks:
        code += "\n" * (block.line - first.line - code.count("\n")) + block.code
    return replace(first, code=code)


def _code(inner: str) -> str:
    """The block's lines without the indentation or ``>`` of what holds them, deletions filled in."""
    if inner.lstrip(" \t").startswith(">"):
        inner = _QUOTE.sub("", inner)
    code = textwrap.dedent(inner)
    if "{{c" in code:
        fenced = reveal(f"```\n{code.rstrip(chr(10))}\n```")
        code = fenced[4:-3]
    return code


def _importable(name: str) -> bool:
    try:
        return find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def run(block: Block, time_limit: float = TIME_LIMIT) -> Problem | None:
    """Run one block in an empty folder; return an error if it fails or does not end in time."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "block.py").write_text(block.code, encoding="utf-8")
        environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "MPLBACKEND": "Agg", "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        process = subprocess.Popen(
            [sys.executable, "block.py"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            errors = process.communicate(timeout=time_limit)[1].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            _kill(process)
            return _failure(block, 1, f"it did not end within {time_limit:g} s")
        except BaseException:  # Ctrl+C does not reach it: it is in a session of its own
            _kill(process)
            raise
    if process.returncode == 0:
        return None
    lines = [line for line in errors.splitlines() if line.strip()]
    places = _AT_LINE.findall(errors)
    reason = lines[-1].strip() if lines else f"exit code {process.returncode}"
    return _failure(block, int(places[-1]) if places else 1, reason)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the block and whatever it started."""
    apart.end(process)
    process.communicate()


def _failure(block: Block, line: int, reason: str) -> Problem:
    last = block.code.count("\n") or 1
    missing = reason.startswith("ModuleNotFoundError")
    advice = "install it, or begin the block with '# needs: NAME'" if missing else "mend it, or mark the block as text"
    message = f"the code does not run: {reason[:200]}; {advice}"
    return Problem(block.shown, block.line + min(line, last) - 1, 1, "error", "code-fails", message)
