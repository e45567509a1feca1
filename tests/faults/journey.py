"""One customer file through the whole system, and what must be true of it in the end."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from bench.customers import write_csv
from bench.imports import prepare, upload
from shared.db import Database
from tests.ledger import Ledger
from tests.servers.stammkunde import ROLES
from tests.smtp_sink import Sink

ROWS = 60
PATIENCE_S = 150.0


ON_THE_WAY = tuple(role for role in ROLES if role != "console-api")
"""The roles that an import needs."""

HELD = {"imports": "importer", "exports": "importer", "mails": "followup"}
"""The tables in which a process marks what it has in hand, until some time."""


def let_leases_run_out(database: Callable[[str], Database], *tables: str) -> None:
    """Let a minute pass for what a dead process had in hand: then others may take it up."""
    for table in tables:
        with database(HELD[table]).transaction() as session:
            session.execute(
                text(f"UPDATE {table} SET lease_until = created_at WHERE lease_until IS NOT NULL")
            )


class Journey:
    """Imports files of new people, each of whom joins a group and gets one mail."""

    def __init__(self, api: httpx.Client, sink: Sink, directory: Path) -> None:
        self._api = api
        self._sink = sink
        self._directory = directory
        self.sequence_id = prepare(api)
        self._seed = int(time.time_ns() % 1_000_000_000)

    def begin(self, rows: int = ROWS) -> tuple[str, set[str]]:
        """Upload a file of `rows` new people and start it. Return its address and their e-mails."""
        address, people = self.upload(rows)
        self.start(address)
        return address, people

    def upload(self, rows: int = ROWS) -> tuple[str, set[str]]:
        self._seed += 1
        file = write_csv(self._directory / f"{self._seed}.csv", rows, seed=self._seed)
        people = {f"kunde{self._seed}.{i}@example.com" for i in range(rows)}
        return upload(self._api, file), people

    def start(self, address: str) -> None:
        """Start the import. An answer that a killed process owes is as good as one."""
        with suppress(httpx.TransportError):
            self._api.post(f"{address}/start")

    def settle(self, address: str, people: set[str], ledger: Ledger) -> None:
        """Wait until every person has what is due to them; count what is missing or twice."""
        started = time.monotonic()
        imported = self._wait(lambda: self._ended(address), "the import's end")
        assert imported["state"] == "finished", imported
        progress = imported["progress"]
        assert progress["failed"] == progress["conflicts"] == 0, progress
        self._wait(lambda: not self._missing(people), "every mail")
        ledger.recovery_s = max(ledger.recovery_s, time.monotonic() - started)
        self.count(people, ledger)

    def count(self, people: set[str], ledger: Ledger) -> None:
        """Write down what these people have, and have not."""
        mails = self._mails_of(people)
        found = self._customers(people)
        customers = Counter(email for email, _ in found)
        numbers = Counter(number for _, number in found)
        ledger.attempted += len(people)
        ledger.effects += sum(1 for email in people if mails[email] and customers[email])
        ledger.uncertain += len(self._whose_mail_is("uncertain", people))
        ledger.given_up += len(self._given_up(people))
        ledger.lost += len(people - set(customers)) + len(self._missing(people))
        twice = [*mails.values(), *customers.values(), *numbers.values()]
        ledger.double += sum(n - 1 for n in twice)

    def wait_for_rows(self, address: str, count: int) -> None:
        """Wait until the import is that far; it must still be under way then."""
        self._wait(lambda: self.rows(address) >= count, f"{count} rows")
        assert self._get(address, {})["state"] == "running"

    def rows(self, address: str) -> int:
        return int(self._get(address, {})["progress"]["rows_done"])

    def _missing(self, people: set[str]) -> set[str]:
        missing = people - set(self._mails_of(people))
        if missing:
            missing -= self._whose_mail_is("uncertain", people) | self._given_up(people)
        return missing

    def _given_up(self, people: set[str]) -> set[str]:
        return self._whose_mail_is("bounced", people) | self._whose_mail_is("failed", people)

    def _mails_of(self, people: set[str]) -> Counter[str]:
        return Counter(mail.to for mail in list(self._sink.state.mails) if mail.to in people)

    def _customers(self, people: set[str]) -> list[tuple[str, int]]:
        prefix = next(iter(people)).partition(".")[0]
        found = self._pages("/api/v1/customers", {"q": prefix, "active": "all"})
        return [(c["email"], c["number"]) for c in found if c["email"] in people]

    def _whose_mail_is(self, state: str, people: set[str]) -> set[str]:
        ids = {m["customer_id"] for m in self._pages("/api/v1/mails", {"state": state})}
        addresses = {self._get(f"/api/v1/customers/{i}", {})["email"] for i in ids}
        return addresses & people

    def _pages(self, path: str, query: dict[str, str]) -> list[dict]:
        items, cursor = [], None
        while True:
            page = self._get(
                path, query | {"limit": "500"} | ({"cursor": cursor} if cursor else {})
            )
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def _ended(self, address: str) -> dict | None:
        seen = self._get(address, {})
        if seen["state"] in ("uploaded", "ready"):
            self.start(address)  # the process that took the order died with it
        return seen if seen["state"] in ("finished", "failed", "cancelled") else None

    def _get(self, path: str, query: dict[str, str]) -> dict:
        answer = self._api.get(path, params=query)
        if answer.status_code >= 500:
            raise httpx.ReadError(answer.text)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _wait(self, found: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE_S
        while True:
            value = None
            with suppress(httpx.TransportError):  # what answers may be what was killed
                value = found()
            if value:
                return value
            if time.monotonic() > end:
                raise TimeoutError(f"{what} did not come within {PATIENCE_S:.0f} s")
            time.sleep(0.1)
