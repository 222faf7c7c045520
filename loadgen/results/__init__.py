"""What is kept: Result, rounds, merging, baselines, histogram files."""
