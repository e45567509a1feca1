"""Real PostgreSQL, RabbitMQ and Chromium for tests, fault tests and the benchmark.

    with postgres_server() as postgres, rabbitmq_server() as broker:
        postgres.url, broker.url
        broker.kill(); broker.start()          # the same data, the same port

Both start a server of one's own, which ends with the process that asked for it, however that ends.
Installed programs come first here, then a container. What tests share is found by `tests.servers.ladder`.
"""

from tests.servers.chromium import chromium
from tests.servers.postgres import Postgres, postgres_server
from tests.servers.rabbitmq import Broker, rabbitmq_server

__all__ = ["Broker", "Postgres", "chromium", "postgres_server", "rabbitmq_server"]
