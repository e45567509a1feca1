"""The documents that follow from the code."""

import typer

from deploy.documents import write


def documents() -> None:
    """Write docs/events.md and docs/asyncapi.json anew."""
    for path in write():
        typer.echo(path)
