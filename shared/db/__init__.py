"""One database per service, PostgreSQL or SQLite, with the same behaviour on both."""

from shared.db.among import among, gathered, ids_given, uuid_array
from shared.db.bulk import bulk_insert, bulk_upsert
from shared.db.csvtext import as_csv, csv_of
from shared.db.engine import Database
from shared.db.idbytes import packed_ids
from shared.db.types import TYPES, JsonDocument, UtcDateTime, new_id, new_metadata, utcnow
from shared.db.wakers import Waker, wake

__all__ = [
    "TYPES",
    "Database",
    "JsonDocument",
    "UtcDateTime",
    "Waker",
    "among",
    "as_csv",
    "bulk_insert",
    "bulk_upsert",
    "csv_of",
    "gathered",
    "ids_given",
    "new_id",
    "new_metadata",
    "packed_ids",
    "utcnow",
    "uuid_array",
    "wake",
]
