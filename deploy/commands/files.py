"""Customer files in and out of a running system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.config import Settings
from shared.auth import issue_token

SCOPES = ("imports:write", "customers:write", "groups:write")
EXPORT_SCOPES = ("exports:read", "customers:read", "groups:read")

Url = Annotated[str | None, typer.Option(help="Where the system runs; PUBLIC_URL if not given.")]


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    url: Url = None,
    options: Annotated[
        str, typer.Option(help="Import options as JSON, as in PATCH /api/v1/imports/{id}.")
    ] = "{}",
) -> None:
    """Import a customer file into the running system and show how it goes."""
    from deploy.importing import import_through

    with _system(url, SCOPES) as (api, console):
        finished = import_through(api, file, _options(options), console)
    raise typer.Exit(0 if finished["state"] == "finished" else 1)


def export_file(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Its ending says the format.")],
    format_: Annotated[
        str | None, typer.Option("--format", help="csv, xlsx or vcf, whatever the ending.")
    ] = None,
    selection: Annotated[
        str | None, typer.Option(help="Name or id of a saved selection; else everybody.")
    ] = None,
    active: Annotated[str | None, typer.Option(help="true or false: not all of both.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="A heading; more than once for several columns.")
    ] = None,
    sort: Annotated[
        str, typer.Option(help="number, name, registered_at, updated_at, group; - reverses.")
    ] = "number",
    dialect: Annotated[str, typer.Option(help="Of CSV: excel_de or rfc4180.")] = "excel_de",
    url: Url = None,
) -> None:
    """Export customers from the running system into a file, whole or not at all."""
    from deploy.exporting import asked_for, export_through

    with _system(url, EXPORT_SCOPES) as (api, console):
        asked = asked_for(
            api,
            file,
            format_=format_,
            selection=selection,
            active=active,
            columns=column or [],
            sort=sort,
            dialect=dialect,
        )
        export_through(api, file, asked, console)


@contextmanager
def _system(url: str | None, scopes: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    """The running system's API and the terminal. What it refuses ends the command with its words."""
    import httpx
    from rich.console import Console

    from deploy.importing import Refused

    settings = Settings()
    console = Console()
    base = url or settings.public_url
    token = issue_token(settings, subject="client:command-line", name="Command line", scopes=scopes)
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as api:
        try:
            yield api, console
        except httpx.TransportError:
            console.print(f"[red]No system answers at {base}. Start it with: make run")
            raise typer.Exit(1) from None
        except Refused as error:
            console.print(f"[red]{error}")
            raise typer.Exit(1) from None


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--options is not JSON: {error}") from None
    if not isinstance(options, dict):
        raise typer.BadParameter("--options is not a JSON object")
    return options
