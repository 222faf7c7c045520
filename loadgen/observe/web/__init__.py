"""Pages of a run for a browser, on this machine or over TLS: who may see them, and what they show."""
