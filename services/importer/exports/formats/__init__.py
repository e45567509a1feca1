"""How each kind of file looks. A writer takes pages, and gives the bytes that are ready."""

from services.importer.exports.formats.writer import Look, Writer, writer_for

__all__ = ["Look", "Writer", "writer_for"]
