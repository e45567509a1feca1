"""What goes in and out over HTTP."""

from services.customers.schemas.batch import BatchAnswerSchema, BatchSchema
from services.customers.schemas.consent import ConsentSchema, OptInActSchema
from services.customers.schemas.customers import (
    CustomerPageSchema,
    CustomerSchema,
    ListArgs,
    NewCustomerSchema,
    PatchSchema,
)

__all__ = [
    "BatchAnswerSchema",
    "BatchSchema",
    "ConsentSchema",
    "CustomerPageSchema",
    "CustomerSchema",
    "ListArgs",
    "NewCustomerSchema",
    "OptInActSchema",
    "PatchSchema",
]
