"""A look at the system with the customers of a made-up travel agency."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import httpx

    from deploy.embedded import Embedded


def demo() -> None:
    """Import the example file and show the mails that follow. The data stays in DATA_DIR."""
    from rich.console import Console

    from deploy import demo as demonstration

    console = Console()
    with _system() as (api, system):
        finished = demonstration.run(api, _mailbox(system), system.idle, console)
    console.print("The same data, to click through: [bold]make run[/]")
    raise typer.Exit(0 if finished else 1)


def seed(
    demo: Annotated[bool, typer.Option(help="The example customers, groups and mails.")] = False,
) -> None:
    """Fill DATA_DIR with example data."""
    if not demo:
        raise typer.BadParameter("There is one set of example data: use seed --demo.")
    from rich.console import Console

    from deploy import demo as demonstration

    quiet = Console(file=io.StringIO())
    with _system() as (api, system):
        finished = demonstration.run(api, _mailbox(system), system.idle, quiet)
    typer.echo("The example data is in." if finished else "The example data could not be read.")
    raise typer.Exit(0 if finished else 1)


def _mailbox(system: Embedded) -> Path:
    return system.settings["followup"].data_dir / "mail"


@contextmanager
def _system() -> Iterator[tuple[httpx.Client, Embedded]]:
    """The embedded system at work in this process, spoken to directly."""
    import httpx

    from deploy.embedded import Embedded
    from shared import logs
    from shared.auth import issue_token

    system = Embedded()
    settings = system.settings["console"].model_copy(update={"log_level": "WARNING"})
    logs.configure(settings)
    system.start()
    token = issue_token(
        settings, subject="client:demo", name="Demo", scopes=("admin",), lifetime_s=3600
    )
    try:
        with httpx.Client(
            base_url=settings.public_url,
            transport=system.transport,
            headers={"Authorization": f"Bearer {token}"},
        ) as api:
            yield api, system
    finally:
        system.stop()
