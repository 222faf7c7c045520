"""Benchmarks: loadgen beside other load generators. Run `python -m tests.bench --help`. No test asserts on time."""
