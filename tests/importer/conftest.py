"""The importer beside stand-ins of customers and groups."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from services.importer.running.jobs import Jobs
from services.importer.running.undoing import Undoing
from shared.db import Database
from shared.testing import Databases, app_for, client_of
from tests.importer.standin import StandIn


class Importer:
    """The importer's door and its jobs. `services` holds what it wrote."""

    def __init__(
        self,
        client: FlaskClient,
        database: Database,
        jobs: Jobs,
        undoing: Undoing,
        services: StandIn,
    ) -> None:
        self.client = client
        self.database = database
        self.jobs = jobs
        self.undoing = undoing
        self.services = services

    def upload(
        self,
        content: str | bytes,
        *,
        filename: str = "kunden.csv",
        start: bool = False,
        expected: int = 201,
        language: str = "en",
        **options: Any,
    ) -> Any:
        answer = self.sent(content, filename=filename, start=start, language=language, **options)
        assert answer.status_code == expected, answer.text
        return answer.json

    def sent(
        self,
        content: str | bytes,
        *,
        filename: str = "kunden.csv",
        start: bool = False,
        language: str = "en",
        **options: Any,
    ) -> Any:
        """The answer to an upload, whatever it is."""
        data = content.encode("cp1252") if isinstance(content, str) else content
        return self.client.post(
            "/api/v1/imports" + ("?start=true" if start else ""),
            data={"file": (io.BytesIO(data), filename), "options": json.dumps(options)},
            headers={"Accept-Language": language},
        )

    def run(self) -> None:
        """Let a worker do what waits."""
        while self.jobs.step() or self.undoing.step():
            pass

    def imported(self, content: str | bytes, **options: Any) -> Any:
        """Upload, start, run, and return the import at its end."""
        arrived = self.upload(content, start=True, **options)
        self.run()
        return self.get(arrived["id"])

    def get(self, import_id: str) -> Any:
        return self.client.get(f"/api/v1/imports/{import_id}").json

    def change(self, found: Any, expected: int = 200, **options: Any) -> Any:
        answer = self.client.patch(
            f"/api/v1/imports/{found['id']}",
            json={"options": options},
            headers={"If-Match": f'"{found["version"]}"'},
        )
        assert answer.status_code == expected, answer.text
        return answer.json

    def post(self, found: Any, verb: str, expected: int) -> Any:
        answer = self.client.post(f"/api/v1/imports/{found['id']}/{verb}")
        assert answer.status_code == expected, answer.text
        return answer.json

    def problems(self, found: Any, language: str = "en") -> list[dict[str, Any]]:
        path = f"/api/v1/imports/{found['id']}/errors?limit=500"
        return self.client.get(path, headers={"Accept-Language": language}).json["items"]

    def error_file(self, found: Any) -> bytes:
        answer = self.client.get(
            f"/api/v1/imports/{found['id']}/errors.csv", headers={"Accept-Language": "de"}
        )
        assert answer.status_code == 200
        return answer.data

    def wait_for(self, import_id: str, *states: str, within_s: float = 30) -> Any:
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            found = self.get(import_id)
            if found["state"] in states:
                return found
            time.sleep(0.05)
        raise AssertionError(f"still {found['state']}: {found['progress']}")


@pytest.fixture
def services() -> StandIn:
    return StandIn()


@pytest.fixture(scope="module")
def one_importer(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Importer]:
    """One for a whole module, on SQLite, where what was imported before does not matter."""
    directory = tmp_path_factory.mktemp("importer")
    services = StandIn()
    transport = httpx.WSGITransport(app=services.app)
    database = databases.lend("importer", "sqlite", directory)
    app = app_for("importer", database, directory, transport=transport, import_chunk_rows=100)
    parts = app.extensions["settings"], database, transport
    client = client_of(app, ("imports:write",))
    yield Importer(client, database, Jobs(*parts), Undoing(*parts), services)
    database.dispose()


@pytest.fixture
def make_importer(
    client_for: Callable[..., FlaskClient],
    database_for: Callable[[str], Database],
    services: StandIn,
) -> Iterator[Callable[..., Importer]]:
    """`make_importer(business_country="AT")`. Steps of ten rows, so that small files have many."""
    transport = httpx.WSGITransport(app=services.app)

    def make(**settings: Any) -> Importer:
        client = client_for(
            "importer", ("imports:write",), transport=transport, import_chunk_rows=10, **settings
        )
        database = database_for("importer")
        parts = client.application.extensions["settings"], database, transport
        return Importer(client, database, Jobs(*parts), Undoing(*parts), services)

    yield make
    transport.close()


@pytest.fixture
def importer(make_importer: Callable[..., Importer]) -> Importer:
    return make_importer()


@pytest.fixture
def background(importer: Importer) -> Iterator[Callable[[], None]]:
    """`background()` starts a worker in a thread; it ends with the test."""
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def begin() -> None:
        threads.append(threading.Thread(target=importer.jobs.run, args=(stop,), daemon=True))
        threads[-1].start()

    yield begin
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
