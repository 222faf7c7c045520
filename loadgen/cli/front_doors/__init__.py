"""`loadgen wrk|hey|ab`: the command lines of those tools, and what they ask for."""
