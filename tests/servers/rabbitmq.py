"""A RabbitMQ broker of one's own: installed binaries first, then a container."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import amqp
from kombu.utils.url import parse_url

from shared.broker import EXCHANGE, document, queues
from tests.servers import debian
from tests.servers.containers import Container, image_of, run_container
from tests.servers.processes import (
    Guarded,
    free_port,
    own_directory,
    wait_until,
)

BINARIES = Path("/usr/lib/rabbitmq/bin")


class Broker:
    """`url` is what BROKER_URL wants."""

    def __init__(self, url: str, server: "LocalBroker | Container | None" = None) -> None:
        self.url = url
        self._server = server

    def kill(self) -> None:
        """kill -9. `start()` brings it back on the same data and port."""
        self._own().kill()

    def stop(self) -> None:
        self._own().stop()

    def start(self) -> None:
        self._own().start()
        wait_until(self.answers, "RabbitMQ", within=120)

    def restart(self) -> None:
        self.stop()
        self.start()

    def control(self, *arguments: str) -> str:
        """`rabbitmqctl`, for memory alarms and the like."""
        return self._own().control(*arguments)

    def set_policies(self) -> None:
        """The exchange, queues and policies that an installation has from its definitions file."""
        self._own().control("import_definitions", told=document())

    def write_down(self) -> None:
        """Have on disk where the queues are.

        RabbitMQ writes that half a second after a queue was made, and does not find it again if it is killed
        before.
        """
        self.control("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def answers(self) -> bool:
        return answers_amqp(self.url)

    def clear(self) -> None:
        """Delete the services' exchange and queues."""
        with connected(self.url) as connection, connection.channel() as channel:
            for queue in queues():
                channel.queue_delete(queue)
            channel.exchange_delete(EXCHANGE)

    def _own(self) -> "LocalBroker | Container":
        if self._server is None:
            raise RuntimeError("This RabbitMQ was found running; only its owner stops it.")
        return self._server


class LocalBroker:
    """Installed binaries with own name, ports, cookie and data: a second broker beside any other."""

    def __init__(self, directory: Path, *, owner: int | None, plugins: tuple[str, ...]) -> None:
        self.directory = directory
        self.owner = owner
        self.port, self.dist_port, self.epmd_port = free_port(), free_port(), free_port()
        self.settings_file = directory / "rabbitmq.conf"
        self.settings_file.write_text(
            f"listeners.tcp.local = 127.0.0.1:{self.port}\nloopback_users = none\n"
            "log.console = true\ndisk_free_limit.absolute = 100MB\n"
        )
        (directory / "plugins").write_text(f"[{','.join(plugins)}].\n")
        (directory / "data").mkdir()
        self.environment = {
            "HOME": str(directory),
            "RABBITMQ_NODENAME": f"rabbit{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": str(self.settings_file),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(directory / "none.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            # The start script replaces itself by the server, so that a signal reaches the server.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Two busy schedulers a broker are enough beside the tests on the same cores.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
        }
        self.process: Guarded | None = None
        # Started by the broker it would go its own way and outlive everything.
        self.names = Guarded(
            [shutil.which("epmd") or "/usr/bin/epmd", "-port", str(self.epmd_port)],
            directory=directory,
            log=directory / "epmd.log",
            environment=self.environment,
            owner=owner,
            temporary=True,
        )

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        self.process = Guarded(
            [str(BINARIES / "rabbitmq-server")],
            directory=self.directory,
            log=self.directory / "log",
            environment=self.environment,
            owner=self.owner,
            temporary=True,
        )

    def stop(self) -> None:
        if self.process:
            self.process.stop(signal.SIGTERM, within=60)

    def kill(self) -> None:
        if self.process:
            self.process.kill()

    def end(self) -> None:
        self.kill()
        self.names.kill()

    def control(self, *arguments: str, told: str = "") -> str:
        done = subprocess.run(
            [str(BINARIES / "rabbitmqctl"), "--quiet", *arguments],
            cwd=self.directory,
            input=told,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"rabbitmqctl {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout


@contextmanager
def rabbitmq_server(
    *,
    owner: int | None = None,
    plugins: tuple[str, ...] = (),
    container_first: bool = False,
) -> Iterator[Broker]:
    """An empty broker. It ends with `owner` at the latest."""
    with ExitStack() as ends:
        if container_first or not installed():
            contained = _in_container(ends)
            if contained:
                yield contained
                return
        if not installed():
            debian.install("rabbitmq-server", needed_for="RabbitMQ")
        directory = ends.enter_context(own_directory("rabbit"))
        local = LocalBroker(directory, owner=owner, plugins=plugins)
        ends.callback(local.end)
        local.start()
        broker = Broker(local.url, local)
        wait_until(broker.answers, "RabbitMQ", within=120, server=local.process)
        yield broker


def _in_container(ends: ExitStack) -> Broker | None:
    container = run_container(
        ends,
        image_of("rabbitmq"),
        port=5672,
        environment={"RABBITMQ_DEFAULT_USER": "guest", "RABBITMQ_DEFAULT_PASS": "guest"},
    )
    if container is None:
        return None
    broker = Broker(f"amqp://guest:guest@127.0.0.1:{container.host_port}//", container)
    wait_until(broker.answers, "RabbitMQ's container", within=120)
    return broker


def installed() -> bool:
    return (BINARIES / "rabbitmq-server").exists()


def connected(url: str) -> amqp.Connection:
    parts = parse_url(url)
    return amqp.Connection(
        f"{parts['hostname'] or 'localhost'}:{parts['port'] or 5672}",
        userid=parts["userid"] or "guest",
        password=parts["password"] or "guest",
        virtual_host=parts["virtual_host"] or "/",
        connect_timeout=2,
        read_timeout=10,
    )


def answers_amqp(url: str) -> bool:
    """A whole handshake, not only an open port: the port opens seconds before the broker serves."""
    try:
        with connected(url):
            return True
    except (OSError, amqp.AMQPError):
        return False
