"""Ctrl+C and SIGTERM: no traceback, the right exit code, nothing half done, nothing left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from flashcards.deckfiles.check.run_code import Block, run
from flashcards.deckfiles.render.jobs import request_for
from flashcards.deckfiles.render.pool import RenderPool
from flashcards.domain.card import Basic, Note
from flashcards.storage.sqlite_driver import driver
from tests.integration.smtp_world import free_port
from tests.waiting import wait_for

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
either = pytest.mark.parametrize(("number", "code"), SIGNALS, ids=["interrupted", "terminated"])


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a session of its own, as a terminal has it; its temporary files go below `folder`."""
    (folder / "tmp").mkdir(exist_ok=True)
    environ = {"DATA": str(folder / "data"), "DECKS": str(folder / "decks"), "PORT": str(free_port())}
    process = subprocess.Popen(
        [sys.executable, "-m", "flashcards", *arguments], cwd=folder, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {f"FLASHCARDS_{name}": value for name, value in environ.items()} | {"TMPDIR": f"{folder}/tmp"},
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stop(process: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Signals the command: Ctrl+C reaches all that is in its session, a service manager's SIGTERM it alone.

    Returns the exit code and its last words.
    """
    assert process.poll() is None, process.communicate()
    send = os.killpg if number == signal.SIGINT else os.kill
    send(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert "Exception" not in said
    return process.returncode, said.strip().rpartition("\n")[2]


def write_decks(folder: Path, notes: int) -> None:
    (folder / "decks").mkdir()
    for file in range(10):
        text = "".join(f"## Question {file} {n}?\n\nAnswer $x^{n}$\n\n" for n in range(notes // 10))
        (folder / f"decks/d{file}.md").write_text(text)


def rows(folder: Path, table: str) -> int:
    database = driver.connect(folder / "data/flashcards.sqlite3")
    try:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        database.close()


@either
def test_a_sync_that_is_stopped_has_stored_nothing(tmp_path: Path, number: int, code: int) -> None:
    write_decks(tmp_path, 3000)
    with running(tmp_path, "sync") as process:
        wait_for((tmp_path / "data/flashcards.sqlite3.syncing").exists)
        assert stop(process, number) == (code, "Stopped.")
    assert rows(tmp_path, "note") == 0
    assert list((tmp_path / "tmp").iterdir()) == []


@either
@pytest.mark.parametrize("form", ["anki", "csv"])
def test_an_export_that_is_stopped_leaves_no_file(tmp_path: Path, form: str, number: int, code: int) -> None:
    write_decks(tmp_path, 3000)
    (tmp_path / "out").mkdir()
    with running(tmp_path, "export", form, "-o", "out/decks.x") as process:
        wait_for(lambda: children(process.pid))
        assert stop(process, number) == (code, "Stopped.")
    assert [*(tmp_path / "out").iterdir(), *(tmp_path / "tmp").iterdir()] == []


@either
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_signal_is_the_usual_end_of_a_server(tmp_path: Path, command: str, number: int, code: int) -> None:
    write_decks(tmp_path, 10)
    with running(tmp_path, command) as process:
        output = process.stdout
        assert output
        wait_for(lambda: "Ctrl+C" in output.readline())
        assert stop(process, number) == (0, "Stopped." if command == "worker" else "")


@either
def test_a_server_may_be_stopped_while_it_still_reads_its_decks(tmp_path: Path, number: int, code: int) -> None:
    write_decks(tmp_path, 3000)
    with running(tmp_path, "serve") as process:
        wait_for((tmp_path / "data/flashcards.sqlite3.syncing").exists)
        assert stop(process, number) == (0, "Stopped.")
    assert rows(tmp_path, "note") == 0


BEFORE_IMPORT = """\
import os, signal, sys
NUMBER, MODULE = {number}, {module!r}
{stopped}
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            stopped()
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored by what is started in the background
sys.meta_path.insert(0, Finder())
from flashcards.cli.main import main
main(sys.argv[1:])
"""
PLAINLY = "def stopped(): os.kill(os.getpid(), NUMBER)"
SWALLOWED = """\
class Freed:
    def __del__(self):
        os.kill(os.getpid(), NUMBER)
def stopped():
    Freed()
    import time
    time.sleep(2)
"""
MADE_ANOTHER = """\
def stopped():
    try:
        os.kill(os.getpid(), NUMBER)
    except KeyboardInterrupt:
        raise OSError("as a library says it") from None
"""


@either
@pytest.mark.parametrize("stopped", [PLAINLY, SWALLOWED, MADE_ANOTHER], ids=["plainly", "swallowed", "made another"])
@pytest.mark.parametrize("module", ["click", "flashcards.cli.sets"])
def test_a_stop_is_one_wherever_it_finds_the_program(
    tmp_path: Path, module: str, stopped: str, number: int, code: int
) -> None:
    """As it still loads what it needs, in code that throws exceptions away, in code that makes others of them."""
    if (module, stopped) == ("click", MADE_ANOTHER):
        pytest.skip("nothing of a library has run by then")
    program = BEFORE_IMPORT.format(number=number, module=module, stopped=stopped)
    done = subprocess.run(
        [sys.executable, "-c", program, "sets", "--user", "ada"], capture_output=True, text=True, check=False,
        env=os.environ | {"FLASHCARDS_DATA": str(tmp_path / "data")},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.strip()) == (code, "", "Stopped.")


@either
def test_a_server_is_stopped_by_a_flag_from_its_first_word_on(tmp_path: Path, number: int, code: int) -> None:
    """Not by an exception in the middle of whatever it still loads, which might be anything in the end."""
    write_decks(tmp_path, 10)
    program = BEFORE_IMPORT.format(number=number, module="uvicorn.loops.auto", stopped=MADE_ANOTHER)
    done = subprocess.run(
        [sys.executable, "-c", program, "serve", "--port", str(free_port())], check=False, text=True, timeout=60,
        capture_output=True, env=os.environ | {f"FLASHCARDS_{n}": str(tmp_path / n.lower()) for n in ("DATA", "DECKS")},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("(Ctrl+C stops)\n")


def test_code_of_a_card_ends_with_the_command_that_runs_it(tmp_path: Path) -> None:
    mark = tmp_path / "runs"
    code = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(100)\n"

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    def once_it_runs() -> None:
        wait_for(lambda: mark.exists() and mark.read_text())
        os.kill(os.getpid(), signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        threading.Thread(target=once_it_runs).start()
        with pytest.raises(KeyboardInterrupt):
            run(Block("a.md", 1, code), 60)
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


BORN = """\
import signal, sys
signal.signal(signal.SIGINT, lambda *_: None)
from flashcards import apart
print("ready", flush=True)
print(sum(apart.run(["true"]).returncode != 0 for _ in range(400)))
"""


def test_what_we_run_is_not_interrupted_while_it_is_born() -> None:
    """It is in our session yet for a moment, and would die there of the Ctrl+C."""
    process = subprocess.Popen([sys.executable, "-c", BORN], text=True, start_new_session=True, stdout=subprocess.PIPE)
    output = process.stdout
    assert output
    with process:
        assert output.readline() == "ready\n"
        while process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):  # macOS says so of who has ended and is not waited for
                os.killpg(process.pid, signal.SIGINT)
        assert output.read() == "0\n"


def test_an_unfinished_rendering_outlives_its_pool() -> None:
    """An error on its way out closes the pool before the generator that renders in it."""
    note = Note("n", True, 1, Basic("Q", "A"), "## Q\n\nA")
    with RenderPool(1) as pool:
        results = pool.render_all((n, request_for(note)) for n in range(50))
        next(results)
    results.close()  # type: ignore[attr-defined]


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def test_an_interruption_while_something_loads_does_not_take_the_exit_code(tmp_path: Path) -> None:
    """Where it falls into code that a library makes as it is loaded: Python remembers it, and would end by it."""
    (tmp_path / "interrupted.py").write_text(
        "from flashcards.cli import commands, main\n"
        "def run(arguments):\n"
        "    try:\n"
        "        exec('raise KeyboardInterrupt')\n"
        "    except KeyboardInterrupt:\n"
        "        return 0\n"
        "commands.run = run\n"
        "main.main([])\n"
    )
    done = subprocess.run([sys.executable, "-m", "interrupted"], cwd=tmp_path, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
