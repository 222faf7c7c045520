"""The figures of a run for other programs, while it lasts: `--out`."""
