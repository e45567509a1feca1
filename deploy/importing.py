"""An import seen from outside: upload, options, start, progress, result, on a terminal."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

ENDED = ("finished", "failed", "cancelled")
POLL_S = 0.2


class Refused(Exception):
    """The system did not take the file; the message says why."""


def import_through(
    api: httpx.Client, file: Path, options: dict[str, Any], console: Console
) -> dict[str, Any]:
    """Import `file` and return the import as it ended. Raises Refused if it never began."""
    with file.open("rb") as content:
        created = checked(
            api.post(
                "/api/v1/imports",
                files={"file": (file.name, content)},
                data={"options": json.dumps(options)},
            )
        )
    detected = created["detected"]
    console.print(
        f"[bold]{file.name}[/]: {detected['format']}, {detected['encoding']}, separated by "
        f"{detected['delimiter']!r}, {detected['rows']} rows, {len(detected['columns'])} columns"
    )
    address = f"/api/v1/imports/{created['id']}"
    checked(api.post(f"{address}/start"))
    ended = _watch(api, address, console)
    _show(api, address, ended, console)
    return ended


def _watch(api: httpx.Client, address: str, console: Console) -> dict[str, Any]:
    with Progress(
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("import", total=None)
        while True:
            seen = checked(api.get(address))
            counts = seen["progress"]
            progress.update(task, completed=counts["rows_done"], total=counts["rows_total"])
            if seen["state"] in ENDED:
                return seen
            time.sleep(POLL_S)


def _show(api: httpx.Client, address: str, ended: dict[str, Any], console: Console) -> None:
    counts = ended["progress"]
    console.print(
        f"{ended['state']}: {counts['created']} created, {counts['updated']} updated, "
        f"{counts['unchanged']} unchanged, {counts['failed']} refused, "
        f"{counts['conflicts']} conflicts"
    )
    problems = checked(api.get(f"{address}/errors", params={"limit": 50}))["items"]
    if not problems:
        return
    table = Table(title="What was refused or left out", title_justify="left")
    for heading in ("Row", "Column", "Value", "Reason"):
        table.add_column(heading)
    for problem in problems:
        table.add_row(
            str(problem["row"]),
            str(problem["column"] or ""),
            str(problem["value"] or ""),
            str(problem["reason"]),
        )
    console.print(table)


def checked(response: httpx.Response) -> dict[str, Any]:
    """Return the answer's JSON. Raises Refused with the words of a refusal."""
    if response.is_success:
        answer: dict[str, Any] = response.json()
        return answer
    try:
        problem = response.json()
        errors = "".join(f"\n  {k}: {', '.join(v)}" for k, v in problem.get("errors", {}).items())
        raise Refused(f"{problem.get('detail', problem.get('title'))}{errors}")
    except ValueError:
        raise Refused(f"The system answered {response.status_code}.") from None
