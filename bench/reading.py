"""Reading among a million customers, beside the least that could answer from the same table."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from bench.crowd import Crowd, fill
from bench.figures import Figure
from bench.load import get, requests_per_second
from shared.auth import issue_token
from shared.config import Settings
from shared.db import Database
from shared.testing import SECRET
from shared.web.paging import encode_cursor
from tests.servers.processes import Guarded, answers, free_port, own_directory, wait_until

ROOT = Path(__file__).resolve().parents[1]
BASE = "/api/v1/customers"
SEARCHES = (
    "Grobermann",
    "thomas stenhauser",
    "Schmtzing",
    "0171 2000",
    "bauwinberg",
    "ziehölke sabine",
)
PAGE = 50
GROUP_LISTS = 15


def measure(postgres: Any, *, quick: bool) -> list[Figure]:
    """Fill a database and measure on it; the larger, the longer."""
    name = f"bench_reading_{uuid4().hex[:8]}"
    database = Database(postgres.create_database(name))
    try:
        database.migrate("customers")
        crowd = fill(database, 50_000 if quick else 1_000_000)
        return beside_the_peer(database, crowd, rounds=1 if quick else 3, seconds=2 if quick else 4)
    finally:
        database.dispose()
        postgres.drop_database(name)


def beside_the_peer(
    database: Database, crowd: Crowd, *, rounds: int, seconds: float
) -> list[Figure]:
    """Measure product and peer in turn, each alone at work."""
    token = token_for("customers:read")
    with ExitStack() as stack:
        product = stack.enter_context(served("services.customers.app", database.url))
        peer = stack.enter_context(served("bench.peer", database.url))

        def beside(work: str, ours: Sequence[str], theirs: Sequence[str]) -> Figure:
            rates = [
                (
                    requests_per_second(product, [get(p, token) for p in ours], seconds),
                    requests_per_second(peer, [get(p) for p in theirs], seconds),
                )
                for _ in range(rounds)
            ]
            mine, limit = (statistics.median(column) for column in zip(*rates, strict=True))
            return Figure(work, mine, "requests/s", limit, "Flask and SQLAlchemy alone", 0.6)

        searches = [f"?q={quote(q)}" for q in SEARCHES]
        ids = [str(customer_id) for customer_id in crowd.ids]
        one = beside(
            "GET one customer", [f"{BASE}/{i}" for i in ids], [f"/customers/{i}" for i in ids]
        )
        some = beside(f"List of {PAGE} customers", [f"{BASE}?limit={PAGE}"], ["/customers"])
        found = beside(
            "Search for customers",
            [BASE + query for query in searches],
            [f"/customers{query}" for query in searches],
        )
        deep = [get(f"{BASE}?limit={PAGE}&cursor={_deep(database)}", token)]
        first = [get(f"{BASE}?limit={PAGE}", token)]
        pages = [
            tuple(requests_per_second(product, page, seconds) for page in (deep, first))
            for _ in range(rounds)
        ]
        late, early = (statistics.median(column) for column in zip(*pages, strict=True))
        return [
            one,
            some,
            found,
            Figure("List, a page half-way", late, "requests/s", early, "its first page", 0.9),
            *_of_groups(product, token, crowd),
        ]


def _of_groups(port: int, token: str, crowd: Crowd) -> list[Figure]:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as api:

        def wait(query: str) -> float:
            waits = []
            for _ in range(GROUP_LISTS):
                started = time.perf_counter()
                api.get(BASE + query).raise_for_status()
                waits.append((time.perf_counter() - started) * 1000)
            return statistics.median(waits)

        large = wait(f"?group={crowd.large_group}")
        upper = wait(f"?group={crowd.upper_group}&include_subgroups=true")
    return [
        Figure("List of a group's members (1 in 20), first page", large, "ms", bar=50,
               compare="at most"),
        Figure("The same with subgroups (1 in 10)", upper, "ms", bar=50, compare="at most"),
    ]  # fmt: skip


def _deep(database: Database) -> str:
    """Return the cursor of the page in the middle: page 10,000 of a million customers."""
    with database.engine.connect() as connection:
        total = connection.exec_driver_sql("SELECT active FROM register").scalar_one()
        row = connection.exec_driver_sql(
            "SELECT name_sort, id FROM customers WHERE erased_at IS NULL"
            f" ORDER BY name_sort, id OFFSET {total // 2} LIMIT 1"
        ).one()
    return f"{total}.{encode_cursor(tuple(row))}"


@contextmanager
def served(module: str, database_url: str, *, service: str = "customers") -> Iterator[int]:
    """The app under gunicorn as in production, with one process, as `service`. Yields its port."""
    with own_directory("reading") as directory:
        port = free_port()
        process = Guarded(
            [
                sys.executable, "-m", "gunicorn", f"{module}:create_app()",
                "--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}",
            ],
            directory=ROOT,
            log=directory / "log",
            environment={
                "DATABASE_URL": database_url,
                "SECRET_KEY": SECRET,
                "DATA_DIR": str(directory),
                "LOG_LEVEL": "WARNING",
                "SERVICE": service,
                "WEB_WORKERS": "1",
                "PROMETHEUS_MULTIPROC_DIR": str(directory / "metrics"),
            },
        )  # fmt: skip
        try:
            wait_until(lambda: answers(port), module, server=process)
            httpx.get(
                f"http://127.0.0.1:{port}/", timeout=60
            )  # the port is open before the app is loaded
            yield port
        finally:
            process.kill()


def token_for(*scopes: str) -> str:
    """Return a program's token, good for a day."""

    class Reader(Settings):
        service = "customers"

    return issue_token(
        Reader(secret_key=SECRET), subject="user:bench", name="Bench", scopes=scopes, lifetime_s=86_400,
    )  # fmt: skip
