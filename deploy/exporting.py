"""An export seen from outside: ordered, watched, downloaded, on a terminal."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.importing import POLL_S, Refused, checked

FORMATS = ("csv", "xlsx", "vcf")
ENDED = ("finished", "failed", "cancelled")


def export_through(
    api: httpx.Client, file: Path, asked: dict[str, Any], console: Console
) -> dict[str, Any]:
    """Export into `file` and return the export as it ended. Raises Refused.

    The file is there as a whole or not at all.
    """
    ordered = checked(api.post("/api/v1/exports", json=asked))
    address = f"/api/v1/exports/{ordered['id']}"
    ended = _watch(api, address, console)
    if ended["state"] != "finished":
        raise Refused(ended["failure"] or f"The export was {ended['state']}.")
    _download(api, f"{address}/file", file, ended["size"])
    console.print(f"[bold]{file}[/]: {ended['rows_done']} customers, {ended['size']} bytes")
    return ended


def asked_for(
    api: httpx.Client,
    file: Path,
    *,
    format_: str | None,
    selection: str | None,
    active: str | None,
    columns: Sequence[str],
    sort: str,
    dialect: str,
) -> dict[str, Any]:
    """Return the order of an export. The format is said by the file's ending, unless it is given."""
    format_ = format_ or file.suffix.lstrip(".").lower()
    if format_ not in FORMATS:
        raise Refused(f"{file.name} ends in none of {', '.join(FORMATS)}. Say --format.")
    # Before a file is ordered for which there is no place.
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise Refused(f"Nothing can be written to the folder {file.parent}. Say another one.")
    asked: dict[str, Any] = {"format": format_, "sort": sort, "dialect": dialect}
    if columns:
        asked["columns"] = list(columns)
    if active is not None:
        asked["active"] = active
    if selection is not None:
        asked["selection_id"] = _selection_id(api, selection)
    return asked


def _selection_id(api: httpx.Client, name: str) -> str:
    try:
        return str(UUID(name))
    except ValueError:
        pass
    known: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "500", **({"cursor": cursor} if cursor else {})}
        page = checked(api.get("/api/v1/selections", params=params))
        for saved in page["items"]:
            if saved["name"].casefold() == name.casefold():
                return str(saved["id"])
            known.append(saved["name"])
        cursor = page["next"]
        if cursor is None:
            raise Refused(
                f"There is no selection {name!r}. Saved are: {', '.join(known) or 'none'}."
            )


def _watch(api: httpx.Client, address: str, console: Console) -> dict[str, Any]:
    with Progress(
        TextColumn("Exporting"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("export", total=None)
        while True:
            seen = checked(api.get(address))
            progress.update(task, completed=seen["rows_done"], total=seen["rows_total"])
            if seen["state"] in ENDED:
                return seen
            time.sleep(POLL_S)


def _download(api: httpx.Client, address: str, file: Path, size: int) -> None:
    """Write the file beside its place and move it there when it is whole."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, api.stream("GET", address) as answer:
            if not answer.is_success:
                answer.read()
                checked(answer)
            for data in answer.iter_bytes():
                out.write(data)
            written = out.tell()
        if written != size:
            raise Refused(f"Only {written} of {size} bytes arrived. Please export again.")
        part.replace(file)
    except OSError as error:
        raise Refused(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
