"""The importer's HTTP door."""

from services.importer.api import files, imports, rows, running
from services.importer.api.blueprint import blueprint
from services.importer.api.data import data
from services.importer.api.exports import exports

BLUEPRINTS = [blueprint, exports, data]

__all__ = ["BLUEPRINTS", "files", "imports", "rows", "running"]
