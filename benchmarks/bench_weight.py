"""What a review weighs: bytes over the wire without fonts, and the server's memory after 100,000 cards."""

from __future__ import annotations

import json
import re
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin

from benchmarks.common import Row, format_row
from benchmarks.web_server import Served, server, write_decks
from flashcards.bundled import bundled

CARDS_SERVED = 100_000


def run() -> list[Row]:
    """The page with the built-in decks; the memory with 5,000 cards, each served twenty times."""
    return [_weight(), _memory()]


def _weight() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "decks").symlink_to(bundled("decks"), target_is_directory=True)
        with server(Path(folder)) as served:
            sizes = _wire_sizes(served, "/review")
    largest = sorted(sizes.items(), key=lambda pair: -pair[1])[:3]
    note = ", ".join(f"{path.rpartition('/')[2]} {size / 1000:.1f}" for path, size in largest)
    return Row("review page over the wire, fonts aside", sum(sizes.values()) / 1000, "kB", 60, note=note)


def _wire_sizes(served: Served, start: str) -> dict[str, int]:
    """Bytes of headers and body of a page and of what it loads."""
    sizes: dict[str, int] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in sizes or ".woff2" in path:
            continue
        text, sizes[path] = _get(served, path)
        if path == start:
            links = re.findall(r'<(?:link|script)[^>]*(?:href|src)="([^"]+)"', text)
            waiting += [link for link in links if "icons/" not in link or link.endswith(".svg")]
        elif path.endswith(".js"):
            waiting += [urljoin(path, module) for module in re.findall(r'from "(\./[^"]+)"', text)]
    return sizes


def _get(served: Served, path: str) -> tuple[str, int]:
    import gzip

    connection = HTTPConnection("127.0.0.1", served.port)
    headers = {"Cookie": f"flashcards_session={served.secret}", "Accept-Encoding": "gzip"}
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200, (path, response.status)
    size = len(body) + sum(len(name) + len(value) + 4 for name, value in response.getheaders())
    packed = response.getheader("Content-Encoding") == "gzip"
    return (gzip.decompress(body) if packed else body).decode(), size


def _memory() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        write_decks(Path(folder) / "decks", 20, 250)
        with server(Path(folder)) as served:
            before = _resident(served.pid)
            count = _serve_cards(served)
            after = _resident(served.pid)
    return Row(f"server's memory after {count:,} cards served", after, "MB", 100, note=f"{before:.0f} MB before")


def _serve_cards(served: Served) -> int:
    connection, count = HTTPConnection("127.0.0.1", served.port), 0
    headers = {"Authorization": f"Bearer {served.token}"}
    while count < CARDS_SERVED:
        cursor: str | None = ""
        while cursor is not None and count < CARDS_SERVED:
            connection.request("GET", f"/api/v1/cards?limit=500&since={cursor}", headers=headers)
            body = json.loads(connection.getresponse().read())
            count, cursor = count + len(body["items"]), body["next"]
    return count


def _resident(pid: int) -> float:
    """Megabytes in memory, from /proc (Linux) or ps."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
        assert found
        return int(found[1]) / 1000
    import subprocess

    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)], text=True)) / 1000


if __name__ == "__main__":
    for row in run():
        print(format_row(row))
