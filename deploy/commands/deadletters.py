"""Dead letters: events that a service could not handle, and that wait for a person."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from shared.events import SUBSCRIPTIONS

if TYPE_CHECKING:
    from shared.deadletters import DeadLetters

LISTENING = tuple(service for service, heard in SUBSCRIPTIONS.items() if heard)

dead_letters = typer.Typer(
    no_args_is_help=True, help="Events that a service could not handle. In a container: its own."
)

Service = Annotated[
    str | None,
    typer.Option(
        help=f"Whose: {', '.join(LISTENING)}. Every one's if not given; SERVICE in containers."
    ),
]
Id = Annotated[UUID, typer.Argument(help="The event's id, as `list` shows it.")]
Ids = Annotated[list[UUID] | None, typer.Argument(help="The events' ids, as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="All that wait.")]


@dead_letters.command("list")
def list_(service: Service = None, limit: int = 100) -> None:
    """Show what waits, the oldest first."""
    table = Table("Service", "Id", "Event", "Failed at", "Reason")
    for name, letters in _each(service):
        for letter in letters.list(limit):
            failed_at = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}" if letter.failed_at else ""
            table.add_row(name, str(letter.id), letter.name, failed_at, letter.reason)
    if table.row_count:
        Console(width=None if os.isatty(1) else 200).print(table)
    else:
        typer.echo("No dead letters.")


@dead_letters.command()
def show(letter: Id, service: Service = None) -> None:
    """Show one in full, personal data included."""
    for _, letters in _each(service):
        found = letters.show(letter)
        if found is not None:
            typer.echo(f"{found.name}\n{found.reason}\n{found.raw.decode(errors='replace')}")
            return
    typer.secho(f"There is no dead letter {letter}.", err=True, fg="red")
    raise typer.Exit(1)


@dead_letters.command()
def retry(ids: Ids = None, every: All = False, service: Service = None) -> None:
    """Give them to their service once more. What fails again waits again."""
    wanted = _wanted(ids, every)
    typer.echo(f"{sum(letters.retry(wanted) for _, letters in _each(service))} tried again")


@dead_letters.command()
def drop(ids: Ids = None, every: All = False, service: Service = None) -> None:
    """Throw them away for good."""
    wanted = _wanted(ids, every)
    typer.echo(f"{sum(letters.drop(wanted) for _, letters in _each(service))} dropped")


def _wanted(ids: list[UUID] | None, every: bool) -> list[UUID] | None:
    if bool(ids) == every:
        raise typer.BadParameter("Name ids, or say --all.")
    return ids or None


def _each(service: str | None) -> Iterator[tuple[str, DeadLetters]]:
    chosen = service or os.environ.get("SERVICE")
    if chosen is not None and chosen not in LISTENING:
        raise typer.BadParameter(f"{chosen} hears no events. Choose from {', '.join(LISTENING)}.")
    for name in (chosen,) if chosen else LISTENING:
        with _opened(name) as letters:
            yield name, letters


@contextmanager
def _opened(service: str) -> Iterator[DeadLetters]:
    from shared.deadletters import dead_letters_of

    settings = import_module(f"services.{service}.config").Settings()
    database = settings.database()
    try:
        database.migrate(service)
        handlers = import_module(f"services.{service}.handlers").HANDLERS
        yield dead_letters_of(settings, database, handlers)
    finally:
        database.dispose()
