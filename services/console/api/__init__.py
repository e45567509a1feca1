"""The console's doors for programs."""

from services.console.api import archives, token

BLUEPRINTS = [token.blueprint, archives.blueprint]
