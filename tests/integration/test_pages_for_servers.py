"""What the pages for who keeps a server say to type, typed as it stands: bringing a backup back, and upgrading."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from flashcards.services.authoring.deck_history import FOLDER
from tests.databases import settings_for
from tests.integration.test_deck_history import commits, save
from tests.site import open_site

DOCS = Path(__file__).parents[2] / "docs"
CHECKOUT = DOCS.parent
pytestmark = pytest.mark.skipif(os.name != "posix", reason="a shell's commands")


def blocks(page: str, word: str) -> list[str]:
    """Each block of commands on the page that has the word."""
    found = re.findall(r"(?:^    .*\n)+", (DOCS / page).read_text("utf-8"), re.M)
    return [block for block in found if word in block]


def typed(commands: str, folder: Path, meanings: str, **more: str) -> str:
    """What a shell says to the commands; `meanings` are functions for what only root of a whole machine has."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(CHECKOUT), **more}
    ran = subprocess.run(
        ["sh", "-ec", meanings + commands], cwd=folder, env=environment, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert ran.returncode == 0, f"{commands}\n{ran.stdout}"
    return ran.stdout


# --- a backup


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_backup_comes_back_with_edited_decks_and_their_history_on_a_machine_that_has_run(tmp_path: Path) -> None:
    here, there, hands = two_machines(tmp_path)
    program = f'flashcards() {{ "{sys.executable}" -m flashcards "$@"; }}\n'
    file = hands / "flashcards-20261129-043236.zip"
    typed(f"flashcards backup -o '{file}'", hands, program, **settings_for(here, here / "decks"))
    shutil.copytree(here / FOLDER, hands / FOLDER)

    program += 'systemctl() { :; }\nchown() { :; }\ninstall() { shift 2; command install "$@"; }\n'
    [bring] = blocks("install.md", "flashcards restore /var/lib")
    [history] = blocks("install.md", f"/var/lib/flashcards/{FOLDER} ")
    stop, _, rest = bring.partition("\n")
    assert stop.strip() == "systemctl stop flashcards"
    commands = f"{stop}\n{history}{rest}".replace("/var/lib/flashcards", str(there))
    settings = settings_for(there, there / "decks")
    typed(commands, hands, program, **settings)

    assert_all_is_there(there)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_containers_backup_comes_back_in_the_volume_of_another_machine(tmp_path: Path) -> None:
    here, there, hands = two_machines(tmp_path)
    shutil.rmtree(there / FOLDER)  # "a machine that has not got this history yet"
    (hands / "flashcards").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flashcards "$@"\n', "utf-8")
    (hands / "flashcards").chmod(0o700)
    docker = """docker() {
        [ "$1" = compose ] && shift
        case "$1" in
            cp) cp -r "${2#flashcards:}" "$3" ;;
            stop | up) ;;
            *) while [ "$1" != flashcards ]; do shift; done; shift; "$@" ;;
        esac
    }
    """

    def containers(word: str, data: Path) -> None:
        [commands] = blocks("install.md", word)
        commands = re.sub(r"/data\b", str(data), commands).replace("--no-same-owner ", "")
        more = {**settings_for(data, data / "decks"), "PATH": f"{hands}:{os.environ['PATH']}"}
        typed(commands, hands, docker, **more)

    name = "flashcards-20261129-043236.zip"
    typed(
        f"flashcards backup -o '{here / 'backups' / name}'",
        hands,
        "",
        PATH=f"{hands}:{os.environ['PATH']}",
        **settings_for(here, here / "decks"),
    )
    containers("docker compose cp flashcards:", here)
    containers("flashcards restore /data", there)
    assert not (there / "come.zip").exists()
    assert_all_is_there(there)


def two_machines(folder: Path) -> tuple[Path, Path, Path]:
    """The data of two that have run, of which Ada wrote on the first; and an empty folder of who types."""
    here, there, hands = folder / "here", folder / "there", folder / "hands"
    hands.mkdir()
    for data in (here, there):
        (data / "decks").mkdir(parents=True)
        (data / "decks" / "a.md").write_text("## A?\n\nAs it was installed\n", "utf-8")
        with open_site(data, data / "decks") as site:
            site.services.sync.sync()
            site.services.history.catch_up()
            if data == here:
                site.learner("Ada")
                save(site, "a.md", "## A?\n\nEdited\n")
    return here, there, hands


def assert_all_is_there(data: Path) -> None:
    assert (data / "decks" / "a.md").read_text("utf-8") == "## A?\n\nEdited\n"
    with open_site(data, data / "decks") as site:
        assert [learner.name for learner in site.services.accounts.learners()] == ["Ada"]
        save(site, "a.md", "## A?\n\nEdited again\n")
        assert [author for author, _, _ in commits(site)] == ["Flashcards", "Ada", "Ada"]


# --- an upgrade from before the package had its name


def wheel(folder: Path, name: str, *modules: str) -> Path:
    """A package as pip takes it, with such modules of `flashcards` in it."""
    file = folder / f"{name.replace('-', '_')}-0.1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-0.1.0.dist-info"
    texts = {f"flashcards/{module}.py": "" for module in modules}
    texts[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n"
    texts[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*texts, f"{info}/RECORD"]))
    return file


@pytest.mark.skipif(importlib.util.find_spec("ensurepip") is None, reason="there is no pip to install")
@pytest.mark.parametrize("upgraded_before", [False, True], ids=["first upgrade", "both are there already"])
def test_an_upgrade_leaves_nothing_of_the_package_that_had_another_name(tmp_path: Path, upgraded_before: bool) -> None:
    old, new = wheel(tmp_path, "flashcards", "__init__", "gone"), wheel(tmp_path, "flashcards-in-git", "__init__")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    pip = f"{environment}/bin/pip"
    offline = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONFIG_FILE": os.devnull}
    typed(f"{pip} install '{old}'", tmp_path, "", **offline)
    if upgraded_before:
        typed(f"{pip} install --force-reinstall '{new}'", tmp_path, "", **offline)

    [block] = blocks("upgrading.md", "pip uninstall ")
    commands = block.replace("/opt/flashcards", str(environment)).replace("git+<address of this repository>", str(new))
    typed(commands, tmp_path, "systemctl() { :; }\n", **offline)

    assert typed(f"{pip} list --format=freeze --exclude pip --exclude setuptools", tmp_path, "", **offline).split() == [
        "flashcards-in-git==0.1.0"
    ]
    [package] = environment.glob("lib/python*/site-packages/flashcards")
    assert [file.name for file in package.glob("*.py")] == ["__init__.py"]
