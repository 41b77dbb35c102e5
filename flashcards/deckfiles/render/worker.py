"""The child process that renders: groups of requests come in on standard input, results go out on standard output.

It bounds itself: the kernel ends it when one note takes more processor time than allowed, and refuses it
memory beyond a limit. It ends with its parent, whose end of the pipe closes.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any, BinaryIO

from flashcards.deckfiles.render.frames import HEADER, encoded, frame, frame_of, rendered_to_json, request_from_json
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderProblem
from flashcards.deckfiles.render.memory_limit import bound_memory

TOO_DEEP = RenderProblem(
    "note", None, "too-deep", "the text nests too deeply to be shown; nest lists, quotes or emphasis less"
)
TOO_LARGE = RenderProblem("note", None, "render-memory", "the note needs too much memory to be shown; split it")


def main() -> None:
    """Render until standard input ends. Arguments: seconds of processor time a note, bytes of memory."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(memory)
    output = sys.stdout.buffer
    output.write(frame("ready"))
    output.flush()
    while (data := _read(sys.stdin.buffer)) is not None:
        results = []
        for request in _requests(data):
            # Its signal is not handled, so it ends the process wherever that is, in a regular expression too.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            results.append(_render(request))
            signal.setitimer(signal.ITIMER_PROF, 0)
        output.write(frame_of(results))
        output.flush()


def _read(stream: BinaryIO) -> bytes | None:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    data = stream.read(size)
    return data if len(data) == size else None


def _requests(data: bytes) -> list[dict[str, Any] | None]:
    """The notes of a group; one that is too large to be taken in comes alone, and is None."""
    try:
        requests: list[dict[str, Any] | None] = json.loads(data)
    except MemoryError:
        return [None]
    return requests


def _render(request: dict[str, Any] | None) -> bytes:
    """The result as JSON."""
    try:
        if request is None:
            raise MemoryError
        return encoded(rendered_to_json(render(request_from_json(request))))
    except RecursionError:
        problem = TOO_DEEP
    except MemoryError:
        problem = TOO_LARGE
    except Exception as error:  # noqa: BLE001 - reported to the author as this note's problem
        problem = RenderProblem(
            "note",
            None,
            "render-failed",
            f"the note cannot be shown ({type(error).__name__}: {str(error)[:200]}); please report this",
        )
    return encoded(rendered_to_json(Rendered({}, problems=(problem,))))
