"""`make mutate`: small changes to the core, one at a time, each of which some test ought to see; for a bounded time.

``make mutate SECONDS=3600 SEED=7 ONLY=domain/queue`` looks longer, elsewhere, and at these files alone. Which changes
are tried is drawn by the seed, so that a short run is a sample, and the same each time. What no test sees is printed
when it is found, with its place and the count so far, and every try is written into `RECORD`, which a run that is
stopped leaves behind. Judge each: a test is missing, or the code is dead, or nobody could see the change.

A change is made in the memory of a process of its own, never in a file; what it may look at is `TESTS`.
"""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.util
import os
import random
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Literal

import pytest

ROOT = Path(__file__).parent.parent
RECORD = ROOT / ".mutate"
"""The folder of the records: a file for each seed and choice of files, a line for each try of the last run."""
PATIENCE = 1200
"""Seconds after which a try is given up, which on a busy machine says nothing of the change.

What goes on for ever is seen before: a test of its own fails after the `timeout` of pyproject.toml."""

_UNIT = "tests/unit/domain"
_DOMAIN = [f"{_UNIT} --ignore={_UNIT}/memory --ignore={_UNIT}/plan"]
_FILES = "tests/unit/deckfiles"
_DECKS = [
    " ".join(
        f"{_FILES}/test_{name}.py" for name in ("parse", "find", "front_matter", "attributes", "cards", "messages")
    ),
    " ".join(f"{_FILES}/test_{name}.py" for name in ("project", "practice_parts", "check", "style", "printing")),
    _FILES,
    "tests/integration/test_check_command.py",
]


def _integration(*names: str) -> str:
    """One run of these files."""
    return " ".join(f"tests/integration/test_{name}.py" for name in names)


_AROUND = _integration(
    "card_answers", "sent_again", "seldom", "memory", "deciding", "expected_edits", "forgotten_in_anki",
    "kept_at_random", "doctor", "concurrency", "writers_beside_each_other", "api",
)  # fmt: skip
"""Who else answers, undoes, reads the log, or races with that: asked last, as most changes are seen before."""
_REVIEWS = [
    _integration("answers"),
    _integration("undo", "undone_and_done_again", "breaks"),
    _integration("edits", "flags", "two_schedulers"),
    _integration("text_changes", "queue"),
    _AROUND,
]
_DAY = [
    _integration("queue"),
    _integration("minutes", "new_order", "study_ahead", "confusables", "known_today"),
    _integration("deck_list", "sets", "many_due", "a_day_gets_less"),
    _integration("plans", "plan_searches", "plan_changed_meanwhile", "api", "pages", "stats"),
]
TESTS: dict[str, list[str]] = {
    "domain/queue.py": ["tests/integration/test_queue.py",
                        "tests/integration/test_study_ahead.py"],
    "domain/schedule.py": [*_DOMAIN, *_REVIEWS],
    "domain/schedulers.py": [*_DOMAIN, "tests/integration/test_two_schedulers.py"],
    "domain/study_set.py": [*_DOMAIN, "tests/integration/test_sets.py"],
    "domain/siblings.py": [*_DOMAIN, "tests/integration/test_queue.py"],
    "domain/confusables.py": [*_DOMAIN, "tests/integration/test_confusables.py"],
    "domain/card.py": [*_DOMAIN, "tests/unit/deckfiles"],
    "domain/fronts.py": [*_DOMAIN, "tests/integration/test_confusables.py"],
    "domain/minutes_left.py": [*_DOMAIN, "tests/integration/test_minutes.py"],
    "domain/grade.py": [*_DOMAIN, "tests/integration/test_answers.py"],
    "domain/points.py": [*_DOMAIN, "tests/unit/deckfiles", "tests/integration/test_practice_parts_pages.py"],
    "domain/sm2.py": [f"{_UNIT}/test_schedule.py"],
    "domain/prerequisites.py": ["tests/unit/deckfiles"],
    "domain/memory/": [f"{_UNIT}/memory"],
    "domain/plan/": [f"{_UNIT}/plan"],
    "domain/statistics.py": [*_DOMAIN, _integration("stats", "doctor", "anki_import")],
    "domain/": _DOMAIN,
    "deckfiles/cloze/": [f"{_FILES}/test_cloze.py", *_DECKS],
    "deckfiles/parse/": _DECKS,
    "services/review/": _DAY,
    "services/review/answers.py": _REVIEWS,
    "services/review/incoming.py": _REVIEWS,
    "services/review/sets.py": [_integration("sets", "open_sets", "saved_searches"), *_DAY],
    "services/review/text_changes.py": [_integration("edits", "text_changes"), *_REVIEWS],
    "services/review/undo.py": _REVIEWS,
    "storage/reviews.py": _REVIEWS,
}  # fmt: skip
"""By file or folder, the longest name that fits: the tests that must see a change there, the quickest first.

Each is a run of its own, and none is made after one that saw the change: so most changes cost a second."""

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.Add,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: in which file, from which line and column to which, and the text that stands there then."""

    path: Path
    line: int
    start: int
    end: int
    was: str
    now: str
    said: str = ""

    @property
    def module(self) -> str:
        """The name by which the file is imported."""
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)

    def source(self) -> str:
        """The whole file with the change."""
        text = self.path.read_text("utf-8").encode()
        return (text[: self.start] + self.now.encode() + text[self.end :]).decode()

    def __str__(self) -> str:
        """For a person."""
        was, now = (" ".join(text.split()) for text in (self.was, self.now))
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.said or f'{was[:150]}  ->  {now[:150]}'}"


# The changes -----------------------------------------------------------------------------------------------


def mutants(path: Path) -> Iterator[Mutant]:
    """Every change that is tried in a file."""
    text = path.read_text("utf-8")
    begins = [0]
    for line in text.encode().split(b"\n"):
        begins.append(begins[-1] + len(line) + 1)
    tree = ast.parse(text)
    silent = _silent(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or node in silent:
            continue
        start = begins[node.lineno - 1] + node.col_offset
        end = begins[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        was = text.encode()[start:end].decode()
        for changed in _changes(node):
            yield Mutant(path, node.lineno, start, end, was, f"({ast.unparse(changed)})", _said(node, changed))


def _silent(tree: ast.Module) -> set[ast.AST]:
    """What says nothing when the program runs: annotations, decorators, the text of documentation and of messages."""
    roots: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef():
                roots += [node.returns, *node.decorator_list, *(it.annotation for it in _arguments(node))]
            case ast.ClassDef():
                roots += node.decorator_list
            case ast.AnnAssign():
                roots.append(node.annotation)
            case ast.JoinedStr() | ast.Expr(value=ast.Constant()):
                roots.append(node)
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                roots.append(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp(op=ast.BitOr())) if not name.isupper():
                roots.append(node)  # a name for several types
    return {inner for root in roots if root is not None for inner in ast.walk(root)}


def _said(node: ast.expr, changed: ast.expr) -> str:
    """The change in words, where its texts are too long to be compared by eye."""
    if not isinstance(node, ast.Call) or not isinstance(changed, ast.Call):
        return ""
    gone = {str(it.arg) for it in node.keywords} - {str(it.arg) for it in changed.keywords}
    return f"{ast.unparse(node.func)}(...) without its {', '.join(gone)}"


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    given = node.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *(it for it in (given.vararg, given.kwarg) if it)]


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            if other := _COMPARED.get(type(op)):
                yield ast.Compare(left, [other()], [right])
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for left_out in range(len(values)):
                rest = [value for index, value in enumerate(values) if index != left_out]
                yield rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):  # of conditions and sets
            yield left
            yield right
        case ast.BinOp(left=left, op=op, right=right):
            if other_op := _COMPUTED.get(type(op)):
                yield ast.BinOp(left, other_op(), right)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.Call(func=func, args=args, keywords=keywords) if keywords:
            for left_out in range(len(keywords)):
                yield ast.Call(func, args, [it for index, it in enumerate(keywords) if index != left_out])


def drawn(seed: int, only: str) -> list[Mutant]:
    """All changes of the files that are looked at, mixed."""
    files = {
        file for name in TESTS for file in ([ROOT / "flashcards" / name] if name.endswith(".py") else _in_folder(name))
    }
    found = [it for file in sorted(files) if only in str(file) for it in mutants(file)]
    random.Random(seed).shuffle(found)
    return found


def _in_folder(name: str) -> list[Path]:
    return sorted((ROOT / "flashcards" / name).rglob("*.py"))


def tests_of(mutant: Mutant) -> list[str]:
    """The tests that must see it; those of a file of the same name come first."""
    name = str(mutant.path.relative_to(ROOT / "flashcards"))
    best = max((it for it in TESTS if name == it or (it.endswith("/") and name.startswith(it))), key=len)
    near = f"{_UNIT}/test_{mutant.path.stem}.py" if best.startswith("domain/") else ""
    return [near, *TESTS[best]] if near and (ROOT / near).exists() else TESTS[best]


Verdict = Literal["seen", "UNSEEN", "late"]
"""What a try says of a change; `late`: it was given up, so that nothing is known."""


# A try -----------------------------------------------------------------------------------------------------


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed text where the module is imported."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module with the change, and no other."""
        if name != self.mutant.module:
            return None
        return importlib.util.spec_from_file_location(name, self.mutant.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        """As always."""

    def exec_module(self, module: ModuleType) -> None:
        """Runs the changed text."""
        exec(compile(self.mutant.source(), str(self.mutant.path), "exec"), module.__dict__)


def _look(mutant: Mutant) -> int:
    """In a process of its own: 0 where the tests pass in spite of the change."""
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    sys.meta_path.insert(0, _Changed(mutant))
    always = ["-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    return next((int(code) for it in tests_of(mutant) if (code := pytest.main([*always, *it.split()]))), 0)


def verdict(mutant: Mutant) -> Verdict:
    """Whether a test sees it, as one does where it cannot even be imported."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = _look(mutant)
        finally:
            os._exit(code)
    handle = os.pidfd_open(child)
    try:
        done = select.select([handle], [], [], PATIENCE)[0]
        if not done:
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    finally:
        os.close(handle)
    return "late" if not done else "seen" if status else "UNSEEN"


def main() -> int:
    """Tries changes until the time is up; 1 where any was seen by no test."""
    seconds, seed, only = float(sys.argv[1]), int(sys.argv[2]), (sys.argv[3:] or [""])[0]
    os.chdir(ROOT)
    for name in ("bs4", "click", "flask", "markdown", "peewee", "yaml"):
        importlib.import_module(name)  # once, before all children
    everything = drawn(seed, only)
    until = time.monotonic() + seconds
    if everything and (now := verdict(replace(everything[0], now=everything[0].was))) != "UNSEEN":
        print("The tests are red without any change: mend that first." if now == "seen" else "The machine is too busy.")
        return 2
    found: Counter[Verdict] = Counter()
    with _record(seed, only).open("w", encoding="utf-8", buffering=1) as record:
        for mutant in everything:
            if time.monotonic() > until:
                break
            now = verdict(mutant)
            found[now] += 1
            record.write(f"{now}  {mutant}\n")
            if now == "UNSEEN":
                print(f"[{found[now]} of {found.total()}]  {mutant}", flush=True)
    late = f" {found['late']} took too long to say." if found["late"] else ""
    print(f"{found.total()} of {len(everything)} changes tried; no test saw {found['UNSEEN']} of them.{late}")
    return 1 if found["UNSEEN"] else 0


def _record(seed: int, only: str) -> Path:
    """Where the tries of this run are written down."""
    RECORD.mkdir(exist_ok=True)
    return RECORD / f"{seed}-{only.strip('/').replace('/', '.') or 'all'}.txt"


if __name__ == "__main__":
    sys.exit(main())
