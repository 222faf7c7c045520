"""WebSocket (RFC 6455), for scenarios: a connection that is held, and messages that are timed."""
