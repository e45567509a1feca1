"""From a row of a file to a customer, its groups, its attributes and its opt-in."""

from services.importer.rows.problems import Problem
from services.importer.rows.read import Converted, RowReader

__all__ = ["Converted", "Problem", "RowReader"]
