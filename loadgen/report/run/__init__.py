"""The report of one run, and of a gate on it."""
