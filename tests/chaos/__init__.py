"""Random runs against a hostile server, disturbed in random ways: `python -m tests.chaos --minutes N --seed S`."""
