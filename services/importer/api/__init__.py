"""The importer's HTTP door."""

from services.importer.api import files, imports, rows, running
from services.importer.api.blueprint import blueprint
from services.importer.api.data import data

BLUEPRINTS = [blueprint, data]

__all__ = ["BLUEPRINTS", "files", "imports", "rows", "running"]
