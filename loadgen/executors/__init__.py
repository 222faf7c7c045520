"""Where users run: a thread pool, one loop, a loop per pool thread, processes."""
