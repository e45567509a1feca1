"""Starts one server and keeps it until the test run ends: `python -m tests.servers.keeper NAME OWNER DIR`.

A process of its own, because no worker of pytest-xdist may take the server away from the others when it
has run its last test. Prints one JSON line: {"url": ...} or {"missing": what to install}.
"""

import json
import os
import select
import shutil
import sys
from contextlib import ExitStack

from tests.servers.postgres import postgres_server
from tests.servers.processes import ServerMissing
from tests.servers.rabbitmq import rabbitmq_server

SERVERS = {"postgres": postgres_server, "rabbitmq": rabbitmq_server}


def main(name: str, owner: int, directory: str) -> None:
    handle = os.pidfd_open(owner)
    # What is told on the way must not be taken for the answer.
    sys.stdout = sys.stderr
    with ExitStack() as servers:
        try:
            said = {"url": servers.enter_context(SERVERS[name](container_first=True)).url}
        except ServerMissing as missing:
            said = {"missing": str(missing)}
        sys.stdout = sys.__stdout__
        print(json.dumps(said), flush=True)
        # Whoever reads the run's output to its end must not wait for this process.
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        if "url" in said:
            select.select([handle], [], [])
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
