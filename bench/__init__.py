"""Speed as ratios: every figure stands beside a limit or peer measured in the same run."""
