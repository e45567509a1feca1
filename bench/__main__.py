"""`make bench`: measures the product beside its limits and prints one table.

    python -m bench [--quick] [--only imports,mails]

Servers of its own (PostgreSQL with fsync, RabbitMQ) on this machine, which everything shares.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import events, exporting, growth, imports, latency, mails, reading, selecting
from bench.embedded import embedded_process
from bench.figures import Figure, save, show
from tests.servers import postgres_server, rabbitmq_server
from tests.servers.processes import own_directory
from tests.servers.stammkunde import RunningSystem, running_system
from tests.smtp_sink import Sink

RESULTS = Path("build/bench.json")
USUAL = ("events", "mails", "imports", "latency", "embedded", "reading", "selecting", "exporting")


class Bench:
    """One run: its servers, its sizes, and the figures found so far."""

    def __init__(self, postgres: Any, broker: Any, directory: Path, *, quick: bool) -> None:
        self.postgres, self.broker, self.directory, self.quick = postgres, broker, directory, quick
        self.runs = 1 if quick else 3
        self.figures: list[Figure] = []
        self._through: dict[int, float] = {}

    def events(self) -> None:
        found = events.measure(self.postgres, self.broker.url, quick=self.quick)
        rate = found["events_per_second"]
        self.figures += [
            Figure("Event relay", rate["relay"], "events/s", rate["pika_publish"],
                   "pika publishing", 0.35),
            Figure("Relay, consumer, inbox, effect, next outbox row", rate["relay_and_consumer"],
                   "events/s", rate["pika_publish"], "pika publishing", 0.2),
        ]  # fmt: skip

    def mails(self) -> None:
        self.figures += mails.measure(self.postgres, quick=self.quick)

    def imports(self) -> None:
        rows = 10_000 if self.quick else 100_000
        limits, written, travelled = [], [], []
        for seed in range(self.runs):
            limits.append(imports.limit(self.postgres, rows))
            written.append(self._written(rows, seed))
            travelled.append(self._travelled(rows, seed))
        limit = statistics.median(limits)
        created, unchanged, updated = map(statistics.median, zip(*written, strict=True))
        self.figures += [
            Figure(f"Import of {rows:,} rows, written", created, "rows/s", limit,
                   "COPY and merge", 0.12),
            Figure("The same file again", unchanged, "rows/s", created, "as new rows", 2.0),
            Figure("The same file, one column changed", updated, "rows/s", created, "as new rows",
                   0.7),
            Figure(f"Import of {rows:,} rows, to the last enrolment", statistics.median(travelled),
                   "rows/s", limit, "COPY and merge", 0.03),
        ]  # fmt: skip
        self._through[rows] = statistics.median(travelled)

    def latency(self) -> None:
        count = 50 if self.quick else 300
        with Sink() as sink, self._system(sink) as system:
            system.start(
                *(r for r in (*imports.WRITING, *imports.TRAVELLING) if "importer" not in r)
            )
            system.start("followup-mailer")
            self._latency("servers", system.client("admin"), sink, count)
        with Sink() as sink, embedded_process(sink.url) as embedded:
            self._latency("embedded", embedded.client(), sink, count)

    def embedded(self) -> None:
        rows = 10_000
        if rows not in self._through:
            self._through[rows] = statistics.median(
                self._travelled(rows, seed) for seed in range(self.runs)
            )
        rates = []
        for seed in range(self.runs):
            with Sink() as sink, embedded_process(sink.url) as embedded:
                api = embedded.client()
                imports.prepare(api)
                address = imports.upload(api, imports.make_file(self.directory, rows, seed))
                found = imports.run(api, address, embedded.enrolled)
                rates.append(rows / found["travelled_s"])
        self.figures.append(
            Figure(f"Embedded: import of {rows:,} rows, to the last enrolment",
                   statistics.median(rates), "rows/s", self._through[rows],
                   "the same on the servers", 0.3)
        )  # fmt: skip

    def reading(self) -> None:
        self.figures += reading.measure(self.postgres, quick=self.quick)

    def selecting(self) -> None:
        self.figures += selecting.measure(self.postgres, quick=self.quick)

    def exporting(self) -> None:
        self.figures += exporting.measure(self.postgres, quick=self.quick)

    def growth(self) -> None:
        self.figures += growth.measure(self.postgres, self.broker, self.directory, quick=self.quick)

    def _latency(self, where: str, api: Any, sink: Sink, count: int) -> None:
        imports.prepare(api)
        [group] = [
            g for g in api.get("/api/v1/groups").json()["items"] if g["name"] == imports.ROOT
        ]
        p50, p99 = latency.measure(api, group["id"], lambda: sink.state.taken, count=count)
        self.figures += [
            Figure(f"Membership to mail, {where}: p50", p50, "ms", bar=60, compare="at most"),
            Figure(f"Membership to mail, {where}: p99", p99, "ms", bar=250, compare="at most"),
        ]

    def _written(self, rows: int, seed: int) -> tuple[float, float, float]:
        """Rows per second: new, all unchanged, one column of all changed."""
        with running_system(self.postgres, self.broker, smtp_url=None) as system:
            system.start(*imports.WRITING, "followup-api")
            api = system.client("admin")
            imports.prepare(api)
            file = imports.make_file(self.directory, rows, seed)
            new, same, moved = (
                imports.run(api, imports.upload(api, one), outcome=outcome)["written_s"]
                for one, outcome in (
                    (file, "created"),
                    (file, "unchanged"),
                    (imports.changed(file), "updated"),
                )
            )
            return rows / new, rows / same, rows / moved

    def _travelled(self, rows: int, seed: int) -> float:
        self.broker.clear()
        with running_system(self.postgres, self.broker, smtp_url=None) as system:
            system.start(*imports.WRITING, *imports.TRAVELLING)
            api = system.client("admin")
            imports.prepare(api)
            address = imports.upload(api, imports.make_file(self.directory, rows, seed))
            return rows / imports.run(api, address, _enrolments(system))["travelled_s"]

    def _system(self, sink: Sink) -> Any:
        self.broker.clear()
        return running_system(self.postgres, self.broker, smtp_url=sink.url)


def _enrolments(system: RunningSystem) -> Callable[[], int]:
    database = system.database("followup")

    def count() -> int:
        with database.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM enrolments")
            return int(found.scalar() or 0)

    return count


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each")
    parser.add_argument("--only", default=",".join(USUAL), help=f"some of {','.join(USUAL)},growth")
    given = parser.parse_args()
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(durable=True))
        broker = stack.enter_context(rabbitmq_server())
        directory = stack.enter_context(own_directory("bench"))
        bench = Bench(postgres, broker, directory, quick=given.quick)
        for part in given.only.split(","):
            getattr(bench, part)()
        show(bench.figures)
        RESULTS.parent.mkdir(exist_ok=True)
        save(bench.figures, RESULTS)
        print(f"As JSON: {RESULTS}")


if __name__ == "__main__":
    main()
