"""Structure: what the layout promises, checked on the files themselves."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_make_without_a_goal_lists_the_commands() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for goal in ("setup", "demo", "run", "test", "check", "bench", "up", "down", "faults"):
        assert f"make {goal}" in shown
