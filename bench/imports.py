"""A customer file through the whole system: rows per second until written, and until the last enrolment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from bench.customers import ATTRIBUTES, HEADINGS, ROOT, write_csv

STEP = {
    "key": "welcome",
    "delay": {"value": 0, "unit": "minutes"},
    "subject": "Ihre Reise, {{ customer.first_name }}",
    "html": "<p>Guten Tag {{ customer.last_name }}, hier ist unser Angebot {{ group.name }}.</p>",
}
WRITING = ("customers-api", "groups-api", "importer-api", "importer-worker")
TRAVELLING = ("followup-api", "customers-worker", "groups-worker", "followup-worker")


def prepare(api: httpx.Client) -> str:
    """Define the attributes, the start group and an active sequence. Return the sequence's id."""
    for attribute in ATTRIBUTES:
        _checked(api.post("/api/v1/attributes", json=attribute))
    group = _checked(api.post("/api/v1/groups", json={"name": ROOT}))
    sequence = _checked(
        api.post(
            "/api/v1/sequences",
            json={
                "name": f"Reisepost {uuid4().hex[:6]}",
                "purpose": "service",
                "start_groups": [group["id"]],
                "include_subgroups": True,
                "steps": [STEP],
            },
        )
    )
    _checked(
        api.post(
            f"/api/v1/sequences/{sequence['id']}/activate", json={"existing_members": "ignore"}
        )
    )
    return str(sequence["id"])


def upload(api: httpx.Client, file: Path) -> str:
    """Upload the file with what its headings suggest. Return the import's address."""
    with file.open("rb") as content:
        created = _checked(api.post("/api/v1/imports", files={"file": (file.name, content)}))
    unmapped = [c["name"] for c in created["detected"]["columns"] if c["target"] is None]
    if unmapped:
        raise RuntimeError(f"not understood: {unmapped}")
    return f"/api/v1/imports/{created['id']}"


def run(
    api: httpx.Client,
    address: str,
    enrolled: Callable[[], int] | None = None,
    *,
    outcome: str = "created",
) -> dict[str, Any]:
    """Start the import; return seconds until it was written, and until the last enrolment.

    `outcome` is what becomes of every row: created, updated or unchanged.
    """
    started = time.perf_counter()
    _checked(api.post(f"{address}/start"))
    # Seldom enough that looking costs the import nothing.
    while (seen := _checked(api.get(address)))["state"] not in ("finished", "failed"):
        time.sleep(0.5)
    written = time.perf_counter() - started
    progress = seen["progress"]
    if progress[outcome] != progress["rows_total"]:
        raise RuntimeError(f"not all rows are {outcome}: {progress}")
    travelled = None
    if enrolled is not None:
        while enrolled() < progress["rows_total"]:
            if time.perf_counter() - started > 600:
                raise TimeoutError(f"{enrolled()} of {progress['rows_total']} enrolled")
            time.sleep(0.2)
        travelled = time.perf_counter() - started
    return {"rows": progress["rows_total"], "written_s": written, "travelled_s": travelled}


def limit(postgres: Any, count: int) -> float:
    """Rows per second that PostgreSQL takes by COPY and a merge with RETURNING, 1,000 a commit."""
    name = f"bench_limit_{uuid4().hex[:8]}"
    url = postgres.create_database(name)
    rows = [
        (i, *(f"Wert für Spalte {c}" if c else f"kunde{i}@example.com" for c in range(20)))
        for i in range(count)
    ]
    columns = ", ".join(f"c{i}" for i in range(20))
    try:
        with psycopg.connect(url) as connection:
            connection.execute(
                f"CREATE TABLE c (number int UNIQUE, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                f" {', '.join(f'c{i} text' for i in range(20))}, UNIQUE (c0))"
            )
            connection.execute(
                f"CREATE TEMP TABLE t ON COMMIT DELETE ROWS AS SELECT number, {columns} FROM c"
            )
            connection.commit()
            started = time.perf_counter()
            for start in range(0, count, 1000):
                with connection.cursor() as cursor:
                    with cursor.copy(f"COPY t (number, {columns}) FROM STDIN") as copy:
                        for row in rows[start : start + 1000]:
                            copy.write_row(row)
                    cursor.execute(
                        f"INSERT INTO c (number, {columns}) SELECT number, {columns} FROM t"
                        " ON CONFLICT (c0) DO UPDATE SET c1 = excluded.c1 RETURNING id"
                    )
                    cursor.fetchall()
                connection.commit()
            return count / (time.perf_counter() - started)
    finally:
        postgres.drop_database(name)


def changed(file: Path) -> Path:
    """Return a copy of the file in which every customer has moved."""
    copy = file.with_stem(f"{file.stem}-moved")
    copy.write_bytes(file.read_bytes().replace(b"Hauptstra", b"Nebenstra"))
    return copy


def make_file(directory: Path, count: int, seed: int) -> Path:
    return write_csv(directory / f"kunden-{count}-{seed}.csv", count, seed=seed)


def _checked(response: httpx.Response) -> Any:
    if not response.is_success:
        raise RuntimeError(f"{response.request.url}: {response.status_code} {response.text[:500]}")
    return response.json()


assert len(HEADINGS) == 20
