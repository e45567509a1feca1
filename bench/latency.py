"""How long a mail takes from the request that adds somebody to a group to the mail server's door."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import httpx

from bench.imports import _checked


def measure(
    api: httpx.Client, group_id: str, taken: Callable[[], int], *, count: int, warm_up: int = 10
) -> tuple[float, float]:
    """Return p50 and p99 in milliseconds. `taken` says how many mails the mail server has had."""
    waits = []
    for i in range(count + warm_up):
        customer = _new_customer(api, i)
        time.sleep(0.03)  # the system is idle again: its events have travelled
        before = taken()
        started = time.perf_counter()
        response = api.put(f"/api/v1/groups/{group_id}/members/{customer}")
        if response.status_code != 204:
            raise RuntimeError(response.text)
        while taken() == before:
            if time.perf_counter() - started > 30:
                raise TimeoutError("no mail within 30 seconds")
            time.sleep(0.0005)
        if i >= warm_up:
            waits.append((time.perf_counter() - started) * 1000)
    return statistics.median(waits), sorted(waits)[int(len(waits) * 0.99)]


def _new_customer(api: httpx.Client, i: int) -> Any:
    return _checked(
        api.post(
            "/api/v1/customers",
            json={"last_name": f"Eilig {i}", "email": f"eilig{time.time_ns()}@example.com"},
        )
    )["id"]
