"""Whose code is running: the Hub of the user to whom this greenlet or thread belongs."""

from contextvars import ContextVar

from loadgen.workloads.locust.hub import Hub

CURRENT: ContextVar[Hub | None] = ContextVar("hub", default=None)
"""None outside of users: in listeners, and in threads that the file starts."""
