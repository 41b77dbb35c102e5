"""The child process that renders: requests come in on standard input, results go out on standard output.

It bounds itself: the kernel ends it when one note takes more processor time than allowed, and refuses it
memory beyond a limit. It ends with its parent, whose end of the pipe closes.
"""

from __future__ import annotations

import resource
import signal
import sys
from typing import BinaryIO

from flashcards.deckfiles.render.frames import HEADER, frame, rendered_to_json, request_from_json
from flashcards.deckfiles.render.in_process import render
from flashcards.deckfiles.render.jobs import Rendered, RenderProblem

TOO_DEEP = RenderProblem(
    "note", None, "too-deep", "the text nests too deeply to be shown; nest lists, quotes or emphasis less"
)
TOO_LARGE = RenderProblem("note", None, "render-memory", "the note needs too much memory to be shown; split it")


def main() -> None:
    """Render until standard input ends. Arguments: seconds of processor time a note, bytes of memory."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound_memory(memory)
    output = sys.stdout.buffer
    output.write(frame("ready"))
    output.flush()
    while (request := _read(sys.stdin.buffer)) is not None:
        # Its signal is not handled, so it ends the process wherever that is, in a regular expression too.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        result = _render(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        output.write(result)
        output.flush()


def _read(stream: BinaryIO) -> bytes | None:
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (size,) = HEADER.unpack(header)
    data = stream.read(size)
    return data if len(data) == size else None


def _render(data: bytes) -> bytes:
    import json

    try:
        return frame(rendered_to_json(render(request_from_json(json.loads(data)))))
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
    return frame(rendered_to_json(Rendered({}, problems=(problem,))))


def _bound_memory(limit: int) -> None:
    """Best effort: macOS does not keep to these limits."""
    for name in ("RLIMIT_AS", "RLIMIT_DATA"):
        try:
            _, hard = resource.getrlimit(getattr(resource, name))
            soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(getattr(resource, name), (soft, hard))
        except (OSError, ValueError):
            continue
