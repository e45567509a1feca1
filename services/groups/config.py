"""What this service reads from its environment."""

from __future__ import annotations

import shared.config


class Settings(shared.config.Settings):
    """Beside the shared settings this service needs none of its own."""

    service = "groups"
