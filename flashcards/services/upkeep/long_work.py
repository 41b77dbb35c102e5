"""Work that takes longer than a page may wait: it goes on in a thread, and says how far it is.

Kept in this process's memory: who restarts the server starts the work again.
"""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from flashcards.clock import Clock
from flashcards.domain.ids import LearnerId
from flashcards.errors import FlashcardsError, NotFound, TooMany
from flashcards.services.progress import Progress
from flashcards.temporary import TemporaryFolder

LOG = logging.getLogger("flashcards.work")

AT_ONCE = 2
KEPT_MS = 3_600_000
"""For how long after its end a result can be fetched."""
MOST_OF_ONE = 5
"""How many results of one learner are kept, and how many works may wait."""

State = Literal["running", "done", "failed"]


@dataclass(slots=True)
class Work:
    """One piece of work. `folder` is its own, for files; `result` is what it gave, `error` what stopped it."""

    id: str
    kind: str
    learner: LearnerId
    folder: Path
    stage: str = "Waiting"
    done: int = 0
    total: int = 0
    state: State = "running"
    result: Any = None
    error: str = ""
    ended_at: int = field(default=0)


class LongWork:
    """Starts work for learners, and knows what became of it. `after` is called in the thread at its end."""

    def __init__(self, clock: Clock, after: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._after = after
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._folder: TemporaryFolder | None = None

    def start(self, learner: LearnerId, kind: str, run: Callable[[Path, Progress], Any]) -> Work:
        """Runs `run(folder, progress)` in a thread; what it returns is the result.

        Raises TooMany where the learner has too much going on.
        """
        with self._lock:
            self._forget_old(learner)
            if sum(work.learner == learner and work.state == "running" for work in self._works.values()) >= MOST_OF_ONE:
                raise TooMany("Much is going on for you already; wait until some of it is done.", retry_after=10)
            if self._pool is None:
                self._pool = ThreadPoolExecutor(AT_ONCE, "work")
                self._folder = TemporaryFolder()
            assert self._folder is not None
            id_ = uuid.uuid4().hex
            work = Work(id_, kind, learner, self._folder.path / id_)
            work.folder.mkdir()
            self._works[id_] = work
            self._pool.submit(self._run, work, run)
        return work

    def find(self, learner: LearnerId, kind: str, id_: str) -> Work:
        """The learner's work of this kind; raises NotFound."""
        work = self._works.get(id_)
        if work is None or (work.learner, work.kind) != (learner, kind):
            raise NotFound("There is no such work: it was done long ago, or the server was started again meanwhile.")
        return work

    def is_running(self, learner: LearnerId, kind: str) -> bool:
        """Whether work of this kind is under way, or waiting, for the learner."""
        with self._lock:
            return any(
                (work.learner, work.kind, work.state) == (learner, kind, "running") for work in self._works.values()
            )

    def close(self) -> None:
        """Waits for what is running, and removes every file."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self._folder is not None:
            self._folder.remove()

    def _run(self, work: Work, run: Callable[[Path, Progress], Any]) -> None:
        def progress(stage: str, done: int, total: int) -> None:
            work.stage, work.done, work.total = stage, done, total

        try:
            work.result = run(work.folder, progress)
            state: State = "done"
        except FlashcardsError as error:
            work.error, state = str(error), "failed"
        except Exception:
            LOG.exception("%s failed", work.kind)
            work.error, state = "Something broke on the server; its log says more.", "failed"
        finally:
            self._after()
        work.ended_at = self._clock()
        work.state = state  # last: whoever sees it done sees all of it

    def _forget_old(self, learner: LearnerId) -> None:
        now = self._clock()
        ended = [work for work in self._works.values() if work.state != "running"]
        mine = [work for work in ended if work.learner == learner]
        old = {work.id for work in ended if now - work.ended_at > KEPT_MS}
        old |= {work.id for work in mine[: -(MOST_OF_ONE - 1)]}
        for id_ in old:
            shutil.rmtree(self._works.pop(id_).folder, ignore_errors=True)
