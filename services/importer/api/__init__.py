"""The importer's HTTP door."""

from services.importer.api import files, imports, running
from services.importer.api.blueprint import blueprint

__all__ = ["blueprint", "files", "imports", "running"]
