"""The limit of memory that a child which renders sets itself."""

from __future__ import annotations

import resource


def bound_memory(limit: int) -> None:
    """Refuses this process more than `limit` bytes. Best effort: macOS does not keep to these limits."""
    for name in ("RLIMIT_AS", "RLIMIT_DATA"):
        try:
            _, hard = resource.getrlimit(getattr(resource, name))
            soft = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            resource.setrlimit(getattr(resource, name), (soft, hard))
        except (OSError, ValueError):
            continue
