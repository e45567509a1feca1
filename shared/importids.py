"""The ids of customers whom an import creates: made of the import's and the line, so the same each time.

A step that is repeated after a crash finds the customers it made, also those without e-mail and number; and
whoever sees the id knows from which import it came.
"""

from __future__ import annotations

from uuid import UUID

_LINE_BITS = 32
_LINES = (1 << _LINE_BITS) - 1


def row_id(import_id: UUID, line: int) -> UUID:
    """Return the id that a customer created from this line gets. It sorts like the import's own UUIDv7."""
    return UUID(int=import_id.int >> _LINE_BITS << _LINE_BITS | line)


def row_of(customer_id: UUID) -> tuple[UUID, UUID, int]:
    """Return between which ids the import is whose row made the customer, and the line, if it was a row."""
    first = customer_id.int & ~_LINES
    return UUID(int=first), UUID(int=first | _LINES), customer_id.int & _LINES


def made_by(import_id: UUID, customer_id: UUID) -> bool:
    """True if a row of the import created the customer."""
    return customer_id.int >> _LINE_BITS == import_id.int >> _LINE_BITS


def reference_of(import_id: UUID) -> str:
    """Return what rows that an import wrote name it by."""
    return f"import:{import_id}"


def is_from(reference: str, customer_id: UUID) -> bool:
    """True if the reference names the import that created the customer."""
    kind, _, named = reference.partition(":")
    try:
        return kind == "import" and made_by(UUID(named), customer_id)
    except ValueError:
        return False
