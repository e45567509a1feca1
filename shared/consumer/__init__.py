"""Messages in: from the broker or from a neighbour in the same process to this service's handlers."""

from shared.consumer.consumer import Consumer
from shared.consumer.passing import Passing, passes
from shared.consumer.subscriber import Handler, Subscriber

__all__ = ["Consumer", "Handler", "Passing", "Subscriber", "passes"]
