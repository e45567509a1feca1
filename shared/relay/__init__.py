"""Events out: from this service's outbox to the broker, or straight to the neighbours in the same process."""

from shared.relay.handover import Handover
from shared.relay.relay import Relay

__all__ = ["Handover", "Relay"]
