"""Serving the embedded system, and bringing databases up to date."""

from __future__ import annotations

import signal
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from deploy.embedded import Embedded
    from shared.config import Settings

Port = Annotated[int, typer.Option(help="Where to listen on this machine.", min=1, max=65535)]

THREADS = 12
BODY_MARGIN = 2
"""How much larger than the largest file a request may be before it is cut off without a word of ours."""


def serve(port: Port = 8080, host: str = "127.0.0.1") -> None:
    """Run the whole system in this process, with its data in DATA_DIR."""
    from deploy.embedded import Embedded
    from shared import garbage, logs

    system = Embedded()
    logs.configure(system.settings["console"])
    welcome(system, port)
    garbage.settle()
    system.start()
    signal.signal(signal.SIGTERM, _end)
    try:
        serve_edge(system, host, port)
    finally:
        system.stop()


def serve_edge(system: Embedded, host: str, port: int) -> None:
    """Answer HTTP until SIGTERM or Ctrl-C. Slow connections wait in the event loop, not in a thread."""
    import waitress

    waitress.serve(
        system.edge,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        max_request_body_size=BODY_MARGIN * system.settings["importer"].upload_limit,
        connection_limit=1000,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
        _quiet=True,
    )


def welcome(system: Embedded, port: int) -> None:
    """Say where the console is and, at the first start, how to sign in."""
    typer.echo(f"Stammkunde runs at http://localhost:{port}  (stop with Ctrl-C)")
    first_user = import_module("services.console.first_user")
    credentials = first_user.ensure_first_user(system.databases["console"])
    if credentials is not None:
        typer.echo(
            f"First sign-in: user {credentials.login}, password {credentials.password}\n"
            "This password is shown once; change it after signing in."
        )


def migrate(
    service: Annotated[
        list[str] | None, typer.Option(help="Only this service; may be given several times.")
    ] = None,
) -> None:
    """Bring the services' databases up to date. Every process also does this when it starts."""
    from deploy.embedded import SERVICES

    for name in service or SERVICES:
        settings: Settings = import_module(f"services.{name}.config").Settings()
        database = settings.database()
        database.migrate(name)
        database.dispose()
        typer.echo(f"{name}: up to date")


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
