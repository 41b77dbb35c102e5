"""A slower processor than this one: a process gets a part of one core (Linux control groups, as root)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PERIOD = 10_000
"""Microseconds in which the part is dealt out: short, so that a server waits often and briefly, as a slow core does."""
_GROUPS = Path("/sys/fs/cgroup")


@contextmanager
def throttled(pid: int, part: float) -> Iterator[None]:
    """`part` of one core for a process and what it starts.

    Raises SystemExit with a sentence where this machine has no control groups, or we may not make one.
    """
    unified = (_GROUPS / "cgroup.controllers").exists()
    group = (_GROUPS if unified else _GROUPS / "cpu") / f"flashcards-load-{pid}"
    quota = round(part * PERIOD)
    try:
        group.mkdir()
        if unified:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        (group / "cgroup.procs").write_text(str(pid))
    except OSError as error:
        with suppress(OSError):
            group.rmdir()
        raise SystemExit(
            f"The processor cannot be throttled here: {error}. It takes Linux, root and {group}."
        ) from None
    try:
        yield
    finally:
        for running in (group / "cgroup.procs").read_text().split():
            (group.parent / "cgroup.procs").write_text(running)
        group.rmdir()
