"""Running an import: written step by step, each safe to repeat, so that a crash costs nothing."""
