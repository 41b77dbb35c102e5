"""What a machine with systemd copies from docs/examples: the command reads the settings as the service does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_the_command_takes_each_setting_as_it_stands_in_the_file(tmp_path: Path) -> None:
    settings = tmp_path / "flashcards.env"
    settings.write_text(
        "# FLASHCARDS_PORT=1\n"
        "FLASHCARDS_URL=https://cards.example.org\n"
        "\n"
        "FLASHCARDS_ALLOWED_NETWORKS=127.0.0.1, fd00:1234::/64\n"
        "PATH=/nowhere\n"
        "FLASHCARDS_SMTP_URL=smtp://ada:$HOME&`id`'\\n@127.0.0.1:25",  # and no end of line
        "utf-8",
    )
    script = tmp_path / "flashcards"
    text = (EXAMPLES / "flashcards").read_text("utf-8").replace("/etc/flashcards.env", str(settings))
    before, found, _ = text.partition("exec runuser -u flashcards -- /opt/flashcards/bin/flashcards")
    assert found
    script.write_text(before + 'env\necho "$@"\n', "utf-8")
    ran = subprocess.run(
        ["sh", str(script), "user", "add", "ada b"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = ran.stdout.splitlines()
    assert {line for line in lines if line.startswith("FLASHCARDS_")} == {
        "FLASHCARDS_DATA=/var/lib/flashcards",
        "FLASHCARDS_URL=https://cards.example.org",
        "FLASHCARDS_ALLOWED_NETWORKS=127.0.0.1, fd00:1234::/64",
        "FLASHCARDS_SMTP_URL=smtp://ada:$HOME&`id`'\\n@127.0.0.1:25",
    }
    assert f"PATH={os.environ['PATH']}" in lines
    assert lines[-1] == "user add ada b"


def test_the_service_and_the_command_agree_on_user_data_and_settings() -> None:
    unit, command = ((EXAMPLES / name).read_text("utf-8") for name in ("flashcards.service", "flashcards"))
    for common in ("FLASHCARDS_DATA=/var/lib/flashcards", "/etc/flashcards.env", "/opt/flashcards/bin/flashcards"):
        assert common in unit
        assert common in command
    assert "User=flashcards\n" in unit
    assert "runuser -u flashcards " in command
