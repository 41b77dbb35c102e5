"""What the image says of itself, run here: its health check against a server with the settings that a proxy needs."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_stopping import free_port, running
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]


def health_check(port: int) -> subprocess.CompletedProcess[str]:
    """The command of HEALTHCHECK, as a container runs it: with the image's environment, and perhaps a proxy's."""
    lines = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", "")
    found = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", lines, re.MULTILINE)
    assert found
    program, *arguments = json.loads(found[1])
    assert program == "python"
    environment = os.environ | {"FLASHCARDS_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    return subprocess.run([sys.executable, *arguments], env=environment, text=True, capture_output=True, timeout=60)


def answers(process: subprocess.Popen[str], port: int) -> bool:
    """Whether the server listens; its end is the test's."""
    assert process.poll() is None, process.communicate()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_health_check_of_the_image_holds_behind_a_proxy_with_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "decks").mkdir()
    monkeypatch.setenv("FLASHCARDS_HOST", "0.0.0.0")
    monkeypatch.setenv("FLASHCARDS_TRUSTED_HOSTS", "cards.example.org")
    monkeypatch.setenv("FLASHCARDS_URL", "https://cards.example.org/cards")
    port = free_port()
    assert health_check(port).returncode != 0  # nothing is there
    with running(tmp_path, "serve", "--port", str(port)) as process:
        wait_for(lambda: answers(process, port))
        last = health_check(port)
        assert last.returncode == 0, last.stderr
