"""What goes in and out over HTTP."""

from services.customers.schemas.batch import BatchAnswerSchema, BatchSchema
from services.customers.schemas.consent import ConsentSchema, OptInActSchema
from services.customers.schemas.customers import (
    CustomerPageSchema,
    CustomerPatchSchema,
    CustomerSchema,
    ListArgs,
    NewCustomerSchema,
)

__all__ = [
    "BatchAnswerSchema",
    "BatchSchema",
    "ConsentSchema",
    "CustomerPageSchema",
    "CustomerPatchSchema",
    "CustomerSchema",
    "ListArgs",
    "NewCustomerSchema",
    "OptInActSchema",
]
