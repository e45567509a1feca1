"""Servers in containers, through testcontainers, where a Docker engine answers."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.servers.processes import free_port


def image_of(service: str) -> str:
    """The image that docker-compose.yml runs: tests use the very same."""
    text = (Path(__file__).resolve().parents[2] / "docker-compose.yml").read_text()
    match = re.search(rf"^  {service}:\n    image: (\S+)$", text, re.MULTILINE)
    assert match, f"docker-compose.yml has no image for {service}"
    return match[1]


class Container:
    """One container on a fixed port of this machine, so that it comes back where it was."""

    def __init__(self, running: Any, host_port: int) -> None:
        self._running = running
        self.host_port = host_port

    def kill(self) -> None:
        self._running.kill()

    def stop(self) -> None:
        self._running.stop()

    def start(self) -> None:
        self._running.start()

    def control(self, *arguments: str, told: str = "") -> str:
        command = 'input=$1; shift; printf %s "$input" | rabbitmqctl --quiet "$@"'
        code, output = self._running.exec_run(["sh", "-c", command, "sh", told, *arguments])
        if code:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {output.decode()}")
        return str(output.decode())


def run_container(
    ends: ExitStack,
    image: str,
    *,
    port: int,
    environment: dict[str, str],
    command: list[str] | None = None,
) -> Container | None:
    """Start a container that is removed with `ends`. None: no engine answers, or it has no such image."""
    import docker.errors
    import requests

    # Its reaper is one more image to fetch; `ends` removes the container.
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.core.container import DockerContainer

    host_port = free_port()
    try:
        docker.from_env(timeout=3).ping()
        container = DockerContainer(image, env=environment).with_bind_ports(port, host_port)
        if command:
            container = container.with_command(command)
        ends.enter_context(container)
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        print(f"No container of {image}: {str(error)[:200]}", flush=True)
        return None
    return Container(container.get_wrapped_container(), host_port)
