"""The log of a server, on standard error: lines for people, or JSON for programs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from flashcards.services.accounts.origin import ORIGIN

_LINE = "%(asctime)s %(name)s: %(message)s"


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and where there are such, request, network and trace."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        origin = ORIGIN.get()
        told: dict[str, str] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if origin.request_id:
            told |= {"request": origin.request_id, "network": origin.address_prefix}
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def log_to_stderr(kind: str) -> None:
    """Sends warnings and worse to standard error; `kind` is text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if kind == "json" else logging.Formatter(_LINE))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
