"""What goes in and out over HTTP."""

from services.customers.schemas.activities import (
    ActivityPageSchema,
    ActivitySchema,
    NewActivitySchema,
    SummarySchema,
    TakenSchema,
    TimelineArgs,
)
from services.customers.schemas.batch import (
    BatchAnswerSchema,
    BatchSchema,
    UndoAnswerSchema,
    UndoSchema,
)
from services.customers.schemas.consent import ConsentSchema, OptInActSchema
from services.customers.schemas.customers import (
    CustomerPageSchema,
    CustomerPatchSchema,
    CustomerSchema,
    ListArgs,
    NewCustomerSchema,
)
from services.customers.schemas.duplicates import (
    DuplicateArgs,
    DuplicatePageSchema,
    DuplicateSchema,
    PairSchema,
)
from services.customers.schemas.everybody import EverybodySchema, ReadingSchema
from services.customers.schemas.history import (
    EntryPageSchema,
    EntryPatchSchema,
    EntrySchema,
    HistoryArgs,
    HistoryBatchSchema,
    HistorySettingsSchema,
    NewEntrySchema,
    OfferSchema,
    WhoseArgs,
)
from services.customers.schemas.operations import (
    BegunSchema,
    DryRunSchema,
    ErasureSchema,
    MergeSchema,
    MergesSchema,
    OperationArgs,
    OperationDetailSchema,
    OperationPageSchema,
    PersonalDataSchema,
)
from services.customers.schemas.selections import ManyInactiveSchema, ManySchema

__all__ = [
    "ActivityPageSchema",
    "ActivitySchema",
    "BatchAnswerSchema",
    "BatchSchema",
    "BegunSchema",
    "ConsentSchema",
    "CustomerPageSchema",
    "CustomerPatchSchema",
    "CustomerSchema",
    "DryRunSchema",
    "DuplicateArgs",
    "DuplicatePageSchema",
    "DuplicateSchema",
    "EntryPageSchema",
    "EntryPatchSchema",
    "EntrySchema",
    "ErasureSchema",
    "EverybodySchema",
    "HistoryArgs",
    "HistoryBatchSchema",
    "HistorySettingsSchema",
    "ListArgs",
    "ManyInactiveSchema",
    "ManySchema",
    "MergeSchema",
    "MergesSchema",
    "NewActivitySchema",
    "NewCustomerSchema",
    "NewEntrySchema",
    "OfferSchema",
    "OperationArgs",
    "OperationDetailSchema",
    "OperationPageSchema",
    "OptInActSchema",
    "PairSchema",
    "PersonalDataSchema",
    "ReadingSchema",
    "SummarySchema",
    "TakenSchema",
    "TimelineArgs",
    "UndoAnswerSchema",
    "UndoSchema",
    "WhoseArgs",
]
