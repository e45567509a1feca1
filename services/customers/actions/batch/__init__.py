"""Taking in thousands of customers at once: the path of imports."""

from services.customers.actions.batch.results import Result
from services.customers.actions.batch.take import take_batch

__all__ = ["Result", "take_batch"]
