"""Servers in containers, through testcontainers, where a Docker engine answers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.processes import free_port


def docker_answers() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
        client.ping()
    except (DockerException, OSError):
        return False
    client.close()
    return True


class Container:
    """One container on a fixed port of this machine, so that it comes back where it was."""

    def __init__(self, running: "object", host_port: int) -> None:
        self._running = running
        self.host_port = host_port

    @classmethod
    @contextmanager
    def run(cls, image: str, *, port: int, environment: dict[str, str]) -> Iterator["Container"]:
        # Its reaper is one more image to fetch; the container is removed here.
        os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
        from testcontainers.core.container import DockerContainer

        host_port = free_port()
        container = DockerContainer(image).with_bind_ports(port, host_port)
        for name, value in environment.items():
            container = container.with_env(name, value)
        with container:
            yield cls(container.get_wrapped_container(), host_port)

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

    def said_twice(self, text: str) -> bool:
        return self._running.logs().decode(errors="replace").count(text) >= 2
