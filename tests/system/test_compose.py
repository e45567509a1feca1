"""The containers for real: every role of docker-compose.yml, on images of its own and data of its own.

Needs a Docker engine and the base images that docker-compose.yml and deploy/Dockerfile name, so it runs on
request: `make test-containers`. The tests follow each other; each builds on what the ones before it left.
"""

from __future__ import annotations

import io
import json
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from deploy import demo
from deploy.importing import import_through
from tests.servers.processes import free_port
from tests.system.installation import Installation, docker_missing, wait_until

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1500)]

REPLICATED = (
    "customers-api",
    "customers-worker",
    "groups-worker",
    "followup-worker",
    "followup-mailer",
)
OURS = (
    "customers-api", "customers-worker", "groups-api", "groups-worker", "importer-api", "importer-worker",
    "followup-api", "followup-worker", "followup-mailer", "console",
)  # fmt: skip
ROWS = 10_000
CONSENTING = 400


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    missing = docker_missing()
    if missing:
        pytest.fail(f"No Docker engine with Compose answers here. {missing}", pytrace=False)
    secrets = tmp_path_factory.mktemp("installation") / "secrets"
    installation = Installation(secrets, *sorted({free_port() for _ in range(20)})[:2])
    installation.make_secrets()
    installation.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
    installation.compose("build")
    yield installation
    installation.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)


def test_replicas_of_every_kind_start_together_on_empty_databases(running: Installation) -> None:
    running.up(*(part for role in REPLICATED for part in ("--scale", f"{role}=2")))

    containers = running.containers()
    assert {c["Health"] for c in containers} == {"healthy"}
    assert len([c for c in containers if c["Service"] in OURS]) == len(OURS) + len(REPLICATED)


def test_a_customer_file_goes_in_and_mails_go_out(running: Installation) -> None:
    running.make_api_client()

    with running.api() as api:
        demo.set_up(api, quiet())
        ended = import_through(api, demo.FILE, {"opt_in_evidence": demo.EVIDENCE}, quiet())
        created = ended["progress"]["created"]
        assert (ended["state"], created + ended["progress"]["failed"]) == ("finished", 500)

        def should_get_mail() -> int:
            """Asked of another service than the one that sends."""
            groups = api.get("/api/v1/groups", params={"limit": 500}).json()["items"]
            [start] = [g["id"] for g in groups if g["path"] == demo.START_GROUP]
            query = {
                "group": start,
                "include_subgroups": "true",
                "opt_in": "confirmed",
                "active": "true",
                "limit": 1,
            }
            answer = api.get("/api/v1/customers", params=query)
            assert answer.status_code == 200, answer.text
            return int(answer.json()["total"])

        def everybody_got_one() -> None:
            assert running.mails().total() == should_get_mail() > 200

        wait_until("everybody who should gets a mail", everybody_got_one)
    counts = running.counts()
    assert counts["customers"] == created
    assert counts["mails sent"] == running.mails().total()
    assert max(running.mails().values()) <= 2, "families share an address, nobody else"


@pytest.mark.parametrize("role", OURS)
def test_a_container_of_ours_can_do_nothing_but_its_work(running: Installation, role: str) -> None:
    found = running.run_in(
        role, "sh", "-c", "id -u; grep CapBnd /proc/self/status; touch /app/x 2>&1; env; ls /run/secrets"
    )  # fmt: skip

    assert found.startswith("10001\n")
    assert "CapBnd:\t0000000000000000" in found
    assert "Read-only file system" in found
    assert "postgres_password" not in found
    for name in Path(running.secrets).iterdir():
        if name.name.endswith(("password", "key")) and name.read_text():
            assert name.read_text() not in found


def test_a_service_reaches_no_neighbours_data(running: Installation) -> None:
    connect = (
        "import psycopg; from services.groups.config import Settings; "
        "psycopg.connect(Settings().database_url.replace('@postgres/groups', '@postgres/customers'))"
    )
    with pytest.raises(RuntimeError, match="permission denied for database"):
        running.run_in("groups-api", "python", "-c", connect)

    listen = (
        "import kombu; from services.groups.config import Settings; "
        "c = kombu.Connection(Settings().broker_url).channel(); {}"
    )
    own = "print(c.basic_get('groups.dead'))"
    others = "c.basic_get('customers.dead')"
    assert running.run_in("groups-worker", "python", "-c", listen.format(own)) == "None\n"
    with pytest.raises(RuntimeError, match="ACCESS_REFUSED"):
        running.run_in("groups-worker", "python", "-c", listen.format(others))


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/health/live", "/health/ready", "//metrics", "/x/../metrics", "/%6detrics"],
)
def test_what_is_meant_for_the_inside_stays_inside(running: Installation, path: str) -> None:
    answer = raw(running, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    assert answer.startswith("HTTP/1.1 404 ")
    assert "application/problem+json" in answer


@pytest.mark.parametrize(
    ("path", "mebibytes", "status"),
    [
        ("/api/v1/customers", 0.9, 422), ("/api/v1/customers", 1.1, 413),
        ("/api/v1/customers/batch", 7.9, 422), ("/api/v1/customers/batch", 8.1, 413),
        ("/api/v1/memberships/batch", 7.9, 422), ("/api/v1/imports", 30, 201),
    ],
)  # fmt: skip
def test_each_address_takes_as_much_as_it_should(
    running: Installation, path: str, mebibytes: float, status: int
) -> None:
    size = int(mebibytes * 1024 * 1024)
    with running.api() as api:
        if path.endswith("imports"):
            line = b"Muster;" + b"x" * 1000 + b"\n"
            content = b"Nachname;Notiz\n" + line * (size // len(line))
            answer = api.post(path, files={"file": ("large.csv", content)})
        else:
            answer = api.post(path, json={"unknown": "x" * size})

    assert answer.status_code == status, answer.text
    if status == 413:
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_etag_survives_compression(running: Installation) -> None:
    with running.api() as api:
        note = "Lang " * 400
        made = api.post("/api/v1/customers", json={"last_name": "Etag", "note": note}).json()
        read = api.get(f"/api/v1/customers/{made['id']}", headers={"Accept-Encoding": "gzip"})
        changed = api.patch(
            f"/api/v1/customers/{made['id']}",
            json={"first_name": "Emil"},
            headers={"If-Match": read.headers["ETag"]},
        )

    assert read.headers["Content-Encoding"] == "gzip"
    assert changed.status_code == 200, changed.text


def test_slow_clients_stop_nobody(running: Installation) -> None:
    head = b"POST /api/v1/customers HTTP/1.1\r\nHost: localhost\r\n"
    unfinished = [head, head + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"]
    stop = threading.Event()
    slow = [
        socket.create_connection(("localhost", port_of(running)), timeout=5) for _ in range(160)
    ]
    for number, connection in enumerate(slow):
        connection.sendall(unfinished[number % 2])

    def drip() -> None:
        while not stop.wait(1):
            for connection in slow:
                try:
                    connection.sendall(b"X")
                except OSError:
                    continue

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        took = []
        with running.api() as api:
            for _ in range(30):
                begun = time.monotonic()
                # From one address at most 100 requests at a time: 80 of the slow ones have become one.
                assert api.get("/api/v1/customers", params={"limit": 1}).status_code == 200
                took.append(time.monotonic() - begun)
    finally:
        stop.set()
        dripping.join()
        for connection in slow:
            connection.close()
    assert statistics.quantiles(took, n=20)[-1] < 1


def test_down_and_up_again_loses_nothing(running: Installation) -> None:
    def nothing_is_in_hand() -> None:
        assert running.counts()["mails sending"] == 0

    wait_until("nothing is in hand", nothing_is_in_hand)
    before = running.counts()

    running.compose("down")
    assert running.containers() == []
    running.up()
    time.sleep(20)  # whatever would go out twice would go out now

    assert running.counts() == before
    assert running.mails().total() == 0


def test_killed_containers_come_back_and_nothing_is_lost_or_doubled(
    running: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    before = running.counts()
    running.forget_mails()
    with running.api() as api:
        content = file_of(ROWS, CONSENTING)
        options = {"opt_in_evidence": demo.EVIDENCE}
        started = api.post(
            "/api/v1/imports",
            params={"start": "true"},
            files={"file": ("neu.csv", content)},
            data={"options": json.dumps(options)},
        )
        assert started.status_code == 201, started.text
        address = f"/api/v1/imports/{started.json()['id']}"

        def begun() -> None:
            assert 0 < api.get(address).json()["progress"]["rows_done"] < ROWS

        def ended() -> None:
            assert api.get(address).json()["state"] == "finished"

        wait_until("the import has begun", begun)
        kills = kill_everything_once(running)
        wait_until("the import ends", ended, 300)
        progress = api.get(address).json()["progress"]

    def everything_arrived() -> None:
        more = arrived(running, before)
        assert more["enrolments"] == ROWS
        assert more["mails sent"] + more["mails uncertain"] == CONSENTING

    wait_until("everything has arrived", everything_arrived, 300)
    time.sleep(10)

    more, mails = arrived(running, before), running.mails()
    uncertain = more["mails uncertain"]
    double = sum(count - 1 for count in mails.values())
    lost = CONSENTING - len(mails) - uncertain
    with capsys.disabled():
        print(
            f"\n{kills} containers killed during an import of {ROWS} rows: {more['customers']} customers, "
            f"{more['memberships']} memberships, {more['enrolments']} enrolments; "
            f"{len(mails)} of {CONSENTING} mails arrived, {double} double, {uncertain} uncertain, "
            f"{max(0, lost)} lost"
        )
    assert (progress["rows_done"], progress["failed"]) == (ROWS, 0)
    assert (more["customers"], more["memberships"], more["enrolments"]) == (ROWS, ROWS, ROWS)
    assert double == 0
    assert lost <= 0
    assert {c["Health"] for c in running.containers()} == {"healthy"}


def kill_everything_once(running: Installation) -> int:
    """SIGKILL in every container. Ours are started again by the engine, the servers here by hand."""
    roles = (*OURS, "edge")
    before = {role: running.started_at(role) for role in roles}
    for role in roles:
        running.run_in(role, "sh", "-c", "kill -9 -1", check=False)
    for server in ("rabbitmq", "postgres"):
        running.compose("kill", "--signal", "KILL", server)
        running.compose("start", server)
    for role in roles:
        wait_until(f"{role} is back", partial(is_new, running, role, before[role]))
    return len(roles) + 2


def is_new(running: Installation, role: str, before: list[str]) -> None:
    assert set(running.started_at(role)).isdisjoint(before)


def arrived(running: Installation, before: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in running.counts().items()}


def file_of(rows: int, consenting: int) -> bytes:
    lines = ["Nachname;E-Mail;Gruppen;OptIn bestätigt"]
    lines += [
        f"Neu{n:05};neu{n:05}@example.com;Reiseangebote/Italien;"
        f"{'01.02.2025 10:00:00' if n % (rows // consenting) == 0 else ''}"
        for n in range(rows)
    ]
    return "\r\n".join(lines).encode("cp1252")


def quiet() -> Console:
    return Console(file=io.StringIO())


def port_of(running: Installation) -> int:
    return int(running.url.rpartition(":")[2])


def raw(running: Installation, request: str) -> str:
    with socket.create_connection(("localhost", port_of(running)), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    return answer.decode()
