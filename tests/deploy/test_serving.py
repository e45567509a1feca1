"""The embedded system as `make run` starts it, from outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bench.embedded import EmbeddedProcess

MB = 1024 * 1024
LINE = b"Vorname;" + b"x" * 1000 + b"\n"


@pytest.fixture
def api(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    served = EmbeddedProcess(tmp_path, "smtp://127.0.0.1:1", IMPORT_MAX_MB=str(request.param))
    try:
        with served.client() as client:
            client.headers["Accept-Language"] = "de"
            yield client
    finally:
        served.process.kill()


def upload(api: httpx.Client, size: int) -> httpx.Response:
    return api.post("/api/v1/imports", files={"file": ("kunden.csv", LINE * (size // len(LINE)))})


@pytest.mark.parametrize("api", [70], indirect=True)
def test_a_file_may_be_as_large_as_the_setting_says(api: httpx.Client) -> None:
    assert upload(api, 66 * MB).status_code == 201


@pytest.mark.parametrize("api", [1], indirect=True)
def test_a_larger_one_is_refused_in_the_language_of_who_sent_it(api: httpx.Client) -> None:
    refused = upload(api, 3 * MB)

    assert refused.status_code == 413
    assert "1 MB" in refused.json()["detail"]
    assert "Bitte teilen" in refused.json()["detail"]
