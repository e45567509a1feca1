"""What an installation loads into its broker is what the services declare."""

from pathlib import Path

from shared import broker

DEFINITIONS = Path(__file__).resolve().parents[2] / "deploy" / "rabbitmq" / "definitions.json"


def test_the_definitions_file_is_up_to_date() -> None:
    """If not: python -m shared.broker > deploy/rabbitmq/definitions.json"""
    assert DEFINITIONS.read_text() == broker.document()


def test_every_queue_of_a_listener_keeps_what_fails() -> None:
    policies = {p["name"]: p["definition"] for p in broker.definitions()["policies"]}

    for service in broker.listeners():
        assert policies[service]["dead-letter-routing-key"] == f"{service}.dead"
        assert policies[service]["dead-letter-strategy"] == "at-least-once"
        assert policies[service]["overflow"] == "reject-publish"
        assert "dead-letter-exchange" not in policies[f"{service}.dead"]


def test_queues_are_declared_with_their_type_only() -> None:
    assert all(
        queue["arguments"] == {"x-queue-type": "quorum"} for queue in broker.definitions()["queues"]
    )
