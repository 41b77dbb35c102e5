"""Rendering in child processes, bounded in time and memory.

Short notes go to a child by the dozen: to send each alone, and to be woken by each, costs as much as to render it. A
hostile or unlucky note costs itself, not the others: its child is ended and replaced, the notes that went with it are
sent again one by one, and what waited behind them goes to the new child.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

import flashcards
from flashcards import apart
from flashcards.deckfiles.render.frames import HEADER, frame, rendered_from_json, request_to_json
from flashcards.deckfiles.render.jobs import Rendered, RenderProblem, RenderRequest
from flashcards.domain.card import Basic, Cloze
from flashcards.errors import Unavailable

NOTE_SECONDS = 2.0
MEMORY = 512 * 1024 * 1024
WINDOW = 3  # groups that a child has at hand, so that it need not wait for us
GROUP = 12  # short notes that go together
GROUP_SIZE = 12_000  # characters of all their texts
START_SECONDS = 30.0
# A child that waits for the processor, or is stopped, is not at fault: the wall clock gets this much more.
PATIENCE = 5.0
_CHUNK = 1 << 16
# `-P`, and no `-m`: a folder in which someone runs us must not offer it modules.
_PROGRAM = """\
import sys
sys.path.append(sys.argv.pop(1))
from flashcards.deckfiles.render.worker import main
main()
"""

Key = TypeVar("Key")
Group = list[tuple[Key, RenderRequest]]


class RenderPool:
    """Child processes that render; a context manager, whose end ends them.

    `seconds` bounds the processor time of a note, `memory` (bytes) a child's address space.
    """

    def __init__(self, workers: int = 2, *, seconds: float = NOTE_SECONDS, memory: int = MEMORY) -> None:
        self.workers = workers
        self.seconds = seconds
        self.memory = memory
        self._children: list[_Child] = []

    def __enter__(self) -> RenderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the children now, so that they load while the caller does something else."""
        while len(self._children) < self.workers:
            self._children.append(_Child(self.seconds, self.memory))

    def close(self) -> None:
        """End the children."""
        for child in self._children:
            child.kill()
        self._children.clear()

    def render(self, request: RenderRequest) -> Rendered:
        """Render one note."""
        return next(self.render_all([(None, request)]))[1]

    def render_all(self, requests: Iterable[tuple[Key, RenderRequest]]) -> Iterator[tuple[Key, Rendered]]:
        """Render notes as they come; give each with its key, in whichever order they are done.

        A note over a bound has no cards and the problem ``render-timeout``, ``render-memory``,
        ``render-failed`` or ``too-deep``. Raises `Unavailable` where no child can be started. One call at
        a time: a pool is not shared by threads.
        """
        run = _Run(self, iter(requests))
        try:
            yield from run.results()
        finally:
            run.leave()

    def _child(self, index: int, in_work: Container[_Child]) -> _Child:
        """The child at a place, started if need be; one that ended while it had nothing to do is replaced."""
        if index < len(self._children):
            child = self._children[index]
            if child in in_work or child.process.poll() is None:
                return child
            self._replace(child)
        self._children.insert(index, _Child(self.seconds, self.memory))
        return self._children[index]

    def _replace(self, child: _Child) -> None:
        child.kill()
        self._children.remove(child)


class _Child:
    """One child process and its pipes, which never make us wait."""

    def __init__(self, seconds: float, memory: int) -> None:
        root = str(Path(flashcards.__file__).resolve().parent.parent)
        try:
            self.process = apart.start(
                [sys.executable, "-P", "-c", _PROGRAM, root, str(seconds), str(memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise Unavailable(f"The process that renders cards cannot be started: {error}.") from error
        if self.process.stdin is None or self.process.stdout is None:
            raise Unavailable("The process that renders cards has no pipes.")
        self.stdin, self.stdout = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.stdin, False)
        os.set_blocking(self.stdout, False)
        self.ready = False
        self.since = time.monotonic()  # when it began what it is doing
        self.unsent = bytearray()
        self.received = bytearray()

    def kill(self) -> None:
        """End the process and close its pipes."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()

    def write(self) -> None:
        """Send as much as the pipe takes. A child that is gone is noticed when it is read."""
        try:
            while self.unsent:
                del self.unsent[: os.write(self.stdin, self.unsent[:_CHUNK])]
                self.since = time.monotonic()
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.unsent.clear()

    def read(self) -> bool:
        """Take in what has come; False where the child is gone."""
        try:
            data = os.read(self.stdout, 1 << 20)
        except BlockingIOError:
            return True
        self.received += data
        self.since = time.monotonic()  # a result that comes in parts is not late
        return bool(data)

    def frames(self) -> Iterator[object]:
        """The whole frames that have come."""
        while len(self.received) >= HEADER.size:
            (size,) = HEADER.unpack_from(self.received)
            end = HEADER.size + size
            if len(self.received) < end:
                return
            value = json.loads(bytes(self.received[HEADER.size : end]))
            del self.received[:end]
            yield value


class _Run(Generic[Key]):
    """One call of `render_all`."""

    def __init__(self, pool: RenderPool, requests: Iterator[tuple[Key, RenderRequest]]) -> None:
        self.pool = pool
        self.requests = requests
        self.next: tuple[Key, RenderRequest] | None = None  # taken from `requests`, and not given out yet
        self.again: deque[Group[Key]] = deque()
        self.in_work: dict[_Child, deque[Group[Key]]] = {}
        self.selector = selectors.DefaultSelector()
        self.exhausted = False

    def results(self) -> Iterator[tuple[Key, Rendered]]:
        self.fill()
        while any(self.in_work.values()):
            timeout = min((self.left(child) for child, work in self.in_work.items() if work), default=0.0)
            for key, events in self.selector.select(max(timeout, 0.0)):
                if key.data not in self.in_work:
                    continue  # given up a moment ago
                if events & selectors.EVENT_WRITE:
                    key.data.write()
                if events & selectors.EVENT_READ:
                    yield from self.receive(key.data)
            yield from self.expired()
            self.fill()

    def leave(self) -> None:
        """Forget the children; those that still have work of an abandoned call are ended."""
        for child, work in self.in_work.items():
            if work and child in self.pool._children:  # else the pool was closed first: an error on its way out
                self.pool._replace(child)
        self.selector.close()

    # Giving out ---------------------------------------------------------------------------------------

    def next_group(self) -> Group[Key] | None:
        """Short notes together, a long one alone; None where nothing is left."""
        if self.again:
            return self.again.popleft()
        group: Group[Key] = []
        size = 0
        while len(group) < GROUP and (item := self.peek()) is not None:
            size += _size(item[1])
            if group and size > GROUP_SIZE:
                break
            group.append(item)
            self.next = None
        return group or None

    def peek(self) -> tuple[Key, RenderRequest] | None:
        """The next request; it stays the next one until `next` is set to None."""
        if self.next is None and not self.exhausted:
            self.next = next(self.requests, None)
            self.exhausted = self.next is None
        return self.next

    def fill(self) -> None:
        """Give every child something to do, in turns, up to its window."""
        for depth in range(1, WINDOW + 1):
            for index in range(self.pool.workers):
                child = self.pool._child(index, self.in_work)
                if len(self.in_work.get(child, ())) < depth:
                    group = self.next_group()
                    if group is None:
                        break
                    self.give(child, group)
        self.watch()

    def give(self, child: _Child, group: Group[Key]) -> None:
        work = self.in_work.setdefault(child, deque())
        if not work and child.ready:
            child.since = time.monotonic()
        work.append(group)
        child.unsent += frame([request_to_json(request) for _, request in group])

    def watch(self) -> None:
        """Send what the pipes take; watch for answers, and for room where something is left to send."""
        for child in self.in_work:
            child.write()
            self.watch_pipe(child, child.stdout, selectors.EVENT_READ, True)
            self.watch_pipe(child, child.stdin, selectors.EVENT_WRITE, bool(child.unsent))

    def watch_pipe(self, child: _Child, pipe: int, event: int, wanted: bool) -> None:
        watched = pipe in self.selector.get_map()
        if wanted and not watched:
            self.selector.register(pipe, event, child)
        elif watched and not wanted:
            self.selector.unregister(pipe)

    # Taking in ----------------------------------------------------------------------------------------

    def receive(self, child: _Child) -> Iterator[tuple[Key, Rendered]]:
        alive = child.read()
        for value in child.frames():
            child.since = time.monotonic()
            if isinstance(value, list):
                group = self.in_work[child].popleft()
                for (key, _), result in zip(group, value, strict=True):
                    yield key, rendered_from_json(result)
            else:
                child.ready = True
        if not alive:
            yield from self.lost(child, _why(child.process.wait(), self.pool.seconds))

    def left(self, child: _Child) -> float:
        """The seconds that a child may still take for what it is doing."""
        limit = self.pool.seconds * PATIENCE if child.ready else START_SECONDS
        return child.since + limit - time.monotonic()

    def expired(self) -> Iterator[tuple[Key, Rendered]]:
        """Give up on children that are over their time, unless it was we who did not read what they sent."""
        late = [child for child, work in self.in_work.items() if work and self.left(child) <= 0]
        readable = {key.fd for key, _ in self.selector.select(0)} if late else set()
        for child in late:
            if child.stdout not in readable and child.stdin not in readable:
                yield from self.lost(child, _timeout(self.pool.seconds))

    def lost(self, child: _Child, problem: RenderProblem) -> Iterator[tuple[Key, Rendered]]:
        """A child is gone or must go: the note it was at is at fault, the others get another child.

        Of a group it is not known which one that was: each gets a chance of its own.
        """
        work = self.in_work.pop(child)
        for pipe in (child.stdin, child.stdout):
            if pipe in self.selector.get_map():
                self.selector.unregister(pipe)
        ready = child.ready
        self.pool._replace(child)
        if not ready:
            raise Unavailable("The process that renders cards does not start; run `flashcards doctor`.")
        if work:
            group = work.popleft()
            self.again.extendleft(reversed(work))
            if len(group) > 1:
                self.again.extendleft([item] for item in reversed(group))
            else:
                yield group[0][0], Rendered({}, problems=(problem,))


def _size(request: RenderRequest) -> int:
    """The characters of a note's texts, roughly."""
    content = request.content
    if isinstance(content, Basic):
        texts = [content.question, content.answer]
    elif isinstance(content, Cloze):
        texts = [content.heading, content.body]
    else:
        texts = [content.text]
    return sum(map(len, (*texts, request.in_full, request.definitions, *request.rubric, *request.follow_ups)))


def _timeout(seconds: float) -> RenderProblem:
    return RenderProblem(
        "note",
        None,
        "render-timeout",
        f"the note takes longer than {seconds:g} s to be shown; make it simpler or split it",
    )


def _why(code: int, seconds: float) -> RenderProblem:
    """What the end of a child says about the note that it was at."""
    if code in (-signal.SIGPROF, -signal.SIGXCPU):
        return _timeout(seconds)
    if code in (-signal.SIGABRT, -signal.SIGKILL):
        message = "the note needs too much memory to be shown; split it"
        return RenderProblem("note", None, "render-memory", message)
    if code == -signal.SIGSEGV:
        message = "the text nests too deeply to be shown; nest lists, quotes, emphasis or formulas less"
        return RenderProblem("note", None, "too-deep", message)
    message = f"the note cannot be shown (the renderer ended with code {code}); please report this"
    return RenderProblem("note", None, "render-failed", message)
