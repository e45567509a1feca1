"""What goes in and out over HTTP."""

from services.groups.schemas.attributes import (
    AttributeArgs,
    AttributeCreateSchema,
    AttributePatchSchema,
    AttributeSchema,
    RemoveArgs,
)
from services.groups.schemas.batches import (
    MembershipBatch,
    MembershipResult,
    MembershipResults,
    MembershipResultsSchema,
    ValuesBatch,
    ValuesPatch,
    ValuesResult,
    ValuesResults,
    ValuesResultsSchema,
    json_schema,
    read_batch,
)
from services.groups.schemas.data import PersonDataSchema
from services.groups.schemas.groups import (
    DeleteArgs,
    GroupArgs,
    GroupCreateSchema,
    GroupPatchSchema,
    GroupSchema,
)
from services.groups.schemas.memberships import (
    AddedSchema,
    AddMembersSchema,
    MemberSchema,
    MembershipArgs,
    MembershipSchema,
    TellingArgs,
)

__all__ = [
    "AddMembersSchema",
    "AddedSchema",
    "AttributeArgs",
    "AttributeCreateSchema",
    "AttributePatchSchema",
    "AttributeSchema",
    "DeleteArgs",
    "GroupArgs",
    "GroupCreateSchema",
    "GroupPatchSchema",
    "GroupSchema",
    "MemberSchema",
    "MembershipArgs",
    "MembershipBatch",
    "MembershipResult",
    "MembershipResults",
    "MembershipResultsSchema",
    "MembershipSchema",
    "PersonDataSchema",
    "RemoveArgs",
    "TellingArgs",
    "ValuesBatch",
    "ValuesPatch",
    "ValuesResult",
    "ValuesResults",
    "ValuesResultsSchema",
    "json_schema",
    "read_batch",
]
