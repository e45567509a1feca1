"""From a file's columns to what a customer has."""

from services.importer.mapping.check import check_mapping, identifies
from services.importer.mapping.foreign import foreign_columns
from services.importer.mapping.guess import Attribute, Mapping, guess_mapping, profile_key
from services.importer.mapping.headings import (
    ATTRIBUTE,
    ERROR_HEADING,
    KNOWN_AT,
    OWN,
    OWN_LAST,
    TARGETS,
)

__all__ = [
    "ATTRIBUTE",
    "ERROR_HEADING",
    "KNOWN_AT",
    "OWN",
    "OWN_LAST",
    "TARGETS",
    "Attribute",
    "Mapping",
    "check_mapping",
    "foreign_columns",
    "guess_mapping",
    "identifies",
    "profile_key",
]
