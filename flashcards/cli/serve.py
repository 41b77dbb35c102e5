"""`flashcards serve` and `flashcards worker`."""

from __future__ import annotations

import time
from dataclasses import replace
from socket import socket

import click

from flashcards.cli.common import config, printable, services
from flashcards.cli.logs import log_to_stderr
from flashcards.config import Config, parse_host, parse_port
from flashcards.counted import counted
from flashcards.errors import FlashcardsError
from flashcards.garbage import loading
from flashcards.jobs.all import all_jobs
from flashcards.services.upkeep.database_note import database_note
from flashcards.wiring import Services


def _host(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else parse_host(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _port(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else parse_port(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("serve")
@click.option(
    "--host",
    metavar="H",
    callback=_host,
    help="Address to listen on (default 127.0.0.1: this machine only).",
)
@click.option("--port", metavar="P", callback=_port, help="Port to listen on (default 8000).")
def serve_command(host: str | None, port: int | None) -> None:
    """Serve the web app and run the jobs.

    Example: flashcards serve --port 8080
    """
    with loading():
        from flashcards.web.server import bind

    settings = config()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    log_to_stderr(settings.log)
    listener = bind(settings.host, settings.port)  # before any work: a port in use is said at once
    try:
        with services(settings) as opened:
            _serve(opened, settings, listener)
    except KeyboardInterrupt:  # the usual end of a server, also of one that still reads its decks
        click.echo("Stopped.", err=True)


def _serve(opened: Services, settings: Config, listener: socket) -> None:
    with loading():
        from flashcards.web.app import create_app
        from flashcards.web.server import serve

    if line := opened.make_first_account():
        click.echo(printable(line))
    first_sync(opened)
    background = all_jobs(opened)
    background.start()
    try:
        serve(create_app(opened, settings), listener, lambda: _say_hello(settings, opened))
    finally:
        background.stop()


@click.command("worker")
def worker_command() -> None:
    """Run the jobs alone, for several web processes. One leader at a time; the others stand by.

    Example: flashcards worker
    """
    settings = config()
    log_to_stderr(settings.log)
    try:
        with services(settings) as opened:
            background = all_jobs(opened)
            background.start()
            try:
                click.echo("Jobs: decks when files change, a backup every night. Ctrl+C stops.")
                while True:
                    time.sleep(1)  # one endless wait would miss a signal that comes just before it
            finally:
                background.stop()
    except KeyboardInterrupt:  # the usual end of a worker
        click.echo("Stopped.", err=True)


def first_sync(opened: Services) -> None:
    """Installs and reads the decks before the first page; trouble is said and does not stop the server."""
    for line in opened.install_bundled():
        click.echo(line)
    try:
        for line in opened.take_back_cut_off():
            click.echo(printable(line))
        report = opened.sync.sync()
    except FlashcardsError as error:
        click.echo(printable(f"flashcards: {error.told()}"), err=True)
        return
    if report.errors:
        found = counted(len(report.errors), "error")
        click.echo(f"{found} in deck files: see flashcards check, or the decks' pages", err=True)


def _say_hello(settings: Config, opened: Services) -> None:
    state = opened.decks.collection_state()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    click.echo(f"Flashcards: {counted(state.cards, 'card')} in {counted(state.decks, 'deck')} from {settings.decks}")
    click.echo(f"Data in {settings.data}, {database_note(settings.database)}")
    if code := opened.accounts.setup_code():
        click.echo(f"The first account needs this code: {code}")
    click.echo(f"Open http://{host}:{settings.port}{settings.base_path} (Ctrl+C stops)")
