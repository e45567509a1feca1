"""What goes in and out of the importer over HTTP."""

from services.importer.schemas.imports import ChangeSchema, ImportSchema, StartArgs, read_choices
from services.importer.schemas.persons import PersonDataSchema
from services.importer.schemas.preview import PreviewSchema
from services.importer.schemas.rows import (
    CorrectionSchema,
    RowArgs,
    RowPageSchema,
    RowProblemSchema,
    RowSchema,
)

__all__ = [
    "ChangeSchema",
    "CorrectionSchema",
    "ImportSchema",
    "PersonDataSchema",
    "PreviewSchema",
    "RowArgs",
    "RowPageSchema",
    "RowProblemSchema",
    "RowSchema",
    "StartArgs",
    "read_choices",
]
