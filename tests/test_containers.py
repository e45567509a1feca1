"""docker-compose.yml and the edge, checked against the services they run."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
import yaml

from deploy.edge import EVERYTHING_ELSE, NOUNS, service_for
from tests.structure import ROOT, SERVICES

ROLES = {
    "customers-api", "customers-worker", "groups-api", "groups-worker", "importer-api",
    "importer-worker", "followup-api", "followup-worker", "followup-mailer", "console",
}  # fmt: skip
AROUND = {"edge", "postgres", "rabbitmq", "mailpit"}
# Their entrypoints begin as root and become a user of their own.
BECOME_A_USER = {"postgres", "rabbitmq"}


@cache
def composed() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
        "services"
    ]
    return services


def test_every_role_runs_in_containers() -> None:
    assert set(composed()) == ROLES | AROUND


@pytest.mark.parametrize("role", sorted(ROLES | AROUND))
def test_a_container_can_do_no_more_than_it_must(role: str) -> None:
    settings = composed()[role]

    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in settings["security_opt"]
    assert settings["mem_limit"]
    assert settings["healthcheck"]["test"]
    assert "privileged" not in settings
    if role in AROUND - BECOME_A_USER:
        assert settings["user"].split(":")[0] not in ("0", "root")


@pytest.mark.parametrize("role", sorted(AROUND))
def test_an_image_of_others_is_pinned(role: str) -> None:
    assert re.fullmatch(r"[\w/.-]+:v?\d+\.\d+[\w.-]*", composed()[role]["image"])


def test_our_own_image_does_not_run_as_root() -> None:
    last = (ROOT / "deploy" / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    [user] = re.findall(r"^USER (\d+)", last, re.MULTILINE)
    assert int(user) > 0


@pytest.mark.parametrize(
    "role", sorted(role for role in ROLES if role.endswith(("worker", "mailer")))
)
def test_a_worker_is_started_as_its_module(role: str) -> None:
    service, _, module = role.partition("-")

    assert composed()[role]["command"] == ["python", "-m", f"services.{service}.{module}"]
    assert (ROOT / "services" / service / f"{module}.py").exists()


def test_no_secret_stands_in_the_file() -> None:
    for role, settings in composed().items():
        for name, value in settings.get("environment", {}).items():
            if re.search(r"SECRET|PASSWORD|TOKEN", name):
                assert name.endswith("_FILE"), f"{role}: {name}"
            assert not re.search(r"://[^/@\s]*:[^/@\s]+@", str(value)), f"{role}: {name}"


def edge_owner(path: str) -> str:
    """Who answers `path` by nginx.conf: the first pattern that matches, else the default."""
    table = re.search(
        r"map \$uri \$owner \{(.*?)\n    \}",
        (ROOT / "deploy/nginx/nginx.conf").read_text(),
        re.DOTALL,
    )
    assert table
    for pattern, owner in re.findall(r"^\s+~(\S+) ([\w-]+);", table[1], re.MULTILINE):
        if re.search(pattern, path):
            return str(owner).removesuffix("-api")
    return EVERYTHING_ELSE


@pytest.mark.parametrize(
    "path",
    [
        *(f"/api/v1/{noun}{rest}" for nouns in NOUNS.values() for noun in nouns
          for rest in ("", "/", "/0192", "s", "-x")),
        *(f"/api/v1/{service}/openapi.json" for service in SERVICES),
        "/", "/api/v1/token", "/api/v1/public", "/api/v1/public/formsx", "/customers", "/static/x.js",
        "/f/x", "/f", "/fx", "/foo/f/x",
    ],
)  # fmt: skip
def test_both_edges_send_a_request_to_the_same_service(path: str) -> None:
    assert edge_owner(path) == service_for(path)
