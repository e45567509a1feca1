"""How an import and its export grow: ten, a hundred and a thousand thousand customers, a fresh system each.

Not part of the usual run, which would take an hour with it: python -m bench --only growth
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from bench import imports
from bench.figures import Figure
from tests.servers.stammkunde import RunningSystem, running_system

SIZES = (10_000, 100_000, 1_000_000)
QUICK = (2_000, 20_000)
LEAST = 1 / 1.3
MOST_MEMORY_MB = 200
FORMATS = ("csv", "xlsx")


class Grown(NamedTuple):
    """Rows per second, by kind of work, and the most memory of each process in MB."""

    rates: dict[str, float]
    memory_mb: dict[str, float]


def measure(postgres: Any, broker: Any, directory: Path, *, quick: bool) -> list[Figure]:
    sizes = QUICK if quick else SIZES
    grown = {size: _grown(postgres, broker, directory, size) for size in sizes}
    first, last = grown[sizes[0]], grown[sizes[-1]]
    return [
        *(
            Figure(f"{work} of {size:,}", found.rates[work], "rows/s", first.rates[work],
                   f"of {sizes[0]:,}", LEAST)
            for work in first.rates
            for size, found in list(grown.items())[1:]
        ),
        *(
            Figure(f"Memory with {sizes[-1]:,}: {role}", most, "MB", compare="at most",
                   bar=MOST_MEMORY_MB if role.startswith("importer") else None,
                   note=f"{first.memory_mb[role]:.0f} MB with {sizes[0]:,}")
            for role, most in last.memory_mb.items()
        ),
    ]  # fmt: skip


def _grown(postgres: Any, broker: Any, directory: Path, size: int) -> Grown:
    broker.clear()
    with running_system(postgres, broker, smtp_url=None) as system:
        system.start(*imports.WRITING, "followup-api")
        api = system.client("admin", timeout=600)
        imports.prepare(api)
        file = imports.make_file(directory, size, 1)
        written = imports.run(api, imports.upload(api, file))["written_s"]
        rates = {"Import": size / written}
        for format_ in FORMATS:
            rates[f"Export to {format_.upper()}"] = size / _exported(api, size, format_)
        return Grown(rates, {role: _most_memory_mb(system, role) for role in imports.WRITING})


def _exported(api: httpx.Client, size: int, format_: str) -> float:
    """Return the seconds until the file of everybody is there."""
    started = time.perf_counter()
    answer = api.post("/api/v1/exports", json={"format": format_, "active": "all"})
    address = f"/api/v1/exports/{answer.raise_for_status().json()['id']}"
    while (seen := api.get(address).raise_for_status().json())["state"] not in (
        "finished",
        "failed",
    ):
        time.sleep(0.2)
    if seen["state"] != "finished" or seen["rows_done"] != size:
        raise RuntimeError(f"not everybody was exported: {seen}")
    return time.perf_counter() - started


def _most_memory_mb(system: RunningSystem, role: str) -> float:
    """Return the most that one of the role's processes has ever had in memory."""
    group = system.processes[role].pid
    return max(
        int(line.split()[1]) / 1024
        for process in Path("/proc").glob("[0-9]*")
        if _group_of(process) == group
        for line in (process / "status").read_text().splitlines()
        if line.startswith("VmHWM")
    )


def _group_of(process: Path) -> int | None:
    try:
        return os.getpgid(int(process.name))
    except ProcessLookupError:
        return None
