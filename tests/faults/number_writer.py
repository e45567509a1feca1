"""A process that creates customers as fast as it can: one replica of the customers service under test."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor

from services.customers import actions
from services.customers.actions.home import know_home
from services.customers.errors import CustomerNotFound
from services.customers.lines import read_batch
from shared.db import Database

WRITERS = 8


class RolledBack(Exception):
    pass


def write(database: Database, writer: int, times: int) -> None:
    """Create customers one by one and in batches; one in ten is rolled back, some are erased or merged."""
    chance = random.Random(writer)
    before = None
    for i in range(times):
        try:
            with database.transaction() as session:
                person = actions.register_customer(
                    session, {"last_name": f"{writer}-{i}"}, source="api"
                )
                if chance.random() < 0.1:
                    raise RolledBack
                if before is not None and chance.random() < 0.1:
                    actions.merge_customers(session, person.id, [before], {}, by="test")
                elif chance.random() < 0.05:
                    actions.erase_customer(session, person.id, version=1, by="test")
            sys.stdout.write(f"{person.number}\n")
            sys.stdout.flush()
            before = None if before is not None else person.id
        except (RolledBack, CustomerNotFound):
            before = None


def write_batches(database: Database, rows: int) -> None:
    """Create many customers, 5,000 in a batch."""
    for start in range(0, rows, 5_000):
        lines = ",".join(f'{{"last_name":"Datei {start + i}"}}' for i in range(5_000))
        with database.transaction() as session:
            batch = read_batch(f'{{"rows":[{lines}]}}'.encode())
            results = actions.take_batch(session, batch, by="test")
        numbers = "\n".join(str(result.customer.number) for result in results if result.customer)
        sys.stdout.write(f"{numbers}\n")
        sys.stdout.flush()


def main() -> None:
    url, first, times, rows = sys.argv[1], *map(int, sys.argv[2:])
    database = Database(url, pool_size=WRITERS + 1)
    know_home(database, "DE")
    with ThreadPoolExecutor(WRITERS + 1) as pool:
        work = [pool.submit(write, database, first + i, times) for i in range(WRITERS)]
        work.append(pool.submit(write_batches, database, rows))
        for one in work:
            one.result()


if __name__ == "__main__":
    main()
