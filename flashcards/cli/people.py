"""`flashcards user` and `flashcards token`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from flashcards.cli.common import Group, json_option, print_list, read_password, services
from flashcards.errors import NotFound
from flashcards.services.accounts.settings import checked_settings

Command = TypeVar("Command", bound=Callable[..., object])


@click.group("user", cls=Group)
def user_command() -> None:
    """Add, change, list and delete accounts.

    Example: flashcards user add ada --author
    """


def _roles(function: Command) -> Command:
    for name, text in (("admin", "may give roles"), ("author", "may write decks")):
        function = click.option(f"--{name}/--no-{name}", default=None, help=f"The account {text}.")(function)
    return click.option("--timezone", metavar="ZONE", help="An IANA name such as Europe/Berlin.")(function)


@user_command.command("add")
@click.argument("name")
@_roles
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(name: str, admin: bool | None, author: bool | None, timezone: str | None, password_stdin: bool) -> None:
    """Make an account.

    Example: flashcards user add ada --author --timezone Europe/London
    """
    password = read_password(password_stdin)
    with services() as opened:
        opened.accounts.add_learner(name, password, author=bool(author), admin=bool(admin), timezone=timezone)
    click.echo(f"{name}: made", err=True)


@user_command.command("set")
@click.argument("name")
@_roles
def set_(name: str, admin: bool | None, author: bool | None, timezone: str | None) -> None:
    """Change the roles or the time zone of an account.

    Example: flashcards user set ada --admin --no-author
    """
    if admin is None and author is None and timezone is None:
        raise click.UsageError("nothing to set: give --admin, --author, --no-admin, --no-author or --timezone")
    with services() as opened:
        learner = opened.accounts.find(name)
        settings = {} if timezone is None else {"timezone": timezone}
        checked_settings(settings)  # what is refused leaves all as it was
        if admin is not None or author is not None:
            opened.accounts.set_roles(learner.id, author=author, admin=admin, acting=None)
        opened.accounts.save_settings(learner, **settings)
    click.echo(f"{name}: changed", err=True)


@user_command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the accounts.

    Example: flashcards user list --json
    """
    with services() as opened:
        learners, data = opened.accounts.learners(), opened.config.data
    rows = [{"name": it.name, "admin": it.is_admin, "author": it.is_author, "timezone": it.timezone} for it in learners]
    roles = [", ".join(role for role in ("admin", "author") if row[role]) or "learner" for row in rows]
    lines = [f"{row['name']}\t{role}\t{row['timezone']}" for row, role in zip(rows, roles, strict=True)]
    none = f"There are no accounts yet in {data}: make one with flashcards user add NAME, or in the browser."
    print_list(rows, lines, none, as_json=as_json)


@user_command.command("passwd")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--keep-tokens", is_flag=True, help="Let its API tokens go on.")
def passwd(name: str, password_stdin: bool, keep_tokens: bool) -> None:
    """Set an account's password; its sessions and API tokens end.

    Example: flashcards user passwd ada
    """
    with services() as opened:
        opened.accounts.find(name)
        password = read_password(password_stdin, "New password")
        opened.accounts.set_password(name, password, keep_tokens=keep_tokens)
    click.echo(f"{name}: password set, sessions {'' if keep_tokens else 'and API tokens '}ended", err=True)


@user_command.command("invite")
@click.option("--author", is_flag=True, help="Whoever comes may write decks.")
@click.option("--admin", is_flag=True, help="Whoever comes may give roles.")
@click.option("--days", type=int, default=7, metavar="N", help="For how long it is good: 1, 7 (the default) or 30.")
def invite(author: bool, admin: bool, days: int) -> None:
    """Print a link by which somebody makes an account, once.

    Example: flashcards user invite --author --days 30
    """
    with services() as opened:
        _print_link(opened.invites.invite(None, author=author, admin=admin, days=days))


@user_command.command("reset")
@click.argument("name")
def reset(name: str) -> None:
    """Print a link by which an account's owner sets a new password, within a day.

    Example: flashcards user reset ada
    """
    with services() as opened:
        _print_link(opened.invites.reset(None, opened.accounts.find(name)))


def _print_link(link: str) -> None:
    click.echo(link)
    if link.startswith("/"):
        click.echo("Put the server's address in front of it; with FLASHCARDS_URL set it stands there.", err=True)


@user_command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Delete an account with its whole history.

    Example: flashcards user delete ada
    """
    with services() as opened:
        opened.accounts.find(name)
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError("there is no terminal to ask on: give --yes")
            click.confirm(f"Delete {name} and every review of theirs for ever?", abort=True)
        opened.accounts.delete_learner(name)
    click.echo(f"{name}: deleted", err=True)


@click.group("token", cls=Group)
def token_command() -> None:
    """Make, list and revoke API tokens.

    Example: flashcards token create ada --name laptop
    """


@token_command.command("create")
@click.argument("user")
@click.option("--name", default="", help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do: read, review, author; all of the role's.")
@click.option("--days", type=int, metavar="N", help="For how long it is good; until it is revoked.")
def create(user: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Print a new token on stdout, once: it is stored as a hash.

    Example: flashcards token create ada --name laptop --scope read --days 90
    """
    with services() as opened:
        owner = opened.accounts.find(user)
        click.echo(opened.accounts.create_token(owner, name, scopes=scopes or None, days=days))


@token_command.command("list")
@click.argument("user", required=False)
@json_option
def list_tokens(user: str | None, as_json: bool) -> None:
    """List tokens, of one account or of all.

    Example: flashcards token list ada
    """
    with services() as opened:
        people = [opened.accounts.find(user)] if user else opened.accounts.learners()
        rows = [
            {
                "id": token.id,
                "user": learner.name,
                "name": token.name,
                "prefix": token.prefix,
                "created_at": token.created_at,
                "used_at": token.used_at,
                "scopes": list(token.scopes),
                "expires_at": token.expires_at,
            }
            for learner in people
            for token in opened.accounts.tokens(learner)
        ]
    lines = (f"{row['id']}\t{row['user']}\t{row['prefix']}\t{row['name']}" for row in rows)
    print_list(rows, lines, "There are no tokens: make one with flashcards token create USER.", as_json=as_json)


@token_command.command("revoke")
@click.argument("token_id", type=int)
def revoke(token_id: int) -> None:
    """Revoke a token by the number that `token list` shows.

    Example: flashcards token revoke 3
    """
    with services() as opened:
        for learner in opened.accounts.learners():
            if any(token.id == token_id for token in opened.accounts.tokens(learner)):
                opened.accounts.revoke_token(learner, token_id)
                return
    raise NotFound(f"there is no token {token_id}: see flashcards token list")
