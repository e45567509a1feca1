"""What the console reads from its environment."""

from __future__ import annotations

import shared.config


class Settings(shared.config.Settings):
    """Beside the shared settings the console needs none of its own yet."""

    service = "console"

    @property
    def secure(self) -> bool:
        """True where browsers reach the console by https: cookies are then bound to it."""
        return self.public_url.startswith("https://")
