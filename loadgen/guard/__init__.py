"""When to stop: the stop signal, the breaker, the grace."""
