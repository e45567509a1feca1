"""What the files of the container deployment promise beside the roles: networks, connections, secrets."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.structure import ROOT, SERVICES

OWN_ROLES = {
    *(f"{service}-api" for service in SERVICES if service != "console"),
    *(f"{service}-worker" for service in SERVICES if service != "console"),
    "followup-mailer",
    "console",
}
OTHER_ROLES = {"postgres", "rabbitmq", "edge", "mailpit"}


@cache
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def role(name: str) -> dict[str, Any]:
    return dict(compose()["services"][name])


@pytest.mark.parametrize("name", sorted(OWN_ROLES | OTHER_ROLES))
def test_a_role_is_started_again_and_may_be_scaled(name: str) -> None:
    written = role(name)

    assert written["restart"] == "unless-stopped"
    assert written["pids_limit"]
    assert written["logging"]["options"]["max-size"]
    assert "container_name" not in written, "it could not be scaled"


@pytest.mark.parametrize("name", sorted(OWN_ROLES))
def test_a_role_of_ours_runs_its_own_service_on_its_own_database(name: str) -> None:
    written, service = role(name), name.partition("-")[0]

    assert written["build"]["args"] == {"SERVICE": service}
    assert written["environment"]["DATABASE_URL"] == f"postgresql://{service}@postgres/{service}"


def test_the_own_image_is_pinned_and_its_service_comes_last() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    steps = [line for line in lines if re.match(r"[A-Z]+ ", line)]

    assert re.search(r"ARG PYTHON=python:\d+\.\d+\.\d+-slim", "\n".join(lines))
    assert "ARG SERVICE" in steps[-4:]
    assert any(step.startswith("USER ") for step in steps)


def test_the_edge_is_the_only_way_in_from_outside() -> None:
    published = {name for name in compose()["services"] if "ports" in role(name)}

    assert published == {"edge", "mailpit"}
    for name in OWN_ROLES - {"followup-mailer"}:
        for network in role(name)["networks"]:
            assert compose()["networks"][network] == {"internal": True}


def test_connections_to_the_database_are_enough_for_every_role() -> None:
    at_most = int(re.search(r"max_connections=(\d+)", role("postgres")["command"])[1])  # type: ignore[index]
    script = (ROOT / "deploy" / "postgres" / "10-services.sh").read_text()
    per_role = int(re.search(r"CONNECTION LIMIT (\d+)", script)[1])  # type: ignore[index]
    pool = int(compose()["x-settings"]["POOL_SIZE"])
    waiting = 5  # connections of a worker that wait for messages or hold a lock, outside the pool

    assert per_role * len(SERVICES) < at_most
    for service in SERVICES:
        processes = sum(
            2 if name.endswith("-api") or name == "console" else 1
            for name in OWN_ROLES
            if name.partition("-")[0] == service
        )
        assert processes * (2 * pool + waiting) <= per_role


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"

    def make() -> dict[str, str]:
        subprocess.run(
            ["sh", "deploy/secrets.sh"],
            cwd=ROOT,
            env={"SECRETS": str(directory), "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )
        return {path.name: path.read_text() for path in directory.iterdir()}

    made = make()

    assert directory.stat().st_mode & 0o777 == 0o700
    passwords = [text for name, text in made.items() if name.endswith(("password", "key")) and text]
    assert len(set(passwords)) == len(passwords) == 11
    assert min(map(len, passwords)) == 64
    files = {Path(secret["file"]).name for secret in compose()["secrets"].values()}
    assert files == set(made)
    assert make() == made


def test_secrets_are_neither_committed_nor_built_into_images() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line for line in lines if line.startswith("!")]

    assert "/secrets/" in ignored
    assert "*" in lines
    assert kept == ["!requirements.txt", "!shared", "!services", "!deploy"]
