"""What the importer reads from its environment."""

from __future__ import annotations

from pydantic import Field

import shared.config


class Settings(shared.config.Settings):
    """The shared settings and the limits of an import."""

    service = "importer"

    import_max_mb: int = Field(
        200, ge=1, le=2_000, description="largest file that is taken, in MiB"
    )
    import_chunk_rows: int = Field(
        1_000, ge=1, le=5_000, description="rows that are written in one step of an import"
    )
    import_keep_days: int = Field(
        30, ge=1, le=3_650, description="days that an uploaded file and its bad rows are kept"
    )
