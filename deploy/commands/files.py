"""Customer files in and out of a running system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from services.console.config import Settings
from shared.auth import issue_token

SCOPES = ("imports:write", "customers:write", "groups:write")


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    url: Annotated[
        str | None, typer.Option(help="Where the system runs; PUBLIC_URL if not given.")
    ] = None,
    options: Annotated[
        str, typer.Option(help="Import options as JSON, as in PATCH /api/v1/imports/{id}.")
    ] = "{}",
) -> None:
    """Import a customer file into the running system and show how it goes."""
    import httpx
    from rich.console import Console

    from deploy.importing import ImportRefused, import_through

    settings = Settings()
    console = Console()
    base = url or settings.public_url
    token = issue_token(settings, subject="client:command-line", name="Command line", scopes=SCOPES)
    with httpx.Client(
        base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
    ) as api:
        try:
            finished = import_through(api, file, _options(options), console)
        except httpx.TransportError:
            console.print(f"[red]No system answers at {base}. Start it with: make run")
            raise typer.Exit(1) from None
        except ImportRefused as error:
            console.print(f"[red]{error}")
            raise typer.Exit(1) from None
    raise typer.Exit(0 if finished["state"] == "finished" else 1)


def _options(text: str) -> dict[str, Any]:
    try:
        options = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"--options is not JSON: {error}") from None
    if not isinstance(options, dict):
        raise typer.BadParameter("--options is not a JSON object")
    return options
