"""What the importer reads from its environment."""

from __future__ import annotations

from pydantic import Field

import shared.config


class Settings(shared.config.Settings):
    """The shared settings and the limits of an import."""

    service = "importer"

    import_chunk_rows: int = Field(
        2_000, ge=1, le=5_000, description="rows that are written in one step of an import"
    )
    import_keep_days: int = Field(
        30, ge=1, le=3_650, description="days that an uploaded file and its bad rows are kept"
    )
    import_unpacked_mb: int = Field(
        200, ge=1, le=8_000, description="what a spreadsheet may unpack to, in MiB"
    )
    import_sheet_memory_mb: int = Field(
        1_024, ge=256, le=64_000, description="memory for reading a spreadsheet, in MiB"
    )
    import_sheet_seconds: int = Field(
        60, ge=1, le=3_600, description="seconds of work for reading a spreadsheet"
    )
