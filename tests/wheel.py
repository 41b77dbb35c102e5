"""`make wheel`: builds the wheel, installs it into an empty environment outside the checkout, gets a page.

It proves that templates, decks and static files travel with the wheel.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="flashcards-wheel-") as folder:
        place = Path(folder)
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", place / "dist", CHECKOUT)
        wheel = next((place / "dist").glob("flashcards_in_git-*.whl"))
        venv.create(place / "env", with_pip=True)
        run(place / "env/bin/python", "-m", "pip", "install", "--quiet", wheel)
        serve_and_look(place)
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, serves the bundled decks")


def run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, cwd=tempfile.gettempdir())


def serve_and_look(place: Path) -> None:
    """Starts the installed program in an empty folder and reads its first page and its bundled decks."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASHCARDS_")}
    environment = {**inherited, "FLASHCARDS_DATA": str(place / "data"), "FLASHCARDS_PORT": str(port)}
    program = str(place / "env/bin/flashcards")
    server = subprocess.Popen([program, "serve"], cwd=place, env=environment)
    try:
        page = get(f"http://127.0.0.1:{port}/signup", server)
        assert "Flashcards" in page, page[:500]
        assert (place / "data/decks/ml/concepts/overfitting.md").is_file()
    finally:
        server.terminate()
        server.wait(20)
    subprocess.run([program, "doctor"], cwd=place, env=environment, check=True, stdout=subprocess.DEVNULL)


def get(url: str, server: subprocess.Popen[bytes]) -> str:
    """The page at `url`, waiting up to a minute for the server to answer."""
    for _ in range(600):
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            with urllib.request.urlopen(url) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


if __name__ == "__main__":
    main()
