"""Running an import, and taking it back: step by step, each safe to repeat, so that a crash costs nothing."""
