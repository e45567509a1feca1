"""Access: tokens for programs, users for people."""

from __future__ import annotations

from typing import Annotated

import typer

from services.console.config import Settings
from shared.auth import SCOPES, issue_token
from shared.errors import ServiceError

DAY_S = 24 * 60 * 60

user = typer.Typer(no_args_is_help=True, help="The people who may sign in to the console.")


@user.callback()
def _users() -> None:
    """Keep `add` a command of its own while it is the only one."""


def token(
    name: Annotated[str, typer.Option(help="Who the token is for; shown in lists and histories.")],
    scope: Annotated[list[str], typer.Option(help=f"One of {', '.join(SCOPES)}; repeatable.")],
) -> None:
    """Print an access token that is good for a day. Works beside a running `serve`."""
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(SCOPES)}")
    typer.echo(
        issue_token(
            Settings(),
            subject=f"client:{name}",
            name=name,
            scopes=tuple(scope),
            lifetime_s=DAY_S,
        )
    )


@user.command()
def add(
    login: Annotated[str, typer.Argument(help="The name to sign in with.")],
    name: Annotated[str, typer.Option(help="The name that others see.")] = "",
    role: Annotated[str, typer.Option(help="owner, staff, viewer or head_office")] = "staff",
) -> None:
    """Add a user and print the password of the first sign-in."""
    from services.console import actions
    from services.console.models import Role

    if role not in list(Role):
        raise typer.BadParameter(f"{role}: choose from {', '.join(Role)}")
    settings = Settings()
    database = settings.database()
    database.migrate(settings.service)
    try:
        with database.transaction() as session:
            credentials = actions.create_user(session, login=login, name=name, role=Role(role))
    except ServiceError as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from None
    typer.echo(f"User {credentials.login}, password {credentials.password}")
